// SPDX-License-Identifier: GPL-2.0-only
// Readers of the members of struct bio_vec use bvec_page() and bvec_offset(). What writes to these members, or compares
// bv_page with NULL, has been converted by hand before. In the kernel's tree:
//   git grep -lE '\bbv_(page|offset)\b' -- '*.[ch]' ':!include/linux/bvec.h' |
//   xargs spatch --sp-file bvec-accessors.cocci --in-place --no-includes --very-quiet
// Without 'disable' the pattern bv->bv_page would match bvecs[i].bv_page, with bvecs in the place of bv.

@ disable ptr_to_array @ expression bv; @@
- bv->bv_page
+ bvec_page(bv)

@ disable ptr_to_array @ expression bv; @@
- bv->bv_offset
+ bvec_offset(bv)

@@ expression bv; @@
- bv.bv_page
+ bvec_page(&bv)

@@ expression bv; @@
- bv.bv_offset
+ bvec_offset(&bv)
