// SPDX-License-Identifier: GPL-2.0-only
// Questions that the page asks in a dialog of its own.

import { button, h } from "/dom.js";

/**
 * Shows a dialog until it is answered.
 * fields: elements with a name, and the text that says what they are: [[text, element]]
 * Resolves to {name: value} of the fields, or null if it was dismissed.
 */
export function ask(title, { text = "", fields = [], ok = "OK", content = null } = {}) {
	return new Promise((resolve) => {
		const dismiss = () => dialog.close("");
		const form = h("form", { method: "dialog" }, h("h2", { id: "question" }, title), text && h("p", {}, text), content,
			fields.map(([label, element]) => h("label", { class: "field" }, label, element)),
			h("div", { class: "actions" }, h("button", { type: "submit", value: "ok" }, ok), ok !== "Close" ? button("Cancel", dismiss) : null));
		const dialog = h("dialog", { "aria-labelledby": "question", onclose }, form);

		function onclose() {
			const values = Object.fromEntries(fields.map(([, element]) => [element.getAttribute("name"), element.value]));

			dialog.remove();
			resolve(dialog.returnValue === "ok" ? values : null);
		}
		document.body.append(dialog);
		dialog.showModal();
	});
}
