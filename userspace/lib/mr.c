// SPDX-License-Identifier: GPL-2.0-only
/* Registers memory with an RDMA device, timing the calls. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include <phyr/mr.h>
#include <phyr/size.h>

#include "marks.h"

static int register_error(size_t len, int err, struct phyr_error *error)
{
	struct rlimit memlock;

	if (err == ENOMEM && !getrlimit(RLIMIT_MEMLOCK, &memlock) &&
	    memlock.rlim_cur < len)
		return phyr_error_set(
			error, -err,
			"ibv_reg_mr of %zu KiB: %s; RLIMIT_MEMLOCK is %zu KiB, raise it with ulimit -l unlimited, or run with CAP_IPC_LOCK",
			len / PHYR_KIB, strerror(err),
			(size_t)memlock.rlim_cur / PHYR_KIB);
	return phyr_error_set(error, -err, "ibv_reg_mr of %zu KiB: %s",
			      len / PHYR_KIB, strerror(err));
}

static int register_for(int access, struct ibv_pd *pd, void *addr, size_t len,
			struct ibv_mr **mr, uint64_t *ns,
			struct phyr_error *error)
{
	uint64_t start, end;
	struct ibv_mr *new;

	errno = 0;
	start = clock_begin(0);
	new = ibv_reg_mr(pd, addr, len, access);
	end = clock_end(0);

	/* A provider that fails without an errno has failed all the same. */
	if (!new)
		return register_error(len, errno ? errno : EIO, error);
	*mr = new;
	if (ns)
		*ns = end - start;
	return 0;
}

int phyr_mr_register(struct ibv_pd *pd, void *addr, size_t len,
		     struct ibv_mr **mr, uint64_t *ns, struct phyr_error *error)
{
	return register_for(PHYR_MR_ACCESS, pd, addr, len, mr, ns, error);
}

int phyr_mr_register_read_only(struct ibv_pd *pd, void *addr, size_t len,
			       struct ibv_mr **mr, uint64_t *ns,
			       struct phyr_error *error)
{
	return register_for(IBV_ACCESS_REMOTE_READ, pd, addr, len, mr, ns,
			    error);
}

int phyr_mr_deregister(struct ibv_mr *mr, uint64_t *ns,
		       struct phyr_error *error)
{
	uint64_t start, end;
	int ret;

	start = clock_begin(1);
	ret = ibv_dereg_mr(mr);
	end = clock_end(1);

	if (ret)
		return phyr_error_set(error, -ret, "ibv_dereg_mr: %s",
				      strerror(ret));
	if (ns)
		*ns = end - start;
	return 0;
}
