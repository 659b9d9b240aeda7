// SPDX-License-Identifier: GPL-2.0-only
/* The RDMA device that all benchmarks share. */
#include <memory>
#include <mutex>

#include "device.h"

namespace
{

struct destroy {
	void operator()(phyr_device *device) const
	{
		phyr_device_close(device);
	}
};

std::mutex lock; /* protects what follows */
std::unique_ptr<phyr_device, destroy> opened;

const char *chosen; /* NULL: the first with an active port */

} // namespace

void device_choose(const char *name)
{
	chosen = name;
}

const phyr_device *device_get(phyr_error *error)
{
	std::lock_guard<std::mutex> guard(lock);
	phyr_device *device;

	if (!opened && !phyr_device_open(chosen, &device, error))
		opened.reset(device);
	return opened.get();
}
