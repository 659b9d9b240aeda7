/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_COMPARISON_H
#define PHYR_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A difference counts if chance is unlikely (p is below the first), the effect
 * is large (at least the second, in either direction), and the medians differ
 * in that direction by at least the third, as a share of the base's median.
 */
#define PHYR_COMPARISON_P 0.01
#define PHYR_COMPARISON_EFFECT 0.147
#define PHYR_COMPARISON_DISTANCE 0.01

/**
 * enum phyr_verdict - what the samples of head are, compared with base
 * @PHYR_NO_DIFFERENCE: none that could be told from chance, or a small one
 * @PHYR_BETTER: smaller
 * @PHYR_WORSE: larger
 */
enum phyr_verdict {
	PHYR_NO_DIFFERENCE,
	PHYR_BETTER,
	PHYR_WORSE,
};

/**
 * struct phyr_comparison - the Mann-Whitney U test of two sets of samples
 * @u: U of head: the number of pairs of a base and a head sample in which the
 *	head sample is larger; pairs of equal samples count half
 * @p: probability of a U this far from the middle in either direction if there
 *	is no difference; normal approximation, corrected for ties and
 *	continuity
 * @effect: rank-biserial correlation: -1 if every head sample is smaller than
 *	every base sample, 1 if every one is larger
 * @verdict: a difference only if all three criteria above say so
 */
struct phyr_comparison {
	double u;
	double p;
	double effect;
	enum phyr_verdict verdict;
};

/**
 * phyr_comparison_compute() - compare two sets of samples
 * @base: what @head is compared with, at least one sample, in any order
 * @base_n: how many
 * @head: at least one sample in the same unit, in any order
 * @head_n: how many
 * @comparison: the result
 *
 * Return: 0, -EINVAL if either has no samples, -ENOMEM.
 */
int phyr_comparison_compute(const uint64_t *base, size_t base_n,
			    const uint64_t *head, size_t head_n,
			    struct phyr_comparison *comparison);

/**
 * phyr_comparison_is_possible() - would so many samples show any difference?
 *
 * Where they would not, PHYR_NO_DIFFERENCE says nothing: 5 different samples
 * against 5 may always be chance, as may 2 against 20.
 */
bool phyr_comparison_is_possible(size_t base_n, size_t head_n);

/**
 * phyr_verdict_name() - "better", "worse" or "no difference"
 */
const char *phyr_verdict_name(enum phyr_verdict verdict);

#endif
