# SPDX-License-Identifier: GPL-2.0-only
"""./phyr serve, once all is built: the page within its time, with the results that there are."""

import socket
import subprocess
import sys
import time
from pathlib import Path

from ci import paths, shell
from ci.artifacts import Artifacts
from ci.entry import Options
from ci.progress import note
from ci.tap import Tally

SECONDS = 40               # to the page; 20 on a machine that does nothing else


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_until_up(process: subprocess.Popen, log: Path, seconds: float) -> None:
    """Until ./phyr serve says so itself; OSError when it ends, or the time is up."""
    deadline = time.monotonic() + seconds
    while " is up;" not in log.read_text():
        if process.poll() is not None:
            raise OSError(f"ended with {process.returncode}: {log.read_text().strip()[-300:]}")
        if time.monotonic() > deadline:
            raise OSError(f"not up after {seconds:.0f} s: {log.read_text().strip()[-300:]}")
        time.sleep(0.1)


def problems(page: str, names: set[str], seconds: float) -> list[str]:
    loaded = {Path(name).stem for name in shell.loadable()}
    found = []
    if "<title>phyr</title>" not in page:
        found.append("serve: that is not the page")
    if names != loaded:
        found.append(f"serve: the runs are {sorted(names)}, not {sorted(loaded)}")
    if seconds > SECONDS:
        found.append(f"serve: it took {seconds:.1f} s, more than {SECONDS}")
    return found


def serve(_artifacts: Artifacts, _options: Options) -> Tally:
    port = free_port()
    log = paths.VM / "serve.log"
    began = time.monotonic()
    with log.open("w") as out:
        process = subprocess.Popen([sys.executable, "-B", "-m", "ci", "serve", "--port", str(port)], cwd=paths.ROOT,
                                   stdout=out, stderr=out)
    try:
        wait_until_up(process, log, 2 * SECONDS)
        page = shell.get(port, "/")
        seconds = time.monotonic() - began
        names = {run["name"] for run in shell.get(port, "/api/v1/runs")["runs"]}
    except OSError as error:
        return Tally(failures=[f"serve: {error}"])
    finally:
        process.terminate()
        process.wait()
    note(f"the page can be used after {seconds:.1f} s")
    found = problems(page, names, seconds)
    return Tally(passed=3 - len(found), failures=found)
