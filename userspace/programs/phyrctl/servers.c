// SPDX-License-Identifier: GPL-2.0-only
/* The daemons that a command is about, and which of them a run is of. */
#include <string.h>

#include "servers.h"

enum status servers_add(struct servers *servers, const char *url)
{
	if (!servers->named)
		servers->n = 0;
	servers->named = true;
	if (servers->n == SERVERS_MAX)
		return fail(STATUS_ERROR, "more than %d servers", SERVERS_MAX);
	servers->all[servers->n++] = (struct server){
		.url = url,
		.token_file = servers->early_token,
	};
	servers->early_token = NULL;
	return STATUS_OK;
}

enum status servers_add_token(struct servers *servers, const char *path)
{
	struct server *last = &servers->all[servers->n - 1];

	if (servers->named && last->token_file)
		return fail(STATUS_ERROR,
			    "two token files for %s; each follows its --server",
			    last->url);
	if (!servers->named)
		servers->early_token = path;
	last->token_file = path;
	return STATUS_OK;
}

const char *server_name(const struct server *server)
{
	const char *scheme = strstr(server->url, "://");

	return scheme ? scheme + 3 : server->url;
}

/* The length of a name without slashes at its end, and of its host without a port. */
static size_t name_len(const char *name)
{
	size_t len = strlen(name);

	while (len && name[len - 1] == '/')
		len--;
	return len;
}

static size_t host_len(const char *name)
{
	size_t len = name_len(name);
	const char *bracket = strchr(name, ']');
	const char *colon = strchr(bracket ? bracket : name, ':');

	return colon ? (size_t)(colon - name) : len;
}

static bool is(const char *text, const char *name, size_t len)
{
	return strlen(text) == len && !strncmp(text, name, len);
}

static bool is_called(const struct server *server, const char *text)
{
	const char *name = server_name(server);

	return is(text, server->url, name_len(server->url)) ||
	       is(text, name, name_len(name)) || is(text, name, host_len(name));
}

enum status servers_find(const struct servers *servers, char *operand,
			 const struct server **server)
{
	char *text = strchr(operand, '@');
	size_t found = 0;

	if (!text && servers->n > 1)
		return fail(STATUS_ERROR,
			    "run %s: of which server? RUN@SERVER says so",
			    operand);
	*server = &servers->all[0];
	if (!text)
		return STATUS_OK;
	*text++ = '\0';
	for (size_t i = 0; i < servers->n; i++) {
		if (!is_called(&servers->all[i], text))
			continue;
		*server = &servers->all[i];
		found++;
	}
	if (found == 1)
		return STATUS_OK;
	return fail(STATUS_ERROR,
		    found ? "run %s@%s: several servers are called so"
			  : "run %s@%s: no --server is called so",
		    operand, text);
}
