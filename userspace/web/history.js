// SPDX-License-Identifier: GPL-2.0-only
// All runs, newest first; two of them to be compared; files to be loaded.

import * as api from "/api.js";
import { ask } from "/dialog.js";
import { h, announce, button, failure } from "/dom.js";
import { date, runTitle } from "/format.js";
import { ENDED, stateOf } from "/states.js";
import { table } from "/table.js";

export async function showHistory(main, signal) {
	const refused = h("div", {});
	const list = h("div", {});
	const file = h("input", { type: "file", accept: ".json,application/json", multiple: true, onchange: load });
	const picked = {};	/* runs as base and head, on whatever page */
	let before = null;

	main.append(h("h1", {}, "History"), refused, list,
		h("h2", {}, "Load results"),
		h("p", {}, "Google Benchmark JSON: of another kernel or machine, as ", h("code", {}, "./phyr bench"), ", ",
			h("code", {}, "phyr-bench"), " and Export write it."),
		h("label", { class: "file" }, "Files ", file));

	async function attempt(action) {
		refused.replaceChildren();
		try {
			await action();
		} catch (error) {
			if (!signal.aborted)
				refused.append(failure(error));
		}
	}

	/* What of a file could not be kept. */
	function leftOut({ results }) {
		return results.flatMap(({ workload, dropped = [] }) =>
			dropped.map(({ name, why }) => h("p", { class: "note" }, `${workload}: left out "${name}": ${why}`)));
	}

	/* Each for itself: one that is refused is no reason to forget the others. */
	function load() {
		return attempt(async () => {
			const said = [];

			for (const one of file.files) {
				try {
					const run = await api.importFile(one);

					announce(`Loaded ${runTitle(run)}`);
					said.push(...leftOut(run));
				} catch (error) {
					said.push(failure(new Error(`${one.name}: ${error.message}`)));
				}
			}
			file.value = "";
			await refresh();
			refused.append(...said);
		});
	}

	function radio(side, run) {
		return h("input", { type: "radio", name: side, value: run.id, "aria-label": `run ${run.id} as ${side}`,
			disabled: run.state !== "done", checked: picked[side] === String(run.id),
			onchange: (event) => { picked[side] = event.target.value; } });
	}

	function remove(run) {
		return button("Delete", () => attempt(async () => {
			if (!await ask(`Delete ${runTitle(run)}?`, { ok: "Delete" }))
				return;
			await api.deleteRun(run.id);
			announce(`Run ${run.id} is deleted`);
			await refresh();
		}), { "aria-label": `Delete run ${run.id}` });
	}

	function stop(run) {
		return button("Cancel", () => attempt(async () => {
			await api.cancelRun(run.id);
			await refresh();
		}), { "aria-label": `Cancel run ${run.id}` });
	}

	function compare(event) {
		const { base, head } = picked;

		event.preventDefault();
		if (base && head)
			location.hash = `#/compare/${base}/${head}`;
		else
			announce("Choose a base and a head first");
	}

	async function refresh() {
		const { runs, next } = await api.listRuns(before ? { before } : {});

		if (signal.aborted)
			return;
		if (!runs.length) {
			list.replaceChildren(h("p", {}, "There are no runs yet. ", h("a", { href: "#/run" }, "Start one")));
			return;
		}
		list.replaceChildren(h("form", {},
			table("Runs", ["run", "base", "head", "state", "kernel", "clock", "workloads", "created", ""], runs.map((run) => [
				h("a", { href: `#/runs/${run.id}` }, runTitle(run)),
				radio("base", run), radio("head", run), stateOf(run), run.kernel, run.clock,
				`${run.finished} of ${run.workloads}`, date(run.created_ns), ENDED.includes(run.state) ? remove(run) : stop(run),
			])),
			h("div", { class: "actions" }, h("button", { type: "submit", onclick: compare }, "Compare base and head"),
				next && button("Older", () => { before = runs[runs.length - 1].id; attempt(refresh); }),
				before && button("Newest", () => { before = null; attempt(refresh); }))));
	}

	await refresh();
}
