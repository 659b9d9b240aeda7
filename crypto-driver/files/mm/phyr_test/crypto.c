// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/phyr_test: symmetric ciphers over the caller's memory
 */
#include <crypto/skcipher.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"
#include "marks.h"
#include "phyr_test_crypto.h"

#define CRYPTO_FLAGS (PHYR_TEST_CRYPTO_DECRYPT | PHYR_TEST_CRYPTO_CONT | \
		      PHYR_TEST_CRYPTO_NOTFINAL | PHYR_TEST_CRYPTO_COMPLETION)
#define KEY_MAX 128
/* How long a device may take to answer, and how often it may take longer */
#define ANSWER_NS NSEC_PER_MSEC
#define ANSWER_TRIES 1000
#define GFP_TEST (GFP_KERNEL_ACCOUNT | __GFP_NOWARN)

/*
 * A source or destination. @ranges live as long as the job. What they pin, their
 * arrays of pages, and @sgs are made anew in each round.
 */
struct crypto_side {
	struct phyr_test_range	*ranges;
	unsigned int		nr;
	unsigned int		ready;	/* number of pinned ranges */
	u64			len;
	struct scatterlist	*sgs;
};

struct crypto_job {
	struct skcipher_request		*req;
	struct crypto_wait		wait;
	bool				called_back;
	struct crypto_side		src;
	struct crypto_side		dst;
	bool				in_place;
	bool				timed_submit;
	u64				len;
	u32				form;
	u32				flags;
	void				*iv;
	unsigned int			iv_size;
};

static int side_init(struct crypto_side *side, u64 segments, unsigned int nr,
		     u32 form, u32 flags)
{
	struct phyr_test_crypto_segment __user *user = u64_to_user_ptr(segments);
	unsigned int i;
	int err;

	if (nr > PHYR_TEST_CRYPTO_MAX_SEGMENTS)
		return -EINVAL;
	side->ranges = kvzalloc_objs(*side->ranges, max(nr, 1), GFP_TEST);
	if (!side->ranges)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		struct phyr_test_crypto_segment segment;

		if (copy_from_user(&segment, &user[i], sizeof(segment)))
			return -EFAULT;
		err = phyr_test_range_init(&side->ranges[i], segment.addr,
					   segment.len, form, flags);
		if (err)
			return err;
		if (side->ranges[i].nr_pages > PHYR_TEST_MAX_ENTRIES)
			return -EINVAL;
		if (check_add_overflow(side->len, segment.len, &side->len))
			return -EOVERFLOW;
	}
	side->nr = nr;
	return 0;
}

static void side_unpin(struct crypto_side *side, bool written)
{
	kvfree(side->sgs);
	side->sgs = NULL;
	while (side->ready) {
		struct phyr_test_range *range = &side->ranges[--side->ready];

		phyr_test_range_unpin_dirty_lock(range, written);
		if (range->form == PHYR_TEST_PAGES) {
			phyr_test_range_free(range);
			range->pages = NULL;
		}
	}
}

static void side_free(struct crypto_side *side)
{
	kvfree(side->ranges);
}

static int side_pin(struct crypto_side *side)
{
	int err;

	while (side->ready < side->nr) {
		struct phyr_test_range *range = &side->ranges[side->ready];

		if (range->form == PHYR_TEST_PAGES) {
			err = phyr_test_range_alloc(range, range->nr_pages);
			if (err)
				return err;
		}
		err = phyr_test_range_pin(range);
		if (!err) {
			side->ready++;
			if (range->done == range->len)
				continue;
			return -EFAULT;
		}
		if (range->form == PHYR_TEST_PAGES) {
			phyr_test_range_free(range);
			range->pages = NULL;
		}
		return err;
	}
	return 0;
}

