// SPDX-License-Identifier: GPL-2.0-only
/* Whether the daemon can do its work: store runs. */
#include <microhttpd.h>

#include "resources.h"
#include "store.h"

void health_get(const struct http_request *request, struct http_reply *reply)
{
	struct problem problem;
	struct phyr_error error;

	if (store_health(request->context, &error)) {
		problem_set(&problem, MHD_HTTP_SERVICE_UNAVAILABLE, "%s",
			    error.message);
		reply_problem(reply, &problem);
	} else {
		reply_json(reply, MHD_HTTP_OK,
			   json_pack("{s:s}", "status", "ok"));
	}
}
