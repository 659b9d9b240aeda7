// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/phyr_test: the device, and the list of what can be done with it. The
 * interfaces and their limits are in phyr_test*.h.
 */
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "internal.h"

/* What one family keeps for one open file. It holds the family's module. */
struct family_state {
	struct list_head		list;
	const struct phyr_test_family	*family;
	void				*state;
};

struct phyr_test_file {
	struct mutex		lock;	/* protects states, and serves one at a time */
	struct list_head	states;
};

static DECLARE_RWSEM(families_lock);
static LIST_HEAD(families);

/**
 * phyr_test_register() - serve the ioctls of a family
 * @family: the family, kept until phyr_test_unregister()
 *
 * Context: Process context; may sleep.
 * Return: 0; %-EBUSY if another family has its ioctl numbers.
 */
int phyr_test_register(struct phyr_test_family *family)
{
	struct phyr_test_family *other;

	guard(rwsem_write)(&families_lock);
	list_for_each_entry(other, &families, list)
		if (other->nr == family->nr)
			return -EBUSY;
	list_add_tail(&family->list, &families);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(phyr_test_register, "PHYR_TEST");

/**
 * phyr_test_unregister() - undo phyr_test_register()
 * @family: the family, which no open file uses: see its owner
 *
 * Context: Process context; may sleep.
 */
void phyr_test_unregister(struct phyr_test_family *family)
{
	guard(rwsem_write)(&families_lock);
	list_del(&family->list);
}
EXPORT_SYMBOL_NS_GPL(phyr_test_unregister, "PHYR_TEST");

/* With a reference on its module; NULL if nobody has the number. */
static const struct phyr_test_family *family_get(unsigned int nr)
{
	const struct phyr_test_family *family;

	guard(rwsem_read)(&families_lock);
	list_for_each_entry(family, &families, list)
		if (family->nr == nr)
			return try_module_get(family->owner) ? family : NULL;
	return NULL;
}

/* The family's state in this file; made when it is first used. */
static struct family_state *file_state(struct phyr_test_file *file,
				       unsigned int nr)
{
	const struct phyr_test_family *family;
	struct family_state *state;

	list_for_each_entry(state, &file->states, list)
		if (state->family->nr == nr)
			return state;

	family = family_get(nr);
	if (!family)
		return ERR_PTR(-ENOTTY);
	state = kzalloc_obj(*state, GFP_KERNEL_ACCOUNT);
	if (!state) {
		module_put(family->owner);
		return ERR_PTR(-ENOMEM);
	}
	state->family = family;
	list_add_tail(&state->list, &file->states);
	return state;
}

static long phyr_test_ioctl(struct file *filp, unsigned int cmd,
			    unsigned long arg)
{
	struct phyr_test_file *file = filp->private_data;
	struct family_state *state;
	long ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (mutex_lock_interruptible(&file->lock))
		return -EINTR;
	state = file_state(file, _IOC_NR(cmd) / PHYR_TEST_FAMILY_IOCTLS);
	if (IS_ERR(state))
		ret = PTR_ERR(state);
	else
		ret = state->family->ioctl(&state->state, cmd,
					   (void __user *)arg);
	mutex_unlock(&file->lock);
	return ret;
}

static int phyr_test_open(struct inode *inode, struct file *filp)
{
	struct phyr_test_file *file;

	file = kzalloc_obj(*file, GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	mutex_init(&file->lock);
	INIT_LIST_HEAD(&file->states);
	filp->private_data = file;
	return nonseekable_open(inode, filp);
}

static int phyr_test_close(struct inode *inode, struct file *filp)
{
	struct phyr_test_file *file = filp->private_data;
	struct family_state *state, *next;

	list_for_each_entry_safe(state, next, &file->states, list) {
		if (state->state)
			state->family->release(state->state);
		module_put(state->family->owner);
		kfree(state);
	}
	mutex_destroy(&file->lock);
	kfree(file);
	return 0;
}

static const struct file_operations phyr_test_fops = {
	.owner		= THIS_MODULE,
	.open		= phyr_test_open,
	.release	= phyr_test_close,
	.unlocked_ioctl	= phyr_test_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static struct miscdevice phyr_test_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "phyr_test",
	.fops	= &phyr_test_fops,
	.mode	= 0600,
};

module_misc_device(phyr_test_device);

MODULE_DESCRIPTION("Test device for physical ranges");
MODULE_LICENSE("GPL");
