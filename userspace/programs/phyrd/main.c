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
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "address.h"
#include "guard.h"
#include "limits.h"
#include "log.h"
#include "notify.h"
#include "query.h"
#include "routes.h"
#include "runner.h"
#include "store.h"
#include "system.h"
#include "transport.h"

#define DEFAULT_LISTEN "127.0.0.1:7471"

static const char usage[] =
	"usage: phyrd [--listen ADDRESS:PORT] [--database FILE] [--history RUNS]\n"
	"             [--token-file FILE] [--host NAME]\n"
	"\n"
	"Measure memory registration; serve JSON over HTTP under /api/v1.\n"
	"\n"
	"  --listen ADDRESS:PORT  default " DEFAULT_LISTEN
	"; IPv6 as [::1]:PORT; port 0:\n"
	"                         any free one. An address other than loopback\n"
	"                         needs --token-file\n"
	"  --database FILE        SQLite database of runs, made if it is not there;\n"
	"                         without it, runs end with the daemon\n"
	"  --history RUNS         ended runs to keep, default 1000\n"
	"  --token-file FILE      clients must send: Authorization: Bearer, and what\n"
	"                         is in this file, which only its owner may read\n"
	"  --host NAME            a proxy serves phyrd under this name\n"
	"  --version              print the version\n"
	"  --help                 print this\n"
	"\n"
	"Exit status: 0 after SIGTERM or SIGINT, 1 if it cannot serve, 2 if it\n"
	"was called wrongly.\n";

struct settings {
	const char *listen;
	union address address;
	const char *database;
	unsigned int history;
	const char *token_file;
	char *token;
	const char *host;
	unsigned int connections;
};

static void serve(struct transport *transport, int signal_fd, int ended_fd)
{
	struct pollfd fds[] = {
		{ .fd = transport_fd(transport), .events = POLLIN },
		{ .fd = ended_fd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN },
	};
	eventfd_t ended;

	while (!fds[2].revents) {
		if (poll(fds, 3, transport_timeout(transport)) < 0)
			continue;
		if (fds[1].revents) {
			eventfd_read(ended_fd, &ended);
			transport_news(transport);
		}
		transport_run(transport);
	}
	transport_finish(transport);
}

static void announce(const struct settings *settings,
		     const struct transport *transport)
{
	char host[INET6_ADDRSTRLEN + 2], status[128];

	address_format(&settings->address, host);
	snprintf(status, sizeof(status), "serving http://%s:%u/api/v1", host,
		 transport_port(transport));
	printf("phyrd: %s\n", status);
	fflush(stdout);
	notify("READY=1");
}

static int run(const struct settings *settings, int signal_fd, int ended_fd,
	       struct phyr_error *error)
{
	struct service service = {
		.find = routes_find,
		.description = "/api/v1/openapi.json",
		.token = settings->token,
		.host = settings->host,
	};
	struct runner *runner = NULL;
	struct store *store = NULL;
	struct transport *transport = NULL;
	int ret;

	ret = store_create(settings->database, settings->history, ended_fd,
			   &store, error);
	if (ret)
		return ret;
	service.context = store;
	ret = transport_create(&settings->address.any, &service,
			       settings->connections, &transport);
	if (ret) {
		phyr_error_set(error, ret, "--listen %s: %s", settings->listen,
			       strerror(-ret));
		goto destroy;
	}
	ret = runner_create(store, &runner, error);
	if (ret)
		goto destroy;

	announce(settings, transport);
	serve(transport, signal_fd, ended_fd);
	notify("STOPPING=1");

destroy:
	store_stop(store);
	runner_destroy(runner);
	transport_destroy(transport);
	store_destroy(store);
	return ret;
}

/*
 * Raises the limit on open files to what all connections take, or serves fewer:
 * a daemon that cannot accept hears nobody.
 */