static int side_fill_sgs(struct crypto_side *side)
{
	struct scatterlist *sg;
	size_t nr = 0;
	unsigned int i, page;

	for (i = 0; i < side->nr; i++)
		nr += side->ranges[i].nr;
	side->sgs = kvmalloc_objs(*side->sgs, max(nr, 1), GFP_TEST);
	if (!side->sgs)
		return -ENOMEM;

	sg = side->sgs;
	sg_init_table(sg, max(nr, 1));
	for (i = 0; i < side->nr; i++) {
		struct phyr_test_range *range = &side->ranges[i];
		unsigned int offset = offset_in_page(range->addr);
		size_t left = range->len;

		for (page = 0; page < range->nr; page++) {
			unsigned int len = min(left, PAGE_SIZE - offset);

			sg_set_page(sg++, range->pages[page], len, offset);
			left -= len;
			offset = 0;
		}
	}
	return 0;
}

/* Chain the lists of the segments. Without segments, the first one is empty. */
static const struct phyr_list *side_chain(struct crypto_side *side)
{
	unsigned int i;

	for (i = 1; i < side->nr; i++)
		phyr_list_prepend(&side->ranges[i - 1].list,
				  &side->ranges[i].list);
	return &side->ranges[0].list;
}

static int job_describe(struct crypto_job *job, void *iv)
{
	const struct phyr_list *src, *dst;
	int err;

	err = side_pin(&job->src);
	if (!err && !job->in_place)
		err = side_pin(&job->dst);
	if (err)
		return err;

	if (job->form == PHYR_TEST_LIST) {
		src = side_chain(&job->src);
		dst = job->in_place ? src : side_chain(&job->dst);
		skcipher_request_set_phyrs(job->req, src, dst, job->len, iv);
		return 0;
	}

	err = side_fill_sgs(&job->src);
	if (!err && !job->in_place)
		err = side_fill_sgs(&job->dst);
	if (err)
		return err;
	skcipher_request_set_crypt(job->req, job->src.sgs,
				   job->in_place ? job->src.sgs : job->dst.sgs,
				   job->len, iv);
	return 0;
}

static int job_crypt(struct crypto_job *job)
{
	if (job->flags & PHYR_TEST_CRYPTO_DECRYPT)
		return crypto_skcipher_decrypt(job->req);
	return crypto_skcipher_encrypt(job->req);
}

/*
 * Call the algorithm, and take the time when it returns. Interrupts are off, so
 * that the completion is not counted as set-up.
 */
static int job_submit(struct crypto_job *job, u64 *submitted)
{
	unsigned long flags;
	int err;

	local_irq_save(flags);
	err = job_crypt(job);
	*submitted = phyr_test_end(0);
	local_irq_restore(flags);
	return err;
}

static void job_called_back(void *data, int err)
{
	struct crypto_job *job = data;

	WRITE_ONCE(job->called_back, true);
	crypto_req_done(&job->wait, err);
}

/*
 * Let the device answer while interrupts are off, and time how long interrupts
 * keep the caller from going on when they are on again: all that a completion
 * costs, also in threads that it wakes, and no part of what the device takes. It
 * begins after a tick, so that none is due meanwhile.
 * Return: what crypto_wait_req() says, and @ns if the device has answered; else
 * @ns is 0.
 */
static int job_complete(struct crypto_job *job, u64 *ns)
{
	unsigned long flags, tick = jiffies;
	u64 start, end;
	int err;

	while (READ_ONCE(jiffies) == tick)
		cpu_relax();

	job->called_back = false;
	local_irq_save(flags);
	err = job_crypt(job);
	end = ktime_get_ns() + ANSWER_NS;
	while (err == -EINPROGRESS && ktime_get_ns() < end)
		cpu_relax();
	start = ktime_get_ns();
	local_irq_restore(flags);
	end = ktime_get_ns();
	*ns = READ_ONCE(job->called_back) ? end - start : 0;
	return crypto_wait_req(err, &job->wait);
}

