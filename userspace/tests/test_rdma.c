// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <phyr/backing.h>
#include <phyr/device.h>
#include <phyr/mr.h>
#include <phyr/rdma.h>
#include <phyr/size.h>

#include "test.h"

#define SIZE (4 * PHYR_MIB)

/* A device, memory of twice SIZE, and a region for each half. */
struct bench {
	struct phyr_device *device;
	struct phyr_backing *memory;
	struct ibv_mr *local;
	struct ibv_mr *remote;
};

static int setup(void **state)
{
	static struct bench bench;
	struct phyr_error error;

	*state = &bench;
	memset(&bench, 0, sizeof(bench));
	if (phyr_device_open(NULL, &bench.device, &error)) {
		print_message("# skipped: %s\n", error.message);
		return 0;
	}
	if (phyr_backing_create(PHYR_BACKING_BASE, 2 * SIZE, &bench.memory,
				NULL))
		return -1;
	if (phyr_mr_register(bench.device->pd, bench.memory->addr, SIZE,
			     &bench.local, NULL, NULL))
		return -1;
	return phyr_mr_register(bench.device->pd,
				(char *)bench.memory->addr + SIZE, SIZE,
				&bench.remote, NULL, NULL);
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	if (bench->remote)
		phyr_mr_deregister(bench->remote, NULL, NULL);
	if (bench->local)
		phyr_mr_deregister(bench->local, NULL, NULL);
	phyr_backing_destroy(bench->memory);
	phyr_device_close(bench->device);
	return 0;
}

static struct bench *get(void **state)
{
	struct bench *bench = *state;

	if (!bench->device)
		skip();
	return bench;
}

static struct phyr_rdma *connect_with(const struct phyr_device *device)
{
	struct phyr_error error = { 0 };
	struct phyr_rdma *rdma;

	if (phyr_rdma_create(device, &rdma, &error))
		fail_msg("%s", error.message);
	return rdma;
}

static void write_and_compare(struct bench *bench, struct phyr_rdma *rdma,
			      size_t len, unsigned char seed)
{
	unsigned char *from = bench->local->addr, *to = bench->remote->addr;
	struct phyr_error error = { 0 };
	uint64_t ns = 0;

	for (size_t i = 0; i < SIZE; i++)
		from[i] = (unsigned char)(i * 7 + i / 4096 + seed);
	memset(to, 0, SIZE);
	if (phyr_rdma_write(rdma, bench->local, bench->remote, len, &ns,
			    &error))
		fail_msg("%s", error.message);
	assert_true(ns > 0);
	assert_memory_equal(from, to, len);
	for (size_t i = len; i < SIZE; i++)
		assert_int_equal(to[i], 0);
}

static void an_unknown_device_is_named(void **state)
{
	struct phyr_device *device = NULL;
	struct phyr_error error;

	(void)state;
	assert_int_equal(phyr_device_open("nosuch0", &device, &error), -ENODEV);
	assert_non_null(strstr(error.message,
			       "no RDMA device \"nosuch0\"; there are: "));
	assert_int_equal(phyr_device_check("nosuch0", &error), -ENODEV);
	assert_int_equal(phyr_device_check("", NULL), -ENODEV);
	assert_null(device);
}

static void a_device_is_found_by_its_name(void **state)
{
	const char *name =
		ibv_get_device_name(get(state)->device->context->device);
	struct phyr_device *device = NULL;

	assert_int_equal(phyr_device_check(name, NULL), 0);
	assert_int_equal(phyr_device_open(name, &device, NULL), 0);
	assert_string_equal(ibv_get_device_name(device->context->device), name);
	phyr_device_close(device);
}

static void a_port_and_a_gid_are_chosen(void **state)
{
	const struct phyr_device *first = get(state)->device;
	const char *name = ibv_get_device_name(first->context->device);
	int index = first->gid_index < 0 ? 0 : first->gid_index;
	struct phyr_device *device = NULL;
	struct phyr_error error;
	char text[100];

	snprintf(text, sizeof(text), "%s:%d:%d", name, first->port, index);
	assert_int_equal(phyr_device_check(text, NULL), 0);
	assert_int_equal(phyr_device_open(text, &device, NULL), 0);
	assert_string_equal(device->name, text);
	assert_int_equal(device->port, first->port);
	assert_int_equal(device->gid_index, index);
	phyr_device_close(device);

	snprintf(text, sizeof(text), "%s:%d", name,
		 first->attr.phys_port_cnt + 1);
	assert_int_equal(phyr_device_check(text, &error), -ENODEV);
	assert_non_null(strstr(error.message, "has no port "));
	assert_int_equal(phyr_device_open(text, &device, NULL), -ENODEV);
	snprintf(text, sizeof(text), "%s:%d:255", name, first->port);
	assert_int_equal(phyr_device_check(text, &error), -ENODEV);
	assert_non_null(strstr(error.message, "has no GID of index 255"));
	snprintf(text, sizeof(text), "%s:x", name);
	assert_int_equal(phyr_device_check(text, &error), -ENODEV);
	assert_non_null(strstr(error.message, "is not NAME:PORT:GID"));
}

