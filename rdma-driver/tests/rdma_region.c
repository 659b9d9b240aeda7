// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of memory regions: many over one page, re-registration, fork, memory
 * that is unmapped under them.
 */
#include <errno.h>
#include <linux/kernel-page-flags.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <phyr/backing.h>
#include <phyr/size.h>

#include "dice.h"
#include "page_frames.h"
#include "pair_program.h"
#include "pattern.h"
#include "pins.h"

#define PAGE 4096ul
#define PAGES 16
#define MANY 1000
#define BUFFER 2

static char *map_pages(size_t pages)
{
	char *area = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(area, MAP_FAILED);
	memset(area, 1, pages * PAGE);
	return area;
}

static struct ibv_mr *region_over(char *area)
{
	struct ibv_mr *mr =
		ibv_reg_mr(pair.device->pd, area, PAGES * PAGE, ALL_ACCESS);

	assert_non_null(mr);
	return mr;
}

static void unmap_region(struct ibv_mr *mr)
{
	void *area = mr->addr;

	assert_int_equal(ibv_dereg_mr(mr), 0);
	munmap(area, PAGES * PAGE);
}

static enum ibv_wc_status write_to(const struct ibv_mr *mr, void *at,
				   size_t len)
{
	struct pair_range local = buffer_range(buffer, len);

	pattern_fill(buffer, len, BUFFER);
	return pair_transfer(&pair, IBV_WR_RDMA_WRITE, local, (uintptr_t)at,
			     mr->rkey, 1);
}

static enum ibv_wc_status read_from(const struct ibv_mr *mr, void *at,
				    size_t len)
{
	struct pair_range local = buffer_range(buffer, len);

	return pair_transfer(&pair, IBV_WR_RDMA_READ, local, (uintptr_t)at,
			     mr->rkey, 1);
}

static void assert_writes(const struct ibv_mr *mr, char *at, size_t len)
{
	assert_int_equal(write_to(mr, at, len), IBV_WC_SUCCESS);
	assert_memory_equal(at, buffer, len);
}

static void check_many(enum phyr_backing_kind kind)
{
	static struct ibv_mr *mrs[MANY];
	struct dice dice = dice_with_seed(MANY);
	struct phyr_backing *backing;
	struct phyr_error error;
	long pins = pins_quiet(), pages = 0;

	if (phyr_backing_create(kind, phyr_backing_page_size(kind), &backing,
				&error))
		skip("%s", error.message);
	for (int i = 0; i < MANY; i++) {
		size_t len = 1 + dice_roll(&dice, 64 * PHYR_KIB);
		size_t at = dice_roll(&dice, backing->len - len);

		mrs[i] = ibv_reg_mr(pair.device->pd, (char *)backing->addr + at,
				    len, ALL_ACCESS);
		if (!mrs[i])
			fail("region %d: %s", i, strerror(errno));
		pages += (at % PAGE + len + PAGE - 1) / PAGE;
	}
	assert_pins(pins + pages);
	for (int i = 0; i < MANY; i += 10)
		assert_writes(mrs[i], mrs[i]->addr, mrs[i]->length);
	for (int i = 0; i < MANY; i += 2)
		assert_int_equal(ibv_dereg_mr(mrs[i]), 0);
	for (int i = 1; i < MANY; i += 50)
		assert_writes(mrs[i], mrs[i]->addr, mrs[i]->length);
	for (int i = 1; i < MANY; i += 2)
		assert_int_equal(ibv_dereg_mr(mrs[i]), 0);
	phyr_backing_destroy(backing);
}

static void test_many_over_2m(void)
{
	check_many(PHYR_BACKING_HUGETLB_2M);
}

static void test_many_over_1g(void)
{
	check_many(PHYR_BACKING_HUGETLB_1G);
}

/*
 * Not ibv_rereg_mr(): libibverbs of today does not pass it on for rxe, the
 * kernel implements it. Returns 0 or errno.
 */
