// SPDX-License-Identifier: GPL-2.0-only
// What can be done on a machine that can measure nothing.

import { h } from "/dom.js";
import { loader } from "/load.js";

const COMMANDS = [
	["./phyr bench", "boots a stock and a phyr kernel in QEMU on any machine, measures both, and writes their results as files to be loaded here"],
	["./phyr compare BASE HEAD --json FILE", "compares any two kernels in QEMU, and writes what it finds"],
	["./phyr serve", "boots the phyr kernel with this page in it, where everything can be measured"],
	["phyr-bench --benchmark_out=FILE", "measures on a machine that has phyrs or an RDMA device, without a daemon"],
	["phyrctl --server URL export ID --output FILE", "takes a run from the daemon of another machine"],
];

/** loaded(): called when files are there */
export function firstUse(loaded) {
	return h("section", { class: "first" }, h("h2", {}, "This machine can measure none of it"),
		h("p", {}, "It lacks what each workload needs, which ", h("a", { href: "#/" }, "Machine"), " lists. Results of other machines can be looked at and compared here. They come from:"),
		h("dl", {}, COMMANDS.map(([command, text]) => h("div", {}, h("dt", {}, h("code", {}, command)), h("dd", {}, text)))),
		loader(loaded));
}
