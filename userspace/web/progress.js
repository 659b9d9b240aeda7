// SPDX-License-Identifier: GPL-2.0-only
// A run that has not ended: what is being measured, what is there so far, how long it may take.

import * as api from "/api.js";
import { h, announce, button, failure } from "/dom.js";
import { figures, missing } from "/figures.js";
import { runTitle, wait } from "/format.js";
import { stateOf } from "/states.js";
import { unitOf } from "/units.js";

/* Workloads that are done, and of the one that is under way its share. */
function share({ workloads, finished, measuring }) {
	return (finished + (measuring ? measuring.samples / measuring.of : 0)) / workloads;
}

/* By the daemon's clocks, which need not be this machine's. */
function timeLeft(head, since) {
	const done = share(head);
	const seconds = (performance.now() - since.ms) / 1000;

	return done > since.share && seconds > 1 ? `about ${wait(seconds * (1 - done) / (done - since.share))} left` : "";
}

function words(head, since) {
	const { measuring } = head;

	return [`${stateOf(head)}, ${head.finished} of ${head.workloads}`,
		measuring && `${measuring.workload}: ${measuring.samples} of ${measuring.of} samples`, timeLeft(head, since)]
		.filter((part) => part).join(" · ");
}

/** Until the run has ended, the reader has gone, or the daemon stops telling. */
export async function progress(main, run, signal) {
	const unit = unitOf(run.clock);
	const bar = h("progress", { max: 1, value: share(run), "aria-label": "measured" });
	const said = h("span", {}, "");
	const results = h("div", {});
	const refused = h("div", {});
	const cancel = button("Cancel", async () => {
		cancel.disabled = true;
		await api.cancelRun(run.id).catch((error) => refused.append(failure(error)));
	});
	const partial = [];
	let since = { ms: performance.now(), share: share(run) };
	let state = run.state;

	main.append(h("div", { class: "actions" }, bar, said, cancel), refused, results);
	said.textContent = words(run, since);
	announce(`${runTitle(run)} is ${run.state}`);
	await api.followRun(run.id, {
		progress(head) {
			if (head.state !== state) {
				({ state } = head);
				since = { ms: performance.now(), share: share(head) };
			}
			bar.value = share(head);
			said.textContent = words(head, since);
		},
		result({ index, result }) {
			partial[index] = result;
			const there = partial.filter((one) => one);

			results.replaceChildren(...there.some((one) => !one.error) ? [figures(there, unit)] : [], ...missing(there));
		},
	}, signal);
}
