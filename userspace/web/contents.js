// SPDX-License-Identifier: GPL-2.0-only
// The sections of a view, which stay in sight.

import { button, h } from "/dom.js";

/** Of the headings that are there now; nothing where there are few. */
export function contents(main) {
	const headings = [...main.querySelectorAll("h2")];

	if (headings.length < 3)
		return;
	const jump = (heading) => {
		heading.tabIndex = -1;
		heading.focus({ preventScroll: true });
		heading.scrollIntoView();
	};
	const nav = h("nav", { class: "contents", "aria-label": "Sections" }, headings.map((heading) => button(heading.textContent, () => jump(heading))));
	const marks = [...nav.children];
	const observer = new IntersectionObserver(() => {
		if (!nav.isConnected) {
			observer.disconnect();
			return;
		}
		const passed = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3).length;

		marks.forEach((mark, i) => mark.toggleAttribute("aria-current", i === Math.max(0, passed - 1)));
	}, { threshold: [0, 1] });

	headings.forEach((heading) => observer.observe(heading));
	main.querySelector("h1").after(nav);
}
