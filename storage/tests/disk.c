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
#include "dm.h"
#include "harness.h"

#define NULLB "/sys/kernel/config/nullb"
#define MAPPED "phyr-test"

/* The disk that is open, and what it is made of, to be taken apart. */
static struct disk current;
static bool mapped;

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
	disk_make_null(name, kind->block, 0, path);
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

/* Of two pieces of a null_blk device, the second one first, or of one. */
static void open_mapped(const struct disk_kind *kind, struct disk *disk)
{
	char below[DISK_PATH], path[DM_PATH], parameters[2][160];
	const uint64_t half = (DISK_SIZE >> 9) / 2;
	bool crypt = !strcmp(kind->what, "crypt");
	const char *form = crypt ? "aes-xts-plain64 %064d 0 %s %llu" : NULL;
	int status;

	disk_make_null("nullb_below", kind->block, 0, below);
	for (int i = 0; i < 2; i++)
		if (crypt)
			snprintf(parameters[i], sizeof(parameters[i]), form, 7,
				 below, (unsigned long long)(i ? half : 0));
		else
			snprintf(parameters[i], sizeof(parameters[i]),
				 "%s %llu", below,
				 (unsigned long long)(i ? 0 : half));
	const struct dm_part parts[] = {
		{ 0, half, kind->what, parameters[0] },
		{ half, half, kind->what, parameters[1] },
	};

	status = dm_create(MAPPED, parts, ARRAY_SIZE(parts), path);
	if (status)
		skip("no dm-%s: %s", kind->what, strerror(-status));
	mapped = true;
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
	{ "linear", open_mapped, "linear", 512 },
	{ "crypt", open_mapped, "crypt", 512 },
};

const struct disk_kind *disk_kind_named(const char *name)
{
	for (size_t i = 0; i < DISK_KINDS; i++)
		if (!strcmp(disk_kinds[i].name, name))
			return &disk_kinds[i];
	fail("no kind of disk is called %s", name);
}

static void take_apart(void)
{
	if (current.name) {
		close(current.direct);
		close(current.buffered);
		current.name = NULL;
	}
	if (mapped)
		dm_remove(MAPPED);
	mapped = false;
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
