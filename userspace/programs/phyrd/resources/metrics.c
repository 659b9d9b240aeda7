// SPDX-License-Identifier: GPL-2.0-only
/* Figures about the daemon itself, for those who watch it. */
#include <dirent.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <microhttpd.h>

#include "resources.h"
#include "store.h"

static void add_family(struct text *text, const char *name, const char *type,
		       const char *unit, const char *help)
{
	text_add(text, "# TYPE %s %s\n", name, type);
	if (unit)
		text_add(text, "# UNIT %s %s\n", name, unit);
	text_add(text, "# HELP %s %s\n", name, help);
}

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

static void add_runs(struct text *text, struct store *store)
{
	struct phyr_error error;

	add_family(text, "phyrd_runs", "gauge", NULL, "Runs by state.");
	for (int state = 0; state <= RUN_ABORTED; state++)
		text_add(text, "phyrd_runs{state=\"%s\"} %zu\n",
			 run_state_name(state), store_count(store, state));
	add_family(text, "phyrd_runs_added", "counter", NULL,
		   "Runs since the database was made.");
	text_add(text, "phyrd_runs_added_total %llu\n",
		 (unsigned long long)store_last_id(store));
	add_family(text, "phyrd_storage_healthy", "gauge", NULL,
		   "1 if what was stored last could be stored.");
	text_add(text, "phyrd_storage_healthy %d\n",
		 !store_health(store, &error));
}

void metrics_get(const struct http_request *request, struct http_reply *reply)
{
	const struct traffic *traffic = request->traffic;
	struct text *text = &reply->body;

	reply->status = MHD_HTTP_OK;
	reply->type =
		"application/openmetrics-text; version=1.0.0; charset=utf-8";
	add_family(text, "phyrd", "info", NULL, "The daemon.");
	text_add(text, "phyrd_info{version=\"" PHYR_VERSION "\"} 1\n");
	add_runs(text, request->context);
	add_family(text, "phyrd_http_replies", "counter", NULL,
		   "Replies by the first digit of their status.");
	for (int class = 2; class < TRAFFIC_CLASSES; class ++)
		text_add(text,
			 "phyrd_http_replies_total{class=\"%dxx\"} %llu\n",
			 class, (unsigned long long)traffic->replies[class]);
	add_family(text, "phyrd_http_connections", "gauge", NULL,
		   "Open connections.");
	text_add(text, "phyrd_http_connections %u\n", traffic->connections);
	add_family(text, "process_cpu_seconds", "counter", "seconds",
		   "CPU time of all threads.");
	text_add(text, "process_cpu_seconds_total %.6f\n", cpu_seconds());
	add_family(text, "process_resident_memory_bytes", "gauge", "bytes",
		   "Resident memory.");
	text_add(text, "process_resident_memory_bytes %lld\n",
		 resident_bytes());
	add_family(text, "process_open_fds", "gauge", NULL, "Open files.");
	text_add(text, "process_open_fds %u\n", open_files());
	text_add(text, "# EOF\n");
}
