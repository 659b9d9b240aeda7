// SPDX-License-Identifier: GPL-2.0-only
/* The family crypto: requests to a cipher, as scatterlists or as phyrs. */
#include <unistd.h>

#include <phyr/crypto.h>

#include "families.h"

enum {
	SERIES_SETUP,
	SERIES_TOTAL,
	SERIES_SETUP_COPY,
	SERIES_TOTAL_COPY,
	SERIES_COMPLETE
};

enum {
	ROUNDS_IN_PLACE,
	ROUNDS_COPY,
	ROUNDS_COMPLETE
};

static const char *const variants[] = { "virtio",    "soft-cbc",  "soft-ctr",
					"aesni-cbc", "aesni-ctr", "avx-ctr",
					NULL };
/* The kernel's drivers for them. */
static const char *const ciphers[] = {
	"virtio_crypto_aes_cbc", "cbc-aes-lib",	  "ctr-aes-lib",
	"cbc-aes-aesni",	 "ctr-aes-aesni", "ctr-aes-aesni-avx"
};
static const unsigned char key[16] = "phyr: aes-128 k";

/* Whether a variant's cipher is there shows when it is measured. */
static int probe(const char *device, struct phyr_error *error)
{
	int fd, ret;

	(void)device;
	ret = phyr_crypto_open(ciphers[2], key, sizeof(key), &fd, error);
	if (!ret)
		close(fd);
	return ret;
}

/* One ioctl carries out all rounds, so @stop cannot end them early. */
static int measure(const struct phyr_task *task, struct phyr_error *error)
{
	bool copy = task->rounds == ROUNDS_COPY;
	char *from = task->backing->addr;
	int fd, ret;

	ret = phyr_crypto_open(ciphers[task->variant], key, sizeof(key), &fd,
			       error);
	if (ret)
		return ret;
	phyr_parameters_add_text(task->parameters, "cipher",
				 ciphers[task->variant]);
	phyr_parameters_add_number(task->parameters, "key_bytes", sizeof(key));
	if (task->rounds == ROUNDS_COMPLETE)
		ret = phyr_crypto_bench_completion(
			fd, task->form, from, task->size, task->warmup,
			task->samples, task->series[SERIES_COMPLETE],
			task->series[SERIES_TOTAL], error);
	else
		ret = phyr_crypto_bench(
			fd, task->form, from, copy ? from + task->size : NULL,
			task->size, task->warmup, task->samples,
			task->series[copy ? SERIES_SETUP_COPY : SERIES_SETUP],
			task->series[copy ? SERIES_TOTAL_COPY : SERIES_TOTAL],
			error);
	close(fd);
	return ret;
}

const struct phyr_family family_crypto = {
	.name = "crypto",
	.forms =
		(const char *const[]){
			[PHYR_CRYPTO_SG] = "sg",
			[PHYR_CRYPTO_PHYRS] = "phyrs",
			NULL,
		},
	.variants = variants,
	.series =
		(const char *const[]){
			[SERIES_SETUP] = "setup",
			[SERIES_TOTAL] = "total",
			[SERIES_SETUP_COPY] = "setup-copy",
			[SERIES_TOTAL_COPY] = "total-copy",
			[SERIES_COMPLETE] = "complete",
			NULL,
		},
	.rounds =
		(const struct phyr_rounds[]){
			[ROUNDS_IN_PLACE] = { .series = 2 },
			[ROUNDS_COPY] = { .series = 2 },
			[ROUNDS_COMPLETE] = { .series = 1 },
			{ 0 },
		},
	.ranges = 2,
	.summary =
		"encrypting memory with AES-128, in place or to other memory (-copy), described as a scatterlist or as phyrs: until the device has the request (setup), until all is done and released (total); or from the interrupt of a device until the owner of the request goes on (complete)",
	.probe = probe,
	.measure = measure,
};
