// SPDX-License-Identifier: GPL-2.0-only
// All runs, newest first: to be searched, compared, deleted; files to be loaded.

import * as api from "/api.js";
import { ask } from "/dialog.js";
import { h, announce, button, failure } from "/dom.js";
import { date, duration, runTitle } from "/format.js";
import { loader } from "/load.js";
import { ENDED, stateOf } from "/states.js";
import { table } from "/table.js";
import { tagsOf } from "/words.js";

const PAUSE_MS = 250; /* after a key, until runs are searched */

function took(run) {
	return run.started_ns && run.ended_ns ? duration(run.ended_ns - run.started_ns) : "–";
}

export async function showHistory(main, signal) {
	const refused = h("div", {});
	const list = h("div", {});
	const search = h("input", { type: "search", name: "search", placeholder: "name, tag, kernel, done", autocomplete: "off", oninput: later });
	const picked = {};	/* runs as base and head, on whatever page */
	const chosen = new Set();	/* ids of runs to be deleted */
	let before = null, timer = 0, asked = 0;

	async function attempt(action) {
		refused.replaceChildren();
		try {
			await action();
		} catch (error) {
			if (!signal.aborted)
				refused.append(failure(error));
		}
	}

	function later() {
		clearTimeout(timer);
		timer = setTimeout(() => {
			before = null;
			attempt(refresh);
		}, PAUSE_MS);
	}

	function radio(side, run) {
		return h("input", { type: "radio", name: side, value: run.id, "aria-label": `run ${run.id} as ${side}`,
			disabled: run.state !== "done", checked: picked[side] === String(run.id),
			onchange: (event) => { picked[side] = event.target.value; } });
	}

	/* Those that are gone already need no deletion. */
	async function remove(ids, what) {
		if (!await ask(`Delete ${what}?`, { ok: "Delete" }))
			return;
		try {
			for (const id of ids) {
				await api.deleteRun(id).catch((error) => {
					if (error.status !== 410)
						throw error;
				});
				chosen.delete(id);
			}
			announce(`${what} deleted`);
		} finally {
			await refresh();
		}
	}

	function action(run) {
		return ENDED.includes(run.state)
			? button("Delete", () => attempt(() => remove([run.id], runTitle(run))), { "aria-label": `Delete run ${run.id}` })
			: button("Cancel", () => attempt(async () => {
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

	/* What it is called, and a box that chooses it. */
	function title(run, several) {
		const box = h("input", { type: "checkbox", "aria-label": `choose run ${run.id}`, checked: chosen.has(run.id), disabled: !ENDED.includes(run.state),
			onchange: () => {
				chosen[box.checked ? "add" : "delete"](run.id);
				several();
			} });

		return h("span", { class: "choice" }, box, h("a", { href: `#/runs/${run.id}` }, runTitle(run)), tagsOf(run));
	}

	function show(runs, next) {
		const removal = button("", () => attempt(() => remove([...chosen], several())));

		function several() {
			const what = chosen.size === 1 ? "1 run" : `${chosen.size} runs`;

			removal.textContent = `Delete ${what}`;
			removal.hidden = !chosen.size;
			return what;
		}
		several();
		list.replaceChildren(h("form", {},
			table("Runs", ["run", "base", "head", "state", "kernel", "clock", "workloads", "created", "took", ""], runs.map((run) => [
				title(run, several), radio("base", run), radio("head", run), stateOf(run), run.kernel, run.clock,
				`${run.finished} of ${run.workloads}`, date(run.created_ns), took(run), action(run),
			])),
			h("div", { class: "actions" }, h("button", { type: "submit", onclick: compare }, "Compare base and head"), removal,
				next && button("Older", () => { before = runs[runs.length - 1].id; attempt(refresh); }),
				before && button("Newest", () => { before = null; attempt(refresh); }))));
	}

	async function refresh() {
		const number = ++asked;
		const words = search.value.trim();
		const { runs, next } = await api.listRuns({ ...(before ? { before } : {}), ...(words ? { search: words } : {}) });

		if (signal.aborted || number !== asked)
			return;
		if (runs.length)
			show(runs, next);
		else
			list.replaceChildren(words ? h("p", {}, `No run has "${words}" in what is known of it.`)
				: h("p", {}, "There are no runs yet. ", h("a", { href: "#/run" }, "Start one")));
	}

	main.append(h("h1", {}, "History"), h("div", { class: "actions", role: "search" }, h("label", {}, "search", search)), refused, list,
		loader(() => attempt(refresh)));
	await refresh();
}
