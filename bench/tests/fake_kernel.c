// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel and an RDMA device that take the same time for every call.
 * FAKE_FAILURE=phyr_mr_register:2 lets the second call of that function fail,
 * FAKE_SLOW=10 every tenth registration take a thousand times as long. The only
 * device is fake0.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <phyr/crypto.h>
#include <phyr/device.h>
#include <phyr/dio.h>
#include <phyr/dma.h>
#include <phyr/gup.h>
#include <phyr/mr.h>
#include <phyr/rdma.h>
#include <phyr/test_device.h>
#include <phyr/uring.h>

#define PIN_NS 1000
#define UNPIN_NS 500
#define REG_NS 3000
#define DEREG_NS 2000
#define WRITE_NS 4000
#define MAP_NS 600
#define UNMAP_NS 300
#define SETUP_NS 7000
#define TOTAL_NS 9000
#define PREAD_NS 5000
#define SUBMIT_NS 2500
#define READ_NS 6000
#define FIXED_NS 1500
#define UNREGISTER_NS 800

/* Threads fail once, too: whoever comes at the right time. */
static int call(const char *name, struct phyr_error *error)
{
	static atomic_uint calls;
	const char *failure = getenv("FAKE_FAILURE");
	size_t len = strlen(name);

	if (!failure || strncmp(failure, name, len) || failure[len] != ':' ||
	    ++calls != strtoul(failure + len + 1, NULL, 10))
		return 0;
	return phyr_error_set(error, -ENOMEM, "%s fails as it was told", name);
}

static int fill(uint64_t *first, uint64_t first_ns, uint64_t *second,
		uint64_t second_ns, unsigned int samples)
{
	for (unsigned int i = 0; i < samples; i++) {
		first[i] = first_ns;
		second[i] = second_ns;
	}
	return 0;
}

int phyr_test_open(int *fd, struct phyr_error *error)
{
	int ret = call(__func__, error);

	if (!ret)
		*fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return ret;
}

int phyr_gup_bench(int fd, const struct phyr_gup_call *gup,
		   struct phyr_error *error)
{
	(void)fd;
	return call(__func__, error)
		       ?: fill(gup->pin_ns, PIN_NS, gup->unpin_ns, UNPIN_NS,
			       gup->samples);
}

int phyr_dma_open(struct phyr_dma *dma, struct phyr_error *error)
{
	(void)error;
	*dma = (struct phyr_dma){
		.fd = open("/dev/null", O_RDONLY | O_CLOEXEC),
		.device = "0000:00:04.0",
	};
	return 0;
}

int phyr_dma_bench(const struct phyr_dma *dma, enum phyr_dma_form form,
		   void *addr, size_t len, unsigned int warmup,
		   unsigned int samples, uint64_t *map_ns, uint64_t *unmap_ns,
		   unsigned int *entries, struct phyr_error *error)
{
	(void)dma;
	(void)form;
	(void)addr;
	(void)len;
	(void)warmup;
	(void)error;
	*entries = 1;
	return fill(map_ns, MAP_NS, unmap_ns, UNMAP_NS, samples);
}

int phyr_crypto_open(const char *cipher, const void *key, size_t key_len,
		     int *fd, struct phyr_error *error)
{
	(void)key;
	(void)key_len;
	if (!strcmp(cipher, "cbc-aes-lib"))
		return phyr_error_set(error, -ENOENT,
				      "this kernel has no cipher \"%s\"",
				      cipher);
	*fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return 0;
}

int phyr_crypto_bench(int fd, enum phyr_crypto_form form, void *addr,
		      void *copy, size_t len, unsigned int warmup,
		      unsigned int samples, uint64_t *setup_ns,
		      uint64_t *total_ns, struct phyr_error *error)
{
	(void)fd;
	(void)form;
	(void)addr;
	(void)copy;
	(void)len;
	(void)warmup;
	(void)error;
	return fill(setup_ns, SETUP_NS, total_ns, TOTAL_NS, samples);
}

int phyr_crypto_bench_completion(int fd, enum phyr_crypto_form form, void *addr,
				 size_t len, unsigned int warmup,
				 unsigned int samples, uint64_t *complete_ns,
				 uint64_t *spare, struct phyr_error *error)
{
	return phyr_crypto_bench(fd, form, addr, NULL, len, warmup, samples,
				 complete_ns, spare, error);
}

int phyr_dio_check(const char *path, struct phyr_error *error)
{
	return strcmp(path, "/dev/fake")
		       ? phyr_error_set(error, -ENOENT,
					"no file or block device \"%s\"", path)
		       : 0;
}

