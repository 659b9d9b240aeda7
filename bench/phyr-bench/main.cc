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
#include "dio.h"
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
		"phyr-bench [--device=NAME] [--file=PATH] [FLAG...]\n"
		"  --device=NAME: RDMA device; default: the first with an active port\n"
		"  --file=PATH: file or block device that dio reads and never writes; default: the first of each kind\n"
		"  --version\n"
		"\n"
		"The time of a repetition is the median of its calls. Flags of Google Benchmark:");
	benchmark::PrintDefaultHelp();
}

/* What follows the flag if the argument is that one. */
static const char *value_of(const char *argument, const char *flag)
{
	const size_t len = strlen(flag);

	return strncmp(argument, flag, len) ? nullptr : argument + len;
}

/* Takes our own flags out of the arguments. */
static void take_flags(int *argc, char **argv)
{
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (const char *name = value_of(argv[i], "--device="))
			device_choose(name);
		else if (const char *path = value_of(argv[i], "--file="))
			dio_choose(path);
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
	register_dio();
	register_uring();
	describe_machine();

	take_flags(&argc, argv);
	benchmark::Initialize(&argc, argv, print_help);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 1;

	watching reporter;

	/* Nothing measured must not look like success. */
	if (!benchmark::RunSpecifiedBenchmarks(&reporter))
		return 1;
	return reporter.all_failed;
}
