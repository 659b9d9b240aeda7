// SPDX-License-Identifier: GPL-2.0-only
/* A run as comma-separated values, RFC 4180 but for the line ends. */
#include <string.h>

#include "command.h"
#include "text.h"

/* What values are in, and what a result's are to be multiplied by for that. */
struct column {
	const char *unit;
	double scale;
};

/* What a spreadsheet would take for a formula begins with an apostrophe. */
static void print_text(FILE *file, const char *text)
{
	bool formula = *text && strchr("=+-@\t\r", *text);

	if (!formula && !text[strcspn(text, ",\"\r\n")]) {
		fputs(text, file);
		return;
	}
	fputc('"', file);
	if (formula)
		fputc('\'', file);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

/* A line whose last two columns are a figure of some kind, and why there is none. */
static void print_line(FILE *file, const json_t *result,
		       const struct column *column, const char *what,
		       const json_t *value, const char *error)
{
	const json_t *parameters = json_object_get(result, "parameters");

	print_text(file, text_of(result, "workload"));
	fputc(',', file);
	print_text(file, text_of(parameters, "device"));
	fprintf(file, ",%s,%s,", column->unit, what);
	if (value)
		fprintf(file, "%.15g",
			json_number_value(value) * column->scale);
	fputc(',', file);
	print_text(file, error);
	fputc('\n', file);
}

static void print_result(FILE *file, const json_t *result,
			 const struct column *column)
{
	static const char *const aggregates[] = { "median", "mean" };
	static const struct column none = { "", 1 };
	const json_t *samples = json_object_get(result, "samples");
	const json_t *error = json_object_get(result, "error");
	const json_t *value;
	char number[24];
	size_t i;

	if (error) {
		print_line(file, result, &none, "", NULL,
			   text_of(error, "errno"));
		return;
	}
	json_array_foreach(samples, i, value)
	{
		snprintf(number, sizeof(number), "%zu", i + 1);
		print_line(file, result, column, number, value, "");
	}
	for (i = 0; i < 2 && !samples; i++) {
		value = json_object_get(json_object_get(result, "aggregates"),
					aggregates[i]);
		if (value)
			print_line(file, result, column, aggregates[i], value,
				   "");
	}
}

void csv_print(FILE *file, const json_t *run)
{
	bool counts = !strcmp(text_of(run, "clock"), "icount");
	const json_t *result;
	size_t i;

	fputs("workload,device,unit,sample,value,error\n", file);
	json_array_foreach(json_object_get(run, "results"), i, result)
	{
		struct column column = { text_of(result, "unit"), 1 };

		if (counts) {
			column.scale = strcmp(column.unit, "ps") ? 1 : 1e-3;
			column.unit = "instructions";
		}
		print_result(file, result, &column);
	}
}
