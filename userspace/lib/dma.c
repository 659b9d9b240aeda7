// SPDX-License-Identifier: GPL-2.0-only
/* Has the kernel map memory for a PCI device and time each round. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <phyr_test_dma.h>

#include <phyr/dma.h>
#include <phyr/test_device.h>

#define DRIVER_PATH "/sys/bus/pci/drivers/phyr_test"

static int find_device(char name[PHYR_DMA_NAME], struct phyr_error *error)
{
	DIR *folder = opendir(DRIVER_PATH);
	const struct dirent *entry;
	int ret = -ENODEV;

	if (!folder)
		return phyr_error_set(
			error, -ENOENT,
			"no " DRIVER_PATH
			": this kernel is without CONFIG_PHYR_TEST_DMA, which the phyr series brings");
	while (ret && (entry = readdir(folder))) {
		if (!strchr(entry->d_name, ':') ||
		    strlen(entry->d_name) >= PHYR_DMA_NAME)
			continue;
		strcpy(name, entry->d_name);
		ret = 0;
	}
	closedir(folder);
	if (ret)
		phyr_error_set(
			error, ret,
			"no PCI device is bound to the driver phyr_test: write phyr_test to driver_override of one, and its address to /sys/bus/pci/drivers_probe");
	return ret;
}

int phyr_dma_open(struct phyr_dma *dma, struct phyr_error *error)
{
	struct phyr_dma new;
	int ret;

	ret = find_device(new.device, error);
	if (!ret)
		ret = phyr_test_open(&new.fd, error);
	if (!ret)
		*dma = new;
	return ret;
}

int phyr_dma_bench(const struct phyr_dma *dma, enum phyr_dma_form form,
		   void *addr, size_t len, unsigned int warmup,
		   unsigned int samples, uint64_t *map_ns, uint64_t *unmap_ns,
		   unsigned int *entries, struct phyr_error *error)
{
	static const char *const names[] = {
		[PHYR_DMA_SG] = "a scatterlist",
		[PHYR_DMA_PHYRS] = "phyrs",
	};
	struct phyr_test_dma_bench bench = {
		.dma = {
			.addr = (uintptr_t)addr,
			.len = len,
			.form = form == PHYR_DMA_SG ? PHYR_TEST_DMA_SG
						    : PHYR_TEST_DMA_PHYRS,
			.flags = PHYR_TEST_WRITE | PHYR_TEST_LONGTERM |
				 PHYR_TEST_DMA_COHERENT,
		},
		.warmup = warmup,
		.samples = samples,
		.map_ns = (uintptr_t)map_ns,
		.unmap_ns = (uintptr_t)unmap_ns,
	};

	strcpy(bench.dma.device, dma->device);
	if (ioctl(dma->fd, PHYR_TEST_DMA_BENCH, &bench))
		return phyr_error_set(error, -errno,
				      "mapping %zu bytes for %s as %s: %s", len,
				      dma->device, names[form],
				      strerror(errno));
	*entries = bench.nr_entries;
	return 0;
}
