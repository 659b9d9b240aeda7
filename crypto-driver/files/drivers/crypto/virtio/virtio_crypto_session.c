// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions: keys that a device has been given
 *
 * A reset takes their sessions away from some devices. Others keep them, but
 * nobody knows their numbers any more. So all sessions are closed before an
 * orderly reset, and made again from their keys after it. The device gets no
 * other requests meanwhile. A device that does not answer is reset nevertheless.
 *
 * A session is valid in the generation of the device that it was made in.
 * session_lock protects the list of a device's sessions, and lets only one
 * control request be on its way.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "virtio_crypto_common.h"

/* How long a reset waits for a device, which may be dead */
#define SESSION_WAIT	(5 * HZ)

static int session_make(struct virtio_crypto *vcrypto,
			struct virtcrypto_session *session, unsigned long wait)
{
	struct virtio_crypto_ctrl_request *request = &session->request;
	struct scatterlist header, key, answer, *sgs[] = {
		&header, &key, &answer,
	};
	int err;

	memset(request, 0, sizeof(*request));
	request->ctrl = session->create;
	request->input.status = cpu_to_le32(VIRTIO_CRYPTO_ERR);
	sg_init_one(&header, &request->ctrl, sizeof(request->ctrl));
	sg_init_one(&key, session->key, session->key_len);
	sg_init_one(&answer, &request->input, sizeof(request->input));

	err = virtio_crypto_ctrl_vq_request(vcrypto, sgs, 2, 1, request, wait);
	if (err)
		return err;
	if (le32_to_cpu(request->input.status) != VIRTIO_CRYPTO_OK) {
		pr_err("virtio_crypto: Create session failed status: %u\n",
		       le32_to_cpu(request->input.status));
		return -EINVAL;
	}
	session->id = le64_to_cpu(request->input.session_id);
	/* Requests read the generation first. */
	smp_store_release(&session->generation, request->generation);
	return 0;
}

/* Even if this fails, no request may use the session any more. */
static int session_destroy(struct virtio_crypto *vcrypto,
			   struct virtcrypto_session *session,
			   unsigned long wait)
{
	struct virtio_crypto_ctrl_request *request = &session->request;
	struct scatterlist header, answer, *sgs[] = { &header, &answer };
	u8 *status = &request->ctrl_status.status;
	unsigned long generation = session->generation;
	int err;

	if (!generation)
		return 0;
	WRITE_ONCE(session->generation, 0);

	memset(request, 0, sizeof(*request));
	request->generation = generation;
	request->ctrl.header.opcode = cpu_to_le32(session->destroy_opcode);
	request->ctrl.header.queue_id = session->create.header.queue_id;
	request->ctrl.u.destroy_session.session_id = cpu_to_le64(session->id);
	*status = VIRTIO_CRYPTO_ERR;
	sg_init_one(&header, &request->ctrl, sizeof(request->ctrl));
	sg_init_one(&answer, status, sizeof(*status));

	err = virtio_crypto_ctrl_vq_request(vcrypto, sgs, 1, 1, request, wait);
	if (!err && *status != VIRTIO_CRYPTO_OK) {
		pr_err("virtio_crypto: Close session failed status: %u, session_id: 0x%llx\n",
		       *status, session->id);
		err = -EINVAL;
	}
	return err;
}

static void session_free(struct virtcrypto_session *session)
{
	kfree_sensitive(session->key);
	kfree(session);
}

/**
 * virtcrypto_session_open() - give the device a key
 * @vcrypto: the device, which may be gone
 * @create: the request that makes the session
 * @destroy_opcode: the opcode of the request that destroys it
 * @key: the key, which is copied
 * @key_len: its length in bytes
 *
 * Context: Sleeps until the device has answered or is gone.
 * Return: the session, which must be closed; or an ERR_PTR(): -ENODEV if the
 * device is gone, -ENOMEM, or -EINVAL if it refuses the key.
 */
struct virtcrypto_session *
virtcrypto_session_open(struct virtio_crypto *vcrypto,
			const struct virtio_crypto_op_ctrl_req *create,
			u32 destroy_opcode, const void *key,
			unsigned int key_len)
{
	struct virtcrypto_session *session;
	int err = -ENOMEM;

	session = kzalloc_obj(*session);
	if (!session)
		return ERR_PTR(err);
	session->create = *create;
	session->destroy_opcode = destroy_opcode;
	session->key_len = key_len;
	session->key = kmemdup(key, key_len, GFP_KERNEL);
	if (!session->key)
		goto free;

	mutex_lock(&vcrypto->session_lock);
	err = session_make(vcrypto, session, MAX_SCHEDULE_TIMEOUT);
	if (!err)
		list_add_tail(&session->list, &vcrypto->sessions);
	mutex_unlock(&vcrypto->session_lock);
	if (!err)
		return session;
free:
	session_free(session);
	return ERR_PTR(err);
}

/**
 * virtcrypto_session_close() - take a key away from the device
 * @vcrypto: the device, which may be gone
 * @session: the session, or NULL
 *
 * Context: Sleeps until the device has answered or is gone.
 */
void virtcrypto_session_close(struct virtio_crypto *vcrypto,
			      struct virtcrypto_session *session)
{
	if (!session)
		return;
	mutex_lock(&vcrypto->session_lock);
	list_del(&session->list);
	session_destroy(vcrypto, session, MAX_SCHEDULE_TIMEOUT);
	mutex_unlock(&vcrypto->session_lock);
	session_free(session);
}

/**
 * virtcrypto_sessions_lock() - keep others from opening and closing sessions
 * @vcrypto: the device, which may be dead
 *
 * Who has the lock may be waiting for the device. If that is dead, only a reset
 * ends the wait.
 *
 * Return: is it locked? If not, the device counts as dead.
 */
bool virtcrypto_sessions_lock(struct virtio_crypto *vcrypto)
{
	unsigned long end = jiffies + SESSION_WAIT;

	while (!mutex_trylock(&vcrypto->session_lock)) {
		if (time_after(jiffies, end))
			return false;
		msleep(20);
	}
	return true;
}

void virtcrypto_sessions_unlock(struct virtio_crypto *vcrypto)
{
	mutex_unlock(&vcrypto->session_lock);
}

/* With session_lock. Goes on until a request is not answered. */
void virtcrypto_sessions_destroy(struct virtio_crypto *vcrypto)
{
	struct virtcrypto_session *session;
	int err;

	list_for_each_entry(session, &vcrypto->sessions, list) {
		err = session_destroy(vcrypto, session, SESSION_WAIT);
		if (err && err != -EINVAL)
			return;
	}
}

/* With session_lock. Return: 0, or an error if a request is not answered. */
int virtcrypto_sessions_make(struct virtio_crypto *vcrypto)
{
	struct virtcrypto_session *session;
	int err;

	list_for_each_entry(session, &vcrypto->sessions, list) {
		err = session_make(vcrypto, session, SESSION_WAIT);
		/* Requests fail if the device does not take a key any more. */
		if (err && err != -EINVAL)
			return err;
	}
	return 0;
}
