// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory windows give less than the region below them: bytes, rights and time.
 * The remote end of the pair owns the windows.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "area.h"
#include "pair_program.h"
#include "pattern.h"

#define PAGE 4096ul
#define AREA_LEN (16 * PAGE)
#define WINDOW_AT (PAGE + 104) /* a multiple of 8, for atomics */
#define WINDOW_LEN 3003
#define BUFFER 2
#define ALL_REMOTE                                          \
	(IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | \
	 IBV_ACCESS_REMOTE_ATOMIC)

static struct area area;

/**
 * struct kind - of a window
 * @name: for messages
 * @type: who binds it, and to what
 * @zero_based: its first byte has address 0
 */
static const struct kind {
	const char *name;
	enum ibv_mw_type type;
	bool zero_based;
} kinds[] = {
	{ "type 1", IBV_MW_TYPE_1, false },
	{ "type 2", IBV_MW_TYPE_2, false },
	{ "type 2, zero based", IBV_MW_TYPE_2, true },
};

static struct ibv_mw *alloc_window(enum ibv_mw_type type)
{
	struct ibv_mw *window = ibv_alloc_mw(pair.device->pd, type);

	if (!window)
		skip("no memory windows: %s", strerror(errno));
	return window;
}

static enum ibv_wc_status post(struct ibv_qp *qp, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad;

	wr->send_flags = IBV_SEND_SIGNALED;
	assert_int_equal(ibv_post_send(qp, wr, &bad), 0);
	return pair_await(&pair);
}

static enum ibv_wc_status bind_info(struct ibv_mw *window,
				    struct ibv_mw_bind_info info)
{
	struct ibv_mw_bind bind = {
		.send_flags = IBV_SEND_SIGNALED,
		.bind_info = info,
	};
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_BIND_MW,
		.bind_mw = {
			.mw = window,
			.rkey = ibv_inc_rkey(window->rkey),
			.bind_info = info,
		},
	};
	enum ibv_wc_status status;

	if (window->type == IBV_MW_TYPE_1) {
		assert_int_equal(ibv_bind_mw(pair.rdma->qp[1], window, &bind),
				 0);
		return pair_await(&pair);
	}
	status = post(pair.rdma->qp[1], &wr);
	if (status == IBV_WC_SUCCESS)
		window->rkey = wr.bind_mw.rkey;
	return status;
}

static void bind_to(struct ibv_mw *window, const struct kind *kind, size_t at,
		    size_t len, unsigned int access)
{
	const struct ibv_mw_bind_info info = {
		.mr = area.mr,
		.addr = (uintptr_t)area.start + at,
		.length = len,
		.mw_access_flags =
			access | (kind->zero_based ? IBV_ACCESS_ZERO_BASED : 0),
	};

	assert_int_equal(bind_info(window, info), IBV_WC_SUCCESS);
}

static enum ibv_wc_status invalidate(struct ibv_qp *qp, uint32_t rkey)
{
	struct ibv_send_wr wr = {
		.opcode = IBV_WR_LOCAL_INV,
		.invalidate_rkey = rkey,
	};

	return post(qp, &wr);
}

static void open_area(void)
{
	area_open(&area, AREA_LEN);
}

static void close_area(struct ibv_mw *window)
{
	/* The region cannot go while a window is bound to it. */
	assert_int_equal(ibv_dealloc_mw(window), 0);
	area_close(&area);
}

enum use {
	WRITE,
	READ,
	ADD,
	SWAP,
	USES
};

static const char *const use_names[USES] = { "write", "read", "add", "swap" };
static const unsigned int use_rights[USES] = {
	IBV_ACCESS_REMOTE_WRITE,
	IBV_ACCESS_REMOTE_READ,
	IBV_ACCESS_REMOTE_ATOMIC,
	IBV_ACCESS_REMOTE_ATOMIC,
};

