// SPDX-License-Identifier: GPL-2.0-only
// Two runs side by side, such as a stock and a phyr kernel.

import * as api from "/api.js";
import { caveats } from "/caveats.js";
import { contents } from "/contents.js";
import { candidateOf, distributions } from "/distributions.js";
import { h, failure } from "/dom.js";
import { runTitle } from "/format.js";
import { headlines } from "/headline.js";
import { nameSides } from "/looks.js";
import { memoryBeside } from "/memory.js";
import { rowsOf, rowsSection } from "/rows.js";
import { sizeSection } from "/sizes.js";
import { unitOf } from "/units.js";
import { who } from "/who.js";
import { learn, ofDevice } from "/workload.js";

/* What the two are called: by the first of these that tells them apart. */
function sides({ base, head }) {
	const names = [(run) => run.name, (run) => run.kernel].find((name) => name(base) && name(head) && name(base) !== name(head))
		?? ((run) => `run ${run.id}`);

	return [names(base), names(head)];
}

/* What the daemon calls a difference. */
function note(criteria) {
	const percent = +(100 * criteria.distance_at_least).toPrecision(3);

	return h("p", { class: "note" }, `Figures are medians. Better and worse: Mann-Whitney U finds p < ${criteria.p_below} and an effect of at least `
		+ `${criteria.effect_at_least}, and the medians are at least ${percent} % apart. Anything else is ~. `
		+ "Effect: −1 all samples of the second are faster, 1 all are slower.");
}

/* Whose verdicts they are, where it is not the daemon that says so. */
function ofCompare([base, head]) {
	const { comparison, suite } = head.context ?? {};
	const has = (run) => run.results.some(({ parameters }) => "verdict" in parameters);

	return comparison && suite && comparison === base.context?.comparison && has(head) && !has(base) ? h("p", { class: "note" },
		`Figures are medians. Verdicts are those of ./phyr compare with suite ${suite}; a row that is not exact has none.`) : null;
}

function only(text, names) {
	return names.length ? h("details", {}, h("summary", {}, `${names.length} ${text}`),
		h("ul", {}, names.map((name) => h("li", {}, h("code", {}, name))))) : null;
}

function charts(rows, names, unit) {
	const points = rows.flatMap((row) => row.name ? [row.base, row.head].flatMap((figures, i) => {
		const ns = figures.median ?? figures.mean;

		return ns === undefined ? [] : [{ ...row.name, subject: row.name.subject + ofDevice(row), line: names[i], ns }];
	}) : []);

	return sizeSection("Over the size", points, unit);
}

/* A row's result on one side: of the row's device, else of a device that no row names. */
function resultOf(row, rows, results) {
	const same = results.filter((result) => result.workload === row.workload);
	const taken = rows.map((other) => other.workload + ofDevice(other));

	return same.find((result) => ofDevice(result) === ofDevice(row))
		?? same.find((result) => !taken.includes(result.workload + ofDevice(result)));
}

/* The two sides of a workload stand together, those that have both before all others. */
function candidates(rows, runs, names) {
	const pairs = rows.map((row) => runs.flatMap((run, i) => {
		const result = resultOf(row, rows, run.results);

		return result ? candidateOf(result, `${row.label}, ${names[i]}`).map((one) => ({ ...one, form: names[i] })) : [];
	}));

	return [...pairs.filter((pair) => pair.length > 1), ...pairs.filter((pair) => pair.length < 2)].flat();
}

/* Both sides, to be chosen, each with whose figures they are. */
function chooser(runs, base, head) {
	const pick = (name, text, selected) => h("div", { class: "side" },
		h("label", {}, text, h("select", { name, onchange: go }, runs.map((run) =>
			h("option", { value: run.id, selected: String(run.id) === selected }, `${runTitle(run)} (${run.kernel}, ${run.clock})`)))));
	const form = h("form", { class: "sides" }, pick("base", "before (base)", base), pick("head", "now (head)", head));

	function go() {
		location.hash = `#/compare/${form.elements.base.value}/${form.elements.head.value}`;
	}
	return form;
}

/** The newest two that can be compared: [base, head], or nothing. */
export function newestPair(runs) {
	for (const head of runs) {
		const base = runs.find((run) => run.id < head.id && run.clock === head.clock);

		if (base)
			return [base.id, head.id].map(String);
	}
	return [];
}

async function show(main, form, base, head, signal) {
	const comparison = await api.compareRuns(base, head);
	const names = sides(comparison), unit = unitOf(comparison.head.clock), rows = rowsOf(comparison);

	nameSides(...names);
	main.querySelector("h1").textContent = `${runTitle(comparison.base)} → ${runTitle(comparison.head)}`;
	form.before(headlines(rows, unit));
	const criteria = note(comparison.criteria);

	main.append(...[rows.length ? rowsSection(rows, names, unit) : null, criteria, caveats(comparison.head.clock, rows.map((row) => row.label)),
		only(`only in ${names[0]}`, comparison.only_base), only(`only in ${names[1]}`, comparison.only_head),
		charts(rows, names, unit)].filter((part) => part));
	const both = await Promise.all([base, head].map(api.getRun)).catch((error) => {
		main.append(failure(error));
		return null;
	});

	if (!both || signal.aborted)
		return;
	form.querySelectorAll(".side").forEach((side, i) => side.append(who(both[i])));
	const drawn = candidates(rows, both, names), memory = memoryBeside(both, names);

	criteria.replaceWith(ofCompare(both) ?? criteria);
	main.append(...memory ? [memory] : []);
	if (drawn.length)
		main.append(distributions(drawn, unit, 2));
	contents(main);
}

export async function showComparison(main, signal, base, head) {
	main.append(h("h1", {}, "Compare"));
	const [list, families] = await Promise.all([api.listRuns({ limit: 200 }), api.getWorkloads()]);
	const runs = list.runs.filter((run) => run.state === "done");

	learn(families.workloads);
	if (!base) {
		[base, head] = newestPair(runs);
		if (!base) {
			main.append(h("p", {}, "It takes two runs that are done, of the same kind of clock. ", h("a", { href: "#/run" }, "Start one"), " or ",
				h("a", { href: "#/runs" }, "load results")));
			return;
		}
		history.replaceState(null, "", `#/compare/${base}/${head}`);
	}
	/* What is shown may be older than what is listed. */
	const shown = [...new Set([base, head])].filter((id) => !runs.some((run) => String(run.id) === id));

	runs.push(...await Promise.all(shown.map(api.getHead)));
	const form = chooser(runs, base, head);

	main.append(form);
	if (base === head)
		main.append(h("p", {}, "Choose another run as before or now."));
	else
		await show(main, form, base, head, signal);
}
