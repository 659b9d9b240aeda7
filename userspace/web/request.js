// SPDX-License-Identifier: GPL-2.0-only
// A run as a file: to be loaded, edited, saved and started.

import { button, failure, h } from "/dom.js";

/** What people read: a workload a line. */
export function textOf(request) {
	const { workloads, ...rest } = request;
	const members = Object.entries(rest).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`).join("");

	return `{\n${members}  "workloads": [\n${workloads.map((one) => `    ${JSON.stringify(one)}`).join(",\n")}\n  ]\n}\n`;
}

export function save(blob, name) {
	const link = h("a", { href: URL.createObjectURL(blob), download: name });

	link.click();
	URL.revokeObjectURL(link.href);
}

/**
 * described(): what the form asks for; start(text): may fail; text: to begin with, or nothing
 */
export function requestSection(described, start, text) {
	const area = h("textarea", { name: "request", rows: 14, spellcheck: "false", "aria-label": "the run as a file" });
	const refused = h("div", {});
	const file = h("input", { type: "file", onchange });
	const go = button("Start what is written here", async () => {
		refused.replaceChildren();
		go.disabled = true;
		try {
			await start(area.value);
		} catch (error) {
			refused.append(failure(error));
			go.disabled = false;
		}
	});

	async function onchange() {
		if (file.files.length)
			area.value = await file.files[0].text();
		file.value = "";
	}
	const fill = () => { area.value = textOf(described()); };
	const details = h("details", { open: Boolean(text), ontoggle: () => area.value || fill() }, h("summary", {}, "As a file"),
		h("p", { class: "note" }, "What can be asked for, with comments from // or # to the end of a line. ",
			h("code", {}, "phyrctl run --file"), " takes the same."),
		area, h("div", { class: "actions" }, go, button("From what is chosen above", fill),
			button("Save", () => save(new Blob([area.value], { type: "application/json" }), "run.json")),
			h("label", { class: "file" }, "Load ", file)), refused);

	area.value = text ?? "";
	return details;
}