static int reregister(struct ibv_mr *mr, int flags, struct ibv_pd *pd,
		      int access)
{
	struct ib_uverbs_rereg_mr_resp response;
	struct {
		struct ib_uverbs_cmd_hdr header;
		struct ib_uverbs_rereg_mr command;
	} request = {
		.header = {
			.command = IB_USER_VERBS_CMD_REREG_MR,
			.in_words = sizeof(request) / 4,
			.out_words = sizeof(response) / 4,
		},
		.command = {
			.response = (uintptr_t)&response,
			.mr_handle = mr->handle,
			.flags = flags,
			.start = (uintptr_t)mr->addr,
			.length = mr->length,
			.hca_va = (uintptr_t)mr->addr,
			.pd_handle = pd->handle,
			.access_flags = access,
		},
	};

	if (write(mr->context->cmd_fd, &request, sizeof(request)) < 0)
		return errno;
	assert_int_equal(response.lkey, mr->lkey);
	assert_int_equal(response.rkey, mr->rkey);
	return 0;
}

static void test_rereg_access(void)
{
	char *area = map_pages(PAGES);
	struct ibv_mr *mr = region_over(area);

	assert_writes(mr, area + 100, 5000);
	assert_int_equal(reregister(mr, IBV_REREG_MR_CHANGE_ACCESS, mr->pd,
				    IBV_ACCESS_REMOTE_READ),
			 0);
	assert_int_equal(write_to(mr, area, 100), IBV_WC_REM_ACCESS_ERR);
	assert_int_equal(area[0], 1);
	assert_int_equal(read_from(mr, area + 100, 5000), IBV_WC_SUCCESS);
	assert_int_equal(reregister(mr, IBV_REREG_MR_CHANGE_ACCESS, mr->pd,
				    ALL_ACCESS),
			 0);
	assert_writes(mr, area + 300, 5000);
	unmap_region(mr);
}

/* Pinned for reading: there is no way to a region that writes. */
static void test_rereg_read_only(void)
{
	char *area = map_pages(PAGES);
	struct ibv_mr *mr;

	mprotect(area, PAGES * PAGE, PROT_READ);
	mr = ibv_reg_mr(pair.device->pd, area, PAGES * PAGE,
			IBV_ACCESS_REMOTE_READ);
	assert_non_null(mr);
	assert_int_equal(read_from(mr, area, 5000), IBV_WC_SUCCESS);
	assert_int_equal(reregister(mr, IBV_REREG_MR_CHANGE_ACCESS, mr->pd,
				    ALL_ACCESS),
			 EACCES);
	assert_int_equal(write_to(mr, area, 100), IBV_WC_REM_ACCESS_ERR);
	unmap_region(mr);
}

static void test_rereg_pd(void)
{
	char *area = map_pages(PAGES);
	struct ibv_pd *other = ibv_alloc_pd(pair.device->context);
	struct ibv_mr *mr = region_over(area);

	assert_non_null(other);
	assert_int_equal(reregister(mr, IBV_REREG_MR_CHANGE_PD, other, 0), 0);
	assert_int_equal(write_to(mr, area, 100), IBV_WC_REM_ACCESS_ERR);
	assert_int_equal(reregister(mr, IBV_REREG_MR_CHANGE_PD, mr->pd, 0), 0);
	assert_writes(mr, area + 4000, 5000);
	assert_int_equal(ibv_dereg_mr(mr), 0);
	assert_int_equal(ibv_dealloc_pd(other), 0);
	munmap(area, PAGES * PAGE);
}

/* rxe cannot move a region to other memory; the old one stays as it was. */
static void test_rereg_translation(void)
{
	char *area = map_pages(PAGES);
	struct ibv_mr *mr = region_over(area);

	assert_int_equal(reregister(mr, IBV_REREG_MR_CHANGE_TRANSLATION, mr->pd,
				    0),
			 EOPNOTSUPP);
	assert_int_equal(reregister(mr, 0, mr->pd, 0), EINVAL);
	assert_writes(mr, area + 4000, 5000);
	unmap_region(mr);
}

/* The child gets copies of pinned pages; the parent keeps those of the region. */
static void test_fork(void)
{
	char *area = map_pages(PAGES);
	struct ibv_mr *mr = region_over(area);
	int go[2], status;
	pid_t child;
	char byte;

	assert_int_equal(pipe(go), 0);
	child = fork();
	if (!child) {
		close(go[1]);
		if (read(go[0], &byte, 1))
			_exit(1);
		for (size_t at = 0; at < PAGES * PAGE; at++)
			if (area[at] != 1)
				_exit(2);
		_exit(0);
	}
	/* The parent's own write must not part it from the region. */
	area[3 * PAGE] = 7;
	assert_int_equal(read_from(mr, area + 3 * PAGE, 1), IBV_WC_SUCCESS);
	assert_int_equal(*buffer, 7);
	assert_writes(mr, area + 10, 3 * PAGE);
	assert_writes(mr, area + 10 * PAGE - 5, 10);
	close(go[0]);
	close(go[1]);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	unmap_region(mr);
}