static int job_completion_round(void *arg, u64 *complete_ns, u64 *unused)
{
	struct crypto_job *job = arg;
	void *iv = job->iv + job->iv_size;
	unsigned int i;
	int err;

	*complete_ns = 0;
	*unused = 0;
	err = job_describe(job, iv);
	for (i = 0; !err && !*complete_ns; i++) {
		memcpy(iv, job->iv, job->iv_size);
		err = i < ANSWER_TRIES ? job_complete(job, complete_ns) :
					 -ETIMEDOUT;
	}
	side_unpin(&job->src, job->in_place);
	side_unpin(&job->dst, true);
	return err;
}

/* Each round starts from the first IV, and works on the copy behind it. */
static int job_round(void *arg, u64 *setup_ns, u64 *total_ns)
{
	struct crypto_job *job = arg;
	void *iv = job->iv + job->iv_size;
	u64 start, submitted;
	int err;

	memcpy(iv, job->iv, job->iv_size);

	phyr_test_mark(PHYR_TEST_MARK_BEGIN + 1);
	start = phyr_test_begin(0);
	err = job_describe(job, iv);
	if (err)
		goto unpin;
	if (job->timed_submit) {
		err = job_submit(job, &submitted);
	} else {
		/* This mark is in the total, and the one in job_submit(). */
		submitted = phyr_test_end(0);
		err = job_crypt(job);
	}
	err = crypto_wait_req(err, &job->wait);
	*setup_ns = submitted - start;
unpin:
	side_unpin(&job->src, job->in_place);
	side_unpin(&job->dst, true);
	*total_ns = phyr_test_end(1) - start;
	return err;
}

static int job_init(struct crypto_job *job, struct crypto_skcipher *tfm,
		    const struct phyr_test_crypto_run *run)
{
	bool async = crypto_skcipher_alg_common(tfm)->base.cra_flags &
		     CRYPTO_ALG_ASYNC;
	u32 flags = CRYPTO_TFM_REQ_MAY_BACKLOG;
	int err;

	if (!async && (run->flags & PHYR_TEST_CRYPTO_COMPLETION))
		return -EOPNOTSUPP;
	job->in_place = !run->nr_dst;
	job->timed_submit = async && run->setup_ns;
	if (!job->timed_submit)
		flags |= CRYPTO_TFM_REQ_MAY_SLEEP;
	job->len = run->len;
	job->form = run->form;
	job->flags = run->flags;
	job->iv_size = crypto_skcipher_ivsize(tfm);
	err = side_init(&job->src, run->src, run->nr_src, run->form,
			job->in_place ? PHYR_TEST_WRITE : 0);
	if (err)
		return err;
	err = side_init(&job->dst, run->dst, run->nr_dst, run->form,
			PHYR_TEST_WRITE);
	if (err)
		return err;
	if (run->len > U32_MAX)
		return -EINVAL;
	/* Nobody else checks the length of a scatterlist. */
	if (run->form == PHYR_TEST_PAGES &&
	    (job->src.len < run->len ||
	     (!job->in_place && job->dst.len < run->len)))
		return -EINVAL;

	job->iv = kzalloc(2 * job->iv_size + 1, GFP_KERNEL_ACCOUNT);
	job->req = skcipher_request_alloc(tfm, GFP_KERNEL);
	if (!job->iv || !job->req)
		return -ENOMEM;
	if (copy_from_user(job->iv, u64_to_user_ptr(run->iv), job->iv_size))
		return -EFAULT;

	if (run->flags & PHYR_TEST_CRYPTO_CONT)
		flags |= CRYPTO_SKCIPHER_REQ_CONT;
	if (run->flags & PHYR_TEST_CRYPTO_NOTFINAL)
		flags |= CRYPTO_SKCIPHER_REQ_NOTFINAL;
	crypto_init_wait(&job->wait);
	skcipher_request_set_callback(job->req, flags, job_called_back, job);
	return 0;
}

static void job_free(struct crypto_job *job)
{
	if (job->req)
		skcipher_request_free(job->req);
	kfree(job->iv);
	side_free(&job->dst);
	side_free(&job->src);
}

