// SPDX-License-Identifier: GPL-2.0-only
// Two runs side by side, such as a stock and a phyr kernel.

import * as api from "/api.js";
import { h, table, failure } from "/dom.js";
import { duration, ratio, runTitle } from "/format.js";
import { distributions, samplesOf, sizeSection } from "/run.js";
import { ofDevice, parse } from "/workload.js";

const VERDICTS = { better: "▼ better", worse: "▲ worse", "no difference": "~ no difference",
	"too few samples": "? too few samples" };

function side(figures) {
	return figures.error ?? duration(figures.median ?? figures.mean);
}

/* What the two are called: by the first of these that tells them apart. */
function sides({ base, head }) {
	const names = [(run) => run.name, (run) => run.kernel].find((name) => name(base) && name(head) && name(base) !== name(head))
		?? ((run) => `run ${run.id}`);

	return [names(base), names(head)];
}

function rows(comparison, names) {
	return table("Medians", ["workload", names[0], names[1], "ratio", "effect", `${names[1]} is`], comparison.rows.map((row) => [
		h("code", {}, row.workload + ofDevice(row)), side(row.base), side(row.head), ratio(row.ratio),
		row.effect === undefined ? "–" : row.effect.toFixed(2),
		row.verdict ? h("span", { class: row.verdict.replaceAll(" ", "-") }, VERDICTS[row.verdict]) : "–",
	]), { numbers: [1, 2, 3, 4] });
}

/* What the daemon calls a difference. */
function note(criteria) {
	const percent = +(100 * criteria.distance_at_least).toPrecision(3);

	return h("p", { class: "note" }, `Better and worse: Mann-Whitney U finds p < ${criteria.p_below} and an effect of at least `
		+ `${criteria.effect_at_least}, and the medians are at least ${percent} % apart. Anything else is ~. `
		+ "Effect: −1 all samples of the second are faster, 1 all are slower.");
}

function only(text, names) {
	return names.length ? h("details", {}, h("summary", {}, `${names.length} ${text}`),
		h("ul", {}, names.map((name) => h("li", {}, h("code", {}, name))))) : null;
}

function charts(comparison, names) {
	const points = comparison.rows.flatMap((row) => {
		const name = parse(row.workload);

		return name ? [row.base, row.head].flatMap((figures, i) => {
			const ns = figures.median ?? figures.mean;

			return ns === undefined ? [] : [{ ...name, subject: name.subject + ofDevice(row), line: names[i], ns }];
		}) : [];
	});

	return sizeSection(names.join(" beside "), points);
}

/* A row's result on one side: of the row's device, else of a device that no row names. */
function resultOf(row, rows_, results) {
	const same = results.filter((result) => result.workload === row.workload);
	const taken = rows_.map((other) => other.workload + ofDevice(other));

	return same.find((result) => ofDevice(result) === ofDevice(row))
		?? same.find((result) => !taken.includes(result.workload + ofDevice(result)));
}

/* The two sides of a workload stand together. */
function candidates(comparison, runs, names) {
	const list = comparison.rows.flatMap((row) => runs.flatMap((run, i) => {
		const result = resultOf(row, comparison.rows, run.results);

		return result?.samples?.length ? [{ label: `${row.workload}${ofDevice(row)}, ${names[i]}`, samples: samplesOf(result) }] : [];
	}));

	list.pair = 2;
	return list;
}

function chooser(runs, base, head) {
	const pick = (name, text, selected) => h("label", {}, text, h("select", { name, onchange: go }, runs.map((run) =>
		h("option", { value: run.id, selected: String(run.id) === selected }, `${runTitle(run)} (${run.kernel}, ${run.clock})`))));
	const form = h("form", { class: "actions" }, pick("base", "base ", base), pick("head", "head ", head));

	function go() {
		location.hash = `#/compare/${form.elements.base.value}/${form.elements.head.value}`;
	}
	return form;
}

/* The newest two that can be compared: [base, head], or nothing. */
function newestPair(runs) {
	for (const head of runs) {
		const base = runs.find((run) => run.id < head.id && run.clock === head.clock);

		if (base)
			return [base.id, head.id].map(String);
	}
	return [];
}

export async function showComparison(main, signal, base, head) {
	main.append(h("h1", {}, "Compare"));
	const runs = (await api.listRuns(null, 200)).runs.filter((run) => run.state === "done");

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
	main.append(chooser(runs, base, head));
	if (base === head) {
		main.append(h("p", {}, "Choose another run as base or head."));
		return;
	}
	const comparison = await api.compareRuns(base, head);
	const names = sides(comparison);

	main.querySelector("h1").textContent = `Run ${base} and run ${head}`;
	main.append(rows(comparison, names), note(comparison.criteria),
		...[only(`only in ${names[0]}`, comparison.only_base), only(`only in ${names[1]}`, comparison.only_head),
			charts(comparison, names)].filter((part) => part));
	const both = await Promise.all([base, head].map(api.getRun)).catch((error) => {
		main.append(failure(error));
		return null;
	});

	if (both && !signal.aborted && comparison.rows.length)
		main.append(distributions(candidates(comparison, both, names)));
}
