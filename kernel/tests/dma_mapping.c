// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dma_mapping.h"
#include "harness.h"
#include "layout_case.h"
#include "pattern.h"
#include "phyr_device.h"

#define PAGE 4096ul
#define COPIES 4 /* of a mapping, by the device */

struct edu edu;
int device;
struct phyr_test_dma_entry *entries;

struct phyr_test_dma dma_request(enum phyr_test_dma_form form, uintptr_t addr,
				 size_t len)
{
	struct phyr_test_dma dma = {
		.addr = addr,
		.len = len,
		.form = form,
		.flags = PHYR_TEST_WRITE | PHYR_TEST_LONGTERM,
	};

	strcpy(dma.device, edu.name);
	return dma;
}

int dma_map(struct mapping *mapping)
{
	struct phyr_test_dma_map call = {
		.dma = mapping->dma,
		.entries = (uintptr_t)entries,
		.max_entries = MAX_ENTRIES,
	};

	if (ioctl(device, PHYR_TEST_DMA_MAP, &call))
		return errno;
	mapping->nr = call.nr_entries;
	return 0;
}

void dma_unmap(void)
{
	assert_int_equal(ioctl(device, PHYR_TEST_DMA_UNMAP), 0);
}

bool behind_iommu(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group",
		 edu.name);
	return !access(path, F_OK);
}

bool always_bounces(void)
{
	char line[4096] = "";
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t len = read(fd, line, sizeof(line) - 1);

	close(fd);
	return len > 0 && strstr(line, "swiotlb=force");
}

long bounce_slots(void)
{
	char text[32] = "0";
	int fd = open("/sys/kernel/debug/swiotlb/io_tlb_used", O_RDONLY);

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '0';
	close(fd);
	return strtol(text, NULL, 10);
}

void dma_check_entries(const struct mapping *mapping)
{
	const struct phyr_test_dma *dma = &mapping->dma;
	uint64_t most = dma->max_segment ? dma->max_segment : UINT32_MAX;
	uint64_t boundary = dma->boundary ? dma->boundary : UINT64_MAX;
	uint64_t last = dma->dma_bits && dma->dma_bits < 64
				? (1ull << dma->dma_bits) - 1
				: UINT64_MAX;
	bool may_cross = dma->form == PHYR_TEST_DMA_SG && !behind_iommu();
	bool may_cut = ((always_bounces() || dma->dma_bits) && dma->boundary &&
			!behind_iommu()) ||
		       dma->piece;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < mapping->nr; i++) {
		uint64_t end = entries[i].addr + entries[i].len - 1;

		assert_true(entries[i].len && entries[i].len <= most);
		assert_true(end >= entries[i].addr && end <= last);
		if (!may_cross)
			assert_int_equal(entries[i].addr & ~boundary,
					 end & ~boundary);
		sum += entries[i].len;
		if (!may_cut && i + 1 < mapping->nr)
			assert_int_equal((dma->addr + sum) % PAGE, 0);
	}
	assert_int_equal(sum, dma->len);
}

/* A place in the range, and the DMA address that is said to lead there. */
struct place {
	size_t offset;
	uint64_t address;
	size_t len;
};

/* The first or the last bytes of the entry that begins at @offset. */
static struct place edge(const struct phyr_test_dma_entry *entry, size_t offset,
			 bool end)
{
	size_t len = entry->len < PIECE ? entry->len : PIECE;
	size_t skip = end ? entry->len - len : 0;

	return (struct place){ offset + skip, entry->addr + skip, len };
}

static struct place random_edge(const struct mapping *mapping,
				struct dice *dice)
{
	unsigned int chosen = dice_roll(dice, mapping->nr);
	size_t offset = 0;

	for (unsigned int i = 0; i < chosen; i++)
		offset += entries[i].len;
	return edge(&entries[chosen], offset, dice_one_in(dice, 2));
}

/* The device copies between edges; @model becomes what memory must be then. */
static void copy_by_device(const struct mapping *mapping, char *model,
			   struct dice *dice)
{
	size_t offset = 0;

	for (unsigned int i = 0; i < COPIES + mapping->nr * 2; i++) {
		struct place from = random_edge(mapping, dice);
		struct place to = random_edge(mapping, dice);
		size_t len;

		/* Every edge of every entry, if they are few; else by chance. */
		if (mapping->nr <= COPIES && i < mapping->nr * 2) {
			to = edge(&entries[i / 2], offset, i % 2);
			if (i % 2)
				offset += entries[i / 2].len;
		} else if (mapping->nr > COPIES && i >= COPIES) {
			break;
		}
		len = from.len < to.len ? from.len : to.len;
		edu_copy(&edu, to.address, from.address, len);
		memmove(model + to.offset, model + from.offset, len);
	}
}

void dma_map_and_copy(const struct phyr_test_dma *dma, struct dice *dice)
{
	void *memory = (void *)(uintptr_t)dma->addr;
	struct mapping mapping = { .dma = *dma };
	char *model = malloc(dma->len);
	int error;

	assert_non_null(model);
	pattern_fill(memory, dma->len, dice_roll(dice, 1000));
	memcpy(model, memory, dma->len);
	error = dma_map(&mapping);
	/* A scatterlist is not cut to what a bounce buffer can hold. */
	if (error == EIO && dma->form == PHYR_TEST_DMA_SG && !behind_iommu()) {
		free(model);
		return;
	}
	assert_int_equal(error, 0);
	dma_check_entries(&mapping);
	copy_by_device(&mapping, model, dice);
	/* A bounce buffer is copied back when it is unmapped. */
	dma_unmap();
	assert_memory_equal(memory, model, dma->len);
	free(model);
}

void dma_setup(void)
{
	int ret = edu_open(&edu);

	if (ret)
		skip("no edu device is bound to the driver phyr_test: %s",
		     strerror(-ret));
	device = test_device_open_or_skip();
	layout_case_prepare();
	entries = malloc(MAX_ENTRIES * sizeof(*entries));
	assert_non_null(entries);
}