/* The region keeps its pages; what is mapped there next is not touched. */
static void test_unmap(void)
{
	char *area = map_pages(PAGES);
	struct ibv_mr *mr = region_over(area);
	struct ibv_mr *all = mr;

	assert_writes(mr, area, 5000);
	assert_int_equal(munmap(area, PAGES * PAGE), 0);
	assert_ptr_equal(mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 area);
	assert_int_equal(write_to(all, area + 200, 5000), IBV_WC_SUCCESS);
	for (size_t at = 0; at < PAGES * PAGE; at++)
		assert_int_equal(area[at], 0);
	memset(buffer, 0, 5000);
	assert_int_equal(read_from(mr, area + 200, 5000), IBV_WC_SUCCESS);
	assert_null(pattern_mismatch(buffer, 5000, BUFFER));
	unmap_region(mr);
}

static size_t pages_that(char *area, bool (*property)(uint64_t frame))
{
	size_t pages = 0;

	for (size_t at = 0; at < PAGES * PAGE; at += PAGE)
		pages += property(page_frame(getpid(), area + at));
	return pages;
}

static bool is_dirty(uint64_t frame)
{
	return page_frame_flags(frame) >> KPF_DIRTY & 1;
}

/*
 * The device may have written: what was clean must be dirty after a region that
 * allows it, or the kernel drops the data. MADV_FREE makes memory clean.
 */
static void check_dirty(int access, size_t dirty)
{
	char *area = map_pages(PAGES);
	struct ibv_mr *mr =
		ibv_reg_mr(pair.device->pd, area + 1, PAGES * PAGE - 2, access);

	assert_non_null(mr);
	assert_int_equal(madvise(area, PAGES * PAGE, MADV_FREE), 0);
	assert_int_equal(pages_that(area, is_dirty), 0);
	assert_int_equal(ibv_dereg_mr(mr), 0);
	assert_int_equal(pages_that(area, is_dirty), dirty);
	munmap(area, PAGES * PAGE);
}

static void test_dirty(void)
{
	check_dirty(ALL_ACCESS, PAGES);
	check_dirty(IBV_ACCESS_REMOTE_READ, 0);
}

/* A region lives long: it must not keep movable memory from moving. */
static void test_movable(void)
{
	char *area = map_pages(PAGES);
	struct ibv_mr *mr;

	if (!zone_movable_exists()) {
		munmap(area, PAGES * PAGE);
		skip("no ZONE_MOVABLE: boot with movablecore=2G");
	}
	assert_int_equal(pages_that(area, page_frame_movable), PAGES);
	mr = region_over(area);
	assert_int_equal(pages_that(area, page_frame_movable), 0);
	assert_writes(mr, area + 10, 3 * PAGE);
	unmap_region(mr);
}

static void test_key_after_dereg(void)
{
	char *area = map_pages(PAGES);
	struct ibv_mr *mr = region_over(area);
	struct ibv_mr gone;

	gone = *mr;
	assert_int_equal(ibv_dereg_mr(mr), 0);
	assert_int_equal(write_to(&gone, area, 100), IBV_WC_REM_ACCESS_ERR);
	assert_int_equal(area[0], 1);
	munmap(area, PAGES * PAGE);
}

/* The region follows the memory, to other pages, too. */
static void test_on_demand(void)
{
	char *area = map_pages(PAGES);
	struct ibv_mr *mr = ibv_reg_mr(pair.device->pd, area, PAGES * PAGE,
				       ALL_ACCESS | IBV_ACCESS_ON_DEMAND);

	if (!mr)
		skip("no on-demand paging: %s", strerror(errno));
	assert_writes(mr, area + 100, 5000);
	madvise(area, PAGES * PAGE, MADV_DONTNEED);
	assert_writes(mr, area + 3 * PAGE + 100, 5000);
	assert_int_equal(area[100], 0);
	unmap_region(mr);
}

