// SPDX-License-Identifier: GPL-2.0-only
// What a comparison comes to, in a few sentences.

import { h } from "/dom.js";
import { family, inWords } from "/workload.js";

const GIB = 2 ** 30;

/* Between what people know: a registration of 1 GiB, else the largest. */
function registration(rows) {
	const closeness = ({ name }) => (name.bytes === GIB ? 0 : Math.abs(Math.log2(name.bytes / GIB))) + (name.backing === "hugetlb-1G" ? 0 : 0.5);

	return rows.filter(({ name, ratio }) => name?.subject === "mr/reg" && ratio)
		.sort((a, b) => closeness(a) - closeness(b))[0];
}

function words(row) {
	return row.name ? inWords(row.name) : row.workload;
}

function sentence(row, more, kind, ...parts) {
	return h("p", { class: `headline ${kind}` }, h("span", { class: "what" }, `${words(row)}: `), ...parts,
		h("span", { class: "where" }, h("code", {}, row.label), more));
}

function changed(row, unit) {
	const { base, head } = row;
	const said = { "no difference": "no difference", "too few samples": "too few samples to tell", "not exact": "not exact" }[row.verdict] ?? unit.change(row.ratio);

	return sentence(row, "", row.verdict === "worse" ? "worse" : "better",
		h("span", { class: "figures" }, `${unit.words(base.median ?? base.mean)} → ${unit.short(head.median ?? head.mean)}, `), h("strong", {}, said));
}

/* As much of the same on other memory says the same. */
function isLike(row, other) {
	return Boolean(row.name) && row.name.subject === other?.name.subject && row.name.bytes === other.name.bytes;
}

function andOthers(rows) {
	return rows.length > 1 ? ` and ${rows.length - 1} more` : "";
}

function works(rows, unit) {
	const row = rows.find(({ name }) => name?.subject === "mr/reg") ?? rows[0];

	return sentence(row, andOthers(rows), "better", h("span", { class: "figures" }, `${row.base.error} → `),
		h("strong", {}, `works, in ${unit.words(row.head.median ?? row.head.mean)}`));
}

function fails(rows) {
	return sentence(rows[0], andOthers(rows), "worse", h("span", { class: "figures" }, "worked → "), h("strong", {}, `fails: ${rows[0].head.error}`));
}

const GAINS = 3;	/* of so many families, at most */
const WORSE = 0.98;	/* less is told */

function besidePhyrs({ name, forms: [other, phyrs] }, unit) {
	return h("p", { class: `headline ${phyrs.ns < other.ns ? "better" : "worse"}` }, h("span", { class: "what" }, `${inWords(name)}: `),
		h("span", { class: "figures" }, `${unit.words(other.ns)} as ${other.form} → ${unit.short(phyrs.ns)} as ${phyrs.form}, `),
		h("strong", {}, unit.change(other.ns / phyrs.ns)), h("span", { class: "where" }, h("code", {}, `${name.subject}/${name.backing}`)));
}

/**
 * What phyrs are worth in one run: of some families the pair of results that is furthest apart, and where phyrs cost most.
 * pairs: [{name: {subject, backing, bytes}, forms: [{form, ns}, {form, ns}]}], of which the last form is phyrs
 */
export function formHeadlines(pairs, unit) {
	const gain = ({ forms }) => forms[0].ns / forms[1].ns;
	const sorted = [...pairs].sort((a, b) => gain(b) - gain(a));
	const best = new Map();

	for (const pair of sorted) {
		const name = family(pair.name.subject);

		if (!best.has(name) && gain(pair) > 1)
			best.set(name, pair);
	}
	const said = [...[...best.values()].slice(0, GAINS), ...sorted.slice(-1).filter((pair) => gain(pair) < WORSE)];

	return said.length ? h("section", { class: "headlines", "aria-label": "In short" }, said.map((pair) => besidePhyrs(pair, unit))) : null;
}

/**
 * The registration that this is about, what works now, the largest gain elsewhere, and what has become worse.
 * rows: the strongest first, see rows.js
 */
export function headlines(rows, unit) {
	const first = registration(rows);
	const working = rows.filter((row) => row.turn === "works"), failing = rows.filter((row) => row.turn === "fails");
	const better = rows.filter((row) => row.verdict === "better" && row.ratio);
	const worse = rows.filter((row) => row.verdict === "worse" && row.ratio);
	const other = better.find((row) => !first || family(row.workload) !== family(first.workload));
	const said = [first && changed(first, unit), working.length && works(working, unit), failing.length && fails(failing),
		other && changed(other, unit), worse.length && !isLike(worse[0], first) && changed(worse[0], unit)].filter((one) => one);

	return h("section", { class: "headlines", "aria-label": "In short" }, said.length ? said
		: h("p", { class: "headline" }, rows.length ? "Nothing has become better or worse" : "The two have no workload in common"));
}