/* Of @len bytes at @at of the area; an atomic has 8. */
static enum ibv_wc_status use(enum use use, const struct ibv_mw *window,
			      const struct kind *kind, size_t at, size_t len)
{
	struct pair_range local = buffer_range(buffer, len);
	uint64_t remote = (uintptr_t)area.start + at;

	if (kind->zero_based)
		remote -= (uintptr_t)area.start + WINDOW_AT;
	switch (use) {
	case WRITE:
		return pair_transfer(&pair, IBV_WR_RDMA_WRITE, local, remote,
				     window->rkey, 1);
	case READ:
		return pair_transfer(&pair, IBV_WR_RDMA_READ, local, remote,
				     window->rkey, 1);
	case ADD:
		return pair_atomic(&pair, IBV_WR_ATOMIC_FETCH_AND_ADD, local,
				   remote, window->rkey, 1, 0);
	default:
		/* Whatever is there is not this. */
		return pair_atomic(&pair, IBV_WR_ATOMIC_CMP_AND_SWP, local,
				   remote, window->rkey, 1, 2);
	}
}

static bool is_atomic(enum use use)
{
	return use == ADD || use == SWAP;
}

static void assert_allowed(enum use what, const struct ibv_mw *window,
			   const struct kind *kind, size_t at, size_t len)
{
	enum ibv_wc_status status;

	pattern_fill(buffer, len, BUFFER);
	status = use(what, window, kind, at, len);
	if (status != IBV_WC_SUCCESS)
		fail("%s %zu bytes at window%+td: %s", use_names[what], len,
		     (ptrdiff_t)(at - WINDOW_AT), ibv_wc_status_str(status));
	if (!is_atomic(what))
		assert_memory_equal(buffer, area.start + at, len);
	pattern_fill(area.start + at, len, MEMORY);
	assert_null(pattern_mismatch(area.start, AREA_LEN, MEMORY));
}

/* A failure ends the connection, and with it a binding of type 2. */
static void assert_refused(enum use what, const struct ibv_mw *window,
			   const struct kind *kind, size_t at, size_t len)
{
	enum ibv_wc_status status;

	pattern_fill(buffer, len, BUFFER);
	status = use(what, window, kind, at, len);
	if (status != IBV_WC_REM_ACCESS_ERR)
		fail("%s %zu bytes at window%+td of %d was not refused: %s",
		     use_names[what], len, (ptrdiff_t)(at - WINDOW_AT),
		     WINDOW_LEN, ibv_wc_status_str(status));
	assert_null(pattern_mismatch(area.start, AREA_LEN, MEMORY));
	assert_null(pattern_mismatch(buffer, len, BUFFER));
}

static const struct range {
	ptrdiff_t from_window;
	size_t len;
} inside[] = {
	{ 0, 1 },
	{ 0, 8 },
	{ 0, WINDOW_LEN },
	{ 1, WINDOW_LEN - 1 },
	{ WINDOW_LEN - 1, 1 },
	{ 2992, 8 },
}, outside[] = {
	{ -1, 1 },
	{ -1, WINDOW_LEN },
	{ -8, 8 },
	{ -(ptrdiff_t)WINDOW_AT, 1 },
	{ 0, WINDOW_LEN + 1 },
	{ 1, WINDOW_LEN },
	{ WINDOW_LEN, 1 },
	{ 3000, 8 },
	{ 3008, 8 },
	{ -8, WINDOW_LEN + 16 },
	{ 8 * PAGE, 1 },
	{ 8 * PAGE, 8 },
	{ 0, 9 * PAGE },
};

static bool fits(enum use use, const struct range *range)
{
	return !is_atomic(use) ||
	       (range->len == 8 && range->from_window % 8 == 0);
}

