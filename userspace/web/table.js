// SPDX-License-Identifier: GPL-2.0-only
// Tables: rows become cards where the screen is narrow, and all of one can be taken along.

import { h, announce, button } from "/dom.js";

/* Display of the parts of a table takes their roles away in some browsers: they are said once more. */
const ROLES = { table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", td: "cell" };

function part(tag, properties, ...children) {
	return h(tag, { role: ROLES[tag], ...properties }, ...children);
}

/**
 * A table. Cells are nodes or text; in the column prose lines may break, numbers are on the right. The first column
 * names the row, and stands above the others on a phone.
 * copy: with buttons that take it along; even: its columns stand below those of others with as many
 */
export function table(caption, headings, rows, { numbers = [], prose = -1, copy = false, even = false } = {}) {
	const kind = (column) => numbers.includes(column) ? "number" : column === prose ? "prose" : null;
	const element = part("table", {},
		h("caption", {}, caption),
		part("thead", {}, part("tr", {}, headings.map((text, i) => h("th", { role: "columnheader", scope: "col", class: kind(i) }, text)))),
		part("tbody", {}, rows.map((cells) => part("tr", {}, cells.map((content, i) => i
			? part("td", { class: kind(i), "data-label": headings[i] || null }, content)
			: h("th", { role: "rowheader", scope: "row", class: kind(i) }, content))))));

	return h("div", { class: even ? "tabular even" : "tabular" },
		h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, element),
		copy ? copies(() => [element]) : null);
}

/* What is shown of some tables, as text: the headings once. */
function cells(tables) {
	const texts = (row) => [...row.cells].map((cell) => cell.textContent.trim());
	const shown = tables.filter((one) => one.isConnected);

	return shown.length ? [texts(shown[0].tHead.rows[0]), ...shown.flatMap((one) => [...one.tBodies[0].rows].map(texts))] : [];
}

export function markdown(rows) {
	const line = (texts) => `| ${texts.map((text) => text.replaceAll("|", "\\|").replace(/\s+/g, " ")).join(" | ")} |`;

	return rows.length ? `${[line(rows[0]), `|${rows[0].map((_, i) => i ? " ---: " : " --- ").join("|")}|`, ...rows.slice(1).map(line)].join("\n")}\n` : "";
}

/** RFC 4180; what a spreadsheet would take for a formula begins with an apostrophe. */
export function csv(rows) {
	const cell = (text) => {
		const safe = /^[=+\-@\t\r]/.test(text) && !/^[-+]?[\d.,]+$/.test(text) ? `'${text}` : text;

		return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
	};

	return rows.map((texts) => `${texts.map(cell).join(",")}\r\n`).join("");
}

/* The clipboard is for pages of this machine or with TLS only; the other way is an old one, for all. */
async function take(text, what) {
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		const area = h("textarea", { class: "aside" });

		area.value = text;
		document.body.append(area);
		area.select();
		const taken = document.execCommand("copy");

		area.remove();
		if (!taken) {
			announce("The browser does not let a page copy");
			return;
		}
	}
	announce(`Copied as ${what}`);
}

/** Buttons that copy the tables there are at that moment. */
export function copies(tables) {
	return h("div", { class: "copies" },
		button("Copy as Markdown", () => take(markdown(cells(tables())), "Markdown")),
		button("Copy as CSV", () => take(csv(cells(tables())), "CSV")));
}
