// SPDX-License-Identifier: GPL-2.0-only
// Which view the address asks for: #/, #/run, #/runs, #/runs/3, #/compare/1/2. Each address can be shared.

import * as api from "/api.js";
import * as chart from "/chart.js";
import { announce, failure } from "/dom.js";
import { showMachine } from "/machine.js";
import { showForm } from "/form.js";
import { showHistory } from "/history.js";
import { showRun } from "/run.js";
import { showComparison } from "/comparison.js";
import { showShortcuts } from "/shortcuts.js";

const ROUTES = [
	{ pattern: /^#\/$/, view: showMachine },
	{ pattern: /^#\/run(?:\/(\d+))?$/, view: showForm },
	{ pattern: /^#\/runs$/, view: showHistory },
	{ pattern: /^#\/runs\/(\d+)$/, view: showRun },
	{ pattern: /^#\/compare(?:\/(\d+)\/(\d+))?$/, view: showComparison },
];

const main = document.getElementById("main");
let leave = new AbortController();

/* A view fills the element it is given; the signal tells it that the reader has gone on. */
async function show() {
	const address = location.hash || "#/";
	const route = ROUTES.find(({ pattern }) => pattern.test(address));

	leave.abort();
	leave = new AbortController();
	const { signal } = leave;

	chart.forget();
	announce("");
	main.replaceChildren();
	for (const link of document.querySelectorAll("nav a:not(.brand)")) {
		const target = link.getAttribute("href");

		link.toggleAttribute("aria-current", target === "#/" ? address === "#/" :
			address === target || address.startsWith(`${target}/`));
	}
	try {
		if (!route)
			throw new Error(`There is nothing at ${address}`);
		await route.view(main, signal, ...route.pattern.exec(address).slice(1));
	} catch (error) {
		if (!signal.aborted)
			main.append(failure(error));
	}
	if (!signal.aborted)
		document.title = `${main.querySelector("h1")?.textContent ?? "phyr"} · phyr`;
}

document.getElementById("skip").addEventListener("click", (event) => {
	event.preventDefault();
	main.focus();
});
document.getElementById("shortcuts").addEventListener("click", showShortcuts);
/* A daemon that was replaced has its own page; between two views nothing is lost by taking it. */
async function renew() {
	if (await api.isOther().catch(() => false))
		location.reload();
}

addEventListener("hashchange", () => {
	main.focus({ preventScroll: true });
	scrollTo(0, 0);
	show();
	renew();
});
show();

/* On paper there is nothing to be opened. */
addEventListener("beforeprint", () => document.querySelectorAll("main details:not([open])").forEach((one) => one.setAttribute("open", "print")));
addEventListener("afterprint", () => document.querySelectorAll("main details[open=print]").forEach((one) => one.removeAttribute("open")));

let looking = false;

addEventListener("gone", async () => {
	if (looking)
		return;
	looking = true;
	announce("phyrd does not answer; this page looks for it");
	await api.awaitDaemon();
	looking = false;
	await renew();
	await show();
	announce("phyrd is there again");
});
