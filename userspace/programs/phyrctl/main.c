// SPDX-License-Identifier: GPL-2.0-only
/* phyrctl: phyrd's API on the command line. One file per command. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define DEFAULT_SERVER "http://127.0.0.1:7471"

static const char usage[] =
	"usage: phyrctl [OPTION...] COMMAND\n"
	"\n"
	"  run WORKLOAD...    measure, and await the end\n"
	"      --file FILE      measure what it describes, instead; - is stdin\n"
	"      --name NAME      what the run is called\n"
	"      --samples N      of each workload\n"
	"      --warmup N       rounds before them\n"
	"      --device NAME    RDMA device, its port and GID: rxe0, rxe0:1, rxe0:1:3;\n"
	"                       or what dio reads: a file or block device\n"
	"      --detach         print the run's id and do not wait\n"
	"  wait ID            await the end of a run\n"
	"  cancel ID...       end runs early\n"
	"  delete ID...       forget runs that have ended\n"
	"  ls                 list runs, newest first\n"
	"      --search WORDS   only those that have all of them\n"
	"      --limit N        so many\n"
	"      --before ID      only older ones\n"
	"  show ID            a run's results\n"
	"  compare BASE HEAD  two runs side by side, of two servers: 3@lab1 5@lab2\n"
	"      --markdown       as a table of Markdown\n"
	"  export ID          a run as Google Benchmark JSON\n"
	"      --csv            every sample as comma-separated values, instead\n"
	"      --output FILE    where to, instead of stdout\n"
	"  import FILE        load Google Benchmark JSON; - is stdin\n"
	"      --name NAME      what the run is called\n"
	"  system             the machine, and what it can measure\n"
	"  help [COMMAND]     this, or what it says of a command\n"
	"\n"
	"  --json             print the API's JSON instead of tables\n"
	"  --server URL       default " DEFAULT_SERVER
	"; with several, ls lists\n"
	"                     the runs of all, and a run is called ID@SERVER\n"
	"  --token-file FILE  holds the token that the server before it asks for\n"
	"  --version, --help\n"
	"\n"
	"Exit status: 0 all is well; 1 called wrongly or refused; 2 a workload was not\n"
	"measured, or is worse; 3 no answer; 4 nothing was compared, or of a workload\n"
	"there are too few samples; 130 interrupted, and the run cancelled.\n";

enum {
	OPTION_JSON = 1,
	OPTION_SERVER,
	OPTION_TOKEN_FILE,
	OPTION_NAME,
	OPTION_SAMPLES,
	OPTION_WARMUP,
	OPTION_DEVICE,
	OPTION_DETACH,
	OPTION_LIMIT,
	OPTION_BEFORE,
	OPTION_OUTPUT,
	OPTION_FILE,
	OPTION_SEARCH,
	OPTION_CSV,
	OPTION_MARKDOWN,
	OPTION_VERSION,
	OPTION_HELP,
};

#define BIT(option) (1u << (option))
#define EVERYWHERE \
	(BIT(OPTION_JSON) | BIT(OPTION_SERVER) | BIT(OPTION_TOKEN_FILE))

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "server", required_argument, NULL, OPTION_SERVER },
	{ "token-file", required_argument, NULL, OPTION_TOKEN_FILE },
	{ "name", required_argument, NULL, OPTION_NAME },
	{ "samples", required_argument, NULL, OPTION_SAMPLES },
	{ "warmup", required_argument, NULL, OPTION_WARMUP },
	{ "device", required_argument, NULL, OPTION_DEVICE },
	{ "detach", no_argument, NULL, OPTION_DETACH },
	{ "limit", required_argument, NULL, OPTION_LIMIT },
	{ "before", required_argument, NULL, OPTION_BEFORE },
	{ "output", required_argument, NULL, OPTION_OUTPUT },
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "search", required_argument, NULL, OPTION_SEARCH },
	{ "csv", no_argument, NULL, OPTION_CSV },
	{ "markdown", no_argument, NULL, OPTION_MARKDOWN },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

/**
 * enum place - which server a command is about
 * @ONE_SERVER: the only one there is
 * @OF_RUNS: that of its operands, which are runs
 * @SEVERAL: it asks them itself
 */
