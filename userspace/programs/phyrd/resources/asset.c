// SPDX-License-Identifier: GPL-2.0-only
/* The files of the page, and openapi.json. */
#include <string.h>
#include <microhttpd.h>

#include "asset.h"
#include "resources.h"

const struct asset *asset_find(const char *path)
{
	for (const struct asset *asset = assets; asset->path; asset++) {
		if (!strcmp(asset->path, path))
			return asset;
	}
	return NULL;
}

void asset_get(const struct http_request *request, struct http_reply *reply)
{
	const struct asset *asset = asset_find(request->path);

	reply->status = MHD_HTTP_OK;
	reply->type = asset->type;
	reply->constant = asset->data;
	reply->constant_len = asset->len;
}
