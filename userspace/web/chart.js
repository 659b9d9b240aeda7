// SPDX-License-Identifier: GPL-2.0-only
// Charts: uPlot with logarithmic scales, lines that differ without colour, and a table of the same figures.

import uPlot from "/uplot.js";
import { h } from "/dom.js";
import { size } from "/format.js";
import { looksOf } from "/looks.js";
import { PERCENTILES, hasEnough } from "/percentiles.js";
import { table } from "/table.js";

const live = new Set();

function style(name) {
	return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function colour(look) {
	return style(`--line-${look.colour}`);
}

/* Outline of a point of the given shape, for uPlot's Path2D. */
function outline(path, shape, x, y, r) {
	if (shape === "circle") {
		path.moveTo(x + r, y);
		path.arc(x, y, r, 0, 2 * Math.PI);
	} else if (shape === "square") {
		path.rect(x - r, y - r, 2 * r, 2 * r);
	} else {
		const corners = shape === "triangle" ? [[0, -1.2], [1.2, 1], [-1.2, 1]] : [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]];

		corners.forEach(([dx, dy], i) => path[i ? "lineTo" : "moveTo"](x + dx * r, y + dy * r));
		path.closePath();
	}
}

function shaped(shape) {
	return (u, index) => {
		const path = new Path2D();
		const { scale } = u.series[index];

		u.data[0].forEach((x, i) => {
			const y = u.data[index][i];

			if (y !== null && y !== undefined)
				outline(path, shape, u.valToPos(x, "x", true), u.valToPos(y, scale, true), 4 * devicePixelRatio);
		});
		return { fill: path, stroke: path };
	};
}

function series(look, label, more) {
	return { label, stroke: colour(look), width: 2, dash: look.dash, points: { show: false }, ...more };
}

function axis(more) {
	return { stroke: style("--text"), grid: { stroke: style("--rule"), width: 1 }, ticks: { stroke: style("--rule") },
		font: "13px system-ui", labelFont: "13px system-ui", ...more };
}

/* How a line looks, beside its name. */
function sample(look, marked) {
	const canvas = h("canvas", { width: 88, height: 24, class: "sample", "aria-hidden": "true" });
	const context = canvas.getContext("2d");

	context.strokeStyle = context.fillStyle = colour(look);
	context.lineWidth = 4;
	context.setLineDash(look.dash.map((n) => 2 * n));
	context.beginPath();
	context.moveTo(0, 12);
	context.lineTo(88, 12);
	context.stroke();
	if (marked) {
		const path = new Path2D();

		outline(path, look.shape, 44, 12, 8);
		context.fill(path);
	}
	return canvas;
}

/* Names of the lines, and behind each what it is at the cursor. */
function legend(labels, looks, marked, values) {
	return h("ul", { class: "legend" }, labels.map((label, i) => h("li", {}, sample(looks[i], marked), label, values[i])));
}

/**
 * A figure that fills its column, and is drawn anew when the column or the colours change.
 * lines: [{label, look}]; at(x, y...): what the cursor says of the place, and of each line; figures: a table
 */
function figure(title, lines, options, data, figures, { marked = false, at }) {
	const labels = lines.map((line) => line.label), looks = lines.map((line) => line.look);
	const values = labels.map(() => h("output", { class: "value" }));
	const place = h("output", { class: "place" });
	const box = h("div", { class: "plot", role: "img", "aria-label": `${title}: ${labels.join(", ")}` });
	const key = h("div", {}, legend(labels, looks, marked, values));
	const element = h("figure", {}, h("figcaption", {}, title, " ", place), key, box,
		h("details", {}, h("summary", {}, "As a table"), figures));
	let plot = null;

	function point(u) {
		const { idx } = u.cursor;
		const there = idx !== null && idx !== undefined;
		const [x, ...ys] = there ? at(data[0][idx], ...data.slice(1).map((column, i) => column[u.cursor.idxs?.[i + 1] ?? idx])) : ["", ...labels.map(() => "")];

		place.textContent = there ? `at ${x}` : "";
		values.forEach((value, i) => { value.textContent = ys[i]; });
	}

	function draw() {
		const width = Math.floor(box.clientWidth);

		plot?.destroy();
		plot = null;
		if (!width)
			return;
		plot = new uPlot({ width, height: Math.round(Math.min(340, Math.max(220, width * 0.55))), legend: { show: false },
			cursor: { drag: { x: false, y: false }, dataIdx: nearest }, hooks: { setCursor: [point] }, ...options() }, data, box);
	}
	const observer = new ResizeObserver(() => {
		if (!plot || plot.width !== Math.floor(box.clientWidth))
			draw();
	});

	observer.observe(box);
	live.add({ destroy() { observer.disconnect(); plot?.destroy(); },
		redraw() { key.replaceChildren(legend(labels, looks, marked, values)); draw(); } });
	return element;
}

