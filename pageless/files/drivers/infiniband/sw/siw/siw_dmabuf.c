// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Memory of DMA-bufs, which the exporter may take back at any time. It need have
 * no struct pages, and is reached through the exporter's mapping.
 */
#include <linux/dma-buf.h>
#include <linux/io.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <rdma/ib_umem.h>
#include <rdma/ib_verbs.h>

#include "siw.h"
#include "siw_mem.h"

/*
 * The exporter takes the memory back, or the MR is deregistered; the reservation
 * lock is held. Copies that are under way are waited for. The STag stays taken
 * until the MR is deregistered.
 */
static void siw_umem_revoke(void *priv)
{
	struct siw_umem *umem = priv;

	if (!rcu_access_pointer(umem->owned))
		return;
	RCU_INIT_POINTER(umem->owned, NULL);
	synchronize_rcu_expedited();
}

/* Work requests that have @umem get an error from now on. */
void siw_umem_detach_dmabuf(struct siw_umem *umem)
{
	ib_umem_dmabuf_revoke(to_ib_umem_dmabuf(umem->base_mem));
	ib_umem_release(umem->base_mem);
	umem->base_mem = NULL;
}

/* Takes over what it is given, on errors too; the reservation lock is held. */
struct siw_umem *siw_umem_of_dmabuf(struct ib_umem_dmabuf *umem_dmabuf)
{
	struct ib_umem *base_mem = &umem_dmabuf->umem;
	const struct phyr_mem *owned = base_mem->phyrs.mem;
	struct siw_umem *umem;
	int rv = -EOPNOTSUPP;

	/* The CPU copies. */
	if (owned->type != PHYR_MEM_PAGES && !owned->iomem)
		goto err_release;

	rv = -ENOMEM;
	umem = kzalloc_obj(*umem);
	if (!umem)
		goto err_release;
	rv = phyr_index_build(&umem->index, &base_mem->phyrs);
	if (rv)
		goto err_free;

	umem->base_mem = base_mem;
	umem->is_dmabuf = true;
	rcu_assign_pointer(umem->owned, owned);
	ib_umem_dmabuf_set_revoke_locked(umem_dmabuf, siw_umem_revoke, umem);
	ib_umem_dmabuf_revoke_unlock(umem_dmabuf);
	return umem;

err_free:
	kfree(umem);
err_release:
	ib_umem_dmabuf_revoke_unlock(umem_dmabuf);
	ib_umem_release(base_mem);
	return ERR_PTR(rv);
}

struct siw_umem *siw_umem_get_dmabuf(struct ib_device *base_dev, u64 offset,
				     u64 len, int fd, int rights)
{
	struct ib_umem_dmabuf *umem_dmabuf;

	if (overflows_type(offset, unsigned long) ||
	    overflows_type(len, size_t))
		return ERR_PTR(-EINVAL);

	umem_dmabuf = ib_umem_dmabuf_get_phyrs_and_lock(base_dev, offset, len,
							fd, rights);
	if (IS_ERR(umem_dmabuf)) {
		siw_dbg(base_dev, "Cannot get the DMA-buf: %d\n",
			(int)PTR_ERR(umem_dmabuf));
		return ERR_CAST(umem_dmabuf);
	}
	return siw_umem_of_dmabuf(umem_dmabuf);
}

static void siw_owned_read(const struct phyr_mem *owned, phys_addr_t paddr,
			   void *to, size_t len)
{
	if (owned->type == PHYR_MEM_PAGES)
		memcpy(to, phys_to_virt(paddr), len);
	else if (phyr_mem_is_io(owned))
		memcpy_fromio(to, phyr_mem_addr(owned, paddr), len);
	else
		memcpy(to, (void __force *)phyr_mem_addr(owned, paddr), len);
}

static void siw_owned_write(const struct phyr_mem *owned, phys_addr_t paddr,
			    const void *from, size_t len)
{
	if (owned->type == PHYR_MEM_PAGES)
		memcpy(phys_to_virt(paddr), from, len);
	else if (phyr_mem_is_io(owned))
		memcpy_toio(phyr_mem_addr(owned, paddr), from, len);
	else
		memcpy((void __force *)phyr_mem_addr(owned, paddr), from, len);
}

/*
 * Copy from memory of a DMA-buf, an FPDU's payload at most, so the read section
 * is short. -EFAULT if the memory is revoked.
 */
int siw_umem_read(struct siw_mem *mem, u64 addr, void *to, size_t len)
{
	const struct phyr_mem *owned;

	guard(rcu)();
	owned = rcu_dereference(mem->umem->owned);
	if (unlikely(!owned))
		return -EFAULT;

	while (len) {
		struct phys_vec from = siw_umem_find(mem, addr);
		size_t bytes = min(len, from.len);

		if (unlikely(!bytes))
			return -EFAULT;
		siw_owned_read(owned, from.paddr, to, bytes);

		to += bytes;
		addr += bytes;
		len -= bytes;
	}
	return 0;
}

/*
 * Copy @len bytes of @skb, which has them, to memory of a DMA-buf. -EFAULT if
 * the memory is revoked; bytes that were copied before stay.
 */
int siw_umem_write_skb(struct siw_mem *mem, u64 addr, struct sk_buff *skb,
		       int offset, size_t len)
{
	const struct phyr_mem *owned;
	struct skb_seq_state seq;
	size_t copied = 0;

	guard(rcu)();
	owned = rcu_dereference(mem->umem->owned);
	if (unlikely(!owned))
		return -EFAULT;

	skb_prepare_seq_read(skb, offset, offset + len, &seq);
	while (copied < len) {
		struct phys_vec to = siw_umem_find(mem, addr + copied);
		size_t bytes = min(len - copied, to.len);
		const u8 *from;

		bytes = min(bytes, skb_seq_read(copied, &from, &seq));
		if (unlikely(!bytes))
			break;
		siw_owned_write(owned, to.paddr, from, bytes);
		copied += bytes;
	}
	skb_abort_seq_read(&seq);

	if (phyr_mem_is_io(owned)) {
		/* Writes may be combined: they go before any completion. */
		wmb();
	}
	return copied < len ? -EFAULT : 0;
}
