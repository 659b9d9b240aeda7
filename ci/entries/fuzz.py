# SPDX-License-Identifier: GPL-2.0-only
"""What clients send, made up at random; the corpus grows from one run to the next."""

import os
import subprocess
from pathlib import Path

from ci import paths, userland
from ci.artifacts import Artifacts
from ci.entries.userspace import SANITIZER_OPTIONS
from ci.entry import Options
from ci.tap import Tally

SOURCES = paths.ROOT / "userspace" / "tests" / "fuzz"
SECONDS = 15          # for each fuzzer
LONG_SECONDS = 1800


def fuzzers() -> list[str]:
    return sorted(path.stem.removeprefix("fuzz_") for path in SOURCES.glob("fuzz_*.c"))


def run_one(objects: Path, name: str, seconds: int) -> Tally:
    corpus = objects / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    program = objects / SOURCES.relative_to(paths.ROOT) / f"fuzz_{name}"
    run = subprocess.run([program, f"-max_total_time={seconds}", "-max_len=4096", "-timeout=20",
                          f"-dict={SOURCES / 'json.dict'}", f"-artifact_prefix={objects}/{name}-",
                          corpus, SOURCES / name],
                         capture_output=True, text=True, env=os.environ | SANITIZER_OPTIONS)
    return Tally(failures=[f"fuzz: {name}: {run.stderr.strip()[-600:]}"]) if run.returncode else Tally(passed=1)


def fuzz(_artifacts: Artifacts, options: Options) -> Tally:
    objects = userland.compile_build(userland.FUZZERS, options.cores)
    tally = Tally()
    for name in options.parts:
        tally += run_one(objects, name, LONG_SECONDS if options.long else SECONDS)
    return tally