/* A line that steps holds its last value until the next; others have one at their points only. */
function nearest(u, series, idx) {
	if (!series || !u.series[series].steps)
		return idx;
	for (let i = idx; i > 0; i--) {
		const value = u.data[series][i];

		if (value !== null && value !== undefined)
			return i;
	}
	return idx;
}

/** The charts of the last view. */
export function forget() {
	live.forEach((chart) => chart.destroy());
	live.clear();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => live.forEach((chart) => chart.redraw()));

/* The smallest range of whole decades around positive numbers. */
function decades(low, high) {
	const from = 10 ** Math.floor(Math.log10(low)), to = 10 ** Math.ceil(Math.log10(high));

	return from < to ? [from, to] : [from, from * 10];
}

/* Whole decades, and steps between them where there are few. */
function logSplits(low, high) {
	const steps = high / low > 100 ? [1] : [1, 2, 5];
	const splits = [];

	for (let decade = low; decade <= high * 1.001; decade *= 10)
		splits.push(...steps.map((step) => step * decade).filter((value) => value <= high * 1.001));
	return splits;
}

/**
 * A figure over size, both logarithmic.
 * lines: [{label, points: [[bytes, ns]]}]; range: of the figures, to be shared by several charts; unit: see units.js
 */
export function overSize(title, lines, range, unit) {
	const sizes = [...new Set(lines.flatMap((line) => line.points.map(([bytes]) => bytes)))].sort((a, b) => a - b);
	const columns = lines.map((line) => sizes.map((bytes) => line.points.find((point) => point[0] === bytes)?.[1] ?? null));
	const looks = looksOf(lines.map((line) => line.label), { own: true });
	const [low, high] = decades(...range);
	const options = () => ({
		scales: { x: { time: false, distr: 3, log: 2, range: () => [sizes[0] / 2, sizes[sizes.length - 1] * 2] },
			y: { distr: 3, log: 10, range: () => [low, high] } },
		axes: [axis({ splits: (u) => sizesThatFit(u, sizes), filter: (_u, splits) => splits, values: (_u, splits) => splits.map(size), label: "size" }),
			axis({ size: 76, splits: () => logSplits(low, high), filter: (_u, splits) => splits, values: (_u, splits) => splits.map(unit.tick),
				label: `median, ${unit.name}` })],
		series: [{}, ...lines.map((line, i) => series(looks[i], line.label, { spanGaps: true,
			points: { show: true, paths: shaped(looks[i].shape), fill: colour(looks[i]) } }))],
	});
	const words = (ns) => ns === null || ns === undefined ? "–" : unit.exact(ns);
	const figures = table(title, ["size", ...lines.map((line) => `${line.label}, ${unit.name}`)],
		sizes.map((bytes, i) => [size(bytes), ...columns.map((column) => words(column[i]))]),
		{ numbers: lines.map((_, i) => i + 1), copy: true });

	return figure(title, lines.map(({ label }, i) => ({ label, look: looks[i] })), options, [sizes, ...columns], figures,
		{ marked: true, at: (bytes, ...values) => [size(bytes), ...values.map(words)] });
}

/* Labels that would touch are left out, but for the last. */
function sizesThatFit(u, sizes) {
	const apart = 56 * devicePixelRatio;
	const shown = [];

	for (const bytes of [...sizes].reverse()) {
		if (!shown.length || u.valToPos(shown[0], "x", true) - u.valToPos(bytes, "x", true) >= apart)
			shown.unshift(bytes);
	}
	return shown;
}

const BINS = 48;

/* A logarithmic range around all samples, with room on both sides. */
function spread(sets) {
	let low = Infinity, high = 0;

	for (const { samples } of sets) {
		for (const sample of samples) {
			low = Math.min(low, sample);
			high = Math.max(high, sample);
		}
	}
	const room = Math.max(1.02, (high / low) ** 0.03);

	return [low / room, high * room];
}

/* The smallest of 1, 2, 5 times a power of ten that is not below it. */
function roundUp(value) {
	const decade = 10 ** Math.floor(Math.log10(value) + 1e-9);

	return decade * [1, 2, 5, 10].find((step) => step * decade >= value * 0.999);
}

/**
 * Of a wide range: steps within each so many-th decade, the densest first.
 * @type {[number, number[]][]}
 */
const STEPS = [[1, [1, 2, 5]], [1, [1, 3]], [1, [1]], [2, [1]], [3, [1]], [6, [1]]];

function decadeSplits(low, high, [every, steps]) {
	const splits = [];

	for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += every)
		splits.push(...steps.map((step) => +(step * 10 ** power).toPrecision(3)));
	return splits.filter((value) => value >= low && value <= high);
}

