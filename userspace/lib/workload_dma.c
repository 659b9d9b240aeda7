// SPDX-License-Identifier: GPL-2.0-only
/* The family dma: mapping memory for a device, as scatterlist or as phyrs. */
#include <unistd.h>

#include <phyr/dma.h>

#include "families.h"

enum {
	SERIES_MAP,
	SERIES_UNMAP
};

static int probe(const char *device, struct phyr_error *error)
{
	struct phyr_dma dma;
	int ret;

	(void)device;
	ret = phyr_dma_open(&dma, error);
	if (!ret)
		close(dma.fd);
	return ret;
}

/* One ioctl carries out all rounds, so @stop cannot end them early. */
static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	unsigned int entries;
	struct phyr_dma dma;
	int ret;

	ret = phyr_dma_open(&dma, error);
	if (ret)
		return ret;
	phyr_parameters_add_text(task->parameters, "pci_device", dma.device);
	ret = phyr_dma_bench(&dma, task->form, task->backing->addr, task->size,
			     task->warmup, task->samples,
			     task->series[SERIES_MAP],
			     task->series[SERIES_UNMAP], &entries, error);
	if (!ret)
		phyr_parameters_add_number(task->parameters, "dma_entries",
					   entries);
	close(dma.fd);
	return ret;
}

const struct phyr_family family_dma = {
	.name = "dma",
	.forms =
		(const char *const[]){
			[PHYR_DMA_SG] = "sg",
			[PHYR_DMA_PHYRS] = "phyrs",
			NULL,
		},
	.series =
		(const char *const[]){
			[SERIES_MAP] = "map",
			[SERIES_UNMAP] = "unmap",
			NULL,
		},
	.ranges = 1,
	.summary =
		"mapping pinned memory for a PCI device, or unmapping it, as a scatterlist or as phyrs",
	.probe = probe,
	.measure = measure,
};
