# SPDX-License-Identifier: GPL-2.0-only
"""The commands of ./phyr."""

import argparse
import signal
import subprocess
import sys
from pathlib import Path

from ci import bench, git, kernel, paths, series, shell, suite
from ci.error import CiError
from ci.artifacts import Artifacts

def command_bench(arguments: argparse.Namespace) -> int:
    return bench.run(Artifacts(), arguments.json, arguments.clock)


def command_test(arguments: argparse.Namespace) -> int:
    return suite.run(Artifacts(), arguments.long, arguments.only)


def command_kernels(_arguments: argparse.Namespace) -> int:
    artifacts = Artifacts()
    for which in (kernel.STOCK, kernel.PHYR, kernel.DEBUG):
        print(artifacts.kernel(which))
    artifacts.prove_config()
    return 0


def command_vm(_arguments: argparse.Namespace) -> int:
    return shell.interactive(Artifacts())


def command_serve(arguments: argparse.Namespace) -> int:
    return shell.serve(Artifacts(), arguments.port)


def command_series(arguments: argparse.Namespace) -> int:
    artifacts = Artifacts()
    if arguments.action == "import":
        series.import_range(paths.ROOT, git.Git(arguments.git_dir), arguments.range)
        series.compare_trees(artifacts.store, artifacts.tip, git.Git(arguments.git_dir), arguments.range)
    print(f"{len(artifacts.commits)} commits on {artifacts.base[:12]}, last {artifacts.tip[:12]}, mails in {paths.SERIES}")
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="./phyr", description="Linux with GUP, RDMA and crypto on physical ranges.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    command = add("bench", command_bench, "measure both kernels and compare them")
    command.add_argument("--json", type=Path, default=paths.RESULTS / "compare.json", metavar="FILE",
                         help="where the comparison goes (%(default)s)")
    command.add_argument("--clock", choices=("icount", "kvm"), default="icount",
                         help="icount counts guest instructions, kvm takes time (%(default)s)")
    command = add("test", command_test, "run all tests")
    command.add_argument("--long", action="store_true", help="without the time limits of the random tests")
    command.add_argument("only", nargs="*", metavar="ENTRY", help="these entries only: " + ", ".join(suite.names()))
    add("vm", command_vm, "a shell in the phyr kernel")
    command = add("serve", command_serve, "the daemon in the phyr kernel, on this machine's loopback")
    command.add_argument("--port", type=int, default=bench.PORT)
    add("kernels", command_kernels, "build the kernels only")
    command = add("series", command_series, "the patch series as commits and mails")
    actions = command.add_subparsers(dest="action")
    command = actions.add_parser("import", help="regenerate files and patches from commits")
    command.add_argument("git_dir", type=Path)
    command.add_argument("range", help="for example base..topic")
    return top


def main() -> int:
    arguments = parser().parse_args()
    # An exception, so that a running VM is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return arguments.run(arguments)
    except (CiError, OSError) as error:
        print(f"phyr: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"phyr: {' '.join(map(str, error.cmd))}: exit {error.returncode}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