/* libibverbs of today does not pass it on for rxe. Returns 0 or errno. */
static int prefetch(uint32_t lkey, uint64_t addr, uint32_t len, uint32_t flags)
{
	struct ibv_sge sge = { .addr = addr, .length = len, .lkey = lkey };
	const struct ib_uverbs_attr attrs[] = {
		{ .attr_id = UVERBS_ATTR_ADVISE_MR_PD_HANDLE,
		  .flags = UVERBS_ATTR_F_MANDATORY,
		  .data = pair.device->pd->handle },
		{ .attr_id = UVERBS_ATTR_ADVISE_MR_ADVICE,
		  .flags = UVERBS_ATTR_F_MANDATORY,
		  .len = 8,
		  .data = IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH_WRITE },
		{ .attr_id = UVERBS_ATTR_ADVISE_MR_FLAGS,
		  .flags = UVERBS_ATTR_F_MANDATORY,
		  .len = 4,
		  .data = flags },
		{ .attr_id = UVERBS_ATTR_ADVISE_MR_SGE_LIST,
		  .flags = UVERBS_ATTR_F_MANDATORY,
		  .len = sizeof(sge),
		  .data = (uintptr_t)&sge },
	};
	struct ib_uverbs_ioctl_hdr *request =
		calloc(1, sizeof(*request) + sizeof(attrs));
	int err;

	if (!request)
		return ENOMEM;
	request->length = sizeof(*request) + sizeof(attrs);
	request->object_id = UVERBS_OBJECT_MR;
	request->method_id = UVERBS_METHOD_ADVISE_MR;
	request->num_attrs = sizeof(attrs) / sizeof(attrs[0]);
	request->driver_id = RDMA_DRIVER_RXE;
	memcpy(request->attrs, attrs, sizeof(attrs));
	err = ioctl(pair.device->context->cmd_fd, RDMA_VERBS_IOCTL, request)
		      ? errno
		      : 0;
	free(request);
	return err;
}

#define NOW IB_UVERBS_ADVISE_MR_FLAG_FLUSH

static void test_prefetch(void)
{
	const uint64_t iova = 1ul << 40;
	char *area = map_pages(PAGES);
	struct ibv_mr *pinned = region_over(area);
	struct ibv_mr *mr = ibv_reg_mr_iova(pair.device->pd, area, PAGES * PAGE,
					    iova,
					    ALL_ACCESS | IBV_ACCESS_ON_DEMAND);
	unsigned char there;

	if (!mr)
		skip("no on-demand paging: %s", strerror(errno));
	assert_int_equal(prefetch(pinned->lkey, (uintptr_t)area, PAGE, NOW),
			 EINVAL);
	assert_int_equal(prefetch(pinned->lkey, (uintptr_t)area, PAGE, 0),
			 EINVAL);
	assert_int_equal(ibv_dereg_mr(pinned), 0);

	madvise(area, PAGES * PAGE, MADV_DONTNEED);
	assert_int_equal(prefetch(mr->lkey, iova + 5 * PAGE + 1, 1, NOW), 0);
	assert_int_equal(mincore(area + 5 * PAGE, PAGE, &there), 0);
	assert_int_equal(there & 1, 1);
	assert_int_equal(mincore(area + 6 * PAGE, PAGE, &there), 0);
	assert_int_equal(there & 1, 0);
	assert_int_equal(prefetch(mr->lkey, iova + (PAGES - 1) * PAGE, PAGE + 1,
				  NOW),
			 EFAULT);
	assert_int_equal(prefetch(mr->lkey, iova - 1, 1, NOW), EFAULT);
	assert_int_equal(prefetch(mr->lkey, (uintptr_t)area, 1, NOW), EFAULT);
	unmap_region(mr);
}

static const struct test_case tests[] = {
	TEST(test_many_over_2m),
	TEST(test_many_over_1g),
	TEST(test_rereg_access),
	TEST(test_rereg_read_only),
	TEST(test_rereg_pd),
	TEST(test_rereg_translation),
	TEST(test_fork),
	TEST(test_unmap),
	TEST(test_dirty),
	TEST(test_movable),
	TEST(test_key_after_dereg),
	TEST(test_on_demand),
	TEST(test_prefetch),
};

PAIR_PROGRAM(.buffer_len = 64 * PHYR_KIB)
