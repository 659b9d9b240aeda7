# SPDX-License-Identifier: GPL-2.0-only
"""The phyr kernel for people: a shell on the terminal, the daemon on the loopback."""

import json
import threading
import time
import urllib.request

from ci import bench, kernel, paths, vm
from ci.artifacts import Artifacts
from ci.progress import say

DAY = 86400
TREES = ("stock", "phyr")        # the page compares the last two runs, the later with the earlier

# phyrd listens on the loopback only; what QEMU forwards arrives at the guest's own address, once all is loaded.
SERVE_JOB = f"""
phyrd --listen 127.0.0.1:{bench.PORT} &
until curl -sf -o /dev/null http://127.0.0.1:{bench.PORT}/healthz; do sleep 0.1; done
for kernel in {' '.join(TREES)}; do
	[ ! -e /results/load/$kernel.json ] || phyrctl import --name $kernel /results/load/$kernel.json || exit
done
exec socat TCP-LISTEN:{bench.PORT},bind=10.0.2.15,fork TCP:127.0.0.1:{bench.PORT}
"""


def interactive(artifacts: Artifacts) -> int:
    machine = vm.Machine(artifacts.kernel(kernel.PHYR), artifacts.guest, artifacts.accelerator, command_line="quiet")
    say("the shell's end, or 'reboot -f', ends the VM")
    return vm.run(machine, "exec setsid cttyhack sh -l\n", paths.VM / "shell", DAY, interactive=True).status


def loadable() -> dict[str, str]:
    """What ./phyr bench left: name below /results in the guest -> text."""
    files = [paths.RESULTS / f"{tree}.json" for tree in TREES]
    return {f"load/{file.name}": file.read_text() for file in files if file.exists()}


def get(port: int, path: str) -> dict | str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        text = answer.read().decode()
        return json.loads(text) if answer.headers["Content-Type"] == "application/json" else text


def wait_for_page(port: int, seconds: float) -> str:
    """The page, as soon as it can be had; OSError when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return get(port, "/")
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def announce(port: int) -> None:
    wait_for_page(port, DAY)
    say(f"http://127.0.0.1:{port}/ is up; Ctrl-C ends it")


def serve(artifacts: Artifacts, port: int) -> int:
    machine = vm.Machine(artifacts.kernel(kernel.PHYR), artifacts.guest, artifacts.accelerator, forward=(port, bench.PORT))
    files = loadable()
    if not files:
        say(f"no results of ./phyr bench in {paths.RESULTS}: the page will show no comparison")
    say("booting the phyr kernel")
    threading.Thread(target=announce, args=(port,), daemon=True).start()
    return vm.run(machine, SERVE_JOB, paths.VM / "serve", DAY, files=files).status
