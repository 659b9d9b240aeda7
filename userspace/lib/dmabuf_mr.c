// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>

#include <phyr/clock.h>
#include <phyr/dmabuf_mr.h>
#include <phyr/mr.h>

#define MAX_ATTRS 9

/* The header ends in an array without a length: @room gives it MAX_ATTRS. */
union request {
	struct ib_uverbs_ioctl_hdr header;
	unsigned char room[sizeof(struct ib_uverbs_ioctl_hdr) +
			   MAX_ATTRS * sizeof(struct ib_uverbs_attr)];
};

/* @data: what the kernel reads, if @len is at most eight, or where. */
static void add(union request *request, uint16_t id, uint16_t len,
		uint64_t data)
{
	struct ib_uverbs_ioctl_hdr *header = &request->header;

	header->attrs[header->num_attrs++] = (struct ib_uverbs_attr){
		.attr_id = id,
		.len = len,
		.flags = UVERBS_ATTR_F_MANDATORY,
		.data = data,
	};
}

/*
 * The kernel refuses requests of another driver's. Only software devices are
 * asked without their provider in rdma-core.
 */
static uint16_t driver_of(const struct ibv_context *context)
{
	return context->device->transport_type == IBV_TRANSPORT_IWARP
		       ? RDMA_DRIVER_SIW
		       : RDMA_DRIVER_RXE;
}

static void begin(union request *request, const struct ibv_context *context,
		  uint16_t method)
{
	memset(request, 0, sizeof(*request));
	request->header.driver_id = driver_of(context);
	request->header.object_id = UVERBS_OBJECT_MR;
	request->header.method_id = method;
}

/* Returns 0 or -errno. */
static int send(struct ibv_context *context, union request *request,
		uint64_t *ns)
{
	struct ib_uverbs_ioctl_hdr *header = &request->header;
	uint64_t start, end;
	int ret;

	header->length =
		sizeof(*header) + header->num_attrs * sizeof(header->attrs[0]);
	start = phyr_clock_ns();
	ret = ioctl(context->cmd_fd, RDMA_VERBS_IOCTL, header);
	end = phyr_clock_ns();
	if (ret)
		return -errno;
	if (ns)
		*ns = end - start;
	return 0;
}

int phyr_dmabuf_mr_register(struct ibv_pd *pd, int fd, uint64_t offset,
			    size_t len, uint64_t iova, unsigned int access,
			    struct phyr_dmabuf_mr *mr, uint64_t *ns,
			    struct phyr_error *error)
{
	struct phyr_dmabuf_mr new = { .context = pd->context };
	union request request;
	uint64_t start, end;
	int ret;

	start = phyr_clock_ns();
	new.mr = ibv_reg_dmabuf_mr(pd, offset, len, iova, fd, access);
	end = phyr_clock_ns();
	if (new.mr) {
		new.lkey = new.mr->lkey;
		new.rkey = new.mr->rkey;
		if (ns)
			*ns = end - start;
		*mr = new;
		return 0;
	}
	if (errno != EOPNOTSUPP)
		return phyr_error_set(error, -errno,
				      "ibv_reg_dmabuf_mr of %zu bytes: %s", len,
				      strerror(errno));

	begin(&request, pd->context, UVERBS_METHOD_REG_DMABUF_MR);
	add(&request, UVERBS_ATTR_REG_DMABUF_MR_HANDLE, 0, 0);
	add(&request, UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE, 0, pd->handle);
	add(&request, UVERBS_ATTR_REG_DMABUF_MR_OFFSET, 8, offset);
	add(&request, UVERBS_ATTR_REG_DMABUF_MR_LENGTH, 8, len);
	add(&request, UVERBS_ATTR_REG_DMABUF_MR_IOVA, 8, iova);
	add(&request, UVERBS_ATTR_REG_DMABUF_MR_FD, 4, (uint32_t)fd);
	add(&request, UVERBS_ATTR_REG_DMABUF_MR_ACCESS_FLAGS, 4, access);
	add(&request, UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, 4,
	    (uintptr_t) & new.lkey);
	add(&request, UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, 4,
	    (uintptr_t) & new.rkey);
	ret = send(pd->context, &request, ns);
	if (ret)
		return phyr_error_set(error, ret,
				      "registering %zu bytes of a DMA-buf: %s",
				      len, strerror(-ret));
	new.handle = request.header.attrs[0].data;
	*mr = new;
	return 0;
}

int phyr_dmabuf_mr_deregister(struct phyr_dmabuf_mr *mr, uint64_t *ns,
			      struct phyr_error *error)
{
	union request request;
	int ret;

	if (mr->mr)
		return phyr_mr_deregister(mr->mr, ns, error);
	begin(&request, mr->context, UVERBS_METHOD_MR_DESTROY);
	add(&request, UVERBS_ATTR_DESTROY_MR_HANDLE, 0, mr->handle);
	ret = send(mr->context, &request, ns);
	if (ret)
		return phyr_error_set(error, ret, "deregistering a DMA-buf: %s",
				      strerror(-ret));
	return 0;
}