static void test_bounds(void)
{
	const struct kind *kind = test_element();
	struct ibv_mw *window = alloc_window(kind->type);

	open_area();
	bind_to(window, kind, WINDOW_AT, WINDOW_LEN, ALL_REMOTE);
	for (enum use use = 0; use < USES; use++)
		for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
			if (fits(use, &inside[i]))
				assert_allowed(use, window, kind,
					       WINDOW_AT +
						       inside[i].from_window,
					       inside[i].len);
	for (enum use use = 0; use < USES; use++)
		for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
			if (!fits(use, &outside[i]))
				continue;
			assert_refused(use, window, kind,
				       WINDOW_AT + outside[i].from_window,
				       outside[i].len);
			assert_int_equal(ibv_dealloc_mw(window), 0);
			window = alloc_window(kind->type);
			bind_to(window, kind, WINDOW_AT, WINDOW_LEN,
				ALL_REMOTE);
		}
	/* The region still cannot go. */
	assert_int_not_equal(ibv_dereg_mr(area.mr), 0);
	close_area(window);
}

static void test_rights(void)
{
	const struct kind *kind = test_element();

	open_area();
	for (unsigned int bits = 0; bits < 8; bits++) {
		const unsigned int access =
			(bits & 1 ? IBV_ACCESS_REMOTE_WRITE : 0) |
			(bits & 2 ? IBV_ACCESS_REMOTE_READ : 0) |
			(bits & 4 ? IBV_ACCESS_REMOTE_ATOMIC : 0);

		for (enum use use = 0; use < USES; use++) {
			struct ibv_mw *window = alloc_window(kind->type);

			bind_to(window, kind, WINDOW_AT, WINDOW_LEN, access);
			if (access & use_rights[use])
				assert_allowed(use, window, kind, WINDOW_AT, 8);
			else
				assert_refused(use, window, kind, WINDOW_AT, 8);
			assert_int_equal(ibv_dealloc_mw(window), 0);
		}
	}
	close_area(alloc_window(kind->type));
}

/* A new binding, at another place: the old key and the old place are gone. */
static void test_rebind(void)
{
	const struct kind *kind = test_element();
	struct ibv_mw *window = alloc_window(kind->type);
	struct ibv_mw old;

	open_area();
	bind_to(window, kind, 4 * PAGE, 2 * PAGE, ALL_REMOTE);
	old = *window;
	if (kind->type == IBV_MW_TYPE_2)
		assert_int_equal(invalidate(pair.rdma->qp[1], window->rkey),
				 IBV_WC_SUCCESS);
	bind_to(window, kind, WINDOW_AT, WINDOW_LEN, ALL_REMOTE);
	assert_allowed(WRITE, window, kind, WINDOW_AT, WINDOW_LEN);
	assert_int_not_equal(old.rkey, window->rkey);
	assert_refused(READ, &old, kind, WINDOW_AT, 1);
	close_area(window);

	window = alloc_window(kind->type);
	open_area();
	bind_to(window, kind, 4 * PAGE, 2 * PAGE, ALL_REMOTE);
	if (kind->type == IBV_MW_TYPE_2)
		assert_int_equal(invalidate(pair.rdma->qp[1], window->rkey),
				 IBV_WC_SUCCESS);
	bind_to(window, kind, WINDOW_AT, WINDOW_LEN, ALL_REMOTE);
	assert_refused(WRITE, window, kind, 4 * PAGE, 1);
	close_area(window);
}

static void test_invalidation(void)
{
	static const struct kind kind = { "", IBV_MW_TYPE_2, false };
	struct ibv_mw *window = alloc_window(kind.type);

	open_area();
	bind_to(window, &kind, WINDOW_AT, WINDOW_LEN, ALL_REMOTE);
	assert_allowed(READ, window, &kind, WINDOW_AT, 8);
	assert_int_equal(invalidate(pair.rdma->qp[1], window->rkey),
			 IBV_WC_SUCCESS);
	assert_refused(READ, window, &kind, WINDOW_AT, 8);
	close_area(window);
}

static void test_invalidation_by_peer(void)
{
	static const struct kind kind = { "", IBV_MW_TYPE_2, false };
	struct ibv_mw *window = alloc_window(kind.type);
	struct ibv_recv_wr receive = {};
	struct ibv_send_wr wr = { .opcode = IBV_WR_SEND_WITH_INV };

	open_area();
	bind_to(window, &kind, WINDOW_AT, WINDOW_LEN, ALL_REMOTE);
	wr.invalidate_rkey = window->rkey;
	assert_int_equal(pair_send_lists(&pair, &wr, &receive), IBV_WC_SUCCESS);
	assert_refused(READ, window, &kind, WINDOW_AT, 8);
	close_area(window);
}

