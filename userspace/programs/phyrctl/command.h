/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "client.h"
#include "servers.h"
#include "status.h"

#define RUNS "/api/v1/runs"

/**
 * struct options - what stands before, between and after the operands
 * @servers: where to ask
 * @json: print the API's document, not a table
 * @csv: a line for each sample
 * @markdown: a table of Markdown
 * @file: what is to be measured, or NULL
 * @detach: do not wait for the run to end
 * @samples: number, or NULL; the same holds for the other numbers
 */
struct options {
	struct servers servers;
	bool json;
	bool detach;
	bool csv;
	bool markdown;
	const char *name;
	const char *device;
	const char *output;
	const char *file;
	const char *search;
	const char *samples;
	const char *warmup;
	const char *limit;
	const char *before;
};

/*
 * One function per command, each in a file of its own. @operands has n of
 * them, as many as the table in main.c allows. @client asks the server that the
 * command is about, and is NULL where there may be several.
 */
enum status command_run(struct client *client, const struct options *options,
			char **operands, int n);
enum status command_cancel(struct client *client, const struct options *options,
			   char **operands, int n);
enum status command_delete(struct client *client, const struct options *options,
			   char **operands, int n);
enum status command_wait(struct client *client, const struct options *options,
			 char **operands, int n);
enum status command_ls(struct client *client, const struct options *options,
		       char **operands, int n);
enum status command_show(struct client *client, const struct options *options,
			 char **operands, int n);
enum status command_compare(struct client *client,
			    const struct options *options, char **operands,
			    int n);
enum status command_export(struct client *client, const struct options *options,
			   char **operands, int n);
enum status command_import(struct client *client, const struct options *options,
			   char **operands, int n);
enum status command_system(struct client *client, const struct options *options,
			   char **operands, int n);

/**
 * server_client() - get ready to ask one of the servers
 */
enum status server_client(const struct server *server, struct client **client);

/**
 * compare_across() - compare runs of two servers
 * @operands: base and head, without their servers
 * @servers: of each
 * @comparison: as the API has it, with the "server" of each run
 */
enum status compare_across(char *const operands[2],
			   const struct server *const servers[2],
			   json_t **comparison);

/**
 * show_run() - print a run and what is known of its workloads
 */
void show_run(const json_t *run);

/**
 * wait_for_run() - await the end of a run and print it
 * @own: to be cancelled by SIGINT and SIGTERM
 */
enum status wait_for_run(struct client *client, const struct options *options,
			 long long id, bool own);

/**
 * csv_print() - the samples of a run
 * @run: with them
 */
void csv_print(FILE *file, const json_t *run);

/**
 * markdown_print() - a comparison as a table of Markdown
 */
void markdown_print(const json_t *comparison);

/**
 * run_status() - STATUS_OK if a run measured all its workloads, else STATUS_BAD
 */
enum status run_status(const json_t *run);

/**
 * parse_number() - a decimal number without sign
 * @what: what it is, for the message
 */
enum status parse_number(const char *what, const char *text,
			 json_int_t *number);

/**
 * get_runs() - GET a path that has the numbers of runs in it
 * @before: what stands before each
 * @operands: the numbers
 * @n: how many
 */
enum status get_runs(struct client *client, const char *const *before,
		     char **operands, int n, struct answer *answer);

/**
 * print_answer() - the document as it came
 */
void print_answer(const struct answer *answer);

#endif
