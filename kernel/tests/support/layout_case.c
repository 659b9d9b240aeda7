// SPDX-License-Identifier: GPL-2.0-only
#include "harness.h"
#include "layout_case.h"

void layout_case_build(struct layout *layout, const struct layout_part *parts,
		       size_t nr, size_t before)
{
	for (size_t i = 0; i < nr; i++) {
		const struct memory_kind *kind =
			memory_kind_named(parts[i].kind);

		if (kind->unavailable)
			skip("%s: %s", kind->name, kind->unavailable);
	}
	assert_int_equal(layout_build_parts(layout, parts, nr, before), 0);
}

void layout_case_prepare(void)
{
	assert_int_equal(layout_prepare(), 0);
}

struct description_request layout_case_request(const struct layout *layout,
					       enum phyr_test_form form,
					       unsigned int flags)
{
	return (struct description_request){
		.addr = layout->start,
		.len = layout->end - layout->start,
		.form = form,
		.flags = flags,
	};
}
