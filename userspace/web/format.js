// SPDX-License-Identifier: GPL-2.0-only
// Figures in words. What a clock counts is in units.js.

const UNITS = ["ps", "ns", "µs", "ms", "s"];
const KIB = 1024;

/** Three digits, or all of a whole number, in groups. */
export function significant(number) {
	return number >= 1000 ? grouped(Math.round(number)) : number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2);
}

export function grouped(number) {
	return number.toLocaleString("en-US", { maximumFractionDigits: 1 });
}

/* The value in a unit that leaves it below 1000, and that unit. */
function scaled(value, unit) {
	let i = UNITS.indexOf(unit);

	while (value >= 999.5 && i < UNITS.length - 1) {
		value /= 1000;
		i++;
	}
	return [value, UNITS[i]];
}

/** A duration, to three digits. */
export function duration(value, unit = "ns") {
	if (!Number.isFinite(value))
		return "–";
	const [number, name] = scaled(value, unit);

	return `${Number.isInteger(number) ? number : significant(number)} ${name}`;
}

/** The same for axes: the number as it is. */
export function tick(ns) {
	const [number, name] = scaled(ns < 1 ? ns * 1000 : ns, ns < 1 ? "ps" : "ns");

	return `${+number.toPrecision(9)} ${name}`;
}

/** A duration that people wait for. */
export function wait(seconds) {
	const whole = Math.max(1, Math.round(seconds));

	return whole < 100 ? `${whole} s` : whole < 6000 ? `${Math.round(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`;
}

export function size(bytes) {
	for (const [unit, factor] of Object.entries({ GiB: KIB ** 3, MiB: KIB ** 2, KiB: KIB })) {
		if (bytes >= factor)
			return `${+(bytes / factor).toFixed(2)} ${unit}`;
	}
	return `${bytes} B`;
}

/** Hugepages that a new mapping can have. */
export function freePages(pool) {
	return pool ? pool.free - pool.reserved : 0;
}

export function date(ns) {
	return ns ? new Date(ns / 1e6).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }) : "–";
}

/** How many times less head takes, as it stands in a table; phyrctl and ./phyr compare write it so, too. */
export function ratio(value) {
	if (!Number.isFinite(value))
		return "–";
	if (value >= 99.995)
		return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
	/* toPrecision() would write an exponent. */
	return value.toFixed(value >= 0.1 || !value ? 2 : 2 - Number(value.toExponential(2).split("e")[1]));
}

export function runTitle(run) {
	return `Run ${run.id}${run.name ? `: ${run.name}` : ""}`;
}