enum place {
	ONE_SERVER,
	OF_RUNS,
	SEVERAL
};

/**
 * struct command - a verb
 * @least: operands it needs
 * @most: operands it takes
 * @place: which server
 * @options: bits of the options that go with it, beside EVERYWHERE
 */
static const struct command {
	const char *name;
	int least;
	int most;
	enum place place;
	unsigned int options;
	enum status (*run)(struct client *client, const struct options *options,
			   char **operands, int n);
} commands[] = {
	{ "run", 0, 1 << 16, ONE_SERVER,
	  BIT(OPTION_FILE) | BIT(OPTION_NAME) | BIT(OPTION_SAMPLES) |
		  BIT(OPTION_WARMUP) | BIT(OPTION_DEVICE) | BIT(OPTION_DETACH),
	  command_run },
	{ "wait", 1, 1, OF_RUNS, 0, command_wait },
	{ "cancel", 1, 1 << 16, OF_RUNS, 0, command_cancel },
	{ "delete", 1, 1 << 16, OF_RUNS, 0, command_delete },
	{ "ls", 0, 0, SEVERAL,
	  BIT(OPTION_LIMIT) | BIT(OPTION_BEFORE) | BIT(OPTION_SEARCH),
	  command_ls },
	{ "show", 1, 1, OF_RUNS, 0, command_show },
	{ "compare", 2, 2, SEVERAL, BIT(OPTION_MARKDOWN), command_compare },
	{ "export", 1, 1, OF_RUNS, BIT(OPTION_OUTPUT) | BIT(OPTION_CSV),
	  command_export },
	{ "import", 1, 1, ONE_SERVER, BIT(OPTION_NAME), command_import },
	{ "system", 0, 0, ONE_SERVER, 0, command_system },
};

enum status parse_number(const char *what, const char *text, json_int_t *number)
{
	size_t len = strlen(text);

	if (!len || strspn(text, "0123456789") != len)
		return fail(STATUS_ERROR, "%s %s is not a number", what, text);
	if (len > 18)
		return fail(STATUS_ERROR,
			    "%s %s has %zu digits, but at most 18 are read",
			    what, text, len);
	*number = strtoll(text, NULL, 10);
	return STATUS_OK;
}

enum status get_runs(struct client *client, const char *const *before,
		     char **operands, int n, struct answer *answer)
{
	char path[128] = "";
	enum status status;
	json_int_t id = 0;

	for (int i = 0; i < n; i++) {
		size_t used = strlen(path);

		status = parse_number("run", operands[i], &id);
		if (status)
			return status;
		snprintf(path + used, sizeof(path) - used, "%s%lld", before[i],
			 (long long)id);
	}
	return client_get(client, path, answer);
}

void print_answer(const struct answer *answer)
{
	fwrite(answer->text, 1, answer->len, stdout);
	if (answer->text[answer->len - 1] != '\n')
		putchar('\n');
}

