// SPDX-License-Identifier: GPL-2.0-only
// phyrd's API. Errors carry the problem document's words.

import { ask } from "/dialog.js";
import { h } from "/dom.js";

const ROOT = "/api/v1";
const AGAIN_MS = 1000;

async function problemOf(response) {
	const problem = await response.json().catch(() => ({}));
	const said = !problem.field || problem.detail?.startsWith(problem.field);
	const about = said ? "" : ` (${problem.field}${"limit" in problem ? `, at most ${problem.limit}` : ""})`;

	return Object.assign(new Error(`${problem.detail ?? response.statusText}${about}`), { status: response.status });
}

let asking = null;

async function askForToken() {
	const given = (await ask("The token of this daemon", { text: "It is in the file that phyrd was given with --token-file.",
		fields: [["token", h("input", { name: "token", type: "password", autocomplete: "off", required: true })]] }))?.token.trim();

	if (given && !/^[\x21-\x7e]+$/.test(given))
		throw new Error("A token has printable ASCII characters only");
	if (given)
		sessionStorage.setItem("token", given);
	return given;
}

/** A token other than the refused one, kept as long as the tab is open: requests refused side by side ask once. */
async function tokenAfter(refused) {
	const kept = sessionStorage.getItem("token");

	if (kept !== refused)
		return kept;
	asking ??= askForToken().finally(() => { asking = null; });
	return asking;
}

/** What is under way fails if there is no daemon any more; who listens for "gone" looks for it again. */
async function orGone(promise, signal) {
	try {
		return await promise;
	} catch (error) {
		if (signal?.aborted)
			throw error;
		dispatchEvent(new Event("gone"));
		throw new Error("phyrd does not answer");
	}
}

/** Resolves when a daemon answers, whatever it says. */
export async function awaitDaemon() {
	do
		await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
	while (!await fetch("/healthz", { cache: "no-store" }).catch(() => null));
}

/** Whether the daemon serves another page than this one: it is of another version. */
export async function isOther() {
	const own = document.querySelector("meta[name=page]").getAttribute("content");
	const response = await fetch("/", { cache: "no-store" });

	return response.ok && !(await response.text()).includes(`content="${own}"`);
}

async function request(method, path, body, signal) {
	for (let token = sessionStorage.getItem("token"); ;) {
		const response = await orGone(fetch(ROOT + path, {
			method, body, signal, cache: "no-store",
			headers: {
				...(token ? { Authorization: `Bearer ${token}` } : {}),
				...(body === undefined ? {} : { "Content-Type": "application/json" }),
			},
		}), signal);

		if (response.ok)
			return response;
		token = response.status === 401 && await tokenAfter(token);
		if (!token)
			throw await problemOf(response);
	}
}

async function json(method, path, body, signal) {
	const response = await request(method, path, body, signal);

	return response.status === 204 ? null : response.json();
}

/* As many characters as a run's name may have bytes for. */
function fitting(name) {
	const characters = [...name];

	while (new TextEncoder().encode(characters.join("")).length > 100)
		characters.pop();
	return characters.join("");
}

export const getSystem = () => json("GET", "/system");
export const getWorkloads = () => json("GET", "/workloads");
/** query: limit, before */
export const listRuns = (query) => json("GET", `/runs?${new URLSearchParams(query)}`);
export const getHead = (id) => json("GET", `/runs/${id}`);
export const getRun = (id) => json("GET", `/runs/${id}/samples`);
/** run: text, as people write it, or an object */
export const startRun = (run) => json("POST", "/runs", typeof run === "string" ? run : JSON.stringify(run));
export const changeRun = (id, words) => json("PATCH", `/runs/${id}`, JSON.stringify(words));
export const getRequest = (id) => json("GET", `/runs/${id}/request`);
export const cancelRun = (id) => json("POST", `/runs/${id}/cancel`);
export const deleteRun = (id) => json("DELETE", `/runs/${id}`);
export const compareRuns = (base, head) => json("GET", `/compare?base=${base}&head=${head}`);
export const importFile = (file) => json("POST", `/import?default_name=${encodeURIComponent(fitting(file.name.replace(/\.json$/, "")))}`, file);
export const exportRun = async (id) => (await request("GET", `/export?run=${id}`)).blob();

/** Calls on[event](data) for each server-sent event. (EventSource could not send the token.) */
export async function followRun(id, on, signal) {
	const response = await request("GET", `/runs/${id}/events`, undefined, signal);
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	let text = "";

	for (;;) {
		const { done, value } = await orGone(reader.read(), signal);

		if (done)
			return;
		text += value;
		for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
			const fields = Object.fromEntries(text.slice(0, end).split("\n").map((line) =>
				[line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));

			if (fields.data)
				on[fields.event]?.(JSON.parse(fields.data));
		}
	}
}
