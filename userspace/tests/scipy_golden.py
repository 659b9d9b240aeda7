# SPDX-License-Identifier: GPL-2.0-only
"""Writes scipy_golden.h: what numpy and scipy (Debian: python3-scipy) say of generated samples.

Run by hand when a case is added: python3 scipy_golden.py >scipy_golden.h
"""

import numpy
from scipy import stats

# (seed, n, spread, offset): see sample()
CASES = [
    ((1, 20, 1000, 8000), (2, 20, 1000, 8000)),       # the same distribution
    ((3, 20, 100, 8000), (4, 20, 100, 9000)),         # apart
    ((5, 20, 100, 9000), (6, 20, 100, 8000)),         # apart, the other way round
    ((7, 5, 10, 100), (8, 7, 10, 104)),               # few
    ((9, 1, 10, 100), (10, 1, 10, 100)),              # one
    ((11, 50, 3, 0), (12, 40, 4, 0)),                 # many ties
    ((13, 100, 2, 7), (14, 101, 1, 7)),               # one side all equal
    ((15, 1000, 100000, 5000), (16, 900, 100000, 6000)),
    ((17, 999, 1000000, 5000), (18, 1000, 1000000, 25000)),
    ((19, 10000, 10000, 5000), (20, 10000, 10000, 5150)),
    ((21, 9999, 1 << 40, 1 << 41), (22, 10000, 1 << 40, 1 << 41)),
]
MASK = (1 << 64) - 1


def mix(value):
    """splitmix64 of one number, as in test_scipy.c"""
    z = value * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def sample(seed, index, spread, offset):
    """Skewed like a latency: the product of two uniform numbers."""
    a, b = mix(seed << 32 | 2 * index + 1), mix(seed << 32 | 2 * index + 2)
    return offset + (a >> 32) * (b >> 32) // (1 << 32) * spread // (1 << 32)


def samples(seed, n, spread, offset):
    return [sample(seed, index, spread, offset) for index in range(n)]


def summary(values):
    array = numpy.array(values)
    ranks = [int(numpy.quantile(array, q, method="inverted_cdf")) for q in (0.5, 0.9, 0.99, 0.999)]
    # Both ends of the interval as scipy sees them, 0.9 % of probability to either side: ours comes from 2,000
    # resamples, of which a percentile has a standard error of 0.35 %.
    bounds = []
    if len(values) > 1:
        rng = numpy.random.default_rng(1)
        medians = stats.bootstrap((array,), numpy.median, n_resamples=20000, method="percentile", batch=100,
                                  random_state=rng).bootstrap_distribution
        for p in (1.6, 3.4, 96.6, 98.4):
            bounds.append(int(numpy.percentile(medians, p, method="inverted_cdf")))
    else:
        bounds = [values[0]] * 4
    return [min(values), *ranks, max(values), int(numpy.floor(numpy.median(array))), *bounds]


def side(case):
    seed, n, spread, offset = case
    numbers = ", ".join(f"{value}u" if value < 1 << 31 else f"{value}ull" for value in summary(samples(*case)))
    return f"{{ {seed}, {n}, {spread}ull, {offset}ull,\n\t    {{ {numbers} }} }}"


def main():
    print("/* SPDX-License-Identifier: GPL-2.0-only */")
    print(f"/* Written by scipy_golden.py: numpy {numpy.__version__}, scipy {__import__('scipy').__version__}. */")
    for base, head in CASES:
        a, b = samples(*base), samples(*head)
        test = stats.mannwhitneyu(b, a, alternative="two-sided", method="asymptotic", use_continuity=True)
        effect = 2 * test.statistic / (len(a) * len(b)) - 1
        print(f"{{ {side(base)},\n  {side(head)},\n  {test.statistic!r}, {test.pvalue!r}, {effect!r} }},")


main()
