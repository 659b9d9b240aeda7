// SPDX-License-Identifier: GPL-2.0-only
/*
 * phyr-bench: Google Benchmark over libphyr, in the same intervals that phyrd
 * times. See --help; a benchmark that this machine cannot run says why.
 */
#include <sys/utsname.h>
#include <benchmark/benchmark.h>

#include "families.h"
#include "libphyr.h"

static void describe_machine()
{
	struct utsname name;
	phyr_clock clock;

	phyr_clock_describe(&clock);
	uname(&name);
	benchmark::AddCustomContext("clock", clock.kind);
	benchmark::AddCustomContext("kernel", name.release);
}

int main(int argc, char **argv)
{
	register_gup();
	register_mr();
	register_rdma();
	register_dma();
	register_crypto();
	describe_machine();

	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 1;
	/* A filter that fits nothing must not look like success. */
	return benchmark::RunSpecifiedBenchmarks() ? 0 : 1;
}
