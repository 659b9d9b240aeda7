// SPDX-License-Identifier: GPL-2.0-only
/*
 * ext4_image FOLDER: mounts there an ext4 with the file phyr-dio of 64 MiB in
 * 1,024 extents, for figures of direct I/O through a file system. What is no data
 * of that file lies on /dev/ram0, its data on /dev/nullb0, which moves none: no
 * copying is in the figures.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/fs.h>

#include <phyr/dio.h>

#include "dm.h"

#define MAPPED "phyr-ext4"
#define EXTENTS 1024
#define EXTENT (64ul << 10)
#define SECTOR 512

struct map {
	unsigned int nr;
	struct {
		uint64_t logical, physical, len;
	} extents[EXTENTS + 1];
};

static uint64_t sectors_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t size = 0;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size))
		error(1, errno, "%s", path);
	close(fd);
	return size / SECTOR;
}

static void must(const char *what, int status)
{
	if (status)
		error(1, -status, "%s", what);
}

/*
 * Twice as much as it shall hold, of which every second piece is cut out: what
 * is left of it is not adjacent. What is cut out stays unused until the journal
 * is committed, so that the tree of the extents lies elsewhere.
 */
static void write_file(int fd)
{
	static char piece[EXTENT];

	for (int i = 0; i < 2 * EXTENTS; i++)
		if (write(fd, piece, EXTENT) != (ssize_t)EXTENT)
			error(1, errno, "write");
	if (fsync(fd))
		error(1, errno, "fsync");
	for (unsigned int i = 1; i < EXTENTS; i++)
		if (fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, (off_t)(i * EXTENT),
			      EXTENT))
			error(1, errno, "fallocate");
	if (ftruncate(fd, EXTENTS * EXTENT) || fsync(fd))
		error(1, errno, "ftruncate");
}

static void look_up(int fd, struct map *map)
{
	size_t size = sizeof(struct fiemap) +
		      (EXTENTS + 1) * sizeof(struct fiemap_extent);
	struct fiemap *request = calloc(1, size);

	if (!request)
		error(1, errno, "calloc");
	request->fm_length = FIEMAP_MAX_OFFSET;
	request->fm_flags = FIEMAP_FLAG_SYNC;
	request->fm_extent_count = EXTENTS + 1;
	if (ioctl(fd, FS_IOC_FIEMAP, request))
		error(1, errno, "fiemap");
	memset(map, 0, sizeof(*map));
	map->nr = request->fm_mapped_extents;
	if (map->nr != EXTENTS)
		error(1, 0, "%u extents, not %d", map->nr, EXTENTS);
	for (unsigned int i = 0; i < map->nr; i++) {
		const struct fiemap_extent *extent = &request->fm_extents[i];

		if (extent->fe_flags & ~FIEMAP_EXTENT_LAST)
			error(1, 0, "extent %u has flags %#x", i,
			      extent->fe_flags);
		map->extents[i].logical = extent->fe_logical;
		map->extents[i].physical = extent->fe_physical;
		map->extents[i].len = extent->fe_length;
	}
	free(request);
}

/* From the first to the last of the extents lies nothing else that is used. */
static void move_data(const struct map *map)
{
	uint64_t all = sectors_of("/dev/ram0"), start = UINT64_MAX, end = 0;
	char low[64], data[64], high[64];

	for (unsigned int i = 0; i < map->nr; i++) {
		uint64_t physical = map->extents[i].physical;

		if (physical < start)
			start = physical;
		if (physical + map->extents[i].len > end)
			end = physical + map->extents[i].len;
	}
	start /= SECTOR;
	end /= SECTOR;
	snprintf(low, sizeof(low), "/dev/ram0 0");
	snprintf(data, sizeof(data), "/dev/nullb0 %llu",
		 (unsigned long long)start);
	snprintf(high, sizeof(high), "/dev/ram0 %llu", (unsigned long long)end);
	const struct dm_part parts[] = {
		{ 0, start, "linear", low },
		{ start, end - start, "linear", data },
		{ end, all - end, "linear", high },
	};

	must("dm-linear", dm_replace(MAPPED, parts, 3));
}

static int mount_file(const char *device, const char *folder, int flags)
{
	char path[PHYR_DIO_PATH];
	int fd;

	if (mount(device, folder, "ext4", 0, NULL))
		error(1, errno, "%s on %s", device, folder);
	snprintf(path, sizeof(path), "%s/" PHYR_DIO_FILE, folder);
	fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	if (fd < 0)
		error(1, errno, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	const struct dm_part whole = { 0, sectors_of("/dev/ram0"), "linear",
				       "/dev/ram0 0" };
	static struct map before, after;
	char device[DM_PATH], command[128];
	int fd;

	if (argc != 2)
		error(2, 0, "ext4_image FOLDER");
	must("dm-linear", dm_create(MAPPED, &whole, 1, device));
	snprintf(command, sizeof(command),
		 "mkfs.ext4 -q -F -b 4096 -E packed_meta_blocks=1 %s", device);
	if (system(command))
		error(1, 0, "%s failed", command);
	mkdir(argv[1], 0755);

	fd = mount_file(device, argv[1], O_CREAT);
	write_file(fd);
	look_up(fd, &before);
	close(fd);
	if (umount2(argv[1], 0))
		error(1, errno, "umount");
	move_data(&before);

	/* Metadata that has gone with the data would be zeroes now. */
	fd = mount_file(device, argv[1], 0);
	look_up(fd, &after);
	close(fd);
	if (memcmp(&before, &after, sizeof(before)))
		error(1, 0, "other extents than before");
	return 0;
}