static int provide_files(struct settings *settings, struct phyr_error *error)
{
	const rlim_t needed = LIMIT_CONNECTIONS + LIMIT_OTHER_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return phyr_error_set(error, -errno, "getrlimit: %s",
				      strerror(errno));
	if (limit.rlim_cur < needed) {
		limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max
							 : needed;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	settings->connections = LIMIT_CONNECTIONS;
	if (limit.rlim_cur >= needed)
		return 0;
	if (limit.rlim_cur <= LIMIT_OTHER_FILES)
		return phyr_error_set(
			error, -EMFILE,
			"%llu files may be open (ulimit -n), but phyrd needs more than %d",
			(unsigned long long)limit.rlim_cur, LIMIT_OTHER_FILES);
	settings->connections =
		(unsigned int)(limit.rlim_cur - LIMIT_OTHER_FILES);
	log_line(
		LOG_CROWD,
		"%llu files may be open (ulimit -n), so that %u connections are served, not %d",
		(unsigned long long)limit.rlim_cur, settings->connections,
		LIMIT_CONNECTIONS);
	return 0;
}

/* Blocks the signals in all threads and makes them readable. */
static int catch_signals(int *fd, struct phyr_error *error)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
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

static int start(struct settings *settings, struct phyr_error *error)
{
	int signal_fd, ended_fd, ret;

	ret = provide_files(settings, error);
	if (!ret)
		ret = catch_signals(&signal_fd, error);
	if (ret)
		return ret;
	ended_fd = eventfd(0, EFD_CLOEXEC);
	if (ended_fd < 0) {
		ret = phyr_error_set(error, -errno, "eventfd: %s",
				     strerror(errno));
	} else {
		ret = run(settings, signal_fd, ended_fd, error);
		close(ended_fd);
	}
	close(signal_fd);
	return ret;
}

static int parse_history(const char *text, struct settings *settings,
			 struct phyr_error *error)
{
	uint64_t number;

	if (query_parse_number(text, &number) || !number ||
	    number > LIMIT_HISTORY)
		return phyr_error_set(error, -EINVAL,
				      "--history %s: not a number from 1 to %d",
				      text, LIMIT_HISTORY);
	settings->history = (unsigned int)number;
	return 0;
}

static int check(struct settings *settings, struct phyr_error *error)
{
	int ret = address_parse(settings->listen, &settings->address, error);

	if (ret)
		return ret;
	if (!address_is_loopback(&settings->address) && !settings->token_file)
		return phyr_error_set(
			error, -EINVAL,
			"--listen %s: not a loopback address, so it needs --token-file",
			settings->listen);
	if (settings->database && !*settings->database)
		return phyr_error_set(error, -EINVAL,
				      "--database: empty, but it is a file");
	if (settings->host &&
	    (!*settings->host || strpbrk(settings->host, ":/ ")))
		return phyr_error_set(error, -EINVAL,
				      "--host %s: not a name without a port",
				      settings->host);
	if (settings->token_file)
		return guard_read_token(settings->token_file, &settings->token,
					error);
	return 0;
}

/* Return: -1, or the exit status of a call that is done already. */
static int parse_options(int argc, char **argv, struct settings *settings,
			 struct phyr_error *error)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "database", required_argument, NULL, 'd' },
		{ "history", required_argument, NULL, 'n' },
		{ "token-file", required_argument, NULL, 't' },
		{ "host", required_argument, NULL, 'o' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, ret = 0;

	while (!ret &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			settings->listen = optarg;
			break;
		case 'd':
			settings->database = optarg;
			break;
		case 'n':
			ret = parse_history(optarg, settings, error);
			break;
		case 't':
			settings->token_file = optarg;
			break;
		case 'o':
			settings->host = optarg;
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
	if (!ret && optind < argc) {
		fprintf(stderr, "phyrd: unexpected argument %s\n%s",
			argv[optind], usage);
		return 2;
	}
	if (!ret)
		ret = check(settings, error);
	if (!ret)
		return -1;
	fprintf(stderr, "phyrd: %s\n", error->message);
	return 2;
}

int main(int argc, char **argv)
{
	struct settings settings = { .listen = DEFAULT_LISTEN,
				     .history = DEFAULT_HISTORY };
	struct phyr_error error;
	int status = parse_options(argc, argv, &settings, &error);

	if (status >= 0)
		return status;
	system_drop_fork_safety();
	status = 0;
	if (start(&settings, &error)) {
		fprintf(stderr, "phyrd: %s\n", error.message);
		status = 1;
	}
	free(settings.token);
	return status;
}
