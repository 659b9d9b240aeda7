// SPDX-License-Identifier: GPL-2.0-only
// Charts: uPlot with logarithmic scales, lines that differ without colour, and a table of the same figures.

import uPlot from "/uplot.js";
import { h, table } from "/dom.js";
import { size, tick, duration } from "/format.js";

const DASHES = [[], [8, 5], [2, 4], [10, 4, 2, 4], [14, 4], [4, 2, 4, 8]];
const SHAPES = ["circle", "square", "triangle", "diamond", "circle", "square"];
const live = new Set();

function style(name) {
	return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function colour(i) {
	return style(`--line-${i % 6}`);
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

function series(i, label, more) {
	return { label, stroke: colour(i), width: 2, dash: DASHES[i % 6], points: { show: false }, ...more };
}

function axis(more) {
	return { stroke: style("--text"), grid: { stroke: style("--rule"), width: 1 }, ticks: { stroke: style("--rule") },
		font: "13px system-ui", labelFont: "13px system-ui", ...more };
}

/* How a line looks, beside its name. */
function sample(i, marked) {
	const canvas = h("canvas", { width: 88, height: 24, class: "sample", "aria-hidden": "true" });
	const context = canvas.getContext("2d");

	context.strokeStyle = context.fillStyle = colour(i);
	context.lineWidth = 4;
	context.setLineDash(DASHES[i % 6].map((n) => 2 * n));
	context.beginPath();
	context.moveTo(0, 12);
	context.lineTo(88, 12);
	context.stroke();
	if (marked) {
		const path = new Path2D();

		outline(path, SHAPES[i % 6], 44, 12, 8);
		context.fill(path);
	}
	return canvas;
}

function legend(labels, marked) {
	return h("ul", { class: "legend" }, labels.map((label, i) => h("li", {}, sample(i, marked), label)));
}

/* A figure that fills its column, and is drawn anew when the column or the colours change. */
function figure(title, labels, options, data, figures, marked) {
	const box = h("div", { class: "plot", role: "img", "aria-label": `${title}: ${labels.join(", ")}` });
	const key = h("div", {}, legend(labels, marked));
	const element = h("figure", {}, h("figcaption", {}, title), key, box,
		h("details", {}, h("summary", {}, "As a table"), figures));
	let plot = null;

	function draw() {
		const width = Math.floor(box.clientWidth);

		plot?.destroy();
		plot = null;
		if (!width)
			return;
		plot = new uPlot({ width, height: Math.round(Math.min(340, Math.max(220, width * 0.55))),
			legend: { show: false }, cursor: { drag: { x: false, y: false } }, ...options() }, data, box);
	}
	const observer = new ResizeObserver(() => {
		if (!plot || plot.width !== Math.floor(box.clientWidth))
			draw();
	});

	observer.observe(box);
	live.add({ destroy() { observer.disconnect(); plot?.destroy(); },
		redraw() { key.replaceChildren(legend(labels, marked)); draw(); } });
	return element;
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
 * Time over size, both logarithmic.
 * lines: [{label, points: [[bytes, ns]]}]; range: of the times, to be shared by several charts
 */
export function overSize(title, lines, range) {
	const sizes = [...new Set(lines.flatMap((line) => line.points.map(([bytes]) => bytes)))].sort((a, b) => a - b);
	const times = lines.map((line) => sizes.map((bytes) => line.points.find((point) => point[0] === bytes)?.[1] ?? null));
	const [low, high] = decades(...range);
	const options = () => ({
		scales: { x: { time: false, distr: 3, log: 2, range: () => [sizes[0] / 2, sizes[sizes.length - 1] * 2] },
			y: { distr: 3, log: 10, range: () => [low, high] } },
		axes: [axis({ splits: () => sizes, filter: (_u, splits) => splits, values: (_u, splits) => splits.map(size), label: "size" }),
			axis({ size: 76, splits: () => logSplits(low, high), filter: (_u, splits) => splits, values: (_u, splits) => splits.map((ns) => tick(ns, 1)),
				label: "median time" })],
		series: [{}, ...lines.map((line, i) => series(i, line.label, { spanGaps: true,
			points: { show: true, paths: shaped(SHAPES[i % 6]), fill: colour(i) } }))],
	});
	const figures = table(title, ["size", ...lines.map((line) => line.label)],
		sizes.map((bytes, i) => [size(bytes), ...times.map((column) => column[i] === null ? "–" : duration(column[i]))]),
		{ numbers: lines.map((_, i) => i + 1) });

	return figure(title, lines.map((line) => line.label), options, [sizes, ...times], figures, true);
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

/* As many labels as there is room for, whatever the range. */
function timeAxis(low, high) {
	const splits = (u) => {
		const count = Math.max(2, Math.min(6, Math.floor(u.bbox.width / devicePixelRatio / 80)));
		const step = (high / low) ** (1 / (count + 1));

		return Array.from({ length: count }, (_, i) => low * step ** (i + 1));
	};
	/* Neighbouring labels differ. */
	const digits = Math.max(2, 1 + Math.ceil(-Math.log10(Math.log(high / low) / 7)));

	return axis({ splits, filter: (_u, list) => list, values: (_u, list) => list.map((ns) => tick(ns, digits)), label: "time" });
}

/** sets: [{label, samples: ns, all above 0}] */
export function histogram(title, sets) {
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
		axes: [timeAxis(low, high), axis({ size: 60, values: (_u, splits) => splits.map((share) => `${share} %`), label: "samples" })],
		series: [{}, ...sets.map((set, i) => series(i, set.label, { paths: uPlot.paths.stepped({ align: 1 }),
			fill: sets.length === 1 ? style("--fill") : undefined }))],
	});
	const figures = table(title, ["from", ...sets.map((set) => set.label)],
		edges.slice(0, -1).map((edge, i) => [tick(edge, 5), ...shares.map((bins) => `${bins[i].toFixed(1)} %`)])
			.filter((_, i) => shares.some((bins) => bins[i])), { numbers: sets.map((_, i) => i + 1) });

	return figure(title, sets.map((set) => set.label), options, [edges, ...shares], figures, false);
}

export function cumulative(title, sets) {
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
		axes: [timeAxis(low, high), axis({ size: 60, values: (_u, splits) => splits.map((share) => `${share} %`), label: "samples up to it" })],
		series: [{}, ...sets.map((set, i) => series(i, set.label, { spanGaps: true, paths: uPlot.paths.stepped({ align: 1 }) }))],
	});
	const shares = [0.5, 0.9, 0.99, 0.999, 1];
	const figures = table(title, ["share", ...sets.map((set) => set.label)], shares.map((share) => [`${share * 100} %`,
		...sets.map(({ samples }) => {
			const sorted = Float64Array.from(samples).sort();

			return duration(sorted[Math.ceil(share * sorted.length) - 1]);
		})]), { numbers: sets.map((_, i) => i + 1) });

	return figure(title, sets.map((set) => set.label), options, data, figures, false);
}
