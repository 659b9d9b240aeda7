// SPDX-License-Identifier: GPL-2.0-only
/* The route table: which path is which resource. */
#include <string.h>

#include "asset.h"
#include "limits.h"
#include "query.h"
#include "resources.h"
#include "routes.h"

#define QUERY(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct route routes[] = {
	{ .path = "/healthz", .open = true, .get = health_get },
	{ .path = "/metrics", .slow = true, .get = metrics_get },
	{ .path = "/api/v1/system", .get = system_get },
	{ .path = "/api/v1/workloads", .get = workloads_get },
	{ .path = RUNS_PATH,
	  .query = QUERY("limit", "before", "search"),
	  .slow_query = "search",
	  .json = true,
	  .get = runs_get,
	  .post = runs_post },
	{ .path = RUNS_PATH "/{id}",
	  .query = QUERY("wait"),
	  .get = run_get,
	  .delete = run_delete,
	  .patch = run_patch },
	{ .path = RUNS_PATH "/{id}/request", .get = request_get },
	{ .path = RUNS_PATH "/{id}/cancel", .post = run_cancel },
	{ .path = RUNS_PATH "/{id}/samples",
	  .query = QUERY("wait"),
	  .get = samples_get },
	{ .path = RUNS_PATH "/{id}/events", .get = events_get },
	{ .path = "/api/v1/compare",
	  .slow = true,
	  .query = QUERY("base", "head"),
	  .get = compare_get },
	{ .path = "/api/v1/export", .query = QUERY("run"), .get = export_get },
	{ .path = "/api/v1/import",
	  .query = QUERY("name", "default_name"),
	  .json = true,
	  .body_limit = LIMIT_IMPORT_BYTES,
	  .post = import_post },
};

static const struct route asset_route = { .open = true, .get = asset_get };

static bool matches(const char *pattern, const char *path, uint64_t *id)
{
	const char *hole = strchr(pattern, '{');
	char number[24];
	size_t before, digits;

	if (!hole)
		return !strcmp(pattern, path);
	before = (size_t)(hole - pattern);
	if (strncmp(pattern, path, before))
		return false;
	digits = strcspn(path + before, "/");
	if (digits >= sizeof(number) ||
	    strcmp(strchr(hole, '}') + 1, path + before + digits))
		return false;
	memcpy(number, path + before, digits);
	number[digits] = '\0';
	return !query_parse_number(number, id);
}

const struct route *routes_find(const char *path, uint64_t *id)
{
	*id = 0;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (matches(routes[i].path, path, id))
			return &routes[i];
	}
	return asset_find(path) ? &asset_route : NULL;
}
