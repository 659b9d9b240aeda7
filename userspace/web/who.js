// SPDX-License-Identifier: GPL-2.0-only
// Whose figures a run has: the machine, the kernel, the clock. It stands with the run.

import { h, facts } from "/dom.js";
import { date, duration } from "/format.js";
import { tagsOf } from "/words.js";

/** One line of what is known of the machine. context: of a whole run, if it is there */
function machine(context = {}) {
	const { host_name: host, cpu, accelerator } = context;

	return [host, cpu, accelerator && `under ${accelerator}`].filter((text) => typeof text === "string" && text).join(", ");
}

/** Terms of a run. run: whole, or its head */
export function who(run) {
	const taken = run.source === "imported" ? "imported" : "measured here";

	return facts([
		["Kernel", run.kernel || "–"],
		machine(run.context) && ["Machine", machine(run.context)],
		["Clock", run.clock],
		["When", `${date(run.created_ns)}, ${taken}${run.started_ns && run.ended_ns ? ` in ${duration(run.ended_ns - run.started_ns)}` : ""}`],
		run.tags && ["Tags", tagsOf(run)],
		run.notes && ["Notes", h("span", { class: "notes" }, run.notes)],
	]);
}
