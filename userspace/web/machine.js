// SPDX-License-Identifier: GPL-2.0-only
// What this machine is, and what it can measure.

import * as api from "/api.js";
import { h, facts } from "/dom.js";
import { newestPair } from "/comparison.js";
import { firstUse } from "/first.js";
import { freePages, runTitle, size } from "/format.js";
import { headlines } from "/headline.js";
import { rowsOf } from "/rows.js";
import { table } from "/table.js";
import { unitOf } from "/units.js";

const CLOCKS = {
	icount: "1 ns is one guest instruction: repeatable, without caches",
	tcg: "time of an emulator: no measure of a machine",
};

function pools(system) {
	return system.hugepages.map((pool) =>
		`${size(pool.page_size_bytes)}: ${freePages(pool)} of ${pool.total} free`).join("; ") || "none";
}

function devices(system) {
	return system.rdma_devices.map((device) => `${device.name} (${device.transport}; ${device.ports.map((port) =>
		port ? `port ${port.number} ${port.state.replace("PORT_", "").toLowerCase()}, ${port.link_layer}` : "no port").join("; ")})`)
		.join("; ") || "none";
}

function missing(system) {
	return system.privileges.missing_capabilities.map(({ name, without_it: what }) => `${name}: ${what}`).join("; ");
}

/* What the newest two runs come to, if there are two: what most come for. */
async function newest() {
	const { runs } = await api.listRuns({ limit: 50 });
	const [base, head] = newestPair(runs.filter((run) => run.state === "done"));

	if (!base || runs.some((run) => run.state === "running"))
		return null;
	const comparison = await api.compareRuns(base, head);
	const rows = rowsOf(comparison);

	return rows.length ? h("section", { class: "first" }, h("h2", {}, `${runTitle(comparison.base)} → ${runTitle(comparison.head)}`),
		headlines(rows, unitOf(comparison.head.clock)), h("p", {}, h("a", { href: `#/compare/${base}/${head}`, class: "button" }, "All of it"))) : null;
}

export async function showMachine(main, signal) {
	main.append(h("h1", {}, "What this machine can do"));
	const [system, { workloads }] = await Promise.all([api.getSystem(), api.getWorkloads()]);
	const { clock } = system;

	if (!workloads.some((workload) => workload.available))
		main.append(firstUse(() => { location.hash = "#/runs"; }));
	main.append(
		table("Workloads", ["workload", "here", "what a sample is, or why not"], workloads.map((workload) => [
			h("code", {}, workload.pattern),
			workload.available ? "✓ yes" : "✗ no",
			workload.available ? workload.summary : workload.reason,
		]), { prose: 2 }),
		h("p", {}, h("a", { href: "#/run", class: "button" }, "Start a run")),
		h("h2", {}, "The machine"),
		facts([
			["Kernel", `${system.kernel.release}, ${system.kernel.version}, ${system.kernel.machine}`],
			["Command line", h("code", {}, system.command_line ?? "–")],
			["Configuration", system.config ? `${system.config.fnv1a64} (${system.config.file})` : "not shown by the kernel"],
			["CPU", `${system.cpu.online} × ${system.cpu.model}`],
			["Runs under", system.accelerator],
			["Clock", `${clock.kind} (${clock.source})${CLOCKS[clock.kind] ? `: ${CLOCKS[clock.kind]}` : ""}`],
			["A sample of nothing", unitOf(clock.kind).words(clock.overhead_ns)],
			["Hugepages", pools(system)],
			["Transparent hugepages", system.transparent_hugepages ?? "none"],
			["RDMA devices", devices(system)],
			["Locked memory", system.memlock_bytes === null ? "unlimited" : size(system.memlock_bytes)],
			["Fork safety", system.fork_safety.in_effect ? "in effect: registrations are marked" : "off"],
			missing(system) && ["Missing privileges", missing(system)],
		]));
	/* It comes late, and is no reason to fail. */
	const section = await newest().catch(() => null);

	if (section && !signal.aborted)
		main.querySelector("h1").after(section);
}
