// SPDX-License-Identifier: GPL-2.0-only
/* Encrypts memory through a socket of the kernel (AF_ALG), timing the cipher. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_alg.h>

#include <phyr/af_alg.h>

#include "marks.h"

#define IV_LEN 16
#define SIGN_LEN                     \
	(CMSG_SPACE(sizeof(__u32)) + \
	 CMSG_SPACE(sizeof(struct af_alg_iv) + IV_LEN))

static int set_key(int parent, const char *cipher, const void *key,
		   size_t key_len, struct phyr_error *error)
{
	struct sockaddr_alg address = {
		.salg_family = AF_ALG,
		.salg_type = "skcipher",
	};

	if (strlen(cipher) >= sizeof(address.salg_name))
		return phyr_error_set(
			error, -ENAMETOOLONG,
			"cipher \"%s\": a name has at most %zu bytes", cipher,
			sizeof(address.salg_name) - 1);
	strcpy((char *)address.salg_name, cipher);
	if (bind(parent, (struct sockaddr *)&address, sizeof(address)))
		return phyr_error_set(
			error, -errno, "cipher \"%s\": %s", cipher,
			errno == ENOENT
				? "the kernel has none, or sysctl crypto.af_alg_restrict keeps it from processes"
				: strerror(errno));
	if (setsockopt(parent, SOL_ALG, ALG_SET_KEY, key, (socklen_t)key_len))
		return phyr_error_set(
			error, -errno,
			"cipher \"%s\" with a key of %zu bytes: %s", cipher,
			key_len, strerror(errno));
	return 0;
}

int phyr_af_alg_open(const char *cipher, const void *key, size_t key_len,
		     int *fd, struct phyr_error *error)
{
	int parent, new, ret;

	parent = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (parent < 0)
		return phyr_error_set(
			error, -errno,
			errno == EAFNOSUPPORT
				? "this kernel is without CONFIG_CRYPTO_USER_API_SKCIPHER"
				: "AF_ALG socket: %s",
			strerror(errno));
	ret = set_key(parent, cipher, key, key_len, error);
	if (ret)
		goto out;
	new = accept4(parent, NULL, NULL, SOCK_CLOEXEC);
	if (new < 0)
		ret = phyr_error_set(error, -errno, "cipher \"%s\": accept: %s",
				     cipher, strerror(errno));
	else
		*fd = new;
out:
	close(parent);
	return ret;
}

/* Tells the kernel, in front of the data, what to do and with which IV. */
static void sign(struct msghdr *message, const void *iv)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	__u32 operation = ALG_OP_ENCRYPT;
	__u32 iv_len = IV_LEN;

	header->cmsg_level = SOL_ALG;
	header->cmsg_type = ALG_SET_OP;
	header->cmsg_len = CMSG_LEN(sizeof(operation));
	memcpy(CMSG_DATA(header), &operation, sizeof(operation));

	header = CMSG_NXTHDR(message, header);
	header->cmsg_level = SOL_ALG;
	header->cmsg_type = ALG_SET_IV;
	header->cmsg_len = CMSG_LEN(sizeof(struct af_alg_iv) + IV_LEN);
	memcpy(CMSG_DATA(header), &iv_len, sizeof(iv_len));
	memcpy(CMSG_DATA(header) + sizeof(struct af_alg_iv), iv, IV_LEN);
}

int phyr_af_alg_encrypt(int fd, const void *iv, void *addr, size_t len,
			uint64_t *ns, struct phyr_error *error)
{
	union {
		char bytes[SIGN_LEN];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec data = { .iov_base = addr, .iov_len = len };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	uint64_t start;
	ssize_t sent, got;

	sign(&message, iv);
	sent = sendmsg(fd, &message, MSG_DONTWAIT);
	if (sent < 0 && errno != EAGAIN)
		return phyr_error_set(error, -errno, "AF_ALG: send: %s",
				      strerror(errno));
	if (sent < 0 || (size_t)sent != len)
		return phyr_error_set(
			error, -EMSGSIZE,
			"AF_ALG: %zu bytes are more than the buffer of its socket takes",
			len);

	start = clock_begin(0);
	got = read(fd, addr, len);
	*ns = clock_end(0) - start;
	if (got < 0)
		return phyr_error_set(error, -errno, "AF_ALG: read: %s",
				      strerror(errno));
	if ((size_t)got != len)
		return phyr_error_set(error, -EIO,
				      "AF_ALG: only %zd of %zu bytes came back",
				      got, len);
	return 0;
}
