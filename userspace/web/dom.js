// SPDX-License-Identifier: GPL-2.0-only
// Elements without a framework.

/* Characters that turn the direction of writing, and so what other text says, and control characters. */
const TURNING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text as it stands there, whoever it is from. */
export function plain(text) {
	return text.replace(TURNING, "\ufffd");
}

/**
 * An element. Properties that start with "on" are listeners, the others attributes; false and null leave one out.
 * Children are nodes, or anything else as text; null leaves one out.
 */
export function h(tag, properties = {}, ...children) {
	const element = document.createElement(tag);

	for (const [name, value] of Object.entries(properties)) {
		if (name.startsWith("on"))
			element.addEventListener(name.slice(2), value);
		else if (value !== false && value !== null && value !== undefined)
			element.setAttribute(name, value === true ? "" : value);
	}
	element.append(...children.flat().filter((child) => child !== null && child !== undefined)
		.map((child) => typeof child === "string" ? plain(child) : child));
	return element;
}

/** Terms and what they are. */
export function facts(pairs) {
	return h("dl", {}, pairs.filter((pair) => pair).map(([term, text]) =>
		h("div", {}, h("dt", {}, term), h("dd", {}, text))));
}

export function button(text, onclick, properties = {}) {
	return h("button", { type: "button", onclick, ...properties }, text);
}

/** Shows a message, which screen readers read out. */
export function announce(text) {
	document.getElementById("status").replaceChildren(...(text ? [h("span", {}, text)] : []));
}

export function failure(error) {
	return h("p", { class: "failure", role: "alert" }, `✗ ${error.message}`);
}
