/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIBPHYR_H
#define LIBPHYR_H

/* libphyr is C. The headers of others know of C++ and come first. */
#include <infiniband/verbs.h>
#include <stdatomic.h>

extern "C" {
#include <phyr/backing.h>
#include <phyr/clock.h>
#include <phyr/device.h>
#include <phyr/error.h>
#include <phyr/mr.h>
#include <phyr/rdma.h>
#include <phyr/size.h>
#include <phyr/workload.h>
}

#endif
