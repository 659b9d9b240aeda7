# SPDX-License-Identifier: GPL-2.0-only
"""The root of this package's errors."""


class CiError(Exception):
    """Something the person at the terminal can act on: its text is all they see."""
