// SPDX-License-Identifier: GPL-2.0-only
// Which percentiles a number of samples has: those beyond which there is a sample or more.

/** Of the statistics of a result, beside the median. */
export const PERCENTILES = [
	{ name: "p90", share: 0.9, samples: 10 },
	{ name: "p99", share: 0.99, samples: 100 },
	{ name: "p999", share: 0.999, samples: 1000 },
];

export function hasEnough(share, n) {
	return share <= 0.5 || share === 1 || n >= PERCENTILES.find((one) => one.share === share).samples;
}

export function label({ share }) {
	return `p${+(100 * share).toFixed(1)}`;
}
