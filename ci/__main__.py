# SPDX-License-Identifier: GPL-2.0-only
"""The commands of ./phyr."""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from ci import (apply, base, bench, children, compiler_cache, deb, distribution, explain, git, kernel, kernel_deb,
                limits, lock, mails, packages, paths, series, shell, style, suite, testing, vm)
from ci.artifacts import Artifacts
from ci.comparison import bisect, commits, history, place, prune, sides, suites
from ci.comparison import command as comparison
from ci.error import CiError
from ci.progress import note

KERNELS = {"stock": kernel.STOCK, "phyr": kernel.PHYR, "debug": kernel.DEBUG}
GUEST = ("kernel", "userspace", "guest")       # what a command that boots a VM needs


# Exit statuses; those of a comparison, 2 and 4, are in ci/comparison/verdicts.py. Of these phyrctl has 1 only.
ERROR = 1            # called wrongly, or something could not be made
GONE = 141           # whoever read our output has gone
LOST = 255           # a VM did not boot, or did not come to its end


class ArgumentError(CiError):
    pass


class Parser(argparse.ArgumentParser):
    """2 means a regression."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(ERROR, f"{self.prog}: error: {message}\n")


def version() -> str:
    """Of the project, where meson has it from, too."""
    return re.search(r"^ *version: '([^']+)'", (paths.ROOT / "meson.build").read_text(), re.M)[1]


def word(text: str) -> str:
    """Such as an unset variable of the caller's shell is not."""
    if not text:
        raise argparse.ArgumentTypeError("'' is empty")
    return text


def path(text: str) -> Path:
    """As the caller means it, whose folder ./phyr has left."""
    word(text)
    return Path(os.environ.get("PHYR_FROM", ""), text).resolve()


def port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text}: a port is a number from 1 to 65535")
    return int(text)


def writable(text: str) -> Path:
    """The path of a file that can be written."""
    file = path(text)
    if os.path.isdir(file):       # Path.is_dir() raises what it may not see.
        raise argparse.ArgumentTypeError(f"{text}: is a directory")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=file.parent).close()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text}: cannot be written: {error.strerror}") from None
    return file


def readable(text: str) -> Path:
    file = path(text)
    if not os.access(file, os.R_OK) or file.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: is no file that can be read")
    return file


def folder(text: str) -> Path:
    found = path(text)
    if not found.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: is no folder")
    return found


def percentage(text: str) -> float:
    """1% or 0.5"""
    try:
        found = float(text.removesuffix("%"))
    except ValueError:
        found = -1.0
    if not 0 <= found <= 100:
        raise argparse.ArgumentTypeError(f"{text}: a share is a number from 0 to 100, in percent, such as 1%")
    return found


def jobs(text: str) -> int:
    """slurm, which is 0: as many at a time as there are nodes; or slurm:N"""
    name, colon, number = text.partition(":")
    if name != "slurm" or colon and not (number.isascii() and number.isdecimal() and 0 < int(number) <= 1000):
        raise argparse.ArgumentTypeError(f"{text}: want slurm, or slurm:N for N jobs at a time")
    return int(number or 0)


def place_of(arguments: argparse.Namespace) -> place.Place:
    """Made before anything is installed: without a cluster it refuses."""
    return place.Here() if arguments.jobs is None else place.Cluster(arguments.jobs or None)


@contextlib.contextmanager
def pruned() -> Iterator[None]:
    """What a command leaves in build/compared is not without end, however it ends."""
    began = time.time()
    try:
        yield
    finally:
        # Jobs of a cluster may be at work there; and why a command ends is not replaced.
        try:
            prune.prune(began)
            prune.prune_trees(began)
        except OSError as error:
            note(f"build/ is not pruned: {error}")


def prepare(needs: Collection[str]) -> None:
    """After all arguments have been checked, before anything is made."""
    if "kernel" in needs:
        paths.check()
    packages.ensure({"ci", *needs, *base.needs()})
    lock.hold()
    if not {"kernel", "userspace"}.isdisjoint(needs):
        compiler_cache.ensure()


