// SPDX-License-Identifier: GPL-2.0-only
/* Takes names of workloads apart and puts them together. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <phyr/size.h>
#include <phyr/workload.h>

/* Takes the part up to the next '/' off @rest; NULL if nothing is left. */
static const char *next_part(char **rest)
{
	return strsep(rest, "/");
}

static int find(const char *const *names, const char *name, unsigned int *index)
{
	for (unsigned int i = 0; name && names[i]; i++) {
		if (!strcmp(names[i], name)) {
			*index = i;
			return 0;
		}
	}
	return -EINVAL;
}

static const struct phyr_family *find_family(const char *name)
{
	for (size_t i = 0; name && phyr_families[i]; i++) {
		if (!strcmp(phyr_families[i]->name, name))
			return phyr_families[i];
	}
	return NULL;
}

/* "pin, unpin" */
static void list_names(const char *const *names, char *text, size_t room)
{
	size_t used = 0;

	for (; *names && used < room; names++)
		used += (size_t)snprintf(text + used, room - used, "%s%s",
					 used ? ", " : "", *names);
}

static int refuse(struct phyr_error *error, const char *name, const char *what,
		  const char *part, const char *known)
{
	return phyr_error_set(error, -EINVAL,
			      "workload \"%s\": %s \"%s\" is not one of: %s",
			      name, what, part ? part : "", known);
}

static int refuse_family(struct phyr_error *error, const char *name,
			 const char *part)
{
	const char *names[16] = { NULL };
	char known[128];

	for (size_t i = 0; phyr_families[i]; i++)
		names[i] = phyr_families[i]->name;
	list_names(names, known, sizeof(known));
	return refuse(error, name, "family", part, known);
}

static int refuse_backing(struct phyr_error *error, const char *name,
			  const char *part)
{
	const char *names[PHYR_BACKING_KINDS + 1] = { NULL };
	char known[128];

	for (int i = 0; i < PHYR_BACKING_KINDS; i++)
		names[i] = phyr_backing_name(i);
	list_names(names, known, sizeof(known));
	return refuse(error, name, "backing", part, known);
}

/* The next part, if it must be one of @names; NULL: the family has none. */
static int parse_choice(const char *name, const char *what,
			const char *const *names, char **rest,
			unsigned int *index, struct phyr_error *error)
{
	const char *part;
	char known[128];

	if (!names)
		return 0;
	part = next_part(rest);
	if (!find(names, part, index))
		return 0;
	list_names(names, known, sizeof(known));
	return refuse(error, name, what, part, known);
}

static int parse_size(const char *name, const char *part, size_t *size,
		      struct phyr_error *error)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes;
	int ret = part ? phyr_size_parse(part, &bytes) : -EINVAL;

	if (ret == -ERANGE)
		bytes = SIZE_MAX - SIZE_MAX % page;
	else if (ret)
		return phyr_error_set(
			error, -EINVAL,
			"workload \"%s\": size \"%s\" is not a number followed by KiB, MiB or GiB",
			name, part ? part : "");
	if (bytes % page)
		return phyr_error_set(
			error, -EINVAL,
			"workload \"%s\": size %s is not a multiple of the page, %zuKiB",
			name, part, page / PHYR_KIB);
	if (bytes > PHYR_WORKLOAD_SIZE_MAX)
		return phyr_error_set(
			error, -EINVAL,
			"workload \"%s\": size %s is more than %zuGiB", name,
			part, PHYR_WORKLOAD_SIZE_MAX / PHYR_GIB);
	*size = bytes;
	return 0;
}

int phyr_workload_parse(const char *name, struct phyr_workload *workload,
			struct phyr_error *error)
{
	struct phyr_workload w = { 0 };
	char copy[PHYR_WORKLOAD_NAME], *rest = copy;
	const char *part;
	int ret;

	if (strlen(name) >= sizeof(copy))
		return phyr_error_set(
			error, -EINVAL,
			"workload name of %zu bytes is longer than %zu",
			strlen(name), sizeof(copy) - 1);
	strcpy(copy, name);

	part = next_part(&rest);
	w.family = find_family(part);
	if (!w.family)
		return refuse_family(error, name, part);

	ret = parse_choice(name, "form", w.family->forms, &rest, &w.form,
			   error);
	if (!ret)
		ret = parse_choice(name, "variant", w.family->variants, &rest,
				   &w.variant, error);
	if (!ret)
		ret = parse_choice(name, "series", w.family->series, &rest,
				   &w.series, error);
	if (ret)
		return ret;

	part = next_part(&rest);
	if (!part || phyr_backing_parse(part, &w.backing))
		return refuse_backing(error, name, part);

	ret = parse_size(name, next_part(&rest), &w.size, error);
	if (ret)
		return ret;
	if (rest)
		return phyr_error_set(
			error, -EINVAL,
			"workload \"%s\": nothing may follow the size", name);
	*workload = w;
	return 0;
}

void phyr_workload_format(const struct phyr_workload *workload,
			  char name[PHYR_WORKLOAD_NAME])
{
	const struct phyr_family *family = workload->family;
	char size[PHYR_SIZE_TEXT];

	phyr_size_format(workload->size, size);
	snprintf(name, PHYR_WORKLOAD_NAME, "%s%s%s%s%s/%s/%s/%s", family->name,
		 family->forms ? "/" : "",
		 family->forms ? family->forms[workload->form] : "",
		 family->variants ? "/" : "",
		 family->variants ? family->variants[workload->variant] : "",
		 family->series[workload->series],
		 phyr_backing_name(workload->backing), size);
}

unsigned int phyr_workload_rounds(const struct phyr_workload *workload)
{
	const struct phyr_rounds *rounds = workload->family->rounds;
	unsigned int i = 0, end;

	if (!rounds)
		return 0;
	for (end = rounds[0].series; workload->series >= end;
	     end += rounds[i].series)
		i++;
	return i;
}

bool phyr_workload_same_rounds(const struct phyr_workload *a,
			       const struct phyr_workload *b)
{
	return a->family == b->family && a->form == b->form &&
	       a->variant == b->variant && a->backing == b->backing &&
	       a->size == b->size &&
	       phyr_workload_rounds(a) == phyr_workload_rounds(b);
}
