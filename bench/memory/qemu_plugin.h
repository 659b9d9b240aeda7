/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is used of the interface of QEMU 7.2 for plugins of its translator.
 * Debian has no package of the header. QEMU resolves these when it loads us.
 */
#ifndef QEMU_PLUGIN_H
#define QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of the interface that we speak, which QEMU looks for. */
#define INTERFACE_VERSION 1

/* Translated code, an instruction in it, and where an access went. */
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

/* Whether a callback may look at registers. Ours do not. */
enum qemu_plugin_cb_flags {
	NO_REGISTERS
};

/* Accesses that a callback is for. */
enum qemu_plugin_mem_rw {
	READS_AND_WRITES = 3
};

/* What translated code does itself, without a call. */
enum qemu_plugin_op {
	ADD_U64
};

/* What QEMU says of itself; there is more behind it. */
struct qemu_info {
	const char *target;
	struct {
		int least;
		int current;
	} version;
	bool system; /* a whole machine, no single program */
};

typedef uint64_t plugin_id;
typedef void translate_fn(plugin_id id, struct qemu_plugin_tb *tb);
typedef void execute_fn(unsigned int cpu, void *data);
typedef void access_fn(unsigned int cpu, uint32_t info, uint64_t vaddr,
		       void *data);
typedef void exit_fn(plugin_id id, void *data);
typedef void reset_fn(plugin_id id);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, translate_fn *fn);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  execute_fn *fn,
					  enum qemu_plugin_cb_flags flags,
					  void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    execute_fn *fn,
					    enum qemu_plugin_cb_flags flags,
					    void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						enum qemu_plugin_op op,
						void *counter,
						uint64_t summand);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
				      access_fn *fn,
				      enum qemu_plugin_cb_flags flags,
				      enum qemu_plugin_mem_rw rw, void *data);
void qemu_plugin_register_atexit_cb(plugin_id id, exit_fn *fn, void *data);

/* Soon all callbacks and all translated code are gone; then @fn is called. */
void qemu_plugin_reset(plugin_id id, reset_fn *fn);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

/* Of an access: log2 of its bytes, and which way it went. */
unsigned int qemu_plugin_mem_size_shift(uint32_t info);
bool qemu_plugin_mem_is_store(uint32_t info);
/* NULL in user mode. */
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t info,
						  uint64_t vaddr);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *where);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *where);

#endif
