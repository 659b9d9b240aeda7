# SPDX-License-Identifier: GPL-2.0-only
"""A daemon and a browser that looks at its page. Shared by the tests of the page."""

import browser
import phyrd

PHONE, DESK = 390, 1280


def benchmark(name, times, **more):
    return [{"name": name, "run_name": name, "run_type": "iteration", "repetitions": len(times), "repetition_index": i,
             "iterations": 1, "threads": 1, "real_time": time, "cpu_time": time, "time_unit": "ns", **more}
            for i, time in enumerate(times)]


FIGURES = "main .tabular table:has(td:nth-child(6))"
HEADINGS = "return [...document.querySelectorAll('figcaption')].map((one) => one.innerText)"


def results(kernel, factor):
    """Made up: times that rise with the size, and times that do not."""
    rows = []
    for backing in ("base", "hugetlb-1G"):
        for size, pages in (("4KiB", 1), ("2MiB", 512), ("1GiB", 262144)):
            rows += benchmark(f"mr/reg/{backing}/{size}",
                              [(9000 + pages * 90 * factor) * (1 + i / 400) for i in range(20)])
            rows += benchmark(f"gup/pages/pin/{backing}/{size}", [600 + pages * 6 + i for i in range(20)])
            rows += benchmark(f"gup/phyrs/pin/{backing}/{size}", [650 + i for i in range(20)])
    for size in (4, 64):
        rows += benchmark(f"crypto/sg/virtio/setup/thp/{size}KiB", [500 * size + i for i in range(20)])
        rows += benchmark(f"crypto/phyrs/virtio/setup/thp/{size}KiB", [2400 + i for i in range(20)])
    rows += benchmark("rdma/write/base/64KiB", [1000 + i for i in range(20)])
    rows += [{"name": "mr/reg/base/4GiB", "run_name": "mr/reg/base/4GiB", "run_type": "iteration",
              "error_occurred": True, "error_message": "ENOMEM"}]
    whole = "mr/reg/hugetlb-1G/4GiB"
    rows += benchmark(whole, [9400] * 20) if factor < 1 else [rows[-1] | {"name": whole, "run_name": whole}]
    return {"context": {"kernel": kernel, "clock": "icount", "host_name": "test"}, "benchmarks": rows}


class PageTest(phyrd.PhyrdTest):
    """All tests of a program share the browser."""

    browser = None

    @classmethod
    def setUpClass(cls):
        PageTest.browser = PageTest.browser or browser.Browser()

    def setUp(self):
        super().setUp()
        self.addCleanup(lambda: self.browser.open("about:blank"))
        self.browser.look(DESK)
        self.browser.complaints()

    def go(self, address):
        """Open an address as if it had been sent by somebody."""
        self.browser.open("about:blank")
        self.browser.open(f"http://127.0.0.1:{self.phyrd.port}/{address}")
        self.browser.wait("document.querySelector('main h1')")

    def load(self):
        """Runs 1 and 2: a stock and a phyr kernel."""
        for name, factor in (("stock", 1), ("phyr", 0.01)):
            status, _, run = self.phyrd.post(results(name, factor), "/import?name=" + name)
            self.assertEqual(status, 201, run)

    def ink(self, selector):
        """Pixels of each canvas that are not empty."""
        return self.browser.script("""return [...document.querySelectorAll(arguments[0])].map((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let n = 0;
            for (let i = 3; i < data.length; i += 4)
                n += data[i] > 0;
            return n; })""", selector)


def main():
    """Run the tests of the program, if there is a browser."""
    if lacking := browser.missing():
        print(f"1..0 # SKIP {lacking}")
        return
    try:
        phyrd.main()
    finally:
        if PageTest.browser:
            PageTest.browser.close()
