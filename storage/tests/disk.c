// SPDX-License-Identifier: GPL-2.0-only
/* Disks of every kind that the machine has, made as tests ask for them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "harness.h"
#include "stack.h"

#define NULLB "/sys/kernel/config/nullb"
/* What is answered by a timer is answered in interrupt context. */
#define ASYNC_NS 20000

/* The disk that is open. */
static struct disk current;

static void put_setting(const char *name, const char *setting, uint64_t value)
{
	char path[128], text[24];
	int fd, len;

	snprintf(path, sizeof(path), NULLB "/%s/%s", name, setting);
	len = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		fail("%s: %s", path, strerror(errno));
	close(fd);
}

void disk_make_null(const char *name, size_t block, uint64_t answer_ns,
		    char path[DISK_PATH])
{
	char folder[128];

	if (access(NULLB, F_OK))
		skip("no null_blk: CONFIG_BLK_DEV_NULL_BLK");
	snprintf(path, DISK_PATH, "/dev/%s", name);
	snprintf(folder, sizeof(folder), NULLB "/%s", name);
	if (mkdir(folder, 0755)) {
		if (errno == EEXIST)
			return;
		fail("%s: %s", folder, strerror(errno));
	}
	put_setting(name, "size", DISK_SIZE >> 20);
	put_setting(name, "blocksize", block);
	put_setting(name, "memory_backed", 1);
	put_setting(name, "irqmode", answer_ns ? 2 : 0);
	if (answer_ns)
		put_setting(name, "completion_nsec", answer_ns);
	put_setting(name, "power", 1);
}

static void run(const char *command)
{
	int status = system(command);

	if (status)
		fail("%s: status %d", command, status);
}

/* The type is the last word of a line. */
static bool kernel_has(const char *type)
{
	FILE *file = fopen("/proc/filesystems", "re");
	char line[64];
	bool has = false;

	while (file && !has && fgets(line, sizeof(line), file)) {
		const char *word = strrchr(line, '\t');

		line[strcspn(line, "\n")] = '\0';
		has = word && !strcmp(word + 1, type);
	}
	if (file)
		fclose(file);
	return has;
}

void disk_make_file_system(const char *type, const char *device,
			   const char *where)
{
	char command[256];

	if (access(device, F_OK))
		skip("no %s", device);
	if (!kernel_has(type))
		skip("this kernel has no %s", type);
	snprintf(command, sizeof(command), "mkfs.%s -q %s %s >/dev/null", type,
		 strcmp(type, "xfs") ? "-F -b 4096" : "-f", device);
	run(command);
	mkdir(where, 0755);
	if (mount(device, where, type, 0, NULL))
		fail("%s on %s: %s", type, device, strerror(errno));
}

static void open_both(struct disk *disk, const char *path, int flags)
{
	disk->buffered = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	disk->direct = open(path, O_RDWR | O_CLOEXEC | O_DIRECT);
	if (disk->buffered < 0 || disk->direct < 0)
		fail("%s: %s", path, strerror(errno));
}

static void open_null(const struct disk_kind *kind, struct disk *disk)
{
	char path[DISK_PATH], name[32];

	snprintf(name, sizeof(name), "nullb_%s", kind->what);
	disk_make_null(name, kind->block,
		       strcmp(kind->what, "async") ? 0 : ASYNC_NS, path);
	open_both(disk, path, 0);
}

static void open_drive(const struct disk_kind *kind, struct disk *disk)
{
	if (access(kind->what, F_OK))
		skip("no %s", kind->what);
	open_both(disk, kind->what, 0);
}

/* The file system is there as long as the file is open. */
static void open_file(const struct disk_kind *kind, struct disk *disk)
{
	static const char where[] = "/tmp/disk", path[] = "/tmp/disk/file";

	disk_make_file_system(kind->name, kind->what, where);
	open_both(disk, path, O_CREAT);
	unlink(path);
	umount2(where, MNT_DETACH);
	disk->is_file = true;
	if (ftruncate(disk->buffered, DISK_SIZE))
		fail("ftruncate: %s", strerror(errno));
}

/* Of two pieces of a null_blk device, or of two of these. */
static void open_stack(const struct disk_kind *kind, struct disk *disk)
{
	char first[DISK_PATH], second[DISK_PATH], path[DISK_PATH];
	const char *const two[] = { first, second };
	int status;

	disk_make_null("nullb_below", kind->block, 0, first);
	if (!strncmp(kind->what, "raid", 4)) {
		disk_make_null("nullb_beside", kind->block, 0, second);
		status = stack_raid(kind->what[4] - '0', two, path);
	} else if (!strcmp(kind->what, "loop")) {
		status = stack_loop(first, path);
	} else {
		status = stack_mapped(kind->what, first, path);
	}
	if (status)
		skip("no %s: %s", kind->what, strerror(-status));
	open_both(disk, path, 0);
}

const struct disk_kind disk_kinds[DISK_KINDS] = {
	{ "null-512", open_null, "512", 512 },
	{ "null-4096", open_null, "4096", 4096 },
	{ "nvme", open_drive, "/dev/phyr/nvme-file", 512 },
	{ "virtio", open_drive, "/dev/phyr/virtio-file", 512 },
	{ "ram", open_drive, "/dev/ram0", 512 },
	{ "ext4", open_file, "/dev/ram0", 512 },
	{ "xfs", open_file, "/dev/ram1", 512 },
	{ "linear", open_stack, "linear", 512 },
	{ "crypt", open_stack, "crypt", 512 },
	{ "null-async", open_null, "async", 512 },
	{ "raid0", open_stack, "raid0", 512 },
	{ "raid1", open_stack, "raid1", 512 },
	{ "loop", open_stack, "loop", 512 },
	{ "protected", open_drive, "/dev/phyr/nvme-pi", 512 },
};

const struct disk_kind *disk_kind_named(const char *name)
{
	for (size_t i = 0; i < DISK_KINDS; i++)
		if (!strcmp(disk_kinds[i].name, name))
			return &disk_kinds[i];
	fail("no kind of disk is called %s", name);
}

unsigned int disk_number(const struct disk *disk)
{
	return (unsigned int)(disk_kind_named(disk->name) - disk_kinds);
}

static void take_apart(void)
{
	if (current.name) {
		close(current.direct);
		close(current.buffered);
		current.name = NULL;
	}
	stack_remove();
}

void disk_open(const struct disk_kind *kind, struct disk *disk)
{
	take_apart();
	current = (struct disk){ .name = kind->name,
				 .direct = -1,
				 .buffered = -1,
				 .block = kind->block };
	kind->open(kind, &current);
	*disk = current;
}

void disk_close(void)
{
	assert_non_null(current.name);
	take_apart();
}

void disk_put(const struct disk *disk, const void *bytes, size_t len,
	      uint64_t pos)
{
	assert_int_equal(pwrite(disk->buffered, bytes, len, (off_t)pos), len);
	assert_int_equal(fdatasync(disk->buffered), 0);
	assert_int_equal(
		posix_fadvise(disk->buffered, 0, 0, POSIX_FADV_DONTNEED), 0);
}

void disk_get(const struct disk *disk, void *bytes, size_t len, uint64_t pos)
{
	assert_int_equal(
		posix_fadvise(disk->buffered, 0, 0, POSIX_FADV_DONTNEED), 0);
	assert_int_equal(pread(disk->buffered, bytes, len, (off_t)pos), len);
}
