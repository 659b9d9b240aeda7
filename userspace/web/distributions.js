// SPDX-License-Identifier: GPL-2.0-only
// Histogram and cumulative distribution of samples.

import * as chart from "/chart.js";
import { h } from "/dom.js";
import { form, inNs, parse } from "/workload.js";

const MOST = 6; /* in a chart */

/** A result's samples in ns; what took no measurable time is drawn as a tenth of the smallest unit. */
function samplesOf(result) {
	return result.samples.map((sample) => Math.max(inNs(sample, result.unit), inNs(0.1, result.unit)));
}

/** What can be drawn of a result, if it has samples: a list of one or none. */
export function candidateOf(result, label) {
	const name = parse(result.workload);

	return result.samples?.length ? [{ label, form: name ? form(name.subject)?.form : undefined, samples: samplesOf(result) }] : [];
}

/** candidates: [{label, form, samples in ns}], of which the first few are drawn at first; unit: see units.js */
export function distributions(candidates, unit, few = 1) {
	const charts = h("div", { class: "charts" });
	const boxes = candidates.map((_, i) => h("input", { type: "checkbox", checked: i < few, onchange: draw }));
	const note = h("p", { class: "note" });

	function draw() {
		const sets = candidates.filter((_, i) => boxes[i].checked);

		note.textContent = sets.length > MOST ? `The first ${MOST} of ${sets.length} are drawn` : "";
		charts.replaceChildren(...(sets.length ? [
			chart.histogram("Histogram", sets.slice(0, MOST), unit),
			chart.cumulative("Cumulative", sets.slice(0, MOST), unit)] : []));
	}
	draw();
	return h("section", {}, h("h2", {}, "Distributions"),
		h("details", { open: candidates.length < 9 }, h("summary", {}, "Which workloads"), h("div", { class: "picks" }, candidates.map(({ label }, i) =>
			h("label", { class: "choice" }, boxes[i], h("code", {}, label))))),
		note, charts);
}
