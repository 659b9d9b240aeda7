// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>

#include "virtio_pci.h"

/* Behind all memory, also that of other devices */
#define NOWHERE_HI (1u << 18)
#define PAGE 4096ul

static int open_file(const char *name, const char *file, int flags)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/virtio/devices/%s/../%s", name,
		 file);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void virtio_pci_find(const char *driver, char *name, size_t size)
{
	char path[96];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/sys/bus/virtio/drivers/%s", driver);
	folder = opendir(path);
	*name = '\0';
	while (folder && (entry = readdir(folder)))
		if (!strncmp(entry->d_name, "virtio", 6))
			snprintf(name, size, "%.31s", entry->d_name);
	if (folder)
		closedir(folder);
}

int virtio_pci_reset(const char *name)
{
	int fd = open_file(name, "reset", O_WRONLY), ret;

	if (fd < 0)
		return fd;
	ret = write(fd, "1", 1) == 1 ? 0 : -errno;
	close(fd);
	return ret;
}

bool virtio_pci_has_feature(const char *name, unsigned int bit)
{
	char path[96], features[65] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/virtio/devices/%s/features",
		 name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, features, sizeof(features) - 1) < 0)
		features[0] = '\0';
	close(fd);
	return strlen(features) > bit && features[bit] == '1';
}

/* Where the registers are that drivers of all virtio devices use */
static int find_registers(const char *name, struct virtio_pci_cap *cap)
{
	uint8_t config[PCI_CFG_SPACE_SIZE], at;
	int fd = open_file(name, "config", O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = read(fd, config, sizeof(config));
	close(fd);
	if (len != sizeof(config))
		return -EIO;
	for (at = config[PCI_CAPABILITY_LIST];
	     at && at + sizeof(*cap) <= sizeof(config);
	     at = config[at + PCI_CAP_LIST_NEXT]) {
		memcpy(cap, config + at, sizeof(*cap));
		if (cap->cap_vndr == PCI_CAP_ID_VNDR &&
		    cap->cfg_type == VIRTIO_PCI_CAP_COMMON_CFG)
			return 0;
	}
	return -ENXIO;
}

int virtio_pci_break(const char *name)
{
	volatile struct virtio_pci_common_cfg *registers;
	struct virtio_pci_cap cap;
	char file[] = "resource0";
	int fd, ret;
	void *page;

	ret = find_registers(name, &cap);
	if (ret)
		return ret;
	if (cap.offset % PAGE || cap.bar > 5)
		return -ENXIO;
	file[sizeof(file) - 2] = (char)('0' + cap.bar);
	fd = open_file(name, file, O_RDWR | O_SYNC);
	if (fd < 0)
		return fd;
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    cap.offset);
	ret = page == MAP_FAILED ? -errno : 0;
	close(fd);
	if (ret)
		return ret;
	registers = page;
	registers->queue_select = 0;
	registers->queue_desc_hi = NOWHERE_HI;
	registers->queue_enable = 1;
	munmap(page, PAGE);
	return 0;
}
