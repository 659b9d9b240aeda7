# SPDX-License-Identifier: GPL-2.0-only
"""The page in Chromium: start a run, see it finish. PHYR_SCREENSHOTS names a folder for pictures of it."""

import json
import os
import tempfile
import time

import page_case
import phyrd
from browser import ENTER, SPACE, TAB
from page_case import DESK, FIGURES, PHONE, PageTest, results


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

        self.browser.wait("document.querySelector('progress')?.value >= 0.5")
        self.assertIn("▶ running, 1 of 2", self.browser.text("main"))
        self.assertIn("count/down/base/4KiB", self.browser.text("main table"))
        self.browser.wait("document.querySelector('main .state')?.innerText.includes('✓ done')")
        self.assertEqual(self.browser.hash(), "#/runs/1")
        self.assertEqual(self.browser.text("h1"), "Run 1: größer")
        self.assertEqual(self.browser.text("#status"), "Run 1: größer is done")
        figures = self.browser.text(FIGURES).replace("\t", " ")
        self.assertIn("nap/once/base/4KiB 120 10 ms 10 ms", figures)
        self.assertIn("p99", figures)
        self.assertNotIn("p99.9", figures)
        self.assertIn("p99.9, which takes 1000 samples", self.browser.text("main"))
        self.browser.wait("document.querySelectorAll('.plot canvas').length === 2")
        self.assertGreater(min(self.ink(".plot canvas")), 1000)
        self.assertEqual(self.browser.complaints(), [])
        request = self.phyrd.get("/runs/1")[2]["results"][0]["parameters"]
        self.assertEqual((request["samples"], request["warmup"]), (120, 3))

    def test_progress_in_words(self):
        self.phyrd.start("count/up/base/4KiB", "nap/once/base/4KiB", samples=1000)
        self.go("#/runs/1")
        said = self.browser.wait("/nap.*left/.exec(document.querySelector('main .actions')?.innerText)?.input")
        self.assertRegex(said, r"▶ running, 1 of 2 · nap/once/base/4KiB: \d+ of 1000 samples · about \d+ s left")
        self.assertTrue(0.5 < self.browser.script("return document.querySelector('progress').value") < 1)

    def test_cancel(self):
        self.phyrd.start("nap/once/base/4KiB", samples=2000)
        self.go("#/runs/1")
        self.browser.wait("document.querySelector('main .actions')?.innerText.includes('running')")
        self.browser.click("main button")
        self.browser.wait("document.querySelector('main .state')?.innerText.includes('cancelled')")
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
        self.assertIn(os.uname().release, self.browser.text("main dl"))