/** Round numbers, as many as there is room for: of a wide range in decades, else at equal distances. */
export function roundSplits(low, high, count) {
	if (high / low > 20) {
		const all = STEPS.map((steps) => decadeSplits(low, high, steps)).filter((splits) => splits.length > 1);

		return all.find((splits) => splits.length <= Math.max(3, count)) ?? all[all.length - 1];
	}
	const step = roundUp((high - low) / count);
	const splits = [];

	for (let i = Math.ceil(low / step); i * step <= high; i++)
		splits.push(+(i * step).toPrecision(12));
	return splits;
}

function valueAxis(low, high, unit) {
	const splits = (u) => roundSplits(low, high, Math.max(2, Math.min(6, Math.floor(u.bbox.width / devicePixelRatio / 90))));

	return axis({ splits, filter: (_u, list) => list, values: (_u, list) => list.map(unit.tick), label: unit.name });
}

/* A form, or a side, looks as in other charts if only one set is of it. */
function wanted(sets) {
	return sets.map(({ form, label }) => form && sets.filter((set) => set.form === form).length === 1 ? form : label);
}

/** sets: [{label, form, samples: ns, all above 0}]; unit: see units.js */
export function histogram(title, sets, unit) {
	const looks = looksOf(wanted(sets));
	const [low, high] = spread(sets), step = Math.log(high / low) / BINS;
	const edges = Array.from({ length: BINS + 1 }, (_, i) => low * Math.exp(i * step));
	const shares = sets.map(({ samples }) => {
		const bins = new Array(BINS + 1).fill(0);

		for (const sample of samples)
			bins[Math.min(BINS - 1, Math.floor(Math.log(sample / low) / step))] += 100 / samples.length;
		return bins;
	});
	const options = () => ({
		scales: { x: { time: false, distr: 3, range: () => [low, high] }, y: { range: (_u, _low, top) => [0, top * 1.05] } },
		axes: [valueAxis(low, high, unit), axis({ size: 60, values: (_u, splits) => splits.map((share) => `${share} %`), label: "samples" })],
		series: [{}, ...sets.map((set, i) => series(looks[i], set.label, { steps: true, paths: uPlot.paths.stepped({ align: 1 }),
			fill: sets.length === 1 ? style("--fill") : undefined }))],
	});
	const figures = table(title, ["from", ...sets.map((set) => set.label)],
		edges.slice(0, -1).map((edge, i) => [unit.exact(edge), ...shares.map((bins) => `${bins[i].toFixed(1)} %`)])
			.filter((_, i) => shares.some((bins) => bins[i])), { numbers: sets.map((_, i) => i + 1), copy: true });

	return figure(title, sets.map(({ label }, i) => ({ label, look: looks[i] })), options, [edges, ...shares], figures,
		{ at: (x, ...values) => [unit.exact(x), ...values.map((share) => `${share.toFixed(1)} %`)] });
}

export function cumulative(title, sets, unit) {
	const looks = looksOf(wanted(sets));
	const [low, high] = spread(sets);
	const steps = sets.map(({ samples }) => {
		const sorted = Float64Array.from(samples).sort();

		return [[low, ...sorted, high], [0, ...sorted.map((_, i) => 100 * (i + 1) / sorted.length), 100]];
	});
	/* One x may come often; the last of its shares counts. */
	const unique = steps.map(([xs, ys]) => {
		const last = new Map(xs.map((x, i) => [x, ys[i]]));

		return [[...last.keys()], [...last.values()]];
	});
	const data = uPlot.join(unique);
	const options = () => ({
		scales: { x: { time: false, distr: 3, range: () => [low, high] }, y: { range: () => [0, 102] } },
		axes: [valueAxis(low, high, unit), axis({ size: 60, values: (_u, splits) => splits.map((share) => `${share} %`), label: "samples up to it" })],
		series: [{}, ...sets.map((set, i) => series(looks[i], set.label, { spanGaps: true, steps: true, paths: uPlot.paths.stepped({ align: 1 }) }))],
	});
	const shares = [0.5, ...PERCENTILES.filter(({ samples }) => sets.some((set) => set.samples.length >= samples)).map(({ share }) => share), 1];
	const figures = table(title, ["share", ...sets.map((set) => set.label)], shares.map((share) => [`${share * 100} %`,
		...sets.map(({ samples }) => {
			const sorted = Float64Array.from(samples).sort();

			return hasEnough(share, sorted.length) ? unit.exact(sorted[Math.ceil(share * sorted.length) - 1]) : "–";
		})]), { numbers: sets.map((_, i) => i + 1), copy: true });

	return figure(title, sets.map(({ label, samples }, i) => ({ label: `${label} (${samples.length})`, look: looks[i] })), options, data, figures,
		{ at: (x, ...values) => [unit.exact(x), ...values.map((share) => share === null || share === undefined ? "" : `${share.toFixed(1)} %`)] });
}
