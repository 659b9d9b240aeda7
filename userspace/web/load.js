// SPDX-License-Identifier: GPL-2.0-only
// Results of other kernels and machines, as files.

import * as api from "/api.js";
import { announce, failure, h } from "/dom.js";
import { runTitle } from "/format.js";

/* What of a file could not be kept. */
function leftOut({ results }) {
	return results.flatMap(({ workload, dropped = [] }) =>
		dropped.map(({ name, why }) => h("p", { class: "note" }, `${workload}: left out "${name}": ${why}`)));
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
				const run = await api.importFile(one);

				announce(`Loaded ${runTitle(run)}`);
				words.push(...leftOut(run));
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
			h("code", {}, "phyr-bench"), " and Export write it."),
		h("label", { class: "file" }, "Files ", file), said);
}
