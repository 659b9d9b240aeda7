// SPDX-License-Identifier: GPL-2.0-only
// Names of workloads: family[/form][/variant]/series/backing/size, and what Google Benchmark may append.

import { size } from "/format.js";

const FACTORS = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const NAME = /^(?<subject>[^/]+(?:\/[^/]+){1,3})\/(?<backing>[^/]+)\/(?<number>\d+)(?<unit>[KMG]iB)(?<rest>\/.*)?$/;

/* In this order; others come behind. */
const BACKINGS = [
  "base", "mthp-64K", "thp-pte", "thp", "hugetlb-2M", "hugetlb-1G", "frag-8K", "frag-16K", "frag-64K", "frag-256K",
];

/** Those of some points, in their order. */
export function backingsOf(points) {
	const found = new Set(points.map((point) => point.backing));

	return [...BACKINGS.filter((one) => found.has(one)), ...[...found].filter((one) => !BACKINGS.includes(one)).sort()];
}

/** {subject, backing, bytes}, or null if it is no such name. Rows of several threads stand for themselves. */
export function parse(name) {
	const parts = NAME.exec(name)?.groups;

	if (!parts || /threads:(?!1$)/.test(parts.rest ?? ""))
		return null;
	return { subject: parts.subject + (parts.rest ?? "").replace("/threads:1", ""),
		backing: parts.backing, bytes: Number(parts.number) * FACTORS[parts.unit] };
}

/** "iommu:dma/map/thp/2MiB" is of "iommu:dma". */
export function family(name) {
	return name.split("/")[0];
}

/* Names of forms in words, and forms by family, which the daemon tells. */
const FORMS = { pages: "pages", sg: "scatterlist", phyrs: "phyrs" };
const formsOf = new Map();

/** What the daemon says of its families. */
export function learn(workloads) {
	for (const { family: name, forms } of workloads)
		formsOf.set(name, forms);
}

/** Names that differ only in the form: "gup/pages/pin" and "gup/phyrs/pin" have {common: "gup/pin"}. */
export function form(subject) {
	const parts = subject.split("/");
	const known = parts[1] in FORMS || formsOf.get(parts[0].split(":").pop())?.includes(parts[1]);

	return known && parts.length > 2
		? { common: [parts[0], ...parts.slice(2)].join("/"), form: FORMS[parts[1]] ?? parts[1] }
		: null;
}

/* What people call them; others go by their names. */
const NOUNS = {
	"mr/reg": "registration", "mr/reg-ro": "registration for reading", "mr/dereg": "deregistration",
	"rdma/write": "RDMA write", "gup/pin": "pin", "gup/unpin": "unpin", "dma/map": "DMA map", "dma/unmap": "DMA unmap",
};

/** "1 GiB registration", for a sentence. */
export function inWords({ subject, bytes }) {
	const [prefix, name] = subject.includes(":") ? subject.split(":") : ["", subject];
	const noun = NOUNS[form(name)?.common ?? name];

	return `${size(bytes)} ${noun ?? name}${prefix ? ` (${prefix})` : ""}`;
}

/** What its device adds to the name of a result, or of a row of a comparison. */
export function ofDevice(row) {
	const device = row.device ?? row.parameters?.device;

	return device ? ` (${device})` : "";
}

/** Median of a result in ns, or null where it has none. */
export function median(result) {
	const value = result.stats?.median ?? result.aggregates?.median ?? result.aggregates?.mean;

	return value === undefined ? null : inNs(value, result.unit);
}

export function inNs(value, unit) {
	return unit === "ps" ? value / 1000 : value;
}
