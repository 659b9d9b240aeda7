# SPDX-License-Identifier: GPL-2.0-only
"""Our kernels for people: a shell on the terminal or a job of their own, and the daemon on the loopback."""

import json
import os
import secrets
import socket
import threading
import time
import urllib.request
from pathlib import Path

from ci import bench, kernel, lock, paths, vm
from ci.artifacts import Artifacts
from ci.error import CiError
from ci.progress import say

DAY = 86400
TREES = ("stock", "phyr")        # the page compares the last two runs, the later with the earlier
TERMINAL_JOB = "exec setsid cttyhack sh -l\n"

# phyrd listens on the loopback only; what QEMU forwards arrives at the guest's own address, once all is loaded. Then
# the guest says so, with a word that only this boot knows.
SERVE_JOB = f"""
phyrd --listen 127.0.0.1:{bench.PORT} &
until curl -sf -o /dev/null http://127.0.0.1:{bench.PORT}/healthz; do sleep 0.1; done
for kernel in {' '.join(TREES)}; do
	[ ! -e /results/load/$kernel.json ] || phyrctl import --name $kernel /results/load/$kernel.json || exit
done
socat TCP-LISTEN:{bench.PORT},bind=10.0.2.15,fork TCP:127.0.0.1:{bench.PORT} &
until curl -sf -o /dev/null --header 'Host: 127.0.0.1:{bench.PORT}' http://10.0.2.15:{bench.PORT}/healthz; do
	sleep 0.1
done
echo $WORD >/results/up
wait $!
"""


class PortError(CiError):
    pass


def interactive(artifacts: Artifacts, which: kernel.Kernel, job: Path | None, folder: Path = paths.VM / "shell",
                **differences) -> int:
    """A VM by hand. job: a shell script for the guest in place of the terminal; its status is the command's."""
    with lock.alone(folder):
        machine = artifacts.machine(which, **differences)
        lock.release()
        if job:
            outcome = vm.run(machine, job.read_text(), folder, DAY)
            for splat in outcome.splats:
                print(splat)
            say(f"exit {outcome.status} after {outcome.seconds:.1f} s; console and results in {folder}")
            return outcome.status or (1 if outcome.splats else 0)
        say("the shell's end, or 'reboot -f', ends the VM")
        return vm.run(machine, TERMINAL_JOB, folder, DAY, interactive=True).status


def loadable() -> dict[str, str]:
    """What ./phyr bench left: name below /results in the guest -> text."""
    files = [paths.RESULTS / f"{tree}.json" for tree in TREES]
    return {f"load/{file.name}": file.read_text() for file in files if file.exists()}


def get(port: int, path: str) -> dict | str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        text = answer.read().decode()
        return json.loads(text) if answer.headers["Content-Type"] == "application/json" else text


def check_port(port: int) -> None:
    """PortError when somebody else has it."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise PortError(f"port {port} of the loopback cannot be had ({os.strerror(error.errno)}): "
                        "end what listens there, or choose another with --port") from None


def said(up: Path) -> str:
    """By the guest; nothing before it is up, and while the folder is made anew."""
    try:
        return up.read_text().strip()
    except FileNotFoundError:
        return ""


def announce(port: int, up: Path, word: str) -> None:
    """As soon as this boot's guest says that it serves. QEMU has had the port from its start, or has not started."""
    while said(up) != word:
        time.sleep(0.1)
    say(f"http://127.0.0.1:{port}/ is up; Ctrl-C ends it")


def serve(artifacts: Artifacts, port: int) -> int:
    folder, word = paths.VM / "serve", secrets.token_hex(16)
    check_port(port)
    with lock.alone(folder):
        machine = artifacts.machine(forward=(port, bench.PORT))
        lock.release()
        files = loadable()
        if not files:
            say(f"no results of ./phyr bench in {paths.RESULTS}: the page will show no comparison")
        # Since it was looked at, somebody may have taken it.
        check_port(port)
        say("booting the phyr kernel")
        threading.Thread(target=announce, args=(port, folder / "results" / "up", word), daemon=True).start()
        return vm.run(machine, f"WORD={word}\n{SERVE_JOB}", folder, DAY, files=files).status