/* Without room for samples, run one round. */
static int job_measure(struct crypto_job *job,
		       const struct phyr_test_crypto_run *run)
{
	u64 setup_ns, total_ns;

	if (run->setup_ns || run->total_ns)
		return phyr_test_measure(run->flags &
					 PHYR_TEST_CRYPTO_COMPLETION ?
					 job_completion_round : job_round, job,
					 run->warmup, run->samples,
					 run->setup_ns, run->total_ns);
	return job_round(job, &setup_ns, &total_ns);
}

static int phyr_test_crypto_run(struct crypto_skcipher *tfm,
				struct phyr_test_crypto_run __user *arg)
{
	struct phyr_test_crypto_run run;
	struct crypto_job *job;
	int err;

	if (copy_from_user(&run, arg, sizeof(run)))
		return -EFAULT;
	if (!run.samples || run.samples > PHYR_TEST_MAX_SAMPLES ||
	    (run.flags & ~CRYPTO_FLAGS) ||
	    (run.form != PHYR_TEST_PAGES && run.form != PHYR_TEST_LIST))
		return -EINVAL;
	if (!tfm)
		return -ENOKEY;

	job = kzalloc_obj(*job, GFP_KERNEL_ACCOUNT);
	if (!job)
		return -ENOMEM;
	err = job_init(job, tfm, &run);
	if (!err)
		err = job_measure(job, &run);
	if (!err && copy_to_user(u64_to_user_ptr(run.iv),
				 job->iv + job->iv_size, job->iv_size))
		err = -EFAULT;
	job_free(job);
	kfree(job);
	return err;
}

/* The state of an open file is an algorithm with a key. */
static void crypto_release(void *state)
{
	crypto_free_skcipher(state);
}

static int phyr_test_crypto_key(void **state,
				struct phyr_test_crypto_key __user *arg)
{
	struct phyr_test_crypto_key key;
	struct crypto_skcipher *tfm;
	u8 bytes[KEY_MAX];
	int err;

	if (copy_from_user(&key, arg, sizeof(key)))
		return -EFAULT;
	if (key.reserved || !key.key_len || key.key_len > KEY_MAX ||
	    strnlen(key.name, sizeof(key.name)) == sizeof(key.name))
		return -EINVAL;
	if (copy_from_user(bytes, u64_to_user_ptr(key.key), key.key_len))
		return -EFAULT;

	if (*state)
		crypto_release(*state);
	*state = NULL;
	tfm = crypto_alloc_skcipher(key.name, 0, 0);
	if (IS_ERR(tfm)) {
		err = PTR_ERR(tfm);
		goto wipe;
	}
	err = crypto_skcipher_setkey(tfm, bytes, key.key_len);
	if (err)
		crypto_free_skcipher(tfm);
	else
		*state = tfm;
wipe:
	memzero_explicit(bytes, sizeof(bytes));
	return err;
}

static long crypto_ioctl(void **state, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case PHYR_TEST_CRYPTO_KEY:
		return phyr_test_crypto_key(state, arg);
	case PHYR_TEST_CRYPTO_RUN:
		return phyr_test_crypto_run(*state, arg);
	default:
		return -ENOTTY;
	}
}

static struct phyr_test_family crypto_family = {
	.owner		= THIS_MODULE,
	.nr		= 2,
	.ioctl		= crypto_ioctl,
	.release	= crypto_release,
};

static int __init phyr_test_crypto_init(void)
{
	return phyr_test_register(&crypto_family);
}
module_init(phyr_test_crypto_init);

static void __exit phyr_test_crypto_exit(void)
{
	phyr_test_unregister(&crypto_family);
}
module_exit(phyr_test_crypto_exit);

MODULE_DESCRIPTION("Test device for physical ranges: ciphers");
MODULE_IMPORT_NS("PHYR_TEST");
MODULE_LICENSE("GPL");
