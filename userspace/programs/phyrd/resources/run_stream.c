// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run as JSON, piece by piece.
 *
 * The document is made of the head without its closing brace, the context, and
 * the results as they are stored, whose samples go before their closing brace.
 */
#include <errno.h>
#include <stdlib.h>

#include "run_stream.h"

#define SAMPLES_IN_PIECE 1000

struct run_stream {
	struct stream stream;
	struct store *store;
	struct run_head head;
	bool samples;
	bool begun;
	size_t position; /* of the result */
	size_t n; /* its samples */
	size_t sent; /* of them; 0: its document neither */
};

static int add_head(struct run_stream *run, struct text *text)
{
	struct phyr_error error;
	int ret;

	text_add_json(text, run_head_render(&run->head));
	if (text->failed)
		return -ENOMEM;
	text->len--;
	text_add(text, ",\"context\":");
	ret = store_context(run->store, run->head.id, text, &error);
	text_add(text, ",\"results\":[");
	run->begun = true;
	return ret;
}

static int add_samples(struct run_stream *run, struct text *text)
{
	size_t n = run->n - run->sent;
	uint64_t samples[SAMPLES_IN_PIECE];
	struct phyr_error error;
	int ret;

	if (n > SAMPLES_IN_PIECE)
		n = SAMPLES_IN_PIECE;
	ret = store_samples(run->store, run->head.id, run->position, run->sent,
			    samples, n, &error);
	for (size_t i = 0; i < n && !ret; i++)
		text_add(text, "%s%llu", run->sent + i ? "," : "",
			 (unsigned long long)samples[i]);
	run->sent += n;
	return ret;
}

/* A run that ended since, and could not be stored, has kept no result. */
static bool results_end_here(const struct run_stream *run)
{
	struct phyr_error error;
	struct run_head head;

	return !store_find(run->store, run->head.id, &head, &error) &&
	       head.finished <= run->position;
}

static int add_document(struct run_stream *run, struct text *text)
{
	size_t before = text->len;
	struct phyr_error error;
	int ret;

	if (run->position)
		text_add(text, ",");
	ret = store_result(run->store, run->head.id, run->position, text,
			   &run->n, &error);
	if (ret == -ENOENT && results_end_here(run)) {
		run->head.finished = run->position;
		text->len = before;
		return 0;
	}
	if (ret || text->failed)
		return ret;
	if (!run->samples)
		run->n = 0;
	if (run->n) {
		text->len--;
		text_add(text, ",\"samples\":[");
	}
	return 0;
}

static int add_result(struct run_stream *run, struct text *text)
{
	int ret = 0;

	if (!run->sent)
		ret = add_document(run, text);
	if (!ret && run->n)
		ret = add_samples(run, text);
	if (ret || run->sent < run->n || run->position == run->head.finished)
		return ret;
	if (run->n)
		text_add(text, "]}");
	run->position++;
	run->n = run->sent = 0;
	return 0;
}

static int next(struct stream *stream, struct text *text)
{
	struct run_stream *run = (struct run_stream *)stream;
	int ret;

	if (!run->begun)
		ret = add_head(run, text);
	else if (run->position < run->head.finished)
		ret = add_result(run, text);
	else
		ret = 0;
	if (ret || text->failed)
		return ret ? ret : -ENOMEM;
	if (run->position < run->head.finished)
		return 1;
	text_add(text, "]}");
	return text->failed ? -ENOMEM : 0;
}

static void destroy(struct stream *stream)
{
	free(stream);
}

struct stream *run_stream_create(struct store *store,
				 const struct run_head *head, bool samples)
{
	struct run_stream *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->stream.next = next;
	run->stream.destroy = destroy;
	run->store = store;
	run->head = *head;
	run->samples = samples;
	return &run->stream;
}
