// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory without struct pages by its address: what ibv_reg_mr() takes and what
 * it refuses, and that a region outlives the mapping. Of the device node here;
 * mappings of udmabufs and of DMA-buf heaps are RAM that GUP refuses as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <phyr/dmabuf_mr.h>

#include "bar.h"
#include "content.h"
#include "pair_program.h"

#define PAGE 4096ul
#define LEN (16 * PAGE)
#define START (1000 * PAGE)
#define ACCESS                                              \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | \
	 IBV_ACCESS_REMOTE_READ)

static struct bar bar;
static uint64_t seed = 1000;

static uint8_t *map(size_t pages, int prot, int flags, off_t offset)
{
	uint8_t *bytes = mmap(NULL, pages * PAGE, prot, flags, bar.fd, offset);

	assert_ptr_not_equal(bytes, MAP_FAILED);
	return bytes;
}

static uint8_t *map_shared(void)
{
	return map(LEN / PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, START);
}

static int registering(void *addr, size_t len, int access)
{
	struct ibv_mr *mr = ibv_reg_mr(pair.device->pd, addr, len, access);

	if (!mr)
		return errno;
	assert_int_equal(ibv_dereg_mr(mr), 0);
	return 0;
}

static struct ibv_mr *region(void *addr, size_t len)
{
	struct ibv_mr *mr = ibv_reg_mr(pair.device->pd, addr, len, ACCESS);

	if (!mr)
		fail("registering %zu bytes: %s", len, strerror(errno));
	return mr;
}

/* Write to @at of the region and see it @there. */
static void check_write(const struct ibv_mr *mr, uint64_t at,
			const uint8_t *there, size_t len)
{
	seed++;
	content_fill(buffer, len, seed, 0);
	assert_int_equal(pair_transfer(&pair, IBV_WR_RDMA_WRITE,
				       buffer_range(buffer, len), at, mr->rkey,
				       1),
			 IBV_WC_SUCCESS);
	assert_memory_equal(there, buffer, len);
}

static void check_device_write(const struct ibv_mr *mr, uint64_t at,
			       uint64_t offset, size_t len)
{
	check_write(mr, at, bar.bytes + offset, len);
	bar_log_fill(offset, len, seed, 0);
}

static void test_odd_range(void)
{
	uint8_t *bytes = map_shared();
	struct ibv_mr *mr = region(bytes + 123, LEN - 1000);
	uint64_t addr = (uintptr_t)bytes;

	assert_int_equal(bar_mappings(&bar), 1);
	check_device_write(mr, addr + 123, START + 123, LEN - 1000);
	check_device_write(mr, addr + 5001, START + 5001, 77);
	assert_true(pair_refuses(&pair, IBV_WR_RDMA_WRITE,
				 buffer_range(buffer, 1), addr + 122,
				 mr->rkey));
	assert_int_equal(ibv_dereg_mr(mr), 0);
	assert_int_equal(bar_mappings(&bar), 0);
	munmap(bytes, LEN);
}

