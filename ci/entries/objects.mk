# SPDX-License-Identifier: GPL-2.0-only
# make -f objects.mk obj=FOLDER objects: what kbuild compiles in FOLDER in this configuration, but not below it.
.PHONY: objects
objects:
include $(srctree)/scripts/Makefile.build
objects: ; @echo $(filter %.o,$(real-obj-y) $(real-obj-m) $(lib-y))
