/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of it that tests use. */
#define DISK_SIZE (64ul << 20)

/**
 * struct disk - something that holds data, open twice
 * @name: of its kind
 * @direct: with O_DIRECT
 * @buffered: without, to see what is there from the other side
 * @block: bytes of which length and position of direct I/O are multiples
 * @is_file: on a file system: it may have holes, and grow
 */
struct disk {
	const char *name;
	int direct;
	int buffered;
	size_t block;
	bool is_file;
};

/**
 * struct disk_kind - what there may be
 * @name: as tests name it
 * @open: open it, or skip or fail the test
 */
struct disk_kind {
	const char *name;
	void (*open)(const struct disk_kind *kind, struct disk *disk);
	const char *what;
	size_t block;
};

#define DISK_KINDS 14
extern const struct disk_kind disk_kinds[DISK_KINDS];

/*
 * One is open at a time. Skips the test where the machine has no such disk. What
 * a test that failed has left open is closed.
 */
void disk_open(const struct disk_kind *kind, struct disk *disk);
const struct disk_kind *disk_kind_named(const char *name);
/* Its place among disk_kinds. */
unsigned int disk_number(const struct disk *disk);
void disk_close(void);

/* Through the page cache, and on the disk when it returns. */
void disk_put(const struct disk *disk, const void *bytes, size_t len,
	      uint64_t pos);
/* What is on the disk, not in the page cache. */
void disk_get(const struct disk *disk, void *bytes, size_t len, uint64_t pos);

/*
 * A null_blk device that keeps what is written to it; @answer_ns later it says
 * that it has. Its node's path goes to @path. One of that name that is there
 * already is taken, and all stay.
 */
#define DISK_PATH 64
void disk_make_null(const char *name, size_t block, uint64_t answer_ns,
		    char path[DISK_PATH]);

/* A file system of that type, freshly made, on that device and mounted there. */
void disk_make_file_system(const char *type, const char *device,
			   const char *where);

#endif
