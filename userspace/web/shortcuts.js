// SPDX-License-Identifier: GPL-2.0-only
// Keys that lead somewhere. Who does not want them turns them off in their list.

import { ask } from "/dialog.js";
import { facts, h } from "/dom.js";

const VIEWS = { m: ["#/", "Machine"], n: ["#/run", "Start a run"], h: ["#/runs", "History"], c: ["#/compare", "Compare"] };
const OFF = "shortcuts-off";

function on() {
	return !localStorage.getItem(OFF);
}

function search() {
	/** @type {HTMLElement | null} */
	const field = document.querySelector("main input[type=search]");

	field?.focus();
	return Boolean(field);
}

export function showShortcuts() {
	const key = (text) => h("kbd", {}, text);
	const choice = h("input", { type: "checkbox", checked: on(),
		onchange: () => choice.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1") });

	return ask("Keyboard shortcuts", { ok: "Close", content: h("div", {},
		facts([...Object.entries(VIEWS).map(([name, [, title]]) => [key(name), title]),
			[key("/"), "Search, where there is something to be searched"], [key("?"), "This list, whether the others are on or not"]]),
		h("label", { class: "choice" }, choice, "Keys lead somewhere")) });
}

/* Not while somebody writes, nor what the browser or a screen reader may want. */
function isOurs(event) {
	const { target } = event;

	return !event.ctrlKey && !event.altKey && !event.metaKey && !event.isComposing && !document.querySelector("dialog")
		&& !(target instanceof HTMLElement && target.closest("input:not([type=checkbox]):not([type=radio]), select, textarea"));
}

addEventListener("keydown", (event) => {
	if (!isOurs(event))
		return;
	if (event.key === "?")
		showShortcuts();
	else if (on() && event.key === "/" ? !search() : !on() || !(event.key in VIEWS))
		return;
	else if (event.key !== "/")
		[location.hash] = VIEWS[event.key];
	event.preventDefault();
});
