// SPDX-License-Identifier: GPL-2.0-only
// A run: how far it is, its figures, its charts.

import * as api from "/api.js";
import * as chart from "/chart.js";
import { h, announce, button, facts, failure, table } from "/dom.js";
import { date, duration, runTitle } from "/format.js";
import { ENDED, stateOf } from "/history.js";
import { BACKINGS, form, inNs, median, ofDevice, parse } from "/workload.js";

const MOST = 6; /* distributions in a chart */

function figures(results) {
	const measured = results.filter((result) => !result.error);

	return table("Results", ["workload", "n", "min", "median", "95 % of the median", "p90", "p99", "p99.9", "max"],
		measured.map((result) => {
			const { stats, unit } = result;
			const time = (value) => duration(value, unit);

			return stats
				? [h("code", {}, result.workload + ofDevice(result)), stats.n, time(stats.min), time(stats.median),
					`${time(stats.median_low)} – ${time(stats.median_high)}`, time(stats.p90), time(stats.p99), time(stats.p999),
					time(stats.max)]
				: [h("code", {}, result.workload + ofDevice(result)), "–", "–", duration(median(result)), "only a mean or median", "–", "–", "–", "–"];
		}), { numbers: [1, 2, 3, 4, 5, 6, 7, 8] });
}

function missing(results) {
	const failed = results.filter((result) => result.error);

	return failed.length ? table("Not measured", ["workload", "errno", "why"], failed.map((result) =>
		[h("code", {}, result.workload + ofDevice(result)), result.error.errno, result.error.message]), { prose: 2 }) : null;
}

/* A line needs two. */
function hasSizes(points, backing) {
	return new Set(points.filter((point) => point.backing === backing).map((point) => point.bytes)).size > 1;
}

/**
 * Time over size, a chart per subject and backing; the charts of a subject share the range of times.
 * points: [{subject, backing, line, bytes, ns}]
 */
function sizeCharts(points) {
	const subjects = [...new Set(points.map((point) => point.subject))];

	return subjects.flatMap((subject) => {
		const ofSubject = points.filter((point) => point.subject === subject && point.ns > 0);
		const range = [Math.min(...ofSubject.map((point) => point.ns)), Math.max(...ofSubject.map((point) => point.ns))];

		return BACKINGS.filter((backing) => hasSizes(ofSubject, backing)).map((backing) => {
			const here = ofSubject.filter((point) => point.backing === backing);
			const lines = [...new Set(here.map((point) => point.line))].map((label) => ({ label,
				points: here.filter((point) => point.line === label).map((point) => [point.bytes, point.ns]) }));

			return chart.overSize(`${subject} on ${backing}`, lines, range);
		});
	});
}

export function sizeSection(title, points) {
	const charts = sizeCharts(points);

	return charts.length ? h("section", {}, h("h2", {}, title), h("div", { class: "charts" }, charts)) : null;
}

function othersBesidePhyrs(results) {
	const points = results.flatMap((result) => {
		const name = parse(result.workload);
		const split = name && form(name.subject);
		const ns = median(result);

		return split && ns !== null ? [{ ...name, subject: split.common + ofDevice(result), line: split.form, ns }] : [];
	});

	return points.some((point) => point.line === "phyrs") && points.some((point) => point.line !== "phyrs")
		? sizeSection("Pages and scatterlists beside phyrs", points) : null;
}

/** Histogram and cumulative distribution of the samples that are chosen. candidates: [{label, samples in ns}] */
export function distributions(candidates) {
	const charts = h("div", { class: "charts" });
	const boxes = candidates.map((_, i) => h("input", { type: "checkbox", checked: i < (candidates.pair ?? 1), onchange: draw }));
	const note = h("p", { class: "note" });

	function draw() {
		const sets = candidates.filter((_, i) => boxes[i].checked);

		note.textContent = sets.length > MOST ? `The first ${MOST} of ${sets.length} are drawn` : "";
		charts.replaceChildren(...(sets.length ? [
			chart.histogram("Histogram", sets.slice(0, MOST)),
			chart.cumulative("Cumulative", sets.slice(0, MOST))] : []));
	}
	draw();
	return h("section", {}, h("h2", {}, "Distributions"),
		h("details", { open: candidates.length < 9 }, h("summary", {}, "Which workloads"), h("div", { class: "picks" }, candidates.map(({ label }, i) =>
			h("label", { class: "choice" }, boxes[i], h("code", {}, label))))),
		note, charts);
}

/** A result's samples in ns; what took no measurable time is drawn as a tenth of the smallest unit. */
export function samplesOf(result) {
	return result.samples?.map((sample) => Math.max(inNs(sample, result.unit), inNs(0.1, result.unit)));
}

async function download(run) {
	const link = h("a", { href: URL.createObjectURL(await api.exportRun(run.id)), download: `phyr-run-${run.id}.json` });

	link.click();
	URL.revokeObjectURL(link.href);
}

function ended(run) {
	const candidates = run.results.filter((result) => result.samples?.length)
		.map((result) => ({ label: result.workload + ofDevice(result), samples: samplesOf(result) }));

	return [
		othersBesidePhyrs(run.results), candidates.length ? distributions(candidates) : null,
		h("h2", {}, "Figures"), run.results.some((result) => !result.error) ? figures(run.results) : null, missing(run.results),
	];
}

async function progress(main, run, signal) {
	const bar = h("progress", { max: run.workloads, value: run.finished, "aria-label": "workloads measured" });
	const words = h("span", {}, "");
	const results = h("div", {});
	const refused = h("div", {});
	const cancel = button("Cancel", async () => {
		cancel.disabled = true;
		await api.cancelRun(run.id).catch((error) => refused.append(failure(error)));
	});
	const partial = [];

	main.append(h("div", { class: "actions" }, bar, words, cancel), refused, results);
	announce(`${runTitle(run)} is ${run.state}`);
	await api.followRun(run.id, {
		progress(head) {
			bar.value = head.finished;
			words.textContent = `${stateOf(head)}, ${head.finished} of ${head.workloads}`;
		},
		result({ index, result }) {
			partial[index] = result;
			const there = partial.filter((one) => one);

			results.replaceChildren(...[there.some((one) => !one.error) ? figures(there) : null, missing(there)].filter((one) => one));
		},
	}, signal);
}

export async function showRun(main, signal, id) {
	let run = await api.getRun(id);

	/* The daemon may stop telling before the run has ended. */
	while (!ENDED.includes(run.state) && !signal.aborted) {
		main.replaceChildren(h("h1", {}, runTitle(run)));
		await progress(main, run, signal);
		run = await api.getRun(id);
		announce(`${runTitle(run)} is ${run.state}`);
	}
	if (signal.aborted)
		return;
	const { context } = run;

	main.replaceChildren(h("h1", {}, runTitle(run)),
		facts([
			["State", stateOf(run) + (run.reason ? `: ${run.reason}` : "")],
			["Kernel", run.kernel],
			["Clock", run.clock],
			context.host_name && ["Machine", [context.host_name, context.cpu].filter((text) => text).join(", ")],
			["Created", date(run.created_ns) + (run.source === "imported" ? ", imported" : "")],
			run.started_ns && run.ended_ns && ["Measured in", duration(run.ended_ns - run.started_ns)],
		]),
		h("div", { class: "actions" }, button("Export", () => download(run).catch((error) => main.append(failure(error)))),
			h("a", { href: `#/compare/${id}/${id}`, class: "button" }, "Compare with another")),
		...ended(run).filter((part) => part));
}
