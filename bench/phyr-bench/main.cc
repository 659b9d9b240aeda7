// SPDX-License-Identifier: GPL-2.0-only
/*
 * phyr-bench: Google Benchmark over libphyr, in the same intervals that phyrd
 * times. See --help; a benchmark that this machine cannot run says why. The exit
 * status is 1 if none could be run.
 */
#include <cstdio>
#include <cstring>
#include <memory>
#include <sys/utsname.h>
#include <benchmark/benchmark.h>

#include "device.h"
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
	/* The names are those of phyrd's workloads, see its import. */
	benchmark::AddCustomContext("phyr_bench", PHYR_VERSION);
}

static void print_help()
{
	std::puts(
		"phyr-bench [--device=NAME] [FLAG...]\n"
		"  --device=NAME: RDMA device; default: the first with an active port\n"
		"  --version\n"
		"\n"
		"The time of a repetition is the median of its calls. Flags of Google Benchmark:");
	benchmark::PrintDefaultHelp();
}

/* Takes our own flag out of the arguments. */
static void take_device(int *argc, char **argv)
{
	static const char flag[] = "--device=";
	int kept = 0;

	for (int i = 0; i < *argc; i++) {
		if (i && !strncmp(argv[i], flag, strlen(flag)))
			device_choose(argv[i] + strlen(flag));
		else
			argv[kept++] = argv[i];
	}
	*argc = kept;
	argv[kept] = nullptr;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		std::puts("phyr-bench " PHYR_VERSION);
		return 0;
	}
	register_gup();
	register_mr();
	register_rdma();
	register_dma();
	register_crypto();
	describe_machine();

	take_device(&argc, argv);
	benchmark::Initialize(&argc, argv, print_help);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 1;

	watching reporter;

	/* Nothing measured must not look like success. */
	if (!benchmark::RunSpecifiedBenchmarks(&reporter))
		return 1;
	return reporter.all_failed;
}
