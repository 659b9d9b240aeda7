// SPDX-License-Identifier: GPL-2.0-only
// What a run can be at.

export const ENDED = ["done", "failed", "cancelled", "aborted"];
const SIGNS = { queued: "…", running: "▶", done: "✓", failed: "✗", cancelled: "■", aborted: "!" };

export function stateOf(run) {
	return `${SIGNS[run.state] ?? ""} ${run.state}`;
}
