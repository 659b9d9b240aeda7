// SPDX-License-Identifier: GPL-2.0-only
// Figures over the size of the memory: a chart for each question.

import * as chart from "/chart.js";
import { h } from "/dom.js";
import { backingsOf } from "/workload.js";

/* A line needs two. */
function hasSizes(points) {
	return new Set(points.map((point) => point.bytes)).size > 1;
}

function linesOf(points, nameOf) {
	return [...new Set(points.map(nameOf))].map((label) => ({ label,
		points: points.filter((point) => nameOf(point) === label).map((point) => [point.bytes, point.ns]) }));
}

/* Lines beside each other on each backing, or the backings beside each other. */
function chartsOf(subject, points, unit) {
	const range = [Math.min(...points.map((point) => point.ns)), Math.max(...points.map((point) => point.ns))];

	if (points.some((point) => point.line))
		return backingsOf(points).map((backing) => points.filter((point) => point.backing === backing)).filter(hasSizes)
			.map((here) => chart.overSize(`${subject} on ${here[0].backing}`, linesOf(here, (point) => point.line ?? "–"), range, unit));
	const several = backingsOf(points).flatMap((backing) => points.filter((point) => point.backing === backing));

	return hasSizes(several) ? [chart.overSize(subject, linesOf(several, (point) => point.backing), range, unit)] : [];
}

/**
 * A section, or null where nothing has several sizes. The charts of a subject share the range of figures.
 * points: [{subject, backing, bytes, ns, line: what is beside others, if anything is}]
 */
export function sizeSection(title, points, unit, text = "") {
	const some = points.filter((point) => point.ns > 0);
	const charts = [...new Set(some.map((point) => point.subject))].flatMap((subject) =>
		chartsOf(subject, some.filter((point) => point.subject === subject), unit));

	return charts.length ? h("section", {}, h("h2", {}, title), text && h("p", { class: "note" }, text), h("div", { class: "charts" }, charts)) : null;
}