def check_clock(clock: str) -> None:
    if clock == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise ArgumentError("--clock kvm: /dev/kvm cannot be opened here; the default, icount, runs everywhere")


def command_bench(arguments: argparse.Namespace) -> int:
    check_clock(arguments.clock)
    if arguments.clock == "kvm" and arguments.memory:
        raise ArgumentError("--memory: QEMU's translator counts, so the clock is icount; leave out --clock")
    prepare(GUEST)
    return bench.run(Artifacts(), arguments.json, arguments.clock, arguments.only, arguments.memory)


def command_explain(arguments: argparse.Namespace) -> int:
    if len(arguments.kernels) not in (0, 2):
        raise ArgumentError("explain: BASE and HEAD come together, or not at all")
    asked = [sides.side(role, text, path(text), arguments.tree)
             for role, text in zip(("base", "head"), arguments.kernels)]
    fragments = fragments_of(arguments.config)
    sides.check_options(asked, fragments)
    explain.sides_of(arguments.row, json.loads(bench.WORKLOADS.read_text()), asked)
    prepare(GUEST)
    with pruned():
        return explain.run(Artifacts(), arguments.row, asked, arguments.svg, fragments)


def fragments_of(files: list[Path]) -> list[Path]:
    """Their lines are looked at, too."""
    for file in files:
        sides.fragment(file)
    return files


def outputs_of(arguments: argparse.Namespace, known: Iterable[str]) -> dict[str, Path]:
    """Those that are wanted, and where."""
    outputs = {name: file for name in known if (file := getattr(arguments, name))}
    for name, file in outputs.items():
        if other := next((other for other in outputs if other != name and outputs[other] == file), ""):
            raise ArgumentError(f"--{name} and --{other} are to go into the same file, {file}")
    return outputs


def command_compare(arguments: argparse.Namespace) -> int:
    check_clock(arguments.clock)
    if arguments.clock == "kvm" and arguments.limits:
        raise ArgumentError("--limits: they are of instructions, which --clock kvm does not count; leave one out")
    if arguments.clock == "kvm" and arguments.jobs is not None:
        raise ArgumentError("--jobs: real time never mixes machines; leave out --clock kvm, or --jobs")
    both = tuple(sides.side(role, text, path(text), arguments.tree)
                 for role, text in (("base", arguments.base), ("head", arguments.head)))
    fragments = fragments_of(arguments.config)
    sides.check_options(list(both), fragments)
    suite = suites.find(arguments.suite, path(arguments.suite))
    held = limits.read(arguments.limits) if arguments.limits else None
    outputs = outputs_of(arguments, comparison.OUTPUTS)
    where = place_of(arguments)
    prepare(GUEST)
    with pruned():
        return comparison.run(Artifacts(), both, suite, fragments, outputs, arguments.clock, held, arguments.again,
                              where)


def command_bisect(arguments: argparse.Namespace) -> int:
    good, bad = (sides.ref(role, text, arguments.tree)
                 for role, text in (("GOOD", arguments.good), ("BAD", arguments.bad)))
    for role, text, found in (("GOOD", arguments.good, good), ("BAD", arguments.bad, bad)):
        if not found:
            raise ArgumentError(f"{role}: {arguments.tree} has no commit '{text}'")
    fragments = fragments_of(arguments.config)
    suite = commits.exact_rows(suites.find(arguments.suite, path(arguments.suite)), [arguments.row])
    where = place_of(arguments)
    prepare(GUEST)
    with pruned():
        return bisect.run(Artifacts(), arguments.tree, good, bad, suite, fragments, arguments.row, arguments.at_least,
                          arguments.svg, where)


def command_history(arguments: argparse.Namespace) -> int:
    of = history.of_range(arguments.tree, arguments.range)
    fragments = fragments_of(arguments.config)
    suite = history.choose(suites.find(arguments.suite, path(arguments.suite)), arguments.row)
    outputs = outputs_of(arguments, history.OUTPUTS)
    where = place_of(arguments)
    prepare(GUEST)
    with pruned():
        return history.run(Artifacts(), arguments.tree, of, suite, fragments, outputs, where)