static enum status take_option(struct options *options, int option)
{
	switch (option) {
	case OPTION_JSON:
		options->json = true;
		break;
	case OPTION_SERVER:
		return servers_add(&options->servers, optarg);
	case OPTION_TOKEN_FILE:
		return servers_add_token(&options->servers, optarg);
	case OPTION_NAME:
		options->name = optarg;
		break;
	case OPTION_SAMPLES:
		options->samples = optarg;
		break;
	case OPTION_WARMUP:
		options->warmup = optarg;
		break;
	case OPTION_DEVICE:
		options->device = optarg;
		break;
	case OPTION_DETACH:
		options->detach = true;
		break;
	case OPTION_LIMIT:
		options->limit = optarg;
		break;
	case OPTION_BEFORE:
		options->before = optarg;
		break;
	case OPTION_OUTPUT:
		options->output = optarg;
		break;
	case OPTION_FILE:
		options->file = optarg;
		break;
	case OPTION_SEARCH:
		options->search = optarg;
		break;
	case OPTION_CSV:
		options->csv = true;
		break;
	case OPTION_MARKDOWN:
		options->markdown = true;
		break;
	}
	return STATUS_OK;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

/* The lines of the usage that are about a command: its own, and deeper ones. */
static void print_part(const char *name)
{
	size_t len = strlen(name);
	bool inside = false;

	for (const char *line = usage, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (strncmp(line, "      ", 6))
			inside = !strncmp(line, "  ", 2) &&
				 !strncmp(line + 2, name, len) &&
				 line[len + 2] == ' ';
		if (inside)
			printf("%.*s\n", (int)(end - line), line);
	}
}

static enum status help(char **operands, int n)
{
	if (!n) {
		fputs(usage, stdout);
		return STATUS_OK;
	}
	if (n > 1)
		return fail(STATUS_ERROR,
			    "help: too many operands, see --help");
	if (!find_command(operands[0]) && strcmp(operands[0], "help"))
		return fail(STATUS_ERROR, "no such command: %s; see --help",
			    operands[0]);
	print_part(operands[0]);
	return STATUS_OK;
}

static enum status check(const struct command *command, unsigned int given,
			 int operands)
{
	for (const struct option *o = long_options; o->name; o++) {
		if (given & BIT(o->val) & ~(EVERYWHERE | command->options))
			return fail(STATUS_ERROR, "--%s does not go with %s",
				    o->name, command->name);
	}
	if (operands < command->least)
		return fail(STATUS_ERROR, "%s: too few operands, see --help",
			    command->name);
	if (operands > command->most)
		return fail(STATUS_ERROR, "%s: too many operands, see --help",
			    command->name);
	return STATUS_OK;
}

enum status server_client(const struct server *server, struct client **client)
{
	return client_create(server->url, server->token_file, client);
}

/* The server that a command is about; runs are left without theirs. */
static enum status choose_server(const struct command *command,
				 const struct servers *servers, char **operands,
				 int n, const struct server **server)
{
	*server = &servers->all[0];
	if (command->place == ONE_SERVER && servers->n > 1)
		return fail(STATUS_ERROR, "%s: with one --server only",
			    command->name);
	for (int i = 0; i < n && command->place == OF_RUNS; i++) {
		const struct server *this;
		enum status status = servers_find(servers, operands[i], &this);

		if (status)
			return status;
		if (i && this != *server)
			return fail(STATUS_ERROR, "%s: runs of one server only",
				    command->name);
		*server = this;
	}
	return STATUS_OK;
}

static enum status carry_out(const struct command *command,
			     const struct options *options, char **operands,
			     int n)
{
	const struct server *server;
	struct client *client = NULL;
	enum status status;

	status =
		choose_server(command, &options->servers, operands, n, &server);
	if (!status && command->place != SEVERAL)
		status = server_client(server, &client);
	if (status)
		return status;
	status = command->run(client, options, operands, n);
	client_destroy(client);
	/* A full disk must not look like success. */
	if (fflush(stdout) && !status)
		status = fail(STATUS_ERROR, "stdout: %m");
	return status;
}

int main(int argc, char **argv)
{
	struct options options = { .servers = SERVERS_INIT(DEFAULT_SERVER) };
	const struct command *command;
	unsigned int given = 0;
	enum status status;
	int option;

	setlocale(LC_ALL, "");
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) !=
	       -1) {
		if (option == OPTION_VERSION) {
			puts("phyrctl " PHYR_VERSION);
			return STATUS_OK;
		}
		if (option == OPTION_HELP) {
			fputs(usage, stdout);
			return STATUS_OK;
		}
		if (option == '?')
			return STATUS_ERROR;
		given |= BIT(option);
		status = take_option(&options, option);
		if (status)
			return status;
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return STATUS_ERROR;
	}
	if (!strcmp(argv[optind], "help"))
		return help(argv + optind + 1, argc - optind - 1);
	command = find_command(argv[optind]);
	if (!command)
		return fail(STATUS_ERROR, "no such command: %s; see --help",
			    argv[optind]);
	status = check(command, given, argc - optind - 1);
	return status ? status
		      : carry_out(command, &options, argv + optind + 1,
				  argc - optind - 1);
}
