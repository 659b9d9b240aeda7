// SPDX-License-Identifier: GPL-2.0-only
// What a clock counts: guest instructions under icount, time by all others.

import { duration, grouped, significant, tick } from "/format.js";

/** @type {[number, string][]} */
const LARGE = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
/** @type {[number, string][]} */
const MANY = [[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]];

/* Results have units of time, whatever the clock: one ns is one instruction, one ps a part of a mean. */
function counted(value, unit) {
	const number = unit === "ps" ? value / 1000 : value;

	return number < 1000 ? number : Math.round(number);
}

function many(value) {
	const [factor, name] = MANY.find(([least]) => value >= least) ?? [1, ""];

	return name ? `${significant(value / factor)} ${name}` : grouped(value);
}

/* An exact row may differ by one instruction, which is never 0 %. */
function share(percent) {
	return percent >= 10 ? percent.toFixed(0) : percent >= 0.1 ? percent.toFixed(1) : String(+percent.toPrecision(2));
}

/*
 * Less than half as much again is told in percent. words: of a share, and of a factor. noise: a factor below it is no
 * change.
 */
function change(ratio, [less, more], [fewer, over], noise = 1) {
	const factor = ratio < 1 ? 1 / ratio : ratio;
	const word = ratio > 1 ? less : more;

	if (factor === 1 || factor < noise)
		return "the same";
	return factor < 1.5 ? `${share(100 * Math.abs(1 - 1 / ratio))} % ${word}` : `${significant(factor)} times ${ratio > 1 ? fewer : over}`;
}

/*
 * name: of what is counted, as the heading of a column. exact(): a figure in a table. words(), short(): the first and
 * a later figure of a sentence. tick(): on an axis. change(): what a ratio (base / head) means.
 */
const INSTRUCTIONS = {
	name: "instructions",
	exact: (value, unit = "ns") => Number.isFinite(value) ? grouped(counted(value, unit)) : "–",
	words: (value, unit = "ns") => `${many(counted(value, unit))} instructions`,
	short: (value, unit = "ns") => many(counted(value, unit)),
	tick(value) {
		const [factor, name] = LARGE.find(([least]) => value >= least) ?? [1, ""];

		return `${+(value / factor).toPrecision(9)}${name && ` ${name}`}`;
	},
	change: (ratio) => change(ratio, ["fewer", "more"], ["fewer", "more"]),
};

const TIME = {
	name: "time",
	exact: duration,
	words: duration,
	short: duration,
	tick,
	change: (ratio) => change(ratio, ["less", "more"], ["faster", "slower"], 1.005),
};

/** Of results that were measured with a clock of that kind. */
export function unitOf(clock) {
	return clock === "icount" ? INSTRUCTIONS : TIME;
}
