#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""run_pyverbs.py DEVICE ADDRESS [PATTERN...]: rdma-core's own tests of a device, as TAP.

PATTERN: names of tests as rdma-core has them; all when there is none.
"""

import signal
import sys
import unittest
from collections.abc import Iterator
from fnmatch import fnmatchcase

FOLDER = "/opt/rdma-core"        # of its tests/
SECONDS = 60                     # for one test; those that end take less than 5
MAPPED = "0000:0000:0000:0000:0000:ffff:"      # how the GID of an IPv4 address begins


class TapResult(unittest.TestResult):
    """A line when a test has ended. A test whose parts have results has the worst of them."""

    number = 0
    said: str | None = None

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.number += 1
        self.said = None
        signal.alarm(SECONDS)

    def addError(self, test: unittest.TestCase, err: tuple) -> None:
        self.fails(str(err[1]))

    def addFailure(self, test: unittest.TestCase, err: tuple) -> None:
        self.fails(str(err[1]))

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self.said = self.said or f"ok {{}} # SKIP {reason.splitlines()[0] if reason else ''}"

    def fails(self, why: str) -> None:
        print("".join(f"# {line}\n" for line in why.splitlines()[:5]), end="")
        self.said = "not ok {}"

    def stopTest(self, test: unittest.TestCase) -> None:
        signal.alarm(0)
        name = test.id().removeprefix("tests.")
        print((self.said or "ok {}").format(f"{self.number} {name}"), flush=True)
        super().stopTest(test)


def late(_signal: int, _frame: object) -> None:
    raise TimeoutError(f"not done after {SECONDS} s")


def each(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from each(test)
        else:
            yield test


def main() -> None:
    device, address, *patterns = sys.argv[1:]
    sys.path[:0] = [FOLDER, f"{FOLDER}/tests"]
    sys.argv[1:] = ["--dev", device]
    from args_parser import parser
    parser.parse_args()
    import tests
    from pyverbs.device import Context
    from tests.base import RDMATestCase
    iwarp = device.startswith("siw")

    # They look for a parent of the RDMA device that has the address, which software devices do not have, and pass over
    # the only GID of an iWARP device.
    def with_address(self: RDMATestCase, context: Context, dev: str, port: int) -> None:
        for index in range(context.query_port(port).gid_tbl_len):
            if iwarp or context.query_gid(port, index).gid.startswith(MAPPED):
                self.args.append([dev, port, index, address, None])
    RDMATestCase._add_gids_per_port = with_address

    signal.signal(signal.SIGALRM, late)
    chosen = [test for test in each(unittest.defaultTestLoader.loadTestsFromModule(tests))
              if not patterns or any(fnmatchcase(test.id(), f"*{pattern}*") for pattern in patterns)]
    print(f"TAP version 13\n1..{len(chosen)}", flush=True)
    unittest.TestSuite(chosen).run(TapResult())


if __name__ == "__main__":
    main()
