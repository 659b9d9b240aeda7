# SPDX-License-Identifier: GPL-2.0-only
"""A cluster of Slurm on this machine: a controller and two workers, with a key of their own."""

import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

NODES = ("w1", "w2")
CONFIGURATION = """\
ClusterName=phyr
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmdPidFile={folder}/%n.pid
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,bf_interval=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
SlurmdTimeout=5
KillWait=2
MinJobAge=300
{nodes}
PartitionName=all Nodes=w[1-2] Default=YES MaxTime=INFINITE State=UP
"""


def ports(number: int) -> list[int]:
    """Free ones of the loopback."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    found = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return found


class LocalCluster:
    """folder: below one whose owner alone can write it, and short enough for the name of a socket."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.processes: dict[str, subprocess.Popen] = {}

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.out").open("a") as out:
            self.processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                                    start_new_session=True)

    def configure(self) -> None:
        controller, *workers = ports(1 + len(NODES))
        host = socket.gethostname().partition(".")[0]
        for name in ("state", "munge", *NODES):
            (self.folder / name).mkdir()
        key = self.folder / "munge" / "key"
        key.touch(0o400)
        key.write_bytes(secrets.token_bytes(1024))
        nodes = "\n".join(f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=1000"
                          for name, port in zip(NODES, workers))
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(host=host, controller=controller,
                                                                     folder=self.folder, nodes=nodes))

    def worker(self, name: str) -> None:
        self.start(name, "slurmd", "-D", "-N", name)

    def __enter__(self) -> "LocalCluster":
        self.folder.chmod(0o755)
        self.configure()
        os.environ["SLURM_CONF"] = str(self.folder / "slurm.conf")
        munge = self.folder / "munge"
        try:
            self.start("munged", "munged", "--foreground", f"--key-file={munge}/key", f"--socket={munge}/socket",
                       f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed")
            self.until(lambda: (munge / "socket").exists(), "munged has no socket")
            self.start("slurmctld", "slurmctld", "-D")
            for name in NODES:
                self.worker(name)
            self.until(lambda: self.states() == ["idle"] * len(NODES), "the nodes do not become idle")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        subprocess.run(["scancel", "--user=root"], capture_output=True)
        for name, process in reversed(self.processes.items()):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        os.environ.pop("SLURM_CONF", None)

    @staticmethod
    def states() -> list[str]:
        listed = subprocess.run(["sinfo", "--noheader", "--Node", "--format=%T"], capture_output=True, text=True)
        return listed.stdout.split()

    def until(self, true, what: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                said = "".join(file.read_text(errors="replace")[-500:] for file in self.folder.glob("*.out"))
                raise AssertionError(f"{what}: {said}")
            time.sleep(0.05)

    def kill(self, name: str) -> None:
        """The node dies with all that runs on it."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                words = environ.read_bytes().split(b"\0")
                mine = f"SLURMD_NODENAME={name}".encode() in words \
                    and f"SLURM_CONF={self.folder}/slurm.conf".encode() in words
                if mine or self.step_of(environ.parent, name):
                    os.kill(int(environ.parent.name), signal.SIGKILL)
            except OSError:
                pass

    def step_of(self, process: Path, name: str) -> bool:
        """slurmstepd, which watches a job, says its node in its name, or has been started with its folder."""
        return (process / "comm").read_text().startswith("slurmstepd") \
            and any(f"{self.folder}/{name}" in os.readlink(link) for link in (process / "fd").iterdir())
