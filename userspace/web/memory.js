// SPDX-License-Identifier: GPL-2.0-only
// What the memory clock of ./phyr bench has counted beside instructions: parameters of results.

import { h } from "/dom.js";
import { grouped, ratio } from "/format.js";
import { table } from "/table.js";
import { ofDevice } from "/workload.js";

/* As ./phyr bench --memory prints them. */
const COLUMNS = { instructions: "instructions", loads: "loads", stores: "stores", locked: "locked", lines: "lines", l1_misses: "L1 misses",
	l2_misses: "L2 misses", llc_misses: "LLC misses", cycles: "~cycles" };

function figuresOf(result) {
	const of = (name) => result.parameters[`memory_${name}`];

	return Object.keys(COLUMNS).some((name) => Number.isFinite(of(name))) ? of : null;
}

function row(name, side, cell) {
	return [h("span", {}, h("code", {}, name), side && `, ${side}`), ...Object.keys(COLUMNS).map(cell)];
}

function counted(value) {
	return Number.isFinite(value) ? grouped(Math.round(value)) : "–";
}

/* How many times less the second is; 0 of 0 is as much. */
function times(left, right) {
	return right ? ratio(left / right) : left === 0 && right === 0 ? "1.00" : "–";
}

function section(rows) {
	return rows.length ? h("section", {}, h("h2", {}, "Memory clock"),
		table("Counted by the memory clock", ["workload", ...Object.values(COLUMNS)], rows, { numbers: Object.keys(COLUMNS).map((_, i) => i + 1), copy: true }),
		h("p", { class: "note" }, "Data of one CPU by physical address, in a model of its caches: no TLB, no instruction cache, no prefetch, no DMA. "
			+ "Locked: atomic operations. Lines: different ones. Cycles are an estimate, in which no two misses overlap.")) : null;
}

/** Of a run's results; null where none was measured with it. */
export function memoryOf(results) {
	return section(results.flatMap((result) => {
		const of = figuresOf(result);

		return of ? [row(result.workload + ofDevice(result), "", (name) => counted(of(name)))] : [];
	}));
}

/** The same of two runs, each workload that both have with how many times less it is. names: of the sides */
export function memoryBeside(runs, names) {
	const [before, now] = runs.map(({ results }) => new Map(results.map((result) => [result.workload + ofDevice(result), figuresOf(result)])));

	return section([...before].flatMap(([name, base]) => {
		const head = now.get(name);

		return base && head ? [row(name, names[0], (one) => counted(base(one))), row(name, names[1], (one) => counted(head(one))),
			row(name, "ratio", (one) => times(base(one), head(one)))] : [];
	}));
}
