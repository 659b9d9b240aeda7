// SPDX-License-Identifier: GPL-2.0-only
// Figures in words.

const UNITS = ["ps", "ns", "µs", "ms", "s"];
const KIB = 1024;

function significant(number) {
	return number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2);
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

/** The same for axes: as many digits as asked for, without zeros at the end. */
export function tick(ns, digits) {
	const [number, name] = scaled(ns < 1 ? ns * 1000 : ns, ns < 1 ? "ps" : "ns");

	return `${+number.toPrecision(digits)} ${name}`;
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

export function ratio(value) {
	return !Number.isFinite(value) || !value ? "–" : value < 1 ? `÷ ${significant(1 / value)}` : `× ${significant(value)}`;
}

export function runTitle(run) {
	return `Run ${run.id}${run.name ? `: ${run.name}` : ""}`;
}
