// SPDX-License-Identifier: GPL-2.0-only
// Asking for a run: every chosen series with every chosen backing and size.

import * as api from "/api.js";
import { h, button, failure } from "/dom.js";
import { freePages } from "/format.js";

const SIZES = ["4KiB", "64KiB", "2MiB", "64MiB", "1GiB"];
/* What the schema of a workload calls the devices that have a list; others are named by their paths. */
const RDMA = "RDMA device";

function choice(group, value, { checked = false, disabled = false, note = "" } = {}) {
	return h("label", { class: "choice" },
		h("input", { type: "checkbox", name: group, value, checked, disabled }), h("span", {}, h("code", {}, value), note && ` ${note}`));
}

function group(title, ...children) {
	return h("fieldset", {}, h("legend", {}, title), ...children);
}

function number(name, label, { default: value, min, max }) {
	return h("label", {}, label, h("input", { type: "number", name, value, min, max, required: true }));
}

/* "mr/reg" and the like, with the family each is of. */
function subjects(workloads) {
	const orNone = (names) => (names.length ? names : [null]);

	return workloads.flatMap((workload) => orNone(workload.forms).flatMap((form) =>
		orNone(workload.variants).flatMap((variant) => workload.series.map((series) =>
			({ workload, name: [workload.family, form, variant, series].filter((part) => part).join("/") })))));
}

function chosen(form, name) {
	return [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((input) => input.value);
}

/* Series of the same memory stand together: phyrd measures them in the same rounds. */
function names(form) {
	const sizes = [...chosen(form, "size"), ...form.elements.sizes.value.split(/[\s,]+/).filter((text) => text)];

	return chosen(form, "backing").flatMap((backing) => sizes.flatMap((bytes) =>
		chosen(form, "subject").map((subject) => `${subject}/${backing}/${bytes}`)));
}

/* The run request that the form asks for. */
function runRequest(form, known) {
	const { device, file, samples, warmup, name } = form.elements;
	const named = (workload) => {
		const kind = known.find((entry) => workload.startsWith(`${entry.name}/`)).workload.schema.properties?.device;

		return kind && (kind.description === RDMA ? device : file)?.value.trim();
	};

	return { name: name.value, workloads: names(form).map((workload) => ({
		workload, samples: Number(samples.value), warmup: Number(warmup.value),
		...(named(workload) ? { device: named(workload) } : {}) })) };
}

function readsFiles(workload) {
	const kind = workload.schema.properties?.device;

	return kind && kind.description !== RDMA;
}

export async function showForm(main) {
	main.append(h("h1", {}, "Start a run"));
	const [system, { workloads, parameters }] = await Promise.all([api.getSystem(), api.getWorkloads()]);
	const known = subjects(workloads);
	const count = h("output", {});
	const refused = h("div", {});
	const start = h("button", { type: "submit" }, "Start");
	const pool = (bytes) => system.hugepages.find((entry) => entry.page_size_bytes === bytes);
	const first = known.find((entry) => entry.workload.available)?.name;

	const form = h("form", { onsubmit, oninput: recount },
		group("What", ...workloads.map((workload) => h("div", {},
			...known.filter((entry) => entry.workload === workload).map(({ name }) =>
				choice("subject", name, { disabled: !workload.available, checked: name === first })),
			workload.available ? null : h("p", { class: "note" }, `✗ ${workload.reason}`)))),
		group("Backing", ...parameters.backing.map(({ name, page_size_bytes: bytes }) => choice("backing", name, {
			checked: name === "base",
			note: name.startsWith("hugetlb") ? `(${freePages(pool(bytes))} pages free)` : name === "base" ? "(scattered)" : "",
		}))),
		group("Size", ...SIZES.map((bytes) => choice("size", bytes, { checked: bytes === "4KiB" || bytes === "2MiB" })),
			h("label", {}, "others", h("input", { name: "sizes", placeholder: "128KiB 4GiB", autocomplete: "off", spellcheck: "false" }))),
		group("How",
			number("samples", "samples", parameters.samples), number("warmup", "warm-up rounds", parameters.warmup),
			system.rdma_devices.length > 1 ? h("label", {}, "RDMA device", h("select", { name: "device" },
				h("option", { value: "" }, "the first that is ready"),
				system.rdma_devices.map((device) => h("option", {}, device.name)))) : null,
			workloads.some(readsFiles) ? h("label", {}, "file or block device, which is only read", h("input",
				{ name: "file", placeholder: "the first there is", autocomplete: "off", spellcheck: "false" })) : null,
			h("label", {}, "name", h("input", { name: "name", maxlength: 100, autocomplete: "off" }))),
		h("div", { class: "actions" }, start, count,
			button("Pages beside phyrs", preset, { hidden: !known.some(({ name }) => name === "gup/phyrs/pin") })),
		refused);

	/* Chooses what the chart of a run shows at its best. */
	function preset() {
		const wanted = { subject: ["gup/pages/pin", "gup/phyrs/pin"], backing: ["base", "thp", "hugetlb-2M", "hugetlb-1G"], size: SIZES };

		for (const [name, values] of Object.entries(wanted)) {
			for (const input of form.querySelectorAll(`input[name="${name}"]`))
				input.checked = !input.disabled && values.includes(input.value);
		}
		recount();
	}

	function recount() {
		const n = names(form).length;

		count.textContent = n === 1 ? "1 workload" : `${n} workloads`;
		start.disabled = !n;
	}

	async function onsubmit(event) {
		event.preventDefault();
		refused.replaceChildren();
		start.disabled = true;
		try {
			location.hash = `#/runs/${(await api.startRun(runRequest(form, known))).id}`;
		} catch (error) {
			refused.append(failure(error));
			start.disabled = false;
		}
	}

	main.append(form);
	recount();
}
