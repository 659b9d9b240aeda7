/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DMABUF_TEST_MEM_H
#define _DMABUF_TEST_MEM_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/phyr.h>
#include <linux/types.h>

struct dma_buf;
struct dmabuf_test_dma;
struct dmabuf_test_info;
struct dmabuf_test_range;
struct test_buf;

struct test_mem {
	struct miscdevice	misc;
	struct kref		kref;
	struct phyr_mem		mem;
	size_t			size;

	struct mutex		lock;	/* protects all below */
	bool			revoked;
	u64			told;
	struct test_buf		*whole;	/* what an mmap() names, while in use */
	struct list_head	bufs;
	struct list_head	files;
};

struct test_file {
	struct test_mem		*mem;
	struct file		*filp;
	struct list_head	list;
};

void test_mem_free(struct kref *kref);
void test_mem_set_revoked(struct test_mem *mem, bool revoked);
struct dma_buf *test_mem_export(struct test_mem *mem,
				const struct dmabuf_test_range *ranges, u32 nr);
struct dma_buf *test_mem_whole(struct test_mem *mem);
void test_mem_count(struct test_mem *mem, struct dmabuf_test_info *info);

/* dmabuf_test_dma.c */
int test_mem_map_dma(struct test_mem *mem, struct dmabuf_test_dma *dma);

#endif