int phyr_dio_find(enum phyr_dio_target target, char path[PHYR_DIO_PATH],
		  struct phyr_error *error)
{
	(void)target;
	(void)error;
	strcpy(path, "/dev/fake");
	return 0;
}

int phyr_dio_open(enum phyr_dio_target target, const char *path, size_t least,
		  struct phyr_dio *dio, struct phyr_error *error)
{
	int ret = path ? phyr_dio_check(path, error)
		       : phyr_dio_find(target, dio->path, error);

	dio->fd = -1;
	dio->size = least;
	return ret ?: call(__func__, error);
}

void phyr_dio_close(struct phyr_dio *dio)
{
	(void)dio;
}

int phyr_dio_pread(const struct phyr_dio *dio, void *addr, size_t len,
		   uint64_t *ns, struct phyr_error *error)
{
	(void)dio;
	(void)addr;
	(void)len;
	*ns = PREAD_NS;
	return call(__func__, error);
}

int phyr_uring_open(enum phyr_uring_kind kind, struct phyr_uring **uring,
		    struct phyr_error *error)
{
	(void)kind;
	*uring = NULL;
	return call(__func__, error);
}

void phyr_uring_close(struct phyr_uring *uring)
{
	(void)uring;
}

int phyr_uring_register(struct phyr_uring *uring, void *addr, size_t len,
			uint64_t *ns, struct phyr_error *error)
{
	(void)uring;
	(void)addr;
	(void)len;
	if (ns)
		*ns = REG_NS;
	return call(__func__, error);
}

int phyr_uring_unregister(struct phyr_uring *uring, uint64_t *ns,
			  struct phyr_error *error)
{
	(void)uring;
	(void)error;
	if (ns)
		*ns = UNREGISTER_NS;
	return 0;
}

int phyr_uring_read(struct phyr_uring *uring, int fd, bool fixed, void *addr,
		    size_t len, bool cut, struct phyr_uring_times *times,
		    struct phyr_error *error)
{
	(void)uring;
	(void)fd;
	(void)addr;
	(void)len;
	(void)cut;
	times->submit_ns = fixed ? FIXED_NS : SUBMIT_NS;
	times->total_ns = READ_NS;
	return call(__func__, error);
}

int phyr_device_open(const char *name, struct phyr_device **device,
		     struct phyr_error *error)
{
	static struct phyr_device fake;

	if (name && strcmp(name, "fake0"))
		return phyr_error_set(error, -ENODEV, "no RDMA device \"%s\"",
				      name);
	*device = &fake;
	return call(__func__, error);
}

int phyr_device_check(const char *name, struct phyr_error *error)
{
	struct phyr_device *device;

	return phyr_device_open(name, &device, error);
}

void phyr_device_close(struct phyr_device *device)
{
	(void)device;
}

int phyr_mr_register(struct ibv_pd *pd, void *addr, size_t len,
		     struct ibv_mr **mr, uint64_t *ns, struct phyr_error *error)
{
	const char *slow = getenv("FAKE_SLOW");
	static struct ibv_mr fake;
	static atomic_uint calls;

	(void)pd;
	(void)addr;
	(void)len;
	*mr = &fake;
	if (ns)
		*ns = REG_NS;
	if (ns && slow && !(++calls % strtoul(slow, NULL, 10)))
		*ns *= 1000;
	return call(__func__, error);
}

int phyr_mr_register_read_only(struct ibv_pd *pd, void *addr, size_t len,
			       struct ibv_mr **mr, uint64_t *ns,
			       struct phyr_error *error)
{
	return phyr_mr_register(pd, addr, len, mr, ns, error);
}

int phyr_mr_deregister(struct ibv_mr *mr, uint64_t *ns,
		       struct phyr_error *error)
{
	(void)mr;
	(void)error;
	if (ns)
		*ns = DEREG_NS;
	return 0;
}

int phyr_rdma_create(const struct phyr_device *device, struct phyr_rdma **rdma,
		     struct phyr_error *error)
{
	static struct phyr_rdma fake;

	(void)device;
	(void)error;
	*rdma = &fake;
	return 0;
}

void phyr_rdma_destroy(struct phyr_rdma *rdma)
{
	(void)rdma;
}

int phyr_rdma_write(struct phyr_rdma *rdma, const struct ibv_mr *local,
		    const struct ibv_mr *remote, size_t len, uint64_t *ns,
		    struct phyr_error *error)
{
	(void)rdma;
	(void)local;
	(void)remote;
	(void)len;
	(void)error;
	*ns = WRITE_NS;
	return 0;
}
