// SPDX-License-Identifier: GPL-2.0-only
/* Figures about the daemon itself, and those that it has measured. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <microhttpd.h>

#include "figures.h"
#include "metric_text.h"
#include "resources.h"
#include "store.h"

static long long resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long long pages = 0;

	if (file) {
		if (fscanf(file, "%*d %lld", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	return pages * sysconf(_SC_PAGESIZE);
}

static unsigned int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n > 3 ? n - 3 : 0; /* ".", ".." and the folder itself */
}

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void add_runs(struct metric_text *metrics, struct store *store)
{
	struct text *text = metrics->text;
	struct phyr_error error;

	metric_begin(metrics, "phyrd_runs", "gauge", NULL, "Runs by state.");
	for (int state = 0; state <= RUN_ABORTED; state++)
		text_add(text, "phyrd_runs{state=\"%s\"} %zu\n",
			 run_state_name(state), store_count(store, state));
	metric_begin(metrics, "phyrd_runs_added", "counter", NULL,
		     "Runs since the database was made.");
	text_add(text, "phyrd_runs_added_total %llu\n",
		 (unsigned long long)store_last_id(store));
	metric_begin(metrics, "phyrd_storage_healthy", "gauge", NULL,
		     "1 if what was stored last could be stored.");
	text_add(text, "phyrd_storage_healthy %d\n",
		 !store_health(store, &error));
}

static void add_process(struct metric_text *metrics,
			const struct traffic *traffic)
{
	struct text *text = metrics->text;

	metric_begin(metrics, "phyrd_http_replies", "counter", NULL,
		     "Replies by the first digit of their status.");
	for (int class = 2; class < TRAFFIC_CLASSES; class ++)
		text_add(text,
			 "phyrd_http_replies_total{class=\"%dxx\"} %llu\n",
			 class, (unsigned long long)traffic->replies[class]);
	metric_begin(metrics, "phyrd_http_connections", "gauge", NULL,
		     "Open connections.");
	text_add(text, "phyrd_http_connections %u\n", traffic->connections);
	metric_begin(metrics, "process_cpu_seconds", "counter", "seconds",
		     "CPU time of all threads.");
	text_add(text, "process_cpu_seconds_total %.6f\n", cpu_seconds());
	metric_begin(metrics, "process_resident_memory_bytes", "gauge", "bytes",
		     "Resident memory.");
	text_add(text, "process_resident_memory_bytes %lld\n",
		 resident_bytes());
	metric_begin(metrics, "process_open_fds", "gauge", NULL, "Open files.");
	text_add(text, "process_open_fds %u\n", open_files());
}

static bool is_measured(const struct figure *figure)
{
	return figure->measured;
}

static bool is_timed(const struct figure *figure)
{
	return figure->timed && !figure->instructions;
}

static bool is_counted(const struct figure *figure)
{
	return figure->timed && figure->instructions;
}

static double get_measured(const struct figure *figure)
{
	return figure->measured;
}

static double get_median(const struct figure *figure)
{
	return figure->median;
}

static double get_low(const struct figure *figure)
{
	return figure->low;
}

static double get_high(const struct figure *figure)
{
	return figure->high;
}

static double get_samples(const struct figure *figure)
{
	return (double)figure->samples;
}

static double get_ended(const struct figure *figure)
{
	return figure->ended;
}

/* What is said of figures: @has tells of which, NULL: of all. */
static const struct {
	const char *name;
	const char *unit;
	bool (*has)(const struct figure *figure);
	double (*get)(const struct figure *figure);
	const char *help;
} families[] = {
	{ "phyrd_result_measured", NULL, NULL, get_measured,
	  "1 if the newest run of a workload measured it, 0 if it failed." },
	{ "phyrd_result_median_seconds", "seconds", is_timed, get_median,
	  "Median of the samples, by a clock of time." },
	{ "phyrd_result_median_low_seconds", "seconds", is_timed, get_low,
	  "Lower end of the median's 95 % confidence interval." },
	{ "phyrd_result_median_high_seconds", "seconds", is_timed, get_high,
	  "Upper end of the median's 95 % confidence interval." },
	{ "phyrd_result_median_instructions", "instructions", is_counted,
	  get_median, "Median of the samples, by the clock icount." },
	{ "phyrd_result_median_low_instructions", "instructions", is_counted,
	  get_low, "Lower end of the median's 95 % confidence interval." },
	{ "phyrd_result_median_high_instructions", "instructions", is_counted,
	  get_high, "Upper end of the median's 95 % confidence interval." },
	{ "phyrd_result_samples", NULL, is_measured, get_samples,
	  "Samples, 0 where there are aggregates only." },
	{ "phyrd_result_end_time_seconds", "seconds", NULL, get_ended,
	  "When the run ended, since 1970." },
};

static void add_results(struct metric_text *metrics, struct store *store)
{
	const struct figures *figures = figures_hold(store);

	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		metric_begin(metrics, families[f].name, "gauge",
			     families[f].unit, families[f].help);
		for (size_t i = 0; i < figures->n; i++) {
			const struct figure *figure = &figures->all[i];

			if (!families[f].has || families[f].has(figure))
				text_add(metrics->text, "%s{%s} %.15g\n",
					 families[f].name, figure->labels,
					 families[f].get(figure));
		}
	}
	figures_release();
}

void metrics_get(const struct http_request *request, struct http_reply *reply)
{
	struct metric_text metrics = {
		.text = &reply->body,
		.open = request->accept &&
			strstr(request->accept, "application/openmetrics-text"),
	};

	reply->status = MHD_HTTP_OK;
	reply->type = metric_type(metrics.open);
	metric_begin(&metrics, "phyrd", "info", NULL, "The daemon.");
	text_add(metrics.text, "phyrd_info{version=\"" PHYR_VERSION "\"} 1\n");
	add_runs(&metrics, request->context);
	add_process(&metrics, request->traffic);
	add_results(&metrics, request->context);
	if (metrics.open)
		text_add(metrics.text, "# EOF\n");
}
