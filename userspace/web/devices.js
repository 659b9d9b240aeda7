// SPDX-License-Identifier: GPL-2.0-only
// RDMA devices as they are named in a request: a port and a GID may follow.

import { h } from "/dom.js";

/** Where there is a choice: [name, what it is] of each device, of its ports, of their GIDs. */
export function placesOf(devices) {
	const places = devices.flatMap(({ name, transport, ports }) => {
		const there = ports.filter((port) => port);

		return [[name, transport], ...there.flatMap(({ number, state, gids = [] }) => [
			...there.length > 1 ? [[`${name}:${number}`, state.replace("PORT_", "").toLowerCase()]] : [],
			...gids.length > 1 ? gids.map((one) => [`${name}:${number}:${one.index}`, `${one.gid}, ${one.type}`]) : [],
		])];
	});

	return places.length > 1 ? places : [];
}

/** Asks for one of them, where there is a choice. */
export function deviceField(devices) {
	const places = placesOf(devices);

	return places.length ? h("label", {}, "RDMA device", h("select", { name: "device" },
		h("option", { value: "" }, "the first that is ready"),
		places.map(([name, what]) => h("option", { value: name }, `${name} (${what})`)))) : null;
}
