// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "nvme_target.h"

#define NQN "phyr"
#define SERVICE "4420"
#define ROOT "/sys/kernel/config/nvmet"
#define SUBSYSTEM ROOT "/subsystems/" NQN
#define NAMESPACE SUBSYSTEM "/namespaces/1"
#define PORT ROOT "/ports/1"
#define EXPORTED PORT "/subsystems/" NQN
#define FABRICS "/dev/nvme-fabrics"
#define WAIT_MS 10000

bool nvme_target_possible(void)
{
	return !access(ROOT, F_OK) && !access(FABRICS, F_OK);
}

static void say(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail("%s to %s: %s", text, file, strerror(errno));
	close(fd);
}

static void make(const char *folder)
{
	if (mkdir(folder, 0755) && errno != EEXIST)
		fail("mkdir %s: %s", folder, strerror(errno));
}

static void export_at(const char *address)
{
	make(SUBSYSTEM);
	say(SUBSYSTEM "/attr_allow_any_host", "1");
	make(NAMESPACE);
	say(NAMESPACE "/device_path", NVME_BACKING);
	say(NAMESPACE "/enable", "1");
	make(PORT);
	say(PORT "/addr_trtype", "rdma");
	say(PORT "/addr_adrfam", "ipv4");
	say(PORT "/addr_traddr", address);
	say(PORT "/addr_trsvcid", SERVICE);
	if (symlink(SUBSYSTEM, EXPORTED))
		fail("export at %s: %s", address, strerror(errno));
}

static int open_disk(int controller)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/dev/nvme%dn1", controller);
	for (int wait = 0; wait < WAIT_MS; wait += 10) {
		fd = open(name, O_RDWR | O_DIRECT | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		usleep(10000);
	}
	fail("%s: %s", name, strerror(errno));
}

void nvme_connect(const char *address, struct nvme_disk *disk)
{
	char text[256];
	ssize_t len;
	int fd;

	export_at(address);
	fd = open(FABRICS, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	snprintf(text, sizeof(text),
		 "nqn=" NQN ",transport=rdma,traddr=%s,trsvcid=" SERVICE
		 ",nr_io_queues=2",
		 address);
	if (write(fd, text, strlen(text)) < 0)
		fail("connect to %s: %s", address, strerror(errno));
	len = read(fd, text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	assert_int_equal(sscanf(text, "instance=%d", &disk->controller), 1);
	close(fd);
	disk->fd = open_disk(disk->controller);
}

void nvme_disconnect(struct nvme_disk *disk)
{
	char name[64];

	close(disk->fd);
	snprintf(name, sizeof(name), "/sys/class/nvme/nvme%d/delete_controller",
		 disk->controller);
	say(name, "1");
	assert_int_equal(unlink(EXPORTED), 0);
	assert_int_equal(rmdir(PORT), 0);
	assert_int_equal(rmdir(NAMESPACE), 0);
	assert_int_equal(rmdir(SUBSYSTEM), 0);
}
