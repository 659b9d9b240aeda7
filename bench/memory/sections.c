// SPDX-License-Identifier: GPL-2.0-only
/* From marks to samples: a line of the file for each. */
#include <inttypes.h>
#include <string.h>

#include "sections.h"

static void complain(const struct sections *sections, const char *what,
		     unsigned int slot)
{
	fprintf(sections->file, "error %s, slot %u\n", what, slot);
}

static void begin(struct sections *sections, unsigned int slot)
{
	struct section *section = &sections->slots[slot];

	if (section->state != SECTION_OUT)
		complain(sections, "a section begins within itself", slot);
	section->state = SECTION_AWAITED;
}

static void write_sample(const struct sections *sections, unsigned int slot)
{
	const struct section *section = &sections->slots[slot];

	fprintf(sections->file, "sample %u", slot);
	for (int i = 0; i < COUNTERS; i++)
		fprintf(sections->file, " %" PRIu64,
			section->last.n[i] - section->first.n[i]);
	fprintf(sections->file, " %" PRIu64 "\n", section->last_lines);
	if (sections->functions)
		calls_write(&section->calls, sections->file);
}

static void end(struct sections *sections, unsigned int slot)
{
	struct section *section = &sections->slots[slot];

	if (section->state == SECTION_OUT)
		complain(sections, "a section ends that has not begun", slot);
	else if (!section->ended)
		complain(sections, "a section has read no clock", slot);
	else if (*section->name)
		write_sample(sections, slot);
	section->state = SECTION_OUT;
	section->ended = false;
}

/* A measurement that failed may have left a section without its end. */
static void forget_names(struct sections *sections)
{
	for (int i = 0; i < SLOTS; i++) {
		sections->slots[i].state = SECTION_OUT;
		sections->slots[i].ended = false;
		sections->slots[i].name[0] = '\0';
		sections->slots[i].name_length = 0;
	}
}

static void name(struct sections *sections, unsigned int slot)
{
	if (!slot)
		forget_names(sections);
	sections->named = &sections->slots[slot];
	sections->named->name_length = 0;
}

void sections_mark(struct sections *sections, uint32_t operand,
		   const struct counters *now)
{
	unsigned int slot = operand & 0xff;

	(void)now;
	if (slot >= SLOTS) {
		complain(sections, "a mark of a place that there is not", slot);
		return;
	}
	switch (operand >> 8 & 0xff) {
	case MARK_BEGIN:
		begin(sections, slot);
		break;
	case MARK_END:
		end(sections, slot);
		break;
	case MARK_NAME:
		name(sections, slot);
		break;
	case MARK_ROUNDS:
		fprintf(sections->file, "rounds\n");
		break;
	case MARK_LAST:
		fprintf(sections->file, "last\n");
		forget_names(sections);
		break;
	case MARK_WAKE:
		break;
	default:
		complain(sections, "an unknown mark", slot);
	}
}

void sections_character(struct sections *sections, char character)
{
	struct section *section = sections->named;

	if (!section)
		return;
	if (character && section->name_length < NAME_MAX_LENGTH) {
		section->name[section->name_length++] = character;
		return;
	}
	section->name[section->name_length] = '\0';
	fprintf(sections->file, "row %td %s\n", section - sections->slots,
		section->name);
	sections->named = NULL;
}

static void first_clock(struct sections *sections, struct section *section,
			const struct counters *now)
{
	section->state = SECTION_GOING_ON;
	section->first = *now;
	section->n_lines = 0;
	lines_forget(&section->lines);
	if (sections->functions && sections->block)
		calls_begin(&section->calls, sections->block, now);
}

void sections_clock(struct sections *sections, const struct counters *now)
{
	for (int i = 0; i < SLOTS; i++) {
		struct section *section = &sections->slots[i];

		if (section->state == SECTION_AWAITED) {
			first_clock(sections, section, now);
		} else if (section->state == SECTION_GOING_ON) {
			section->last = *now;
			section->last_lines = section->n_lines;
			section->ended = true;
			if (sections->functions)
				calls_settle(&section->calls, now);
		}
	}
}

void sections_block(struct sections *sections, const struct block *block,
		    const struct counters *now)
{
	sections->block = block;
	for (int i = 0; i < SLOTS; i++)
		if (sections->slots[i].state == SECTION_GOING_ON)
			calls_enter(&sections->slots[i].calls, block, now,
				    sections->functions);
}

void sections_touch(struct sections *sections, uint64_t line)
{
	for (int i = 0; i < SLOTS; i++) {
		struct section *section = &sections->slots[i];

		if (section->state == SECTION_GOING_ON)
			section->n_lines += lines_touch(&section->lines, line);
	}
}
