// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/phyr_test: the device. The interfaces and their limits are in
 * uapi/linux/phyr_test.h; each subject has a file phyr_test_*.c of its own.
 */
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "phyr_test.h"

struct phyr_test_file {
	struct mutex	lock;	/* protects states */
	void		*states[PHYR_TEST_FAMILIES];
};

static const struct phyr_test_family *families[PHYR_TEST_FAMILIES];

/* From initcalls before the device's own. */
void __init phyr_test_register(const struct phyr_test_family *family)
{
	families[family->nr] = family;
}

static long phyr_test_ioctl(struct file *filp, unsigned int cmd,
			    unsigned long arg)
{
	struct phyr_test_file *file = filp->private_data;
	unsigned int nr = _IOC_NR(cmd) / 16;
	long ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (nr >= PHYR_TEST_FAMILIES || !families[nr])
		return -ENOTTY;
	if (mutex_lock_interruptible(&file->lock))
		return -EINTR;
	ret = families[nr]->ioctl(&file->states[nr], cmd, (void __user *)arg);
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
	filp->private_data = file;
	return nonseekable_open(inode, filp);
}

static int phyr_test_close(struct inode *inode, struct file *filp)
{
	struct phyr_test_file *file = filp->private_data;
	unsigned int i;

	for (i = 0; i < PHYR_TEST_FAMILIES; i++)
		if (file->states[i])
			families[i]->release(file->states[i]);
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

builtin_misc_device(phyr_test_device);
