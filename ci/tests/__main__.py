# SPDX-License-Identifier: GPL-2.0-only
"""python3 -B -m ci.tests [NAME]...: the tests of these modules, test_NAME.py, or of all; TAP on the standard output.

NAME.py are those of that file, which are not among all.
"""

import sys
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent


class TapResult(unittest.TestResult):
    def said(self, verdict: str, test: unittest.TestCase, text: str = "") -> None:
        comment = "".join(f"# {line}\n" for line in text.splitlines())
        print(f"{comment}{verdict} {self.testsRun} - {test.id()}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.said("ok", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.said("not ok", test, self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.said("not ok", test, self.errors[-1][1])

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self.said("not ok", subtest, (self.failures + self.errors)[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"ok {self.testsRun} - {test.id()} # SKIP {reason}", flush=True)


def main(names: list[str]) -> int:
    loader = unittest.defaultTestLoader
    tests = unittest.TestSuite(
        loader.discover(str(TOP / "ci" / "tests"), name if name.endswith(".py") else f"test_{name}.py", str(TOP))
        for name in names or ["*"])
    print(f"1..{tests.countTestCases()}")
    result = TapResult()
    tests.run(result)
    return 0 if result.wasSuccessful() else 1


sys.exit(main(sys.argv[1:]))
