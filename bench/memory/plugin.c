// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory clock: a plugin of QEMU that counts what measured sections do.
 *
 * Arguments: out=FILE, l1=, l2=, llc=SIZE:WAYS (l2 may be left out), line=BYTES;
 * functions=FILE follows calls; whole=on counts all from the beginning on, as
 * one sample. One CPU.
 *
 * A machine boots at nearly full speed: until a program has said that it will
 * measure, only marks are looked for. Then QEMU translates all code anew.
 *
 * Levels are asked one after the other, and each keeps what it is asked for.
 * What is not in memory (a device's registers) is in no cache.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "qemu_plugin.h"
#include "sections.h"

#define EXPORTED __attribute__((visibility("default")))

/* QEMU asks for the version, and calls qemu_plugin_install(). */
extern EXPORTED int qemu_plugin_version;
EXPORTED int qemu_plugin_install(plugin_id id, const struct qemu_info *info,
				 int argc, char **argv);

int qemu_plugin_version = INTERFACE_VERSION;

static struct counters now;
static struct cache l1, l2, llc;
static uint64_t line_size = 64;
static struct functions functions;
static struct sections sections;
static bool watching; /* caches are used: since the first mark */
static plugin_id self;
static bool character_due;
static bool whole;
static bool of_system; /* addresses are virtual */
static bool unknown; /* one was nowhere, which has been said */

static void use(uint64_t line)
{
	sections_touch(&sections, line);
	if (cache_use(&l1, line))
		return;
	now.n[L1_MISSES]++;
	if (l2.ways) {
		if (cache_use(&l2, line))
			return;
		now.n[L2_MISSES]++;
	}
	if (!cache_use(&llc, line))
		now.n[LLC_MISSES]++;
}

/*
 * false: it is no memory. In user mode addresses are all there is. Of a machine
 * a virtual address would be in a line of another: no figure can be believed.
 */
static bool physical(uint32_t info, uint64_t vaddr, uint64_t *paddr)
{
	const struct qemu_plugin_hwaddr *where =
		qemu_plugin_get_hwaddr(info, vaddr);

	*paddr = vaddr;
	if (!where) {
		if (of_system && !unknown)
			fprintf(sections.file,
				"error QEMU knows no physical address of %" PRIx64
				"\n",
				vaddr);
		unknown = of_system;
		return !of_system;
	}
	if (qemu_plugin_hwaddr_is_io(where))
		return false;
	*paddr = qemu_plugin_hwaddr_phys_addr(where);
	return true;
}

static void on_access(unsigned int cpu, uint32_t info, uint64_t vaddr,
		      void *data)
{
	bool store = qemu_plugin_mem_is_store(info);
	uint64_t size = UINT64_C(1) << qemu_plugin_mem_size_shift(info);
	uint64_t last = vaddr + size - 1, paddr;

	(void)cpu;
	(void)data;
	if (!watching)
		return;
	now.n[store ? STORES : LOADS]++;
	if (character_due && !store && size == 1) {
		character_due = false;
		sections_character(&sections, (char)vaddr);
	}
	if (!physical(info, vaddr, &paddr))
		return;
	use(paddr / line_size);
	if (vaddr / line_size != last / line_size &&
	    physical(info, last, &paddr))
		use(paddr / line_size);
}

static void on_mark(unsigned int cpu, void *operand)
{
	uint32_t mark = (uint32_t)(uintptr_t)operand;

	(void)cpu;
	if (whole)
		return;
	watching = true;
	if ((mark >> 8 & 0xff) == MARK_CHARACTER)
		character_due = true;
	else
		sections_mark(&sections, mark, &now);
}

static void on_clock(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	sections_clock(&sections, &now);
}

static void on_block(unsigned int cpu, void *block)
{
	(void)cpu;
	sections_block(&sections, block, &now);
}

static void translate_insn(struct qemu_plugin_insn *insn,
			   const struct x86_insn *decoded)
{
	if (decoded->mark)
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, on_mark, NO_REGISTERS,
			(void *)(uintptr_t)decoded->operand);
	if (decoded->clock)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_clock,
						       NO_REGISTERS, NULL);
	qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD_U64,
						   &now.n[INSTRUCTIONS], 1);
	if (decoded->locked)
		qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD_U64,
							   &now.n[LOCKED], 1);
	qemu_plugin_register_vcpu_mem_cb(insn, on_access, NO_REGISTERS,
					 READS_AND_WRITES, NULL);
}

