// SPDX-License-Identifier: GPL-2.0-only
// What people say about a run: its name, tags and notes.

import * as api from "/api.js";
import { ask } from "/dialog.js";
import { h } from "/dom.js";

/** Asks for them, and tells the daemon; the changed run, or null. */
export async function editWords(run) {
	const notes = h("textarea", { name: "notes", rows: 4 });

	notes.value = run.notes ?? "";
	const said = await ask(`About run ${run.id}`, { ok: "Save", fields: [
		["name", h("input", { name: "name", value: run.name, maxlength: 100, autocomplete: "off" })],
		["tags, with a comma between two", h("input", { name: "tags", value: (run.tags ?? []).join(", "), autocomplete: "off" })],
		["notes", notes]] });

	return said && api.changeRun(run.id, { name: said.name, notes: said.notes,
		tags: said.tags.split(",").map((tag) => tag.trim()).filter((tag) => tag) });
}

/** Its tags as elements. */
export function tagsOf(run) {
	return (run.tags ?? []).map((tag) => h("span", { class: "tag" }, tag));
}
