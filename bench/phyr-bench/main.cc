// SPDX-License-Identifier: GPL-2.0-only
/*
 * phyr-bench: Google Benchmark over libphyr, in the same intervals that phyrd
 * times. See --help; a benchmark that this machine cannot run says why. The exit
 * status is 1 if none could be run.
 */
#include <memory>
#include <sys/utsname.h>
#include <benchmark/benchmark.h>

#include "families.h"
#include "libphyr.h"

/* The display that the flags ask for, and whether all that ran failed */
class watching : public benchmark::BenchmarkReporter
{
      public:
	bool ReportContext(const Context &context) override
	{
		all_failed = true;
		return reporter->ReportContext(context);
	}

	void ReportRuns(const std::vector<Run> &runs) override
	{
		for (const Run &run : runs)
			all_failed = all_failed && run.error_occurred;
		reporter->ReportRuns(runs);
	}

	void Finalize() override
	{
		reporter->Finalize();
	}

	bool all_failed = false;

      private:
	const std::unique_ptr<benchmark::BenchmarkReporter> reporter{
		benchmark::CreateDefaultDisplayReporter()
	};
};

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

	watching reporter;

	/* Nothing measured must not look like success. */
	if (!benchmark::RunSpecifiedBenchmarks(&reporter))
		return 1;
	return reporter.all_failed;
}
