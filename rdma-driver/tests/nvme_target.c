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

/* The host's, or -1 */
static int controller = -1;
static int disk = -1;

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
	nvme_target_return();
}

static int open_disk(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/dev/nvme%dn1", controller);
	for (int wait = 0; wait < WAIT_MS; wait += 10) {
		disk = open(name, O_RDWR | O_DIRECT | O_CLOEXEC);
		if (disk >= 0)
			return disk;
		usleep(10000);
	}
	fail("%s: %s", name, strerror(errno));
}

/* Return: the number of the controller, or -errno. */
static int ask(const char *address, const char *name)
{
	char text[256];
	int fd, number, err = 0;
	ssize_t len;

	fd = open(FABRICS, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(text, sizeof(text),
		 "nqn=%s,transport=rdma,traddr=%s,trsvcid=" SERVICE
		 ",nr_io_queues=2,reconnect_delay=1",
		 name, address);
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	len = err ? 0 : read(fd, text, sizeof(text) - 1);
	close(fd);
	if (err)
		return err;
	assert_true(len > 0);
	text[len] = '\0';
	assert_int_equal(sscanf(text, "instance=%d", &number), 1);
	return number;
}

void nvme_assert_refused(const char *address, const char *name)
{
	int number = ask(address, name);

	if (number >= 0)
		fail("%s at %s is there", name, address);
}

void nvme_target_withdraw(void)
{
	assert_int_equal(unlink(EXPORTED), 0);
}

void nvme_target_return(void)
{
	if (symlink(SUBSYSTEM, EXPORTED))
		fail("export again: %s", strerror(errno));
}

void nvme_delete(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/sys/class/nvme/nvme%d/delete_controller",
		 controller);
	controller = -1;
	say(name, "1");
}

/* Whatever of it is there */
static void withdraw_all(void)
{
	if (disk >= 0)
		close(disk);
	disk = -1;
	if (controller >= 0)
		nvme_delete();
	unlink(EXPORTED);
	rmdir(PORT);
	rmdir(NAMESPACE);
	rmdir(SUBSYSTEM);
}

int nvme_connect(const char *address)
{
	/* A test that failed has left it there. */
	withdraw_all();
	export_at(address);
	controller = ask(address, NQN);
	if (controller < 0)
		fail("connect to %s: %s", address, strerror(-controller));
	return open_disk();
}

void nvme_disconnect(void)
{
	withdraw_all();
	assert_int_equal(access(SUBSYSTEM, F_OK), -1);
}
