// SPDX-License-Identifier: GPL-2.0-only
// Names of workloads: family[/form][/variant]/series/backing/size, and what Google Benchmark may append.

const FACTORS = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const NAME = /^(?<subject>[^/]+(?:\/[^/]+){1,3})\/(?<backing>base|mthp-64K|thp-pte|thp|hugetlb-2M|hugetlb-1G|frag-\d+K)\/(?<number>\d+)(?<unit>[KMG]iB)(?<rest>\/.*)?$/;

export const BACKINGS = [
  "base", "mthp-64K", "thp-pte", "thp", "hugetlb-2M", "hugetlb-1G", "frag-8K", "frag-16K", "frag-64K", "frag-256K",
];

/** {subject, backing, bytes}, or null if it is no such name. Rows of several threads stand for themselves. */
export function parse(name) {
	const parts = NAME.exec(name)?.groups;

	if (!parts || /threads:(?!1$)/.test(parts.rest ?? ""))
		return null;
	return { subject: parts.subject + (parts.rest ?? "").replace("/threads:1", ""),
		backing: parts.backing, bytes: Number(parts.number) * FACTORS[parts.unit] };
}

const FORMS = { pages: "pages", sg: "scatterlist", phyrs: "phyrs" };

/** Names that differ only in the form: "gup/pages/pin" and "gup/phyrs/pin" have {common: "gup/pin"}. */
export function form(subject) {
	const parts = subject.split("/");

	return FORMS[parts[1]]
		? { common: [parts[0], ...parts.slice(2)].join("/"), form: FORMS[parts[1]] }
		: null;
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
