/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_WORKLOAD_H
#define PHYR_WORKLOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <phyr/backing.h>
#include <phyr/device.h>
#include <phyr/error.h>
#include <phyr/parameters.h>

/* Room for any workload name, with its NUL. */
#define PHYR_WORKLOAD_NAME 80

/* Series that one measurement can yield. */
#define PHYR_SERIES_MAX 5

/* Largest size in a name, in bytes: 1 TiB. */
#define PHYR_WORKLOAD_SIZE_MAX ((size_t)1 << 40)

/**
 * struct phyr_task - one measurement that a family is to carry out
 * @form: index into the family's @forms, 0 if it has none
 * @variant: index into the family's @variants, 0 if it has none
 * @rounds: index into the family's @rounds, 0 if it has none
 * @backing: memory of the family's @ranges times @size bytes
 * @size: bytes that the workload is about
 * @device: name of the device to use, of the family's kind, or NULL for the
 *	first that is ready
 * @warmup: rounds before the first sample
 * @samples: number of samples of each series
 * @settle: let the machine come to rest before each round: for a clock on which
 *	a sample is then the same each time
 * @series: arrays of @samples times in ns, one per series of the family,
 *	already faulted in
 * @done: where the family notes how many samples of each series are there, or
 *	NULL; one that learns of them at the end only need not
 * @parameters: where the family notes what it has settled itself
 * @stop: becomes true when the measurement should end early; it then
 *	returns -ECANCELED
 */
struct phyr_task {
	unsigned int form;
	unsigned int variant;
	unsigned int rounds;
	const struct phyr_backing *backing;
	size_t size;
	const char *device;
	unsigned int warmup;
	unsigned int samples;
	bool settle;
	uint64_t *series[PHYR_SERIES_MAX];
	atomic_uint *done;
	struct phyr_parameters *parameters;
	const atomic_bool *stop;
};

/**
 * struct phyr_rounds - series that are measured together
 * @series: how many of the family's; 0 ends an array of these
 * @read_only: whether the memory is shared and may only be read
 */
struct phyr_rounds {
	unsigned int series;
	bool read_only;
};

/**
 * struct phyr_device_kind - devices that a family is measured with
 * @what: what they are, in words
 * @by_path: they are named by absolute paths, which no others are
 * @check: 0 if there is one of that name; else -errno and why not
 */
struct phyr_device_kind {
	const char *what;
	bool by_path;
	int (*check)(const char *name, struct phyr_error *error);
};

/**
 * struct phyr_family - workloads that are measured by the same code
 * @name: first part of their names
 * @forms: NULL-terminated second parts that are measured apart, or NULL
 * @variants: NULL-terminated next parts that are measured apart, or NULL
 * @series: NULL-terminated next parts
 * @rounds: which of the series, in their order, are measured in the same
 *	rounds; NULL: all of them
 * @ranges: how many ranges of the workload's size one measurement uses
 * @device: measured with a device, which may be named: its kind; or NULL
 * @summary: what a sample is, in a sentence
 * @probe: 0 if this machine can measure the family with the named device, or
 *	with any for NULL; else -errno and why not
 * @measure: carry out a measurement: 0 or -errno and what failed
 *
 * A workload is called family[/form][/variant]/series/backing/size. To add a family,
 * write a file beside workload_mr.c and name it in families.c.
 */
struct phyr_family {
	const char *name;
	const char *const *forms;
	const char *const *variants;
	const char *const *series;
	const struct phyr_rounds *rounds;
	unsigned int ranges;
	const struct phyr_device_kind *device;
	const char *summary;
	int (*probe)(const char *device, struct phyr_error *error);
	int (*measure)(const struct phyr_task *task, struct phyr_error *error);
};

/* The families, NULL-terminated. */
extern const struct phyr_family *const phyr_families[];

/**
 * struct phyr_workload - a workload's name taken apart
 * @family: its family
 * @form: index into the family's forms, 0 if it has none
 * @variant: index into the family's variants, 0 if it has none
 * @series: index into the family's series
 * @backing: memory it works on
 * @size: bytes, a multiple of the base page size up to PHYR_WORKLOAD_SIZE_MAX
 */
struct phyr_workload {
	const struct phyr_family *family;
	unsigned int form;
	unsigned int variant;
	unsigned int series;
	enum phyr_backing_kind backing;
	size_t size;
};

/**
 * phyr_workload_parse() - take a workload's name apart
 * @name: like "mr/reg/hugetlb-1G/1GiB"
 * @workload: its parts
 * @error: says which part is wrong and what it may be; or NULL
 *
 * Return: 0 or -EINVAL.
 */
int phyr_workload_parse(const char *name, struct phyr_workload *workload,
			struct phyr_error *error);

/**
 * phyr_workload_format() - put a workload's name together
 */
void phyr_workload_format(const struct phyr_workload *workload,
			  char name[PHYR_WORKLOAD_NAME]);

/**
 * phyr_workload_rounds() - index into the family's rounds, 0 if it has none
 */
unsigned int phyr_workload_rounds(const struct phyr_workload *workload);

/**
 * phyr_workload_same_rounds() - are two workloads series of one measurement?
 */
bool phyr_workload_same_rounds(const struct phyr_workload *a,
			       const struct phyr_workload *b);

#endif