def command_test(arguments: argparse.Namespace) -> int:
    if arguments.list:
        print(suite.listing(arguments.only))
        return 0
    selected = suite.select(arguments.only, arguments.long)
    prepare(suite.needs(selected))
    return testing.run(Artifacts(), selected, arguments.long)


def command_kernels(_arguments: argparse.Namespace) -> int:
    prepare(("kernel",))
    artifacts = Artifacts()
    for which in KERNELS.values():
        print(artifacts.kernel(which))
    artifacts.prove_config()
    return 0


def command_vm(arguments: argparse.Namespace) -> int:
    prepare(GUEST)
    return shell.interactive(Artifacts(), KERNELS[arguments.kernel], arguments.job, command_line=arguments.append,
                             iommu=arguments.iommu)


def command_serve(arguments: argparse.Namespace) -> int:
    shell.check_port(arguments.port)
    prepare(GUEST)
    return shell.serve(Artifacts(), arguments.port)


def deb_of_kernel(given: Path | None) -> list[Path]:
    """given: the configuration; else the distribution's."""
    wanted = kernel_deb.read(given) if given else ""
    prepare(("kernel", "kernel_deb", *(() if given else ("distribution",))))
    wanted = wanted or kernel_deb.read(distribution.unpacked().config)
    return kernel_deb.build(Artifacts().tip, wanted, kernel.CPUS)


def command_deb(arguments: argparse.Namespace) -> int:
    if arguments.config and not arguments.kernel:
        raise ArgumentError("deb --config FILE: it is of a kernel; add --kernel")
    if arguments.kernel:
        made = deb_of_kernel(arguments.config)
    else:
        prepare(("userspace", "deb"))
        made = deb.build(os.cpu_count() or 1)
    for package in made:
        print(package)
    return 0


def command_format(_arguments: argparse.Namespace) -> int:
    prepare(("style",))
    for file in style.write():
        print(file)
    return 0


def series_apply(artifacts: Artifacts, tree: apply.Tree, names: list[str]) -> int:
    artifacts.destinations.named(names)
    tree.check()
    chosen = apply.plan(tree, artifacts.destinations, series.entries(paths.ROOT, artifacts.destinations), names)
    prepare(())
    mailings = [mailing for mailing in artifacts.mailings if mailing.branch.destination in chosen]
    apply.apply(tree, mailings, artifacts.version)
    print(mails.table(paths.ROOT, mailings) if mailings else "nothing to apply")
    print(f"{tree.path} is at {tree.head}")
    return 0


def command_series(arguments: argparse.Namespace) -> int:
    artifacts = Artifacts()
    if arguments.apply:
        return series_apply(artifacts, apply.Tree(path(arguments.apply[0])), arguments.apply[1:])
    if arguments.action == "import":
        source = git.Git(arguments.git_dir)
        series.check_range(source, arguments.range)
        series.check_committed(paths.ROOT, artifacts.destinations)
    prepare(())
    if arguments.action == "import":
        series.check_start(artifacts.store, artifacts.base, source, arguments.range)
        series.import_range(paths.ROOT, source, arguments.range, artifacts.destinations)
        series.compare_trees(artifacts.store, artifacts.tip, source, arguments.range)
    print(mails.table(paths.ROOT, artifacts.mailings))
    print(f"{len(artifacts.commits)} commits on {artifacts.base[:12]}, last {artifacts.tip[:12]}, "
          f"which is branch phyr of {paths.STORE.relative_to(paths.ROOT)}")
    return 0


