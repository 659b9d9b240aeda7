// SPDX-License-Identifier: GPL-2.0-only
/* Who may be served: by Host, by Origin and by token. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <microhttpd.h>

#include "guard.h"

#define TOKEN_MIN 16
#define TOKEN_MAX 200

/*
 * A web page whose own host name leads to this machine (DNS rebinding) must not
 * read our answers.
 */
static bool is_loopback(const char *host)
{
	struct in_addr address;
	char name[64];
	size_t len;

	if (!host)
		return true;
	len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	if (inet_pton(AF_INET, name, &address) == 1)
		return ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
	return !strcasecmp(name, "localhost") || !strcmp(name, "[::1]");
}

/* Is it that name, with or without a port? */
static bool is_named(const char *host, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	return len && host && !strncasecmp(host, name, len) &&
	       (!host[len] || host[len] == ':');
}

static bool is_equal(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/*
 * Browsers send an Origin with every request that may change something. A proxy
 * may have replaced the Host; then it tells what it was asked for, or the
 * browser says that the page is from there. A page from elsewhere can say
 * neither without our leave.
 */
static bool is_own_origin(const struct service *service,
			  const struct http_request *request)
{
	const char *authority;

	if (!request->origin)
		return true;
	authority = strstr(request->origin, "://");
	if (!authority)
		return false;
	authority += 3;
	return is_equal(authority, request->host) ||
	       is_equal(authority, request->forwarded_host) ||
	       is_equal(request->fetch_site, "same-origin") ||
	       is_named(authority, service->host);
}

/*
 * Requests that need no leave of ours, such as for a picture, have no Origin, but
 * today's browsers say where they come from: "none" is the user himself.
 */
static bool is_own_site(const struct http_request *request)
{
	return !request->fetch_site ||
	       !strcmp(request->fetch_site, "same-origin") ||
	       !strcmp(request->fetch_site, "none");
}

/* Takes the same time wherever the first difference is. */
static bool is_token(const char *token, const char *authorization)
{
	static const char scheme[] = "Bearer ";
	unsigned char difference = 0;
	const char *given;
	size_t len = strlen(token);

	if (!authorization ||
	    strncasecmp(authorization, scheme, sizeof(scheme) - 1))
		return false;
	given = authorization + sizeof(scheme) - 1;
	if (strlen(given) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		difference |= (unsigned char)(token[i] ^ given[i]);
	return !difference;
}

int guard_check(const struct service *service,
		const struct http_request *request, bool open,
		struct problem *problem)
{
	const char *token = service->token;

	if (!token && !is_loopback(request->host) &&
	    !is_named(request->host, service->host))
		return problem_set(
			problem, MHD_HTTP_FORBIDDEN,
			"Host \"%.64s\" is not a loopback address; a proxy's name must be given with --host",
			request->host);
	if (!is_own_origin(service, request))
		return problem_set(problem, MHD_HTTP_FORBIDDEN,
				   "Origin \"%.64s\" is another than Host",
				   request->origin);
	if (!open && !is_own_site(request))
		return problem_set(
			problem, MHD_HTTP_FORBIDDEN,
			"Sec-Fetch-Site \"%.32s\": asked for by a page from elsewhere",
			request->fetch_site);
	if (token && !open && !is_token(token, request->authorization))
		return problem_set(
			problem, MHD_HTTP_UNAUTHORIZED,
			"%s; send Authorization: Bearer and what is in phyrd's token file",
			request->authorization ? "That is not the token"
					       : "A token is needed");
	return 0;
}

static int check_token(const char *path, char *token, size_t read,
		       struct phyr_error *error)
{
	size_t len = strcspn(token, "\r\n");

	if (len + strspn(token + len, "\r\n") != read)
		return phyr_error_set(
			error, -EINVAL,
			"token file %s has more than one line, or a NUL", path);
	token[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (!isgraph((unsigned char)token[i]))
			return phyr_error_set(
				error, -EINVAL,
				"token file %s: byte %zu is not a printable character",
				path, i + 1);
	}
	if (len < TOKEN_MIN || len > TOKEN_MAX)
		return phyr_error_set(
			error, -EINVAL,
			"token file %s has %zu characters, but must have %d to %d",
			path, len, TOKEN_MIN, TOKEN_MAX);
	return 0;
}

static int read_token(const char *path, int fd, char **token,
		      struct phyr_error *error)
{
	char text[TOKEN_MAX + 16] = "";
	struct stat status;
	ssize_t len;
	int ret;

	if (fstat(fd, &status))
		return phyr_error_set(error, -errno, "token file %s: %s", path,
				      strerror(errno));
	if (status.st_mode & (S_IRWXG | S_IRWXO))
		return phyr_error_set(
			error, -EACCES,
			"token file %s may be used by others than its owner: chmod 600 %s",
			path, path);
	len = read(fd, text, sizeof(text) - 1);
	if (len < 0)
		return phyr_error_set(error, -errno, "token file %s: %s", path,
				      strerror(errno));
	ret = check_token(path, text, (size_t)len, error);
	if (ret)
		return ret;
	*token = strdup(text);
	return *token ? 0 : phyr_error_set(error, -ENOMEM, "out of memory");
}

int guard_read_token(const char *path, char **token, struct phyr_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return phyr_error_set(error, -errno, "token file %s: %s", path,
				      strerror(errno));
	ret = read_token(path, fd, token, error);
	close(fd);
	return ret;
}
