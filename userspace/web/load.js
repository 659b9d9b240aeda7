// SPDX-License-Identifier: GPL-2.0-only
// Results of other kernels and machines, as files.

import * as api from "/api.js";
import { announce, failure, h } from "/dom.js";
import { runTitle } from "/format.js";

/* What of a file could not be kept; of a comparison nothing is told. */
function leftOut({ results }) {
	return results.flatMap(({ workload, dropped = [] }) =>
		dropped.map(({ name, why }) => h("p", { class: "note" }, `${workload}: left out "${name}": ${why}`)));
}

/* What has become of a file: a run, or of a comparison two. */
function told(loaded) {
	if (loaded.results) {
		announce(`Loaded ${runTitle(loaded)}`);
		return leftOut(loaded);
	}
	announce(`Loaded runs ${loaded.base} and ${loaded.head}`);
	return [h("p", {}, h("a", { href: `#/compare/${loaded.base}/${loaded.head}` }, `What runs ${loaded.base} and ${loaded.head} come to`))];
}

/** Asks for files; loaded() is called when all that can be are. */
export function loader(loaded) {
	const said = h("div", {});
	const file = h("input", { type: "file", accept: ".json,application/json", multiple: true, onchange });

	/* Each for itself: one that is refused is no reason to forget the others. */
	async function onchange() {
		const words = [], files = [...file.files];

		for (const one of files) {
			try {
				words.push(...told(await api.importFile(one)));
			} catch (error) {
				words.push(failure(new Error(`${one.name}: ${error.message}`)));
			}
		}
		file.value = "";
		await loaded();
		said.replaceChildren(...words);
	}
	return h("section", {}, h("h2", {}, "Load results"),
		h("p", {}, "Google Benchmark JSON: of another kernel or machine, as ", h("code", {}, "./phyr bench"), ", ",
			h("code", {}, "phyr-bench"), " and Export write it; or a comparison, as ",
			h("code", {}, "--json"), " of ", h("code", {}, "./phyr compare"), " and ", h("code", {}, "./phyr bench"), " does."),
		h("label", { class: "file" }, "Files ", file), said);
}
