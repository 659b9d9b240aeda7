// SPDX-License-Identifier: GPL-2.0-only
/*
 * User memory that the bios of one direct I/O have in common
 *
 * A direct I/O that a file system cuts into many bios pins its memory in batches
 * and owns these. The bios borrow: they have BIO_CLONED and not BIO_PAGE_PINNED,
 * as with registered buffers of io_uring, and their borders may lie within a
 * page. Whoever completes the last bio releases the batches.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "blk.h"

/* With the header, a batch fills 4 KiB. */
#define BIO_PINS_MAX_VECS	255

/**
 * bio_pins_add() - pin the next batch of user memory
 * @pins: the list of batches, to which it is added; NULL if there is none yet
 * @user: where the memory begins; stays as it is
 * @size: bytes from there on that may be pinned, not more than the iterator had
 *	before it was truncated
 * @mem_align_mask: -EINVAL if address or length are not aligned to it
 * @len_align_mask: what is pinned is a multiple of it and one, in bytes
 * @bvecs: becomes an iterator over the batch
 *
 * Pins as much as there is room for, and less if an error comes in the middle.
 *
 * Context: Process context of the owner of the memory; may sleep.
 * Return: 0; -ENOMEM if there is no memory for the batch; other errors if
 * nothing could be pinned, as from bio_iov_iter_get_pages().
 */
int bio_pins_add(struct bio_pins **pins, const struct iov_iter *user,
		 size_t size, unsigned int mem_align_mask,
		 unsigned int len_align_mask, struct iov_iter *bvecs)
{
	struct iov_iter iter = *user;
	struct bio_pins *batch;
	unsigned short max;
	size_t pinned = 0;
	ssize_t ret;

	iov_iter_reexpand(&iter, size);
	max = iov_iter_npages(&iter, BIO_PINS_MAX_VECS);
	batch = kmalloc_flex(*batch, vecs, max,
			     GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!batch)
		return -ENOMEM;

	batch->nr = 0;
	do {
		ret = iov_iter_extract_bvecs(&iter, batch->vecs, size - pinned,
					     &batch->nr, max, mem_align_mask,
					     0);
		if (ret <= 0)
			break;
		pinned += ret;
	} while (pinned < size && batch->nr < max);

	pinned -= bvecs_align_down(batch->vecs, &batch->nr,
				   pinned & len_align_mask, true);
	if (!pinned) {
		kfree(batch);
		return ret < 0 ? ret : -EFAULT;
	}

	batch->next = *pins;
	*pins = batch;
	iov_iter_bvec(bvecs, user->data_source, batch->vecs, batch->nr, pinned);
	return 0;
}
EXPORT_SYMBOL_GPL(bio_pins_add);

/**
 * bio_pins_dirty_batch() - mark a batch dirty before it is read into
 * @batch: what bio_pins_add() has added last
 *
 * So that, more often than not, nothing has to sleep at the end.
 *
 * Context: Process context; may sleep.
 */
void bio_pins_dirty_batch(const struct bio_pins *batch)
{
	struct bvec_folios at = bvec_folios(batch->vecs, batch->nr);

	while (bvec_folios_left(&at)) {
		struct folio *folio = bvec_folios_next(&at);

		if (!folio_test_dirty(folio))
			folio_mark_dirty_lock(folio);
	}
}
EXPORT_SYMBOL_GPL(bio_pins_dirty_batch);

/**
 * bio_pins_need_task() - whether batches should be released by a task
 * @pins: the batches
 * @dirty: whether they were read into
 *
 * They should if there are too many folios for an interrupt handler, or if
 * some were cleaned since they were marked dirty.
 *
 * Context: Any.
 * Return: whether to call bio_pins_release() from a task, with @dirty.
 */
bool bio_pins_need_task(const struct bio_pins *pins, bool dirty)
{
	unsigned int nr = 0;

	for (; pins; pins = pins->next) {
		struct bvec_folios at = bvec_folios(pins->vecs, pins->nr);

		while (bvec_folios_left(&at)) {
			struct folio *folio = bvec_folios_next(&at);

			if (++nr > BIO_MAX_IRQ_FOLIOS ||
			    (dirty && !folio_test_dirty(folio)))
				return true;
		}
	}
	return false;
}
EXPORT_SYMBOL_GPL(bio_pins_need_task);

/**
 * bio_pins_release() - unpin batches and free them
 * @pins: the batches, or NULL
 * @make_dirty: whether to mark every folio that is not yet dirty
 *
 * Context: Process context if @make_dirty, which may sleep; any otherwise.
 */
void bio_pins_release(struct bio_pins *pins, bool make_dirty)
{
	while (pins) {
		struct bio_pins *next = pins->next;

		bvecs_unpin(pins->vecs, pins->nr, make_dirty);
		kfree(pins);
		pins = next;
	}
}
EXPORT_SYMBOL_GPL(bio_pins_release);
