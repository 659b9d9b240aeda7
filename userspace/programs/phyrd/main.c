// SPDX-License-Identifier: GPL-2.0-only
/*
 * phyrd measures how long the kernel takes to register memory, and serves the
 * results as JSON over HTTP. This thread serves and otherwise sleeps in poll();
 * another measures.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include "http.h"
#include "runner.h"
#include "store.h"

#define DEFAULT_LISTEN "127.0.0.1:7471"

static const char usage[] =
	"usage: phyrd [--listen ADDRESS:PORT]\n"
	"\n"
	"Measure memory registration; serve JSON over HTTP under /api/v1.\n"
	"\n"
	"  --listen ADDRESS:PORT  loopback address, default " DEFAULT_LISTEN
	";\n"
	"                         IPv6 as [::1]:PORT; port 0: any free one\n"
	"  --version              print the version\n"
	"  --help                 print this\n"
	"\n"
	"Exit status: 0 after SIGTERM or SIGINT, 1 if it cannot serve, 2 if it\n"
	"was called wrongly.\n";

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int parse_port(const char *text, in_port_t *port)
{
	char *end;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	number = strtoul(text, &end, 10);
	if (*end || number > UINT16_MAX)
		return -EINVAL;
	*port = htons((uint16_t)number);
	return 0;
}

static int parse_address(const char *text, union address *address,
			 struct phyr_error *error)
{
	const char *colon = strrchr(text, ':');
	in_port_t port;
	char host[64];

	if (!colon || (size_t)(colon - text) >= sizeof(host) ||
	    parse_port(colon + 1, &port))
		return phyr_error_set(error, -EINVAL,
				      "--listen %s: not ADDRESS:PORT", text);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);

	*address = (union address){ 0 };
	if (inet_pton(AF_INET, host, &address->v4.sin_addr) == 1 &&
	    ntohl(address->v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = port;
		return 0;
	}
	if (!strcmp(host, "[::1]")) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = port;
		address->v6.sin6_addr = in6addr_loopback;
		return 0;
	}
	return phyr_error_set(
		error, -EINVAL,
		"--listen %s: not a loopback address (127.0.0.1, [::1]); phyrd serves this machine only",
		text);
}

static void serve(struct http *http, int signal_fd, int ended_fd)
{
	struct pollfd fds[] = {
		{ .fd = http_fd(http), .events = POLLIN },
		{ .fd = ended_fd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
	};
	eventfd_t ended;

	while (!fds[2].revents) {
		if (poll(fds, 3, http_timeout(http)) < 0)
			continue;
		if (fds[1].revents) {
			eventfd_read(ended_fd, &ended);
			http_run_ended(http);
		}
		http_run(http);
	}
	http_finish(http);
}

static int run(const union address *address, int signal_fd, int ended_fd,
	       struct phyr_error *error)
{
	struct runner *runner = NULL;
	struct store *store = NULL;
	struct http *http = NULL;
	int ret;

	ret = store_create(&store);
	if (ret)
		return phyr_error_set(error, ret, "out of memory");
	ret = http_create(&address->any, store, &http, error);
	if (ret)
		goto destroy;
	ret = runner_create(store, ended_fd, &runner, error);
	if (ret)
		goto destroy;

	printf("phyrd: serving http://%s:%u/api/v1\n",
	       address->any.sa_family == AF_INET6
		       ? "[::1]"
		       : inet_ntoa(address->v4.sin_addr),
	       http_port(http));
	fflush(stdout);
	serve(http, signal_fd, ended_fd);

destroy:
	store_stop(store);
	runner_destroy(runner);
	http_destroy(http);
	store_destroy(store);
	return ret;
}

/* Blocks the signals in all threads and makes them readable. */
static int catch_signals(int *fd, struct phyr_error *error)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	*fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (*fd < 0)
		return phyr_error_set(error, -errno, "signalfd: %s",
				      strerror(errno));
	return 0;
}

static int start(const union address *address, struct phyr_error *error)
{
	int signal_fd, ended_fd, ret;

	ret = catch_signals(&signal_fd, error);
	if (ret)
		return ret;
	ended_fd = eventfd(0, EFD_CLOEXEC);
	if (ended_fd < 0) {
		ret = phyr_error_set(error, -errno, "eventfd: %s",
				     strerror(errno));
	} else {
		ret = run(address, signal_fd, ended_fd, error);
		close(ended_fd);
	}
	close(signal_fd);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *listen = DEFAULT_LISTEN;
	struct phyr_error error;
	union address address;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			listen = optarg;
			break;
		case 'v':
			puts("phyrd " PHYR_VERSION);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "phyrd: unexpected argument %s\n%s",
			argv[optind], usage);
		return 2;
	}
	if (parse_address(listen, &address, &error)) {
		fprintf(stderr, "phyrd: %s\n", error.message);
		return 2;
	}

	/*
	 * Either variable makes libibverbs mark every region MADV_DONTFORK
	 * inside ibv_reg_mr(), which would be measured.
	 */
	unsetenv("RDMAV_FORK_SAFE");
	unsetenv("IBV_FORK_SAFE");

	if (start(&address, &error)) {
		fprintf(stderr, "phyrd: %s\n", error.message);
		return 1;
	}
	return 0;
}
