// SPDX-License-Identifier: GPL-2.0-only
// What a run has measured, and what it could not.

import { h } from "/dom.js";
import { PERCENTILES, label } from "/percentiles.js";
import { table } from "/table.js";
import { inNs, median, ofDevice } from "/workload.js";

/** Percentiles where there are enough samples for them. unit: see units.js */
export function figures(results, unit) {
	const measured = results.filter((result) => !result.error);
	const most = Math.max(...measured.map(({ stats }) => stats?.n ?? 0));
	const shown = PERCENTILES.filter(({ samples }) => most >= samples);
	const hidden = PERCENTILES.filter((one) => !shown.includes(one));
	/* Without samples, as much as the file has said. */
	const known = ({ aggregates, unit: one }, name) => aggregates[name] === undefined ? "–" : unit.exact(inNs(aggregates[name], one));
	const rows = measured.map((result) => {
		const { stats } = result;
		const words = (value) => unit.exact(inNs(value, result.unit));
		const name = h("code", {}, result.workload + ofDevice(result));

		return stats
			? [name, stats.n, words(stats.min), words(stats.median), `${words(stats.median_low)} – ${words(stats.median_high)}`,
				...shown.map((one) => stats.n >= one.samples ? words(stats[one.name]) : "–"), words(stats.max)]
			: [name, result.parameters.samples ?? "–", known(result, "min"), unit.exact(median(result)), "–", ...shown.map(() => "–"), known(result, "max")];
	});

	return h("div", {},
		table(`Results, ${unit.name}`, ["workload", "samples", "min", "median", "95 % of the median", ...shown.map(label), "max"], rows,
			{ numbers: [1, 2, 3, 4, ...shown.map((_, i) => 5 + i), 5 + shown.length], copy: true }),
		hidden.length && most ? h("p", { class: "note" }, `Not shown: ${hidden.map((one) => `${label(one)}, which takes ${one.samples} samples`).join("; ")}.`) : null);
}

/** A heading and a table, or nothing. */
export function missing(results) {
	const failed = results.filter((result) => result.error);

	return failed.length ? [h("h2", {}, "Not measured"), table("Failures", ["workload", "errno", "why"], failed.map((result) =>
		[h("code", {}, result.workload + ofDevice(result)), result.error.errno, result.error.message]), { prose: 2 })] : [];
}