static void registering_is_timed(void **state)
{
	struct bench *bench = get(state);
	uint64_t reg_ns = 0, dereg_ns = 0;
	struct ibv_mr *mr;

	assert_int_equal(phyr_mr_register(bench->device->pd,
					  bench->memory->addr, 4096, &mr,
					  &reg_ns, NULL),
			 0);
	assert_int_equal(phyr_mr_deregister(mr, &dereg_ns, NULL), 0);
	assert_true(reg_ns > 0);
	assert_true(dereg_ns > 0);
}

static void registering_nothing_fails(void **state)
{
	struct bench *bench = get(state);
	struct phyr_error error;
	struct ibv_mr *mr = NULL;
	uint64_t ns = 77;

	/* The page after the memory is PROT_NONE. */
	assert_int_equal(phyr_mr_register(bench->device->pd,
					  (char *)bench->memory->addr +
						  bench->memory->mapped,
					  4096, &mr, &ns, &error),
			 -EFAULT);
	assert_string_equal(error.message, "ibv_reg_mr of 4 KiB: Bad address");
	assert_null(mr);
	assert_int_equal(ns, 77);
}

static void data_arrives(void **state)
{
	static const size_t sizes[] = { 1,    4095,  4096,
					4097, 65536, 3 * PHYR_MIB + 5,
					SIZE };
	struct bench *bench = get(state);
	struct phyr_rdma *rdma = connect_with(bench->device);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		write_and_compare(bench, rdma, sizes[i], (unsigned char)i);
	phyr_rdma_destroy(rdma);
}

static void both_ways_of_waiting_work(void **state)
{
	struct bench *bench = get(state);

	for (int wait = PHYR_RDMA_POLL; wait <= PHYR_RDMA_EVENT; wait++) {
		struct phyr_rdma *rdma = connect_with(bench->device);

		rdma->wait = wait;
		for (int i = 0; i < 20; i++)
			write_and_compare(bench, rdma, 65536,
					  (unsigned char)(wait * 50 + i));
		phyr_rdma_destroy(rdma);
	}
}

/* As if the port sent no more than a page at once: 1,024 messages, 16 posts. */
static void long_writes_go_in_messages(void **state)
{
	struct bench *bench = get(state);
	struct phyr_device port = *bench->device;
	struct phyr_rdma *rdma;

	port.port_attr.max_msg_sz = 4096;
	rdma = connect_with(&port);
	write_and_compare(bench, rdma, SIZE, 3);
	write_and_compare(bench, rdma, SIZE - 1, 4);
	phyr_rdma_destroy(rdma);
}

static void overruns_fail_and_write_nothing(void **state)
{
	struct bench *bench = get(state);
	struct phyr_rdma *rdma = connect_with(bench->device);
	struct ibv_mr beyond = *bench->remote;
	struct phyr_error error;
	uint64_t ns = 77;

	beyond.addr = (char *)beyond.addr + SIZE - 4095;
	memset(bench->local->addr, 1, 4096);
	memset(bench->remote->addr, 0, SIZE);
	assert_int_equal(phyr_rdma_write(rdma, bench->local, &beyond, 4096, &ns,
					 &error),
			 -EIO);
	assert_string_equal(error.message,
			    "RDMA write of 4096 bytes: remote access error");
	assert_int_equal(ns, 77);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(((char *)bench->remote->addr)[i], 0);
	phyr_rdma_destroy(rdma);

	rdma = connect_with(bench->device);
	write_and_compare(bench, rdma, 4096, 9);
	phyr_rdma_destroy(rdma);
}

static void nothing_is_destroyed(void **state)
{
	(void)state;
	phyr_rdma_destroy(NULL);
	phyr_device_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_device_is_named),
		cmocka_unit_test(a_device_is_found_by_its_name),
		cmocka_unit_test(a_port_and_a_gid_are_chosen),
		cmocka_unit_test(registering_is_timed),
		cmocka_unit_test(registering_nothing_fails),
		cmocka_unit_test(data_arrives),
		cmocka_unit_test(both_ways_of_waiting_work),
		cmocka_unit_test(long_writes_go_in_messages),
		cmocka_unit_test(overruns_fail_and_write_nothing),
		cmocka_unit_test(nothing_is_destroyed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("rdma", tests, setup, teardown);
}