/* Only the queue pair that a window is bound to invalidates it. */
static void test_invalidation_by_other(void)
{
	static const struct kind kind = { "", IBV_MW_TYPE_2, false };
	struct ibv_mw *window = alloc_window(kind.type);
	struct phyr_rdma *own = pair.rdma;
	struct phyr_error error;

	open_area();
	bind_to(window, &kind, WINDOW_AT, WINDOW_LEN, ALL_REMOTE);
	assert_int_equal(phyr_rdma_create(pair.device, &pair.rdma, &error), 0);
	assert_int_not_equal(invalidate(pair.rdma->qp[1], window->rkey),
			     IBV_WC_SUCCESS);
	phyr_rdma_destroy(pair.rdma);
	pair.rdma = own;
	assert_allowed(READ, window, &kind, WINDOW_AT, 8);
	close_area(window);
}

static void test_invalidation_of_unbound(void)
{
	struct ibv_mw *window = alloc_window(IBV_MW_TYPE_2);

	assert_int_not_equal(invalidate(pair.rdma->qp[1], window->rkey),
			     IBV_WC_SUCCESS);
	pair_reconnect(&pair);
	assert_int_equal(ibv_dealloc_mw(window), 0);
}

static const struct {
	const char *name;
	size_t at;
	uint64_t len;
	unsigned int access;
} beyond[] = {
	{ "longer than the region", 0, AREA_LEN + 1, 0 },
	{ "beyond its end", AREA_LEN - 8, 9, 0 },
	{ "before its start", -1ul, 8, 0 },
	{ "wraps around", PAGE, -PAGE, 0 },
	{ "zero based, beyond its end", AREA_LEN - 8, 9,
	  IBV_ACCESS_ZERO_BASED },
	{ "zero based, before its start", -1ul, 8, IBV_ACCESS_ZERO_BASED },
	{ "zero based, elsewhere", 1ul << 30, 8, IBV_ACCESS_ZERO_BASED },
};

static void test_bind_beyond(void)
{
	open_area();
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++) {
		struct ibv_mw *window = alloc_window(IBV_MW_TYPE_2);
		const struct ibv_mw_bind_info info = {
			.mr = area.mr,
			.addr = (uintptr_t)area.start + beyond[i].at,
			.length = beyond[i].len,
			.mw_access_flags = ALL_REMOTE | beyond[i].access,
		};

		if (bind_info(window, info) == IBV_WC_SUCCESS)
			fail("bound: %s", beyond[i].name);
		pair_reconnect(&pair);
		assert_int_equal(ibv_dealloc_mw(window), 0);
	}
	close_area(alloc_window(IBV_MW_TYPE_2));
}

/* The queue pair that a window is bound to can go first. */
static void test_destroyed_qp(void)
{
	const struct kind *kind = test_element();
	struct ibv_mw *window = alloc_window(kind->type);

	open_area();
	bind_to(window, kind, WINDOW_AT, WINDOW_LEN, ALL_REMOTE);
	pair_reconnect(&pair);
	if (kind->type == IBV_MW_TYPE_1)
		assert_allowed(READ, window, kind, WINDOW_AT, 8);
	else
		assert_refused(READ, window, kind, WINDOW_AT, 8);
	close_area(window);
}

static const struct test_case tests[] = {
	TEST_EACH(test_bounds, kinds),	     TEST_EACH(test_rights, kinds),
	TEST_EACH(test_rebind, kinds),	     TEST(test_invalidation),
	TEST(test_invalidation_by_peer),     TEST(test_invalidation_by_other),
	TEST(test_invalidation_of_unbound),  TEST(test_bind_beyond),
	TEST_EACH(test_destroyed_qp, kinds),
};

PAIR_PROGRAM(.buffer_len = 64 << 10)
