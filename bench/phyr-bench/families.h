/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FAMILIES_H
#define FAMILIES_H

/*
 * One file per workload family registers its benchmarks. To add a family,
 * write a file beside these, declare its function here, call it in main.cc and
 * name the file in meson.build.
 */
void register_gup();
void register_mr();
void register_rdma();
void register_dma();
void register_crypto();
void register_dio();
void register_uring();

#endif
