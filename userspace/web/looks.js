// SPDX-License-Identifier: GPL-2.0-only
// How a line looks: what has a meaning of its own looks the same in every chart.

/* colour: index of --line-N. dash: of the line, solid if it is empty. shape: of its points. */
const LOOKS = [
	{ colour: 0, dash: [], shape: "circle" },
	{ colour: 1, dash: [8, 5], shape: "square" },
	{ colour: 3, dash: [2, 4], shape: "diamond" },
	{ colour: 2, dash: [10, 4, 2, 4], shape: "triangle" },
	{ colour: 4, dash: [14, 4], shape: "circle" },
	{ colour: 5, dash: [4, 2, 4, 8], shape: "square" },
	{ colour: 2, dash: [], shape: "diamond" },
	{ colour: 4, dash: [5, 3], shape: "triangle" },
	{ colour: 3, dash: [12, 3, 3, 3, 3, 3], shape: "circle" },
	{ colour: 1, dash: [2, 2], shape: "diamond" },
];

/* Forms first, of whatever family; those that come up later take what is left, and keep it. */
const BEFORE = 5, NOW = 6;
const taken = new Map([["phyrs", 0], ["pages", 1], ["scatterlist", 2]]);
const kept = new Set([0, 1, 2, BEFORE, NOW]);
let sides = [];

/** Names of the two sides of a comparison, which look the same in every one. */
export function nameSides(before, now) {
	sides = [before, now];
}

function known(name) {
	const side = sides.indexOf(name);

	return side < 0 ? taken.get(name) : [BEFORE, NOW][side];
}

/** Of each name, different from those of the others: in that order if they have none of their own. */
export function looksOf(names, { own = false } = {}) {
	const used = new Set(own ? [...kept, ...taken.values()] : names.map(known));

	return names.map((name) => {
		let look = known(name);

		/* Where there are more names than looks, some have to share. */
		for (let i = 0; look === undefined; i++) {
			const free = (i + (own ? 3 : 0)) % LOOKS.length;

			if (!used.has(free) || i > LOOKS.length)
				look = free;
		}
		used.add(look);
		if (own && !sides.includes(name))
			taken.set(name, look);
		return LOOKS[look];
	});
}
