// SPDX-License-Identifier: GPL-2.0-only
/* A kernel and an RDMA device that take the same time for every call. */
#include <fcntl.h>

#include <phyr/device.h>
#include <phyr/gup.h>
#include <phyr/mr.h>
#include <phyr/rdma.h>

#define PIN_NS 1000
#define UNPIN_NS 500
#define REG_NS 3000
#define DEREG_NS 2000
#define WRITE_NS 4000

int phyr_gup_open(int *fd, struct phyr_error *error)
{
	(void)error;
	*fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return 0;
}

int phyr_gup_bench(int fd, enum phyr_gup_form form, void *addr, size_t len,
		   unsigned int warmup, unsigned int samples, uint64_t *pin_ns,
		   uint64_t *unpin_ns, struct phyr_error *error)
{
	(void)fd;
	(void)form;
	(void)addr;
	(void)len;
	(void)warmup;
	(void)error;
	for (unsigned int i = 0; i < samples; i++) {
		pin_ns[i] = PIN_NS;
		unpin_ns[i] = UNPIN_NS;
	}
	return 0;
}

int phyr_device_open(const char *name, struct phyr_device **device,
		     struct phyr_error *error)
{
	static struct phyr_device fake;

	(void)name;
	(void)error;
	*device = &fake;
	return 0;
}

void phyr_device_close(struct phyr_device *device)
{
	(void)device;
}

int phyr_mr_register(struct ibv_pd *pd, void *addr, size_t len,
		     struct ibv_mr **mr, uint64_t *ns, struct phyr_error *error)
{
	static struct ibv_mr fake;

	(void)pd;
	(void)addr;
	(void)len;
	(void)error;
	*mr = &fake;
	if (ns)
		*ns = REG_NS;
	return 0;
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