/* The region is of the memory, not of the mapping. */
static void test_mapping_goes(void)
{
	uint8_t *bytes = map_shared(), *moved, *place;
	struct ibv_mr *mr = region(bytes, LEN);
	uint64_t addr = (uintptr_t)bytes;

	place = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(place, MAP_FAILED);
	moved = mremap(bytes, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	assert_ptr_equal(moved, place);
	check_device_write(mr, addr + 8, START + 8, 4099);
	munmap(moved, LEN);
	check_device_write(mr, addr + 9, START + 9, 5000);
	assert_int_equal(ibv_dereg_mr(mr), 0);
}

static void test_fork(void)
{
	uint8_t *bytes = map_shared();
	struct ibv_mr *mr = region(bytes, LEN);
	pid_t child = fork();

	if (!child)
		_exit(0);
	assert_in_range(child, 1, INT32_MAX);
	check_device_write(mr, (uintptr_t)bytes + 1, START + 1, 9000);
	waitpid(child, NULL, 0);
	check_device_write(mr, (uintptr_t)bytes + 2, START + 2, 9000);
	assert_int_equal(ibv_dereg_mr(mr), 0);
	munmap(bytes, LEN);
}

static void test_refused(void)
{
	uint8_t *bytes = map_shared(), *other;

	assert_errno_equal(registering(bytes, LEN, ACCESS), 0);
	assert_errno_equal(registering(bytes, LEN + 1, ACCESS), EFAULT);
	/* Two mappings, of neighbouring memory even. */
	other = mmap(bytes + 8 * PAGE, 8 * PAGE, PROT_READ,
		     MAP_SHARED | MAP_FIXED, bar.fd, START + 8 * PAGE);
	assert_ptr_not_equal(other, MAP_FAILED);
	assert_errno_equal(registering(bytes, 8 * PAGE, ACCESS), 0);
	assert_errno_equal(registering(bytes, 8 * PAGE + 1, ACCESS), EFAULT);
	assert_errno_equal(registering(other, PAGE, ACCESS), EFAULT);
	assert_errno_equal(registering(other, PAGE, IBV_ACCESS_REMOTE_READ), 0);
	munmap(bytes, LEN);

	other = map(1, PROT_READ, MAP_PRIVATE, START);
	assert_errno_equal(registering(other, PAGE, IBV_ACCESS_REMOTE_READ),
			   EFAULT);
	munmap(other, PAGE);
	/* sysfs names no owner. */
	if (bar.raw)
		assert_errno_equal(registering(bar.raw, PAGE, ACCESS), EFAULT);
	assert_errno_equal(registering(NULL, PAGE, ACCESS), EFAULT);
	assert_int_equal(bar_mappings(&bar), 0);
}

static void test_revoked(void)
{
	uint8_t *bytes = map_shared();
	struct ibv_mr *mr = region(bytes, LEN);

	bar_revoke(&bar);
	assert_errno_equal(registering(bytes, LEN, ACCESS), ENODEV);
	bar_restore(&bar);
	assert_true(pair_refuses(&pair, IBV_WR_RDMA_WRITE,
				 buffer_range(buffer, 1), (uintptr_t)bytes,
				 mr->rkey));
	assert_errno_equal(registering(bytes, LEN, ACCESS), 0);
	assert_int_equal(ibv_dereg_mr(mr), 0);
	munmap(bytes, LEN);
}

/* Access flags of the region change only with the region. */
static void test_reregistration(void)
{
	uint8_t *bytes = map_shared();
	struct ibv_mr *mr = region(bytes, LEN);

	assert_int_not_equal(ibv_rereg_mr(mr, IBV_REREG_MR_CHANGE_ACCESS, NULL,
					  NULL, 0,
					  ACCESS | IBV_ACCESS_REMOTE_ATOMIC),
			     0);
	check_device_write(mr, (uintptr_t)bytes, START, 100);
	assert_int_equal(ibv_dereg_mr(mr), 0);
	munmap(bytes, LEN);
}

/* Of the word @there, which is at @at of the region. */
static void check_atomic(uint8_t *there, uint64_t at, uint32_t rkey)
{
	*(uint64_t *)there = 5;
	assert_int_equal(pair_atomic(&pair, IBV_WR_ATOMIC_FETCH_AND_ADD,
				     buffer_range(buffer, 8), at, rkey, 37, 0),
			 IBV_WC_SUCCESS);
	assert_int_equal(*(uint64_t *)there, 42);
	assert_int_equal(*(uint64_t *)buffer, 5);
}

/* A buffer of RAM by its file descriptor and by an address; closes it. */
static void check_ram(int fd)
{
	uint8_t *bytes =
		mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct phyr_dmabuf_mr by_fd;
	struct ibv_mr as_mr = { 0 }, *mr;

	assert_ptr_not_equal(bytes, MAP_FAILED);
	mr = region(bytes + 3, LEN - 5);
	check_write(mr, (uintptr_t)bytes + 3, bytes + 3, LEN - 5);
	assert_int_equal(ibv_dereg_mr(mr), 0);

	/* Atomics are RAM's as well; iWARP has none. */
	assert_errno_equal(-phyr_dmabuf_mr_register(
				   pair.device->pd, fd, 0, LEN, 0,
				   ACCESS |
					   (phyr_rdma_is_iwarp(pair.device)
						    ? 0
						    : IBV_ACCESS_REMOTE_ATOMIC),
				   &by_fd, NULL, NULL),
			   0);
	as_mr.rkey = by_fd.rkey;
	check_write(&as_mr, 77, bytes + 77, LEN - 77);
	if (!phyr_rdma_is_iwarp(pair.device))
		check_atomic(bytes + 8 * PAGE, 8 * PAGE, by_fd.rkey);
	assert_errno_equal(-phyr_dmabuf_mr_deregister(&by_fd, NULL, NULL), 0);
	munmap(bytes, LEN);
	close(fd);
}

static void test_udmabuf(void)
{
	int device = open("/dev/udmabuf", O_RDWR), fd;
	struct udmabuf_create create = { .size = LEN };

	if (device < 0)
		skip("there is no udmabuf");
	create.memfd = memfd_create("ram", MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(create.memfd, LEN), 0);
	assert_int_equal(fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	fd = ioctl(device, UDMABUF_CREATE, &create);
	assert_in_range(fd, 0, 1000);
	close(create.memfd);
	close(device);
	check_ram(fd);
}

static void test_heap(void)
{
	int device = open("/dev/dma_heap/system", O_RDWR);
	struct dma_heap_allocation_data data = { .len = LEN,
						 .fd_flags = O_RDWR };

	if (device < 0)
		skip("there is no system heap");
	assert_int_equal(ioctl(device, DMA_HEAP_IOCTL_ALLOC, &data), 0);
	close(device);
	check_ram(data.fd);
}

static void open_memory(void)
{
	bar_open(&bar);
}

static void close_memory(void)
{
	bar_close(&bar);
}

static const struct test_case tests[] = {
	TEST(test_odd_range), TEST(test_mapping_goes),
	TEST(test_fork),      TEST(test_refused),
	TEST(test_revoked),   TEST(test_reregistration),
	TEST(test_udmabuf),   TEST(test_heap),
};

PAIR_PROGRAM(.buffer_len = LEN, .setup = open_memory, .teardown = close_memory)
