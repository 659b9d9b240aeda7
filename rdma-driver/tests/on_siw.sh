#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installed as siw_NAME: runs the test NAME beside it on the device siw0.

PHYR_DEVICE=siw0 exec "${0%/*}/${0##*/siw_}"
