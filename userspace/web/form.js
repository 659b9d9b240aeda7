// SPDX-License-Identifier: GPL-2.0-only
// Asking for a run: every chosen series with every chosen backing and size.

import * as api from "/api.js";
import { deviceField } from "/devices.js";
import { h, button, failure } from "/dom.js";
import { firstUse } from "/first.js";
import { freePages } from "/format.js";
import { requestSection, textOf } from "/request.js";

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
	const { device, file, samples, warmup, name, tags } = form.elements;
	const several = tags.value.split(",").map((tag) => tag.trim()).filter((tag) => tag);
	const named = (workload) => {
		const kind = known.find((entry) => workload.startsWith(`${entry.name}/`)).workload.schema.properties?.device;

		return kind && (kind.description === RDMA ? device : file)?.value.trim();
	};

	return { ...(name.value ? { name: name.value } : {}), ...(several.length ? { tags: several } : {}),
		samples: Number(samples.value), warmup: Number(warmup.value),
		workloads: names(form).map((workload) => {
			const chosen = named(workload);

			return chosen ? { workload, device: chosen } : workload;
		}) };
}

function readsFiles(workload) {
	const kind = workload.schema.properties?.device;

	return kind && kind.description !== RDMA;
}

/** again: id of a run whose request is to be begun with */
export async function showForm(main, _signal, again) {
	main.append(h("h1", {}, "Start a run"));
	const [system, { workloads, parameters }, asked] = await Promise.all([api.getSystem(), api.getWorkloads(), again && api.getRequest(again)]);
	const known = subjects(workloads);
	const count = h("output", {});
	const refused = h("div", {});
	const start = h("button", { type: "submit" }, "Start");
	const pool = (bytes) => system.hugepages.find((entry) => entry.page_size_bytes === bytes);
	const able = known.filter((entry) => entry.workload.available).map((entry) => entry.name);
	const first = able.includes("mr/reg") ? "mr/reg" : able[0];

	const elsewhere = workloads.filter((workload) => !workload.available);
	const subjectsOf = (workload) => h("div", {},
		...known.filter((entry) => entry.workload === workload).map(({ name }) =>
			choice("subject", name, { disabled: !workload.available, checked: name === first })),
		workload.available ? null : h("p", { class: "note" }, `✗ ${workload.reason}`));

	const form = h("form", { onsubmit, oninput: recount },
		group("What", ...workloads.filter((workload) => workload.available).map(subjectsOf), elsewhere.length
			? h("details", {}, h("summary", {}, `${elsewhere.length === 1 ? "1 family" : `${elsewhere.length} families`} not here, and why`),
				elsewhere.map(subjectsOf)) : null),
		group("Backing", ...parameters.backing.map(({ name, page_size_bytes: bytes }) => choice("backing", name, {
			checked: name === "base",
			note: name.startsWith("hugetlb") ? `(${freePages(pool(bytes))} pages free)` : name === "base" ? "(scattered)" : "",
		}))),
		group("Size", ...SIZES.map((bytes) => choice("size", bytes, { checked: bytes === "4KiB" || bytes === "2MiB" })),
			h("label", {}, "others", h("input", { name: "sizes", placeholder: "128KiB 4GiB", autocomplete: "off", spellcheck: "false" }))),
		group("How",
			number("samples", "samples", parameters.samples), number("warmup", "warm-up rounds", parameters.warmup),
			deviceField(system.rdma_devices),
			workloads.some(readsFiles) ? h("label", {}, "file or block device, which is only read", h("input",
				{ name: "file", placeholder: "the first there is", autocomplete: "off", spellcheck: "false" })) : null,
			h("label", {}, "name", h("input", { name: "name", maxlength: 100, autocomplete: "off" })),
			h("label", {}, "tags", h("input", { name: "tags", placeholder: "stock, night", autocomplete: "off" }))),
		h("div", { class: "actions" }, start, count,
			button("Pages beside phyrs", preset, { hidden: !able.includes("gup/phyrs/pin") })),
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

	async function begin(request) {
		location.hash = `#/runs/${(await api.startRun(request)).id}`;
	}

	async function onsubmit(event) {
		event.preventDefault();
		refused.replaceChildren();
		start.disabled = true;
		try {
			await begin(runRequest(form, known));
		} catch (error) {
			refused.append(failure(error));
			start.disabled = false;
		}
	}

	const file = requestSection(() => runRequest(form, known), begin, asked && textOf(asked));

	if (able.length)
		main.append(...asked ? [h("h2", {}, `What run ${again} was asked for`), file, h("h2", {}, "Another")] : [], form, ...asked ? [] : [file]);
	else
		main.append(firstUse(() => { location.hash = "#/runs"; }), h("details", {}, h("summary", {}, "What could be measured elsewhere"), form, file));
	recount();
}
