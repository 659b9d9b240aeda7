// SPDX-License-Identifier: GPL-2.0-only
// A run: its charts, its figures, and what could not be measured.

import * as api from "/api.js";
import * as chart from "/chart.js";
import { caveats } from "/caveats.js";
import { contents } from "/contents.js";
import { candidateOf, distributions } from "/distributions.js";
import { h, announce, button, failure } from "/dom.js";
import { runTitle } from "/format.js";
import { formHeadlines } from "/headline.js";
import { ENDED, stateOf } from "/states.js";
import { figures, missing } from "/figures.js";
import { memoryOf } from "/memory.js";
import { progress } from "/progress.js";
import { save } from "/request.js";
import { sizeSection } from "/sizes.js";
import { unitOf } from "/units.js";
import { who } from "/who.js";
import { editWords } from "/words.js";
import { form, learn, median, ofDevice, parse } from "/workload.js";

/* Every result that has a size and a figure. */
function pointsOf(results) {
	return results.flatMap((result) => {
		const name = parse(result.workload);
		const ns = median(result);

		return name && ns !== null ? [{ ...name, device: ofDevice(result), form: form(name.subject), ns }] : [];
	});
}

/* Forms beside each other where there are several, else what it costs on each backing. */
function overSizes(results, unit) {
	const points = pointsOf(results);
	const several = (common, device) => new Set(points.filter((point) => point.form?.common === common && point.device === device)
		.map((point) => point.form.form)).size > 1;
	const beside = points.filter((point) => point.form && several(point.form.common, point.device));
	const alone = points.filter((point) => !beside.includes(point));

	return [
		sizeSection("Pages and scatterlists beside phyrs", beside.map((point) =>
			({ ...point, subject: point.form.common + point.device, line: point.form.form })), unit),
		sizeSection("Over the size", alone.map((point) => ({ ...point, subject: point.subject + point.device })), unit,
			"A line for each backing: what the memory is made of."),
	];
}

/* Results that differ in the form only, phyrs behind the others. */
function pairsOf(results) {
	const points = pointsOf(results).filter((point) => point.form && point.ns > 0);

	return points.filter((point) => point.form.form !== "phyrs").flatMap((point) => {
		const other = points.find((one) => one.form.form === "phyrs" && one.form.common === point.form.common && one.device === point.device
			&& one.backing === point.backing && one.bytes === point.bytes);

		return other ? [{ name: { ...point, subject: point.form.common },
			forms: [point, other].map((one) => ({ form: one.form.form, ns: one.ns })) }] : [];
	});
}

function ended(run) {
	const unit = unitOf(run.clock);
	const candidates = run.results.flatMap((result) => candidateOf(result, result.workload + ofDevice(result)));
	const measured = run.results.some((result) => !result.error);

	return [
		formHeadlines(pairsOf(run.results), unit), ...overSizes(run.results, unit), candidates.length ? distributions(candidates, unit) : null,
		measured ? h("h2", {}, "Figures") : null, measured ? figures(run.results, unit) : null,
		memoryOf(run.results), caveats(run.clock, run.results.map((result) => result.workload + ofDevice(result))),
		...missing(run.results),
	];
}

export async function showRun(main, signal, id) {
	let [run, families] = await Promise.all([api.getRun(id), api.getWorkloads()]);

	learn(families.workloads);
	/* The daemon may stop telling before the run has ended. */
	while (!ENDED.includes(run.state) && !signal.aborted) {
		main.replaceChildren(h("h1", {}, runTitle(run)));
		await progress(main, run, signal);
		run = await api.getRun(id);
		announce(`${runTitle(run)} is ${run.state}`);
	}
	if (signal.aborted)
		return;
	chart.forget();
	const attempt = (action) => () => action().catch((error) => main.append(failure(error)));

	main.replaceChildren(h("h1", {}, runTitle(run)),
		h("p", { class: "state" }, stateOf(run), run.reason ? `: ${run.reason}` : ""), who(run),
		h("div", { class: "actions" },
			button("Export", attempt(async () => save(await api.exportRun(id), `phyr-run-${id}.json`))),
			h("a", { href: `#/compare/${id}/${id}`, class: "button" }, "Compare with another"),
			run.source === "measured" ? h("a", { href: `#/run/${id}`, class: "button" }, "Run again") : null,
			button("Name, tags, notes", attempt(async () => {
				if (await editWords(run) && !signal.aborted)
					await showRun(main, signal, id);
			}))),
		...ended(run).filter((part) => part));
	contents(main);
}
