# SPDX-License-Identifier: GPL-2.0-only
"""The page in Chromium: start a run, see it finish, compare. PHYR_SCREENSHOTS names a folder for pictures of it."""

import os
import tempfile
from pathlib import Path

import browser
import phyrd
from browser import ENTER, SPACE, TAB

PHONE, DESK = 390, 1200


def benchmark(name, times, **more):
    return [{"name": name, "run_name": name, "run_type": "iteration", "repetitions": len(times), "repetition_index": i,
             "iterations": 1, "threads": 1, "real_time": time, "cpu_time": time, "time_unit": "ns", **more}
            for i, time in enumerate(times)]


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
    return {"context": {"kernel": kernel, "clock": "icount", "host_name": "test"}, "benchmarks": rows}


def setUpModule():
    PageTest.browser = browser.Browser()


def tearDownModule():
    PageTest.browser.close()


class PageTest(phyrd.PhyrdTest):
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


class Runs(PageTest):
    def test_start_and_see_it_finish(self):
        self.go("#/run")
        for box in ("count/up", "2MiB"):
            self.browser.click(f"input[value='{box}']")
        for box in ("nap/once", "count/down"):
            self.browser.click(f"input[value='{box}']")
        self.browser.script("document.querySelector('[name=samples]').value = 120")
        self.browser.type("[name=name]", "größer")
        self.assertEqual(self.browser.text("output"), "2 workloads")
        self.browser.click("button[type=submit]")

        self.browser.wait("document.querySelector('progress')?.value === 1")
        self.assertIn("▶ running, 1 of 2", self.browser.text("main"))
        self.assertIn("count/down/base/4KiB", self.browser.text("main table"))
        self.browser.wait("document.querySelector('main dl')?.innerText.includes('✓ done')")
        self.assertEqual(self.browser.hash(), "#/runs/1")
        self.assertEqual(self.browser.text("h1"), "Run 1: größer")
        self.assertEqual(self.browser.text("#status"), "Run 1: größer is done")
        figures = self.browser.text("main .scroll table:has(td:nth-child(9))").replace("\t", " ")
        self.assertIn("nap/once/base/4KiB 120 10 ms 10 ms", figures)
        self.browser.wait("document.querySelectorAll('.plot canvas').length === 2")
        self.assertGreater(min(self.ink(".plot canvas")), 1000)
        self.assertEqual(self.browser.complaints(), [])
        request = self.phyrd.get("/runs/1")[2]["results"][0]["parameters"]
        self.assertEqual((request["samples"], request["warmup"]), (120, 3))

    def test_cancel(self):
        self.phyrd.start("nap/once/base/4KiB", samples=2000)
        self.go("#/runs/1")
        self.browser.wait("document.querySelector('main button')?.innerText === 'Cancel'")
        self.browser.click("main button")
        self.browser.wait("document.querySelector('main dl')?.innerText.includes('cancelled')")
        self.assertIn("ECANCELED", self.browser.text("main"))

    def test_leaving_a_run_ends_its_events(self):
        self.phyrd.start("nap/once/base/4KiB", samples=300)
        self.go("#/runs/1")
        self.browser.wait("document.querySelector('progress')")
        self.browser.click("nav a[href='#/']")
        self.browser.wait("document.querySelector('h1')?.innerText === 'What this machine can do'")
        self.phyrd.get("/runs/1?wait=20")
        self.browser.wait("document.querySelector('h1').innerText === 'What this machine can do'")
        self.assertEqual(self.browser.text("#status"), "")

    def test_refusals_are_shown(self):
        self.go("#/run")
        self.browser.type("[name=sizes]", "5KiB")
        self.browser.click("button[type=submit]")
        self.assertIn("5KiB is not a multiple", self.browser.wait("document.querySelector('.failure')?.innerText"))
        for address, words in (("#/runs/77", "There is no run 77"), ("#/nonsense", "There is nothing at #/nonsense"),
                               ("#/compare/1/2", "There is no run")):
            self.browser.open("about:blank")
            self.browser.open(f"http://127.0.0.1:{self.phyrd.port}/{address}")
            self.assertIn(words, self.browser.wait("document.querySelector('.failure')?.innerText"))

    def test_what_is_missing_says_why(self):
        self.go("#/")
        self.browser.wait("document.querySelector('main dl')")
        self.assertRegex(self.browser.text("main table"),
                         r"missing/once/<backing>/<size>\s+✗ no\s+no such hardware; buy some")
        self.assertRegex(self.browser.text("main dl"), r"A sample of nothing\s+\d+ ns")
        self.assertIn(os.uname().release, self.browser.text("#machine"))


