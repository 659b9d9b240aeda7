// SPDX-License-Identifier: GPL-2.0-only
/* The family af_alg: a cipher of the kernel, lent to a process. */
#include <unistd.h>

#include <phyr/af_alg.h>

#include "families.h"
#include "rounds.h"

static const char *const variants[] = { "cbc", "ctr", "xts", NULL };
/* The kernel's names for them; its xts takes scatterlists only. */
static const char *const ciphers[] = { "cbc(aes)", "ctr(aes)", "xts(aes)" };
/* XTS takes two keys. */
static const size_t key_len[] = { 16, 16, 32 };
static const unsigned char key[32] = "phyr: aes-128 keys, one or two.";
static const unsigned char iv[16] = "phyr: first iv.";

static int probe(const char *device, struct phyr_error *error)
{
	int fd, ret;

	(void)device;
	ret = phyr_af_alg_open(ciphers[0], key, key_len[0], &fd, error);
	if (!ret)
		close(fd);
	return ret;
}

static int encrypt(const struct phyr_task *task, void *subject,
		   uint64_t ns[PHYR_SERIES_MAX], struct phyr_error *error)
{
	const int *fd = subject;

	return phyr_af_alg_encrypt(*fd, iv, task->backing->addr, task->size,
				   &ns[0], error);
}

static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	unsigned int variant = task->variant;
	int fd, ret;

	ret = phyr_af_alg_open(ciphers[variant], key, key_len[variant], &fd,
			       error);
	if (ret)
		return ret;
	phyr_parameters_add_text(task->parameters, "cipher", ciphers[variant]);
	phyr_parameters_add_number(task->parameters, "key_bytes",
				   key_len[variant]);
	ret = rounds_measure(task, &family_af_alg, encrypt, &fd, error);
	close(fd);
	return ret;
}

const struct phyr_family family_af_alg = {
	.name = "af_alg",
	.variants = variants,
	.series = (const char *const[]){ "encrypt", NULL },
	.ranges = 1,
	.summary =
		"read() of an AF_ALG socket that encrypts with AES in software into the memory, which the kernel describes as a scatterlist",
	.probe = probe,
	.measure = measure,
};
