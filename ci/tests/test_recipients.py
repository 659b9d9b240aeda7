# SPDX-License-Identifier: GPL-2.0-only
"""Recipients are people and lists that get_maintainer.pl names, and no patch passes all of those by."""

import unittest

from ci.entries import recipients
from ci.destinations import Destination

RDMA = Destination("rdma", "rdma-driver", ["drivers/*"], ["rdma@vger", recipients.EVERYTHING],
                   ["Ann <ann@example.org>"], "patches")


class RecipientsTest(unittest.TestCase):
    def test_all_named(self):
        said = {"1.patch": {"rdma@vger", "bob@example.org"}, "2.patch": {recipients.EVERYTHING}}
        self.assertEqual(recipients.complaints(RDMA, said, {"ann@example.org"}), [])

    def test_who_is_not_named(self):
        self.assertEqual(recipients.complaints(RDMA, {"1.patch": {"rdma@vger", recipients.EVERYTHING}}, set()),
                         ["recipients of rdma: ann@example.org is none that get_maintainer.pl names"])

    def test_patch_that_passes_everybody_by(self):
        said = {"1.patch": {"rdma@vger", recipients.EVERYTHING}, "2.patch": {"mm@kvack", recipients.EVERYTHING}}
        self.assertEqual(recipients.complaints(RDMA, said, {"ann@example.org"}),
                         ["recipients of rdma: 2.patch reaches none of mm@kvack"])


if __name__ == "__main__":
    unittest.main()
