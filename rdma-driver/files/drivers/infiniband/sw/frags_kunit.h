/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of software devices map: fragments of a buffer, in any order
 */
#ifndef _FRAGS_KUNIT_H
#define _FRAGS_KUNIT_H

#include <linux/scatterlist.h>

struct frag {
	unsigned int	start;	/* offset in the buffer */
	unsigned int	len;
};

/* The offset in the buffer of byte @pos of the fragments. */
static inline unsigned int frag_byte(const struct frag *frags, size_t pos)
{
	while (pos >= frags->len)
		pos -= frags++->len;
	return frags->start + pos;
}

/* The first @nr fragments, as they are mapped for virtual DMA. */
static inline void frags_to_sgl(struct scatterlist *sgl, u8 *buf,
				const struct frag *frags, unsigned int nr)
{
	struct scatterlist *sg;
	unsigned int i;

	sg_init_table(sgl, nr);
	for_each_sg(sgl, sg, nr, i) {
		sg_set_buf(sg, buf + frags[i].start, frags[i].len);
		sg_dma_address(sg) = (uintptr_t)sg_virt(sg);
		sg_dma_len(sg) = frags[i].len;
	}
}

#endif /* _FRAGS_KUNIT_H */
