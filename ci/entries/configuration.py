# SPDX-License-Identifier: GPL-2.0-only
"""The measured kernels' configurations differ in nothing but the series."""

from ci.artifacts import Artifacts
from ci.entry import Options
from ci.tap import Tally


def configuration(artifacts: Artifacts, _options: Options) -> Tally:
    artifacts.prove_config()
    return Tally(passed=1)
