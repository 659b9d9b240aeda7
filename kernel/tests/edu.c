// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "edu.h"

#define DRIVER "/sys/bus/pci/drivers/phyr_test"
#define BAR_LEN (1ul << 20)

/* Registers, and the buffer as the device's DMA engine addresses it. */
#define REGISTER_SOURCE 0x80
#define REGISTER_TARGET 0x88
#define REGISTER_COUNT 0x90
#define REGISTER_COMMAND 0x98
#define BUFFER_ADDRESS 0x40000

#define COMMAND_RUN 1
#define COMMAND_TO_MEMORY 2

static int find_device(char name[PHYR_TEST_DMA_NAME])
{
	glob_t found;

	if (glob(DRIVER "/*:*", 0, NULL, &found))
		return -ENODEV;
	snprintf(name, PHYR_TEST_DMA_NAME, "%s",
		 found.gl_pathv[0] + strlen(DRIVER "/"));
	globfree(&found);
	return 0;
}

int edu_open(struct edu *edu)
{
	char path[64];
	void *bar;
	int fd, ret;

	ret = find_device(edu->name);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), DRIVER "/%s/resource0", edu->name);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	bar = mmap(NULL, BAR_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ret = bar == MAP_FAILED ? -errno : 0;
	close(fd);
	if (ret)
		return ret;
	edu->registers = bar;
	return 0;
}

void edu_close(struct edu *edu)
{
	munmap((void *)edu->registers, BAR_LEN);
}

static volatile uint64_t *edu_register(const struct edu *edu, size_t at)
{
	return (volatile uint64_t *)(edu->registers + at);
}

static void transfer(const struct edu *edu, uint64_t source, uint64_t target,
		     size_t len, uint64_t command)
{
	*edu_register(edu, REGISTER_SOURCE) = source;
	*edu_register(edu, REGISTER_TARGET) = target;
	*edu_register(edu, REGISTER_COUNT) = len;
	*edu_register(edu, REGISTER_COMMAND) = command | COMMAND_RUN;
	/* It takes a tenth of a second of the guest's time. */
	while (*edu_register(edu, REGISTER_COMMAND) & COMMAND_RUN)
		usleep(10000);
}

void edu_copy(const struct edu *edu, uint64_t to, uint64_t from, size_t len)
{
	transfer(edu, from, BUFFER_ADDRESS, len, 0);
	transfer(edu, BUFFER_ADDRESS, to, len, COMMAND_TO_MEMORY);
}
