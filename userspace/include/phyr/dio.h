/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PHYR_DIO_H
#define PHYR_DIO_H

#include <stddef.h>
#include <stdint.h>

#include <phyr/error.h>

/**
 * enum phyr_dio_target - what is read from
 * @PHYR_DIO_NULL: a null_blk device, which is done within the call
 * @PHYR_DIO_NVME: an NVMe namespace, or a partition of one
 * @PHYR_DIO_VIRTIO: a virtio-blk device, or a partition of one
 * @PHYR_DIO_EXT4: a file on ext4
 * @PHYR_DIO_XFS: a file on XFS
 */
enum phyr_dio_target {
	PHYR_DIO_NULL,
	PHYR_DIO_NVME,
	PHYR_DIO_VIRTIO,
	PHYR_DIO_EXT4,
	PHYR_DIO_XFS,
	PHYR_DIO_TARGETS,
};

/* In the root of a file system, the file that is read unless one is named. */
#define PHYR_DIO_FILE "phyr-dio"

/* Room for any path that may be named, with its NUL. */
#define PHYR_DIO_PATH 256

/**
 * struct phyr_dio - a file or block device, open for direct I/O that reads
 * @fd: opened with O_RDONLY and O_DIRECT
 * @path: its name
 * @size: bytes that it holds
 */
struct phyr_dio {
	int fd;
	char path[PHYR_DIO_PATH];
	uint64_t size;
};

/**
 * phyr_dio_name() - "null", "nvme", "virtio", "ext4" or "xfs"
 */
const char *phyr_dio_name(enum phyr_dio_target target);

/**
 * phyr_dio_check() - is that a regular file or a block device?
 * @path: absolute
 * @error: filled on failure, or NULL
 *
 * Nothing is opened: some devices act on that.
 *
 * Return: 0; -EINVAL for a relative path and for other kinds of files;
 * -ENAMETOOLONG; else what stat() failed with.
 */
int phyr_dio_check(const char *path, struct phyr_error *error);

/**
 * phyr_dio_find() - what is read from unless a path is named
 * @target: its kind
 * @path: the first such device in the order of names, or PHYR_DIO_FILE in the
 *	root of the file system of that type that was mounted first
 * @error: filled on failure, or NULL
 *
 * Return: 0 or -ENODEV.
 */
int phyr_dio_find(enum phyr_dio_target target, char path[PHYR_DIO_PATH],
		  struct phyr_error *error);

/**
 * phyr_dio_open() - open a file or block device, for reading and nothing else
 * @target: what it must be
 * @path: absolute, or NULL for what phyr_dio_find() finds
 * @least: bytes that it must hold
 * @dio: to be closed with phyr_dio_close()
 * @error: filled on failure, or NULL
 *
 * Return: 0; -ENODEV if there is none or it is of another kind; -ENODATA if it
 * holds less; -EINVAL if it cannot be read directly; else as phyr_dio_check(),
 * or what open() failed with.
 */
int phyr_dio_open(enum phyr_dio_target target, const char *path, size_t least,
		  struct phyr_dio *dio, struct phyr_error *error);
void phyr_dio_close(struct phyr_dio *dio);

/**
 * phyr_dio_pread() - read from the beginning, timing the call
 * @dio: from phyr_dio_open()
 * @addr: where to, aligned to a base page
 * @len: bytes, a multiple of the base page
 * @ns: time that pread() took
 * @error: filled on failure, or NULL
 *
 * Return: 0, -ENODATA if fewer bytes came, or the negative errno of pread().
 */
int phyr_dio_pread(const struct phyr_dio *dio, void *addr, size_t len,
		   uint64_t *ns, struct phyr_error *error);

#endif