def parser() -> argparse.ArgumentParser:
    top = Parser(prog="./phyr", description="Linux with GUP, RDMA and crypto on physical ranges.")
    top.add_argument("--version", action="version", version=f"phyr {version()}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    def add_jobs(command: argparse.ArgumentParser) -> None:
        command.add_argument("--jobs", type=jobs, metavar="slurm[:N]",
                             help="each build and each boot is a job of Slurm, N at a time (one a node)")

    command = add("bench", command_bench, "measure both kernels and compare them")
    command.add_argument("--json", type=writable, default=paths.RESULTS / "compare.json", metavar="FILE",
                         help="where the comparison goes (%(default)s)")
    command.add_argument("--clock", choices=("icount", "kvm"), default="icount",
                         help="icount counts guest instructions, kvm takes time (%(default)s)")
    command.add_argument("--memory", action="store_true",
                         help="count loads, stores, locked operations and misses of modelled caches, too")
    command.add_argument("only", nargs="*", metavar="ROW",
                         help="these rows only; a pattern, such as 'mr/reg/*'")
    command = add("explain", command_explain, "where a row's difference is, by function")
    command.add_argument("row", type=word, metavar="ROW", help="such as mr/reg/base/64MiB")
    command.add_argument("kernels", type=word, nargs="*", metavar="BASE HEAD",
                         help="as of compare (stock phyr); not of a row that has two forms of memory")
    command.add_argument("--tree", type=folder, metavar="DIR", help="the repository that refs are of")
    command.add_argument("--config", type=readable, action="append", default=[], metavar="FILE",
                         help="kernel options of your own on top, for both sides; repeatable")
    command.add_argument("--svg", type=writable, default=paths.RESULTS / "explain.svg", metavar="FILE",
                         help="where the flame graph goes (%(default)s)")
    command = add("compare", command_compare, "compare any two kernels; exit status: 0 no regression, 1 an error, "
                  "2 a regression, 4 nothing was compared or a row has too few samples, 255 a VM was lost")
    for role in ("base", "head"):
        command.add_argument(role, type=word, metavar=role.upper(),
                             help="stock, phyr, a kernel tree, a bzImage, or a git ref of --tree")
    command.add_argument("--tree", type=folder, metavar="DIR", help="the repository that refs are of")
    command.add_argument("--config", type=readable, action="append", default=[], metavar="FILE",
                         help="kernel options of your own on top, for both sides; repeatable")
    command.add_argument("--suite", type=word, default="quick", metavar="|".join((*suites.NAMED, "FILE")),
                         help="what is measured (%(default)s)")
    command.add_argument("--limits", type=readable, nargs="?", const=bench.LIMITS, metavar="FILE",
                         help="these decide, base being stock and head phyr, in place of any row that is worse "
                         "(bench/limits.json)")
    command.add_argument("--clock", choices=("icount", "kvm"), default="icount",
                         help="icount counts guest instructions, kvm takes time (%(default)s)")
    add_jobs(command)
    command.add_argument("--again", action="store_true", help="measure anew what is known of these kernels")
    for name, (text, _make) in comparison.OUTPUTS.items():
        command.add_argument(f"--{name}", type=writable, metavar="FILE", help=text)
    command = add("bisect", command_bisect, "find the commit that moved a row")
    command.add_argument("--tree", type=folder, required=True, metavar="DIR", help="the repository")
    command.add_argument("good", type=word, metavar="GOOD", help="a commit before that")
    command.add_argument("bad", type=word, metavar="BAD", help="a commit behind it")
    command.add_argument("--row", type=word, required=True, help="such as mr/reg/base/4KiB or gup/phyrs/pin/base/4KiB")
    command.add_argument("--at-least", type=percentage, default=0.0, metavar="PERCENT",
                         help="by more than this, such as 1%% (any difference)")
    command.add_argument("--config", type=readable, action="append", default=[], metavar="FILE",
                         help="kernel options of your own on top; repeatable")
    command.add_argument("--suite", type=word, default="full", metavar="|".join((*suites.NAMED, "FILE")),
                         help="which has the row (%(default)s)")
    command.add_argument("--svg", type=writable, default=paths.RESULTS / "bisect.svg", metavar="FILE",
                         help="where the flame graph of what is found goes (%(default)s)")
    add_jobs(command)
    command = add("history", command_history, "rows over the commits of a range; exit status: 0 measured, 1 an error, "
                  "4 fewer than two commits could be measured")
    command.add_argument("--tree", type=folder, required=True, metavar="DIR", help="the repository")
    command.add_argument("range", type=word, metavar="A..B", help="A is what the first commit is held against")
    command.add_argument("--row", type=word, nargs="+", action="extend", required=True,
                         help="such as mr/reg/base/4KiB or gup/phyrs/pin/base/4KiB")
    command.add_argument("--config", type=readable, action="append", default=[], metavar="FILE",
                         help="kernel options of your own on top; repeatable")
    command.add_argument("--suite", type=word, default="full", metavar="|".join((*suites.NAMED, "FILE")),
                         help="which has the rows (%(default)s)")
    add_jobs(command)
    for name, (text, _make) in history.OUTPUTS.items():
        command.add_argument(f"--{name}", type=writable, metavar="FILE", help=text)
    command = add("test", command_test, "run all tests, or some")
    command.add_argument("--long", action="store_true",
                         help="random tests without their time limits, and the entries that are else run by name only")
    command.add_argument("--list", action="store_true",
                         help="say what there is; of the entries that are named, their parts")
    command.add_argument("only", type=word, nargs="*", metavar="ENTRY[/PART]",
                         help=f"these only; PART may be a pattern; '{suite.QUICK}': what to run before each commit")
    command = add("vm", command_vm, "a shell in one of our kernels")
    command.add_argument("--kernel", choices=KERNELS, default="phyr", help="which one (%(default)s)")
    command.add_argument("--job", type=readable, metavar="FILE", help="run this shell script in place of a terminal")
    command.add_argument("--iommu", action="store_true", help="with an IOMMU")
    command.add_argument("--append", default="", metavar="TEXT", help="more kernel parameters")
    command = add("serve", command_serve, "the daemon in the phyr kernel, on this machine's loopback")
    command.add_argument("--port", type=port, default=bench.PORT, help="of the loopback (%(default)s)")
    add("kernels", command_kernels, "build the kernels only")
    command = add("deb", command_deb, "Debian packages of the daemon, its client, the benchmarks and the library; or "
                  "of the kernel")
    command.add_argument("--kernel", action="store_true",
                         help="of Linux with the series, into build/kernel-deb; hours for a distribution's "
                         "configuration. What is compiled stays: a build that was ended goes on")
    command.add_argument("--config", type=readable, metavar="FILE",
                         help="the kernel's whole configuration, such as /boot/config-RELEASE (that of Debian's "
                         "kernel, from its archive); with CONFIG_PHYR_TEST=m phyrd measures all families")
    add("format", command_format, "format the sources as 'test style' wants them, where a tool can")
    command = add("series", command_series, "the patch series as commits and mails")
    command.add_argument("--apply", type=word, nargs="+", metavar=("TREE", "NAME"),
                         help="git am these series, or all that it lacks, in a git work tree of Linux")
    actions = command.add_subparsers(dest="action")
    command = actions.add_parser("import", help="regenerate files and patches from commits")
    command.add_argument("git_dir", type=path)
    command.add_argument("range", type=word, help="for example base..topic")
    return top


def main() -> int:
    arguments = parser().parse_args()
    # An exception, as Ctrl-C is: all end what was started. nohup's wish counts.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    children.adopt()
    try:
        status = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # What is left of our output must not fail again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GONE
    except (CiError, OSError) as error:
        print(f"phyr: {error}", file=sys.stderr)
        return LOST if isinstance(error, vm.VmError) else ERROR
    except subprocess.CalledProcessError as error:
        print(f"phyr: {' '.join(map(str, error.cmd))}: exit {error.returncode}", file=sys.stderr)
        return ERROR
    except KeyboardInterrupt:
        return 130
    finally:
        children.end_all()


if __name__ == "__main__":
    sys.exit(main())