static void watch_all(plugin_id id);

static void on_first_mark(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	if (!watching)
		qemu_plugin_reset(self, watch_all);
	watching = true;
}

static void look_for_marks(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (x86_decode(qemu_plugin_insn_data(insn),
			       qemu_plugin_insn_size(insn))
			    .mark)
			qemu_plugin_register_vcpu_insn_exec_cb(
				insn, on_first_mark, NO_REGISTERS, NULL);
	}
}

static void translate(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct x86_insn decoded = { 0 };
	struct block *block;

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		decoded = x86_decode(qemu_plugin_insn_data(insn),
				     qemu_plugin_insn_size(insn));
		translate_insn(insn, &decoded);
		if (i + 1 < n || !functions.n)
			continue;
		/* QEMU may execute a block as long as it runs. */
		block = malloc(sizeof(*block));
		if (!block)
			abort();
		block->vaddr = qemu_plugin_tb_vaddr(tb);
		block->after = qemu_plugin_insn_vaddr(insn) +
			       qemu_plugin_insn_size(insn);
		block->end = decoded.end;
		block->function = functions_find(&functions, block->vaddr);
		qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, NO_REGISTERS,
						     block);
	}
}

static void on_exit_of_qemu(plugin_id id, void *data)
{
	bool lost;

	(void)id;
	(void)data;
	if (whole) {
		fprintf(sections.file, "row 0 whole\nsample 0");
		for (int i = 0; i < COUNTERS; i++)
			fprintf(sections.file, " %" PRIu64, now.n[i]);
		fprintf(sections.file, " %" PRIu64 "\n",
			sections.slots[0].n_lines);
	}
	/* Without this line the file is not all there is. */
	if (!ferror(sections.file))
		fprintf(sections.file, "end\n");
	lost = ferror(sections.file);
	if (fclose(sections.file) || lost)
		fprintf(stderr, "memory clock: samples are lost: %s\n",
			strerror(errno));
}

static void watch_all(plugin_id id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
}

/* NULL, or why the argument cannot be taken. */
static const char *take_argument(const char *name, const char *value)
{
	struct cache *level = !strcmp(name, "l1")    ? &l1
			      : !strcmp(name, "l2")  ? &l2
			      : !strcmp(name, "llc") ? &llc
						     : NULL;
	int ret;

	if (level) {
		ret = cache_create(level, value, line_size);
		return !ret ? NULL
		       : ret == -ENOMEM
			       ? "out of memory"
			       : "no SIZE:WAYS that makes a power of two of sets";
	}
	if (!strcmp(name, "line")) {
		line_size = strtoull(value, NULL, 10);
		if (l1.ways || l2.ways || llc.ways)
			return "is to stand before the caches";
		return line_size < 16 || line_size & (line_size - 1)
			       ? "is no power of two from 16 on"
			       : NULL;
	}
	if (!strcmp(name, "out")) {
		sections.file = fopen(value, "we");
		return sections.file ? NULL : strerror(errno);
	}
	if (!strcmp(name, "functions")) {
		ret = functions_read(&functions, value);
		sections.functions = &functions;
		return ret == -EINVAL ? "has no ascending addresses"
		       : ret	      ? strerror(-ret)
				      : NULL;
	}
	if (!strcmp(name, "whole")) {
		whole = watching = !strcmp(value, "on");
		sections.slots[0].state = whole ? SECTION_GOING_ON
						: SECTION_OUT;
		lines_forget(&sections.slots[0].lines);
		return NULL;
	}
	return "is no argument";
}

int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int argc,
			char **argv)
{
	const char *wrong = NULL;

	for (int i = 0; i < argc && !wrong; i++) {
		char *value = strchr(argv[i], '=');

		if (value)
			*value++ = '\0';
		wrong = take_argument(argv[i], value ? value : "");
		if (wrong)
			fprintf(stderr, "memory clock: %s=%s: %s\n", argv[i],
				value ? value : "", wrong);
	}
	if (!wrong && (!sections.file || !l1.ways || !llc.ways)) {
		wrong = "out, l1 and llc are wanted";
		fprintf(stderr, "memory clock: %s\n", wrong);
	}
	if (wrong)
		return -1;
	fprintf(sections.file, "phyr-memory-clock 1\n");
	self = id;
	of_system = info->system;
	if (!info->system || whole) {
		watch_all(id);
		return 0;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, look_for_marks);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	return 0;
}
