// SPDX-License-Identifier: GPL-2.0-only
/* The memory that all benchmarks of one layout share. */
#include <map>
#include <memory>
#include <mutex>

#include "memory.h"

namespace
{

struct destroy {
	void operator()(phyr_backing *backing) const
	{
		phyr_backing_destroy(backing);
	}
};

std::mutex lock; /* protects what follows */
layout current;
std::map<int, std::unique_ptr<phyr_backing, destroy> > backings;

} // namespace

std::string layout_name(const layout &layout)
{
	char size[PHYR_SIZE_TEXT];

	phyr_size_format(layout.size, size);
	return std::string(phyr_backing_name(layout.kind)) + "/" + size;
}

const phyr_backing *memory_get(const layout &layout, int which,
			       phyr_error *error)
{
	std::lock_guard<std::mutex> guard(lock);
	phyr_backing *backing;

	if (layout.kind != current.kind || layout.size != current.size) {
		backings.clear();
		current = layout;
	}
	if (!backings.count(which)) {
		if (phyr_backing_create(layout.kind, layout.size, &backing,
					error))
			return nullptr;
		backings[which].reset(backing);
	}
	return backings[which].get();
}
