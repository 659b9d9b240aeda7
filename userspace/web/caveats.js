// SPDX-License-Identifier: GPL-2.0-only
// What stands beside figures: what they say, and what they do not. docs/measuring.md has more.

import { h } from "/dom.js";

const OF_CLOCKS = {
	icount: "Counted are the guest's instructions: the same on every host, and without caches, TLBs and memory bandwidth. "
		+ "An atomic operation counts as one.",
	tcg: "Time of an emulator: good to compare two runs of one host, no measure of a machine.",
};

/** @type {[RegExp, string][]} */
const OF_NAMES = [
	[/(^|:)crypto\/[^/]+\/virtio\/total/, "crypto/…/virtio/total: the host decides when the device answers; under icount that is no figure."],
	[/(^|:)gup_test\//, "gup_test: the kernel's own benchmark, in whole microseconds."],
	[/^siw:|\(siw/, "siw: soft-iWARP in place of soft-RoCE."],
	[/^iommu:/, "iommu: with an emulated VT-d, flushed strictly."],
	[/\/base\/\d/, "base: 4 KiB pages that are scattered, the worst case for phyrs; pages in sequence merge."],
	[/\/frag-\d+K\//, "frag: memory in pieces of that length, in reverse order."],
];

/** As a list, of the clock and of all workloads that are shown; null: nothing. */
export function caveats(clock, names) {
	const words = [OF_CLOCKS[clock], ...OF_NAMES.filter(([pattern]) => names.some((name) => pattern.test(name))).map(([, text]) => text)]
		.filter((text) => text);

	return words.length ? h("ul", { class: "note caveats", "aria-label": "What these figures say" }, words.map((text) => h("li", {}, text))) : null;
}
