// SPDX-License-Identifier: GPL-2.0-only
// The rows of a comparison: in groups by family, to be sorted, filtered and searched.

import { h } from "/dom.js";
import { ratio } from "/format.js";
import { copies, table } from "/table.js";
import { family, ofDevice, parse } from "/workload.js";

const VERDICTS = { works: "★ works now", fails: "✗ fails now", better: "▼ better", worse: "▲ worse", "no difference": "~ no difference",
	"too few samples": "? too few samples", "not exact": "≈ not exact", none: "– not compared" };
const CLASSES = { works: "better", fails: "worse", better: "better", worse: "worse" };

/* ENOMEM that is gone outweighs any factor. */
function strength({ turn, ratio: factor }) {
	return turn ? Infinity : factor ? Math.abs(Math.log(factor)) : 0;
}

/**
 * What the daemon says of each pair, and what follows from it; the strongest first.
 * turn: what failed "works" now, or what worked "fails"
 */
export function rowsOf(comparison) {
	return comparison.rows.map((row) => {
		const failed = [row.base.error, row.head.error];
		const turn = !failed[0] === !failed[1] || !row.verdict ? null : failed[0] ? "works" : "fails";

		return { ...row, turn, name: parse(row.workload), label: row.workload + ofDevice(row), kind: turn ?? row.verdict ?? "none" };
	}).sort((a, b) => strength(b) - strength(a));
}

const ORDERS = {
	"biggest change": (a, b) => strength(b) - strength(a),
	name: (a, b) => a.label.localeCompare(b.label, "en", { numeric: true }),
	size: (a, b) => (b.name?.bytes ?? 0) - (a.name?.bytes ?? 0),
	slowest: (a, b) => (b.head.median ?? b.head.mean ?? 0) - (a.head.median ?? a.head.mean ?? 0),
};

function samples({ base, head }) {
	return base.n === head.n || !base.n || !head.n ? String(base.n ?? head.n ?? "–") : `${base.n} / ${head.n}`;
}

function group(name, rows, names, unit) {
	const side = (figures) => figures.error ?? unit.exact(figures.median ?? figures.mean);

	return table(`${name}: ${rows.length === 1 ? "1 workload" : `${rows.length} workloads`}`,
		["workload", `${names[0]}, ${unit.name}`, `${names[1]}, ${unit.name}`, "ratio", "effect", "samples", `${names[1]} is`],
		rows.map((row) => [h("code", {}, row.label), side(row.base), side(row.head), row.turn ? `${row.turn} now` : ratio(row.ratio),
			row.effect === undefined ? "–" : row.effect.toFixed(2).replace("-", "−"), samples(row),
			h("span", { class: CLASSES[row.kind] ?? null }, VERDICTS[row.kind])]), { numbers: [1, 2, 3, 4, 5], even: true });
}

function options(names) {
	return names.map((name) => h("option", { value: name }, VERDICTS[name] ?? name));
}

/** names: of the two sides; unit: see units.js */
export function rowsSection(rows, names, unit) {
	const kinds = Object.keys(VERDICTS).filter((kind) => rows.some((row) => row.kind === kind));
	const search = h("input", { type: "search", name: "search", placeholder: "hugetlb 1GiB", autocomplete: "off", spellcheck: "false", oninput: draw });
	const verdict = h("select", { name: "verdict", onchange: draw }, h("option", { value: "" }, "all"), options(kinds));
	const order = h("select", { name: "order", onchange: draw }, options(Object.keys(ORDERS)));
	const families = h("div", {}), count = h("output", {});

	function draw() {
		const wanted = search.value.toLowerCase().split(/\s+/).filter((word) => word);
		const shown = rows.filter((row) => (!verdict.value || row.kind === verdict.value) && wanted.every((word) => row.label.toLowerCase().includes(word)))
			.sort(ORDERS[order.value]);
		const groups = new Map();

		for (const row of shown) {
			const name = family(row.workload);

			groups.set(name, [...groups.get(name) ?? [], row]);
		}
		families.replaceChildren(...[...groups].map(([name, list]) => group(name, list, names, unit)));
		count.textContent = `${shown.length} of ${rows.length}`;
	}
	draw();
	return h("section", {}, h("h2", {}, "Workloads"),
		h("div", { class: "actions", role: "search" }, h("label", {}, "search", search), h("label", {}, "verdict", verdict), h("label", {}, "order by", order),
			count, copies(() => [...families.querySelectorAll("table")])),
		families);
}