class Files(PageTest):
    """A run as a file, which the page loads, edits, saves and starts."""

    def test_what_is_chosen_is_a_file(self):
        self.go("#/run")
        self.browser.wait("document.querySelector('form')")
        self.browser.click("input[value='count/down']")
        self.browser.script("document.querySelector('[name=samples]').value = 7")
        self.browser.type("[name=tags]", "night, ci")
        self.browser.script("document.querySelector('[name=request]').closest('details').open = true")
        self.browser.wait("document.querySelector('[name=request]').value")
        text = self.browser.script("return document.querySelector('[name=request]').value")
        self.assertEqual(json.loads(text), {"tags": ["night", "ci"], "samples": 7, "warmup": 3, "workloads": [
            "count/up/base/4KiB", "count/down/base/4KiB", "count/up/base/2MiB", "count/down/base/2MiB"]})
        self.browser.script("document.querySelector('[name=request]').value = '# comment\\n' + arguments[0]", text)
        self.browser.script(
            "[...document.querySelectorAll('button')].find((one) => /^Start what/.test(one.innerText)).click()")
        self.browser.wait("document.querySelector('main .state')?.innerText.includes('done')")
        self.assertRegex(self.browser.text("main dl"), r"Tags\s+night\s*ci")

    def test_a_port_and_a_gid_are_chosen(self):
        """Where a device has several; what is asked for names them."""
        several = """const before = window.fetch;
            window.fetch = async (path, ...more) => {
                const answer = await before(path, ...more);
                if (!path.endsWith('/system'))
                    return answer;
                const known = await answer.json();
                const port = { number: 1, state: 'PORT_ACTIVE', gids: [{ index: 0, gid: 'fe80::1', type: 'RoCE v1' },
                                                                       { index: 3, gid: 'fe80::1', type: 'RoCE v2' }] };
                known.rdma_devices = [
                    { name: 'fake0', transport: 'iWARP', ports: [null] },
                    { name: 'fake1', transport: 'InfiniBand', ports: [port, { number: 2, state: 'PORT_DOWN' }] }];
                return new Response(JSON.stringify(known)); };"""
        script = self.browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=several)["identifier"]
        self.addCleanup(self.browser.devtools, "Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        self.go("#/run")
        self.browser.wait("document.querySelector('select[name=device]')")
        self.assertEqual(self.browser.script(
            "return [...document.querySelectorAll('select[name=device] option')].map((one) => one.innerText)"),
            ["the first that is ready", "fake0 (iWARP)", "fake1 (InfiniBand)", "fake1:1 (active)",
             "fake1:1:0 (fe80::1, RoCE v1)", "fake1:1:3 (fe80::1, RoCE v2)", "fake1:2 (down)"])
        self.browser.script("document.querySelector('select[name=device]').value = 'fake1:1:3'")
        self.browser.click("main button[type=submit]")
        self.browser.wait("document.querySelector('main .state')?.innerText.includes('done')")
        asked = self.phyrd.get("/runs/1/request")[2]["workloads"]
        self.assertEqual({one["device"] for one in asked}, {"fake1:1:3"})

    def test_a_machine_that_can_measure_nothing(self):
        """It offers what can be done: which commands make results, and a way to load them."""
        nothing = """const before = window.fetch;
            window.fetch = async (path, ...more) => {
                const answer = await before(path, ...more);
                if (!path.endsWith('/workloads'))
                    return answer;
                const known = await answer.json();
                known.workloads.forEach((one) => Object.assign(one, { available: false, reason: 'no device' }));
                return new Response(JSON.stringify(known)); };"""
        script = self.browser.devtools("Page.addScriptToEvaluateOnNewDocument", source=nothing)["identifier"]
        self.addCleanup(self.browser.devtools, "Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(results("stock", 1), file)
            file.flush()
            for address in ("#/", "#/run"):
                self.go(address)
                self.assertIn("./phyr bench", self.browser.wait("document.querySelector('.first')?.innerText"))
                self.assertFalse(self.browser.script(
                    "return Boolean(document.querySelector('main button[type=submit]')?.checkVisibility())"))
            self.browser.type(".first input[type=file]", file.name)
            self.browser.wait("location.hash === '#/runs' && document.querySelector('tbody tr')")

    def test_it_is_loaded_and_run_again(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('// mine\n{"name": "file", "workloads": ["count/up/thp/4MiB"]}')
            file.flush()
            self.go("#/run")
            self.browser.script("document.querySelector('[name=request]').closest('details').open = true")
            self.browser.type("details input[type=file]", file.name)
            self.browser.wait("document.querySelector('[name=request]').value.startsWith('// mine')")
        start = "[...document.querySelectorAll('button')].find((one) => /^Start what/.test(one.innerText)).click()"
        self.browser.script(start)
        self.browser.wait("document.querySelector('main .state')?.innerText.includes('done')")
        self.browser.click("a[href='#/run/1']")
        self.browser.wait("document.querySelector('[name=request]')?.value.includes('count/up/thp/4MiB')")
        self.browser.script("document.querySelector('[name=request]').value = 'x'")
        self.browser.script(start)
        self.assertIn("The body is not JSON", self.browser.wait("document.querySelector('.failure')?.innerText"))


class Words(PageTest):
    def test_name_tags_and_notes(self):
        self.load()
        self.go("#/runs/1")
        self.browser.wait("document.querySelector('main .actions')")
        self.browser.script(
            "[...document.querySelectorAll('button')].find((one) => one.innerText === 'Name, tags, notes').click()")
        self.browser.type("dialog [name=name]", "May ")
        self.browser.type("dialog [name=tags]", "base, , night")
        self.browser.type("dialog [name=notes]", "cold room")
        self.browser.click("dialog button[type=submit]")
        self.browser.wait("document.querySelector('h1').innerText === 'Run 1: May stock'")
        self.assertRegex(self.browser.text("main dl"), r"Tags\s+base\s*night\s+Notes\s+cold room")
        self.assertEqual(self.phyrd.get("/runs/1")[2]["tags"], ["base", "night"])

    def test_search_and_delete_several(self):
        self.load()
        self.load()
        self.phyrd.request("PATCH", "/api/v1/runs/2", b'{"tags": ["keep"]}', {"Content-Type": "application/json"})
        self.go("#/runs")
        rows = "document.querySelectorAll('main tbody tr').length"
        self.browser.wait(f"{rows} === 4")
        self.assertIn("keep", self.browser.text("tbody tr:nth-child(3)"))
        self.browser.type("main [name=search]", "stock")
        self.browser.wait(f"{rows} === 2")
        for run in (1, 3):
            self.browser.click(f"[aria-label='choose run {run}']")
        self.browser.script(
            "[...document.querySelectorAll('button')].find((one) => one.innerText === 'Delete 2 runs').click()")
        self.browser.click("dialog button[type=submit]")
        self.browser.wait("document.querySelector('main').innerText.includes('No run has \"stock\"')")
        self.assertEqual([run["id"] for run in self.phyrd.get("/runs")[2]["runs"]], [4, 2])

    def test_how_long_it_took(self):
        self.phyrd.measure("nap/once/base/4KiB", samples=20)
        self.go("#/runs")
        self.assertRegex(self.browser.wait("document.querySelector('tbody tr')?.innerText"), r"\d\d\d ms\s+Delete")


class Keys(PageTest):
    def test_lead_somewhere(self):
        self.load()
        self.go("#/")
        self.browser.keys("h")
        self.browser.wait("document.querySelector('main [name=search]')")
        self.browser.keys("/")
        self.assertEqual(self.browser.script("return document.activeElement.getAttribute('name')"), "search")
        self.browser.keys("mc")
        self.assertEqual(self.browser.hash(), "#/runs")
        self.assertEqual(self.browser.script("return document.activeElement.value"), "mc")
        self.browser.script("document.activeElement.blur()")
        self.browser.keys("?")
        self.assertIn("Start a run", self.browser.wait("document.querySelector('dialog')?.innerText"))
        self.browser.click("dialog input[type=checkbox]")
        self.browser.click("dialog button[type=submit]")
        self.browser.wait("!document.querySelector('dialog')")
        self.browser.keys("m")
        self.assertEqual(self.browser.hash(), "#/runs")
        self.browser.script("localStorage.clear()")
        self.browser.keys("n")
        self.assertEqual(self.browser.hash(), "#/run")


class Paper(PageTest):
    def test_nothing_but_the_figures(self):
        self.load()
        self.browser.look(DESK, "dark")
        self.go("#/compare/1/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        self.browser.devtools("Emulation.setEmulatedMedia", media="print",
                              features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self.addCleanup(self.browser.devtools, "Emulation.setEmulatedMedia", media="")
        shown = "return [...document.querySelectorAll(arguments[0])].filter((one) => one.checkVisibility()).length"
        for selector in ("nav", "button", "select", "input", "footer"):
            self.assertEqual(self.browser.script(shown, selector), 0, selector)
        self.assertGreater(self.browser.script(shown, "tbody td"), 100)
        self.assertEqual(self.browser.script(shown, ".headline"), 2)
        self.assertEqual(self.browser.script(
            "return getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)")
        self.browser.script("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(self.browser.script("return document.querySelectorAll('main details:not([open])').length"), 0)
        self.browser.script("dispatchEvent(new Event('afterprint'))")
        self.assertGreater(self.browser.script(
            "return document.querySelectorAll('main details:not([open])').length"), 0)


class Reconnect(PageTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.ARGUMENTS = ("--database", f"{folder.name}/runs.db")
        super().setUp()

    def test_a_page_of_another_version_is_replaced(self):
        """When the reader goes on, and only if it is another."""
        self.go("#/")
        self.browser.script("window.mine = true")
        for address in ("#/runs", "#/"):
            self.browser.script("location.hash = arguments[0]", address)
            self.browser.wait("document.querySelector('main h1')")
            time.sleep(0.5)
            self.assertTrue(self.browser.script("return window.mine"))
        self.browser.script("document.querySelector('meta[name=page]').content = '0123456789abcdef'")
        self.browser.script("location.hash = '#/runs'")
        self.browser.wait("!window.mine && document.querySelector('main h1')?.innerText === 'History'")
        self.assertRegex(self.browser.script("return document.querySelector('meta[name=page]').content"),
                         "^[0-9a-f]{16}$")

    def test_to_a_daemon_that_was_started_again(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=3000)
        for address, words in ((f"#/runs/{run}", "phyrd was told to end"), ("#/runs", "Run 1")):
            self.go(address)
            self.browser.wait("document.querySelector('progress, main table')")
            self.assertEqual(self.phyrd.stop(), 0)
            if address == "#/runs":     # it asks for nothing until somebody wants something
                self.browser.click("main button[aria-label='Delete run 1']")
                self.browser.click("dialog button[type=submit]")
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
        self.browser.wait("document.querySelector('main .state')?.innerText.includes('done')")
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
        self.browser.type("dialog input", "größe☃")
        self.browser.click("dialog button[type=submit]")
        self.browser.wait("document.querySelector('.failure')?.innerText.includes('printable ASCII')")
        self.assertIsNone(self.browser.script("return sessionStorage.getItem('token')"))

    def test_it_is_asked_for_once(self):
        """Requests go out side by side; a second question would end the wait with an error."""
        self.browser.open(f"http://127.0.0.1:{self.phyrd.port}/#/run")
        self.browser.type("dialog input", "correct-horse-battery")
        self.browser.click("dialog button[type=submit]")
        self.browser.wait("document.querySelector('form')")
        self.browser.click("button[type=submit]")
        self.browser.wait("document.querySelector('main .state')?.innerText.includes('✓ done')")


page_case.main()