class Comparisons(PageTest):
    def test_from_the_history(self):
        self.load()
        self.go("#/runs")
        self.browser.wait("document.querySelector('[name=base]')")
        self.browser.click("[name=base][value='1']")
        self.browser.click("[name=head][value='2']")
        self.browser.click("main button[type=submit]")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        self.assertEqual(self.browser.hash(), "#/compare/1/2")
        figures = self.browser.text("main table")
        self.assertRegex(figures, r"mr/reg/hugetlb-1G/1GiB\s+24\.2 ms\s+251 µs\s+÷ 96\.4\s+-1\.00\s+▼ better")
        self.assertRegex(figures, r"gup/pages/pin/base/4KiB\s.*~ no difference")
        self.assertIn("p < 0.01 and an effect of at least 0.147, and the medians are at least 1 % apart",
                      self.browser.text("main"))
        self.assertGreater(min(self.ink(".plot canvas")), 1000)
        self.assertEqual(self.browser.complaints(), [])
        headings = self.browser.script(HEADINGS)
        self.assertIn("mr/reg on hugetlb-1G", headings)
        self.assertNotIn("rdma/write on base", headings)

    def test_old_runs_can_be_chosen(self):
        """Runs older than what is listed: in the address, and as a choice that is kept from page to page."""
        for _ in range(205):
            self.assertEqual(self.phyrd.post({"context": {}, "benchmarks": benchmark("x", [1, 2])}, "/import")[0], 201)
        self.go("#/compare/1/2")
        self.browser.wait("document.querySelector('main table')")
        chosen = "return [...document.querySelectorAll('select')].map((one) => one.value)"
        self.assertEqual(self.browser.script(chosen), ["1", "2"])
        self.go("#/runs")
        self.browser.wait("document.querySelector('[name=head]')")
        self.browser.click("[name=head][value='200']")
        self.browser.script("[...document.querySelectorAll('button')].find((one) => one.innerText === 'Older').click()")
        self.browser.wait("document.querySelector(\"[name=base][value='150']\")")
        self.browser.click("[name=base][value='150']")
        self.browser.click("main button[type=submit]")
        self.browser.wait("location.hash === '#/compare/150/200'")

    def test_devices_keep_apart(self):
        rows = [benchmark(f"mr/reg/base/{size}KiB", [time + size] * 9, device=device)
                for device, time in (("rxe0", 1000), ("siw0", 9000)) for size in (4, 64)]
        body = {"context": {}, "benchmarks": sum(rows, [])}
        for _ in range(2):
            self.assertEqual(self.phyrd.post(body, "/import")[0], 201)
        self.go("#/runs/1")
        figures = "main .scroll table:has(td:nth-child(9))"
        self.browser.wait("document.querySelector(arguments[0])", figures)
        self.assertRegex(self.browser.text(figures), r"mr/reg/base/4KiB \(siw0\)\s+9\s+9\.00 µs")
        self.go("#/compare/1/2")
        self.browser.wait("document.querySelectorAll('.picks code').length === 8")
        self.assertIn("mr/reg/base/64KiB (siw0), run 2", self.browser.text(".picks"))
        headings = self.browser.script(HEADINGS)
        self.assertIn("mr/reg (rxe0) on base", headings)
        self.assertIn("mr/reg (siw0) on base", headings)

    def test_what_can_be_compared_is_proposed(self):
        self.go("#/compare")
        self.browser.wait("document.querySelector('main').innerText.includes('It takes two runs')")
        self.load()
        self.phyrd.get(f"/runs/{self.phyrd.start('count/up/base/4KiB')}?wait=10")
        self.go("#/compare")
        self.browser.wait("location.hash === '#/compare/1/2'")
        self.go("#/compare/2/3")
        self.assertIn("clock", self.browser.wait("document.querySelector('.failure')?.innerText"))

    def test_the_other_way_round_is_worse(self):
        self.load()
        self.go("#/compare/2/1")
        self.assertRegex(self.browser.wait("document.querySelector('main table')?.innerText"),
                         r"mr/reg/hugetlb-1G/1GiB\s.*× 96\.4\s+1\.00\s+▲ worse")

    def test_others_beside_phyrs(self):
        self.load()
        self.go("#/runs/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length === 5")
        text = self.browser.text("main")
        self.assertIn("Pages and scatterlists beside phyrs", text)
        self.assertRegex(text, r"crypto/virtio/setup on thp\s+scatterlist\s+phyrs")
        self.assertIn("mr/reg/base/4GiB", text)
        self.browser.script("document.querySelector('figure details').open = true")
        self.assertRegex(self.browser.text("figure table"), r"1 GiB\s+1\.57 ms\s+659 ns")

    def test_lines_differ_without_colour(self):
        self.load()
        self.go("#/compare/1/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        gaps = self.browser.script("""
            return [...document.querySelectorAll("figure:first-of-type .sample")].map((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, canvas.height / 2, canvas.width, 1);
            return data.filter((value, i) => i % 4 === 3 && !value).length; })""")
        self.assertEqual(gaps[0], 0)
        self.assertGreater(gaps[1], 10)

    def test_load_a_file_and_delete_it(self):
        with tempfile.TemporaryDirectory() as folder:
            long = Path(folder) / f"{'größer🙂€€€€' * 6}.json"      # 60 UTF-16 units would be more than 100 bytes
            long.write_text(phyrd.json.dumps(results("other", 1)))
            self.go("#/runs")
            self.browser.type("input[type=file]", str(long))
            self.browser.wait("document.querySelector('main table')?.innerText.includes('größer🙂€€€€größer🙂')")
            self.assertEqual(self.phyrd.request("DELETE", "/api/v1/runs/1")[0], 204)
            file = Path(folder) / "mine.json"
            file.write_text(phyrd.json.dumps(results("other", 1)))
            self.go("#/runs")
            self.browser.type("input[type=file]", str(file))
            self.browser.wait("document.querySelector('main table')?.innerText.includes('Run 2: mine')")
            file.write_text("{")
            self.browser.type("input[type=file]", str(file))
            self.browser.wait("document.querySelector('.failure')")
        self.browser.click("[aria-label='Delete run 2']")
        self.browser.accept()
        self.browser.wait("document.querySelector('main').innerText.includes('There are no runs yet')")

    def test_each_file_is_loaded_for_itself(self):
        """One that is refused keeps no other from being loaded, and is named; so is what could not be kept."""
        good = phyrd.json.dumps(results("other", 1))
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("one.json", "two.json", "three.json")]
            counted = good.replace('"iterations": 1,', '"iterations": 1, "hits": NaN,')
            for file, text in zip(files, (good, "{", counted)):
                file.write_text(text)
            self.go("#/runs")
            self.browser.wait("document.querySelector('input[type=file]')")
            self.browser.type("input[type=file]", "\n".join(map(str, files)))
            self.browser.wait("document.querySelector('.failure')?.innerText.includes('two.json: The body is not')")
        self.assertRegex(self.browser.text("main table"), r"(?s)Run 2: three.*Run 1: one")
        self.assertIn('mr/reg/base/4KiB: left out "hits": not a finite number', self.browser.text("main"))

    def test_what_turns_the_direction_of_writing(self):
        body = {"context": {"kernel": "k\u202ek"}, "benchmarks": benchmark("mr/\u2066reg", [1, 2])}
        self.assertEqual(self.phyrd.post(body, "/import?name=a%E2%80%AEb")[0], 201)
        for address in ("#/runs", "#/runs/1"):
            self.go(address)
            self.browser.wait("document.querySelector('main').innerText.includes('a\ufffdb')")
            self.assertIsNone(self.browser.script(
                "return document.body.innerText.match(/[\u202a-\u202e\u2066-\u2069]/)"))


class Reconnect(PageTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.ARGUMENTS = ("--database", f"{folder.name}/runs.db")
        super().setUp()

    def test_to_a_daemon_that_was_started_again(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=3000)
        for address, words in ((f"#/runs/{run}", "phyrd was told to end"), ("#/runs", "Run 1")):
            self.go(address)
            self.browser.wait("document.querySelector('progress, main table')")
            self.assertEqual(self.phyrd.stop(), 0)
            if address == "#/runs":     # it asks for nothing until somebody wants something
                self.browser.click("main button[aria-label='Delete run 1']")
                self.browser.accept()
            self.browser.wait("document.querySelector('#status').innerText.includes('phyrd does not answer')")
            self.phyrd = phyrd.Phyrd(*self.ARGUMENTS, listen=f"127.0.0.1:{self.phyrd.port}")
            self.browser.wait("document.querySelector('#status').innerText === 'phyrd is there again'")
            self.browser.wait("document.querySelector('main').innerText.includes(arguments[0])", words)
            self.assertEqual(self.browser.script("return document.querySelectorAll('.failure').length"), 0)


class Looks(PageTest):
    ADDRESSES = {"machine": "#/", "form": "#/run", "history": "#/runs", "run": "#/runs/2",
                 "comparison": "#/compare/1/2"}

    def settle(self, address):
        self.go(address)
        self.browser.wait("document.querySelector('main').innerText.length > 200")
        if "1/2" in address or "runs/" in address:
            self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")

    def test_fits_a_phone(self):
        self.load()
        for scheme, width in (("light", PHONE), ("dark", DESK)):
            self.browser.look(width, scheme)
            for name, address in self.ADDRESSES.items():
                with self.subTest(name=name, width=width):
                    self.settle(address)
                    self.assertLessEqual(self.browser.script("return document.documentElement.scrollWidth"), width)
                    if folder := os.environ.get("PHYR_SCREENSHOTS"):
                        self.browser.screenshot(f"{folder}/{name}-{width}-{scheme}.png")
        self.assertEqual(self.browser.complaints(), [])

    def test_contrast(self):
        """WCAG: 4.5 for text, 3 for lines, in both schemes."""
        ratio = """const [page, other] = [...arguments].map((name) => {
                const probe = document.createElement("i");
                probe.style.color = `var(${name})`;
                document.body.append(probe);
                const channels = getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).map((n) => n / 255)
                    .map((n) => n <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4);
                probe.remove();
                return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]; });
            return (Math.max(page, other) + 0.05) / (Math.min(page, other) + 0.05);"""
        backgrounds = set()
        for scheme in ("light", "dark"):
            self.browser.look(DESK, scheme)
            self.go("#/")
            backgrounds.add(self.browser.script("return getComputedStyle(document.body).backgroundColor"))
            for name in ("text", "faint", "accent", "good", "bad", *(f"line-{i}" for i in range(6))):
                for background in ("page", "panel"):
                    value = self.browser.script(ratio, f"--{background}", f"--{name}")
                    least = 3 if name.startswith("line") else 4.5
                    self.assertGreater(value, least, f"{scheme}: {name} on {background}")
        self.assertEqual(len(backgrounds), 2)

    def test_by_keyboard(self):
        self.go("#/run")
        self.browser.wait("document.querySelector('form')")
        self.browser.keys(TAB)
        self.assertEqual(self.browser.script("return document.activeElement.innerText"), "Skip to the content")
        self.browser.keys(ENTER)
        self.assertEqual(self.browser.script("return document.activeElement.id"), "main")
        self.browser.keys(TAB)
        self.assertEqual(self.browser.script("return document.activeElement.value"), "count/up")
        self.browser.keys(SPACE + TAB + SPACE)
        for _ in range(20):
            if self.browser.script("return document.activeElement.type") == "submit":
                break
            self.browser.keys(TAB)
        self.browser.keys(ENTER)
        self.browser.wait("location.hash === '#/runs/1'")
        self.browser.wait("document.querySelector('main dl')?.innerText.includes('done')")
        self.assertIn("count/down/base/2MiB", self.browser.text("main"))


class Policy(PageTest):
    """What somebody got into the page does nothing."""

    def test_only_the_daemons_own(self):
        listen = ("window.refused = []; "
                  "addEventListener('securitypolicyviolation', (one) => refused.push(one.effectiveDirective));")
        for directive, script in (
                ("script-src-elem", "const one = document.createElement('script'); "
                 "one.textContent = 'window.hacked = 1'; document.body.append(one)"),
                ("script-src-elem", "const one = document.createElement('script'); "
                 "one.src = 'http://127.0.0.1:9/x.js'; document.body.append(one)"),
                ("style-src-elem", "const one = document.createElement('style'); "
                 "one.textContent = 'p {}'; document.body.append(one)"),
                ("img-src", "document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }))"),
                ("connect-src", "fetch('http://127.0.0.1:9/').catch(() => {})"),
                ("frame-src", "document.body.append(Object.assign(document.createElement('iframe'), "
                 "{ src: location.pathname }))")):
            with self.subTest(script=script):
                self.go("#/")
                self.browser.script(listen + script)
                self.assertEqual(self.browser.wait("window.refused.length && window.refused"), [directive])
                self.assertIsNone(self.browser.script("return window.hacked"))
        self.browser.complaints()


class Token(PageTest):
    def setUp(self):
        file = tempfile.NamedTemporaryFile("w")
        self.addCleanup(file.close)
        file.write("correct-horse-battery")
        file.flush()
        self.phyrd = phyrd.Phyrd("--token-file", file.name)
        self.addCleanup(self.stop)
        self.browser.look(DESK)

    def test_what_no_header_can_hold_is_not_kept(self):
        self.browser.open(f"http://127.0.0.1:{self.phyrd.port}/#/runs")
        for _ in range(2):      # by the machine's line at the top as well
            self.browser.answer_prompt("größe☃")
        self.browser.wait("document.querySelector('.failure')?.innerText.includes('printable ASCII')")
        self.assertIsNone(self.browser.script("return sessionStorage.getItem('token')"))

    def test_it_is_asked_for_once(self):
        """Requests go out side by side; a second question would end the wait with an error."""
        self.browser.open(f"http://127.0.0.1:{self.phyrd.port}/#/run")
        self.browser.answer_prompt("correct-horse-battery")
        self.browser.wait("document.querySelector('form')")
        self.browser.click("button[type=submit]")
        self.browser.wait("document.querySelector('main dl')?.innerText.includes('✓ done')")


if lacking := browser.missing():
    print(f"1..0 # SKIP {lacking}")
else:
    phyrd.main()
