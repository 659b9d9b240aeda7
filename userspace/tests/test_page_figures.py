# SPDX-License-Identifier: GPL-2.0-only
"""The page in Chromium: figures of runs, compared and drawn."""

import csv
import io
import json
import os
import tempfile
from pathlib import Path

import page_case
from page_case import DESK, FIGURES, HEADINGS, PHONE, PageTest, benchmark, results


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
        figures = self.browser.text("main")
        self.assertRegex(figures, r"mr/reg/hugetlb-1G/1GiB\s+24,162,507\s+250,747\s+96\.36\s+−1\.00\s+20\s+▼ better")
        self.assertRegex(figures, r"gup/pages/pin/base/4KiB\s.*~ no difference")
        self.assertIn("p < 0.01 and an effect of at least 0.147, and the medians are at least 1 % apart",
                      self.browser.text("main"))
        self.assertGreater(min(self.ink(".plot canvas")), 1000)
        self.assertEqual(self.browser.complaints(), [])
        headings = self.browser.script(HEADINGS)
        self.assertIn("mr/reg on hugetlb-1G", headings)
        self.assertNotIn("rdma/write on base", headings)

    def test_ratios_are_shown_as_everywhere(self):
        self.go("#/runs")
        table = json.loads((Path(__file__).parent / "ratios.json").read_text())
        found = self.browser.script("return import('/format.js').then((format) => arguments[0].map(format.ratio))",
                                    [value for value, _said in table] + [None])
        self.assertEqual(found, [said for _value, said in table] + ["–"])

    def test_noise_is_no_change(self):
        """Instructions are counted, and one is a change."""
        self.go("#/runs")
        said = self.browser.script("return import('/units.js').then((units) => ['native', 'icount'].map((clock) => "
                                   "[1, 1.00004, 1.003, 0.99].map(units.unitOf(clock).change)))")
        self.assertEqual(said, [["the same", "the same", "the same", "1.0 % more"],
                                ["the same", "0.004 % fewer", "0.3 % fewer", "1.0 % more"]])

    def test_old_runs_can_be_chosen(self):
        """Runs older than what is listed: in the address, and as a choice that is kept from page to page."""
        for _ in range(205):
            self.assertEqual(self.phyrd.post({"context": {}, "benchmarks": benchmark("x", [1, 2])}, "/import")[0], 201)
        self.go("#/compare/1/2")
        self.browser.wait("document.querySelector('main table')")
        chosen = "return [...document.querySelectorAll('.side select')].map((one) => one.value)"
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
        self.browser.wait("document.querySelector(arguments[0])", FIGURES)
        self.assertRegex(self.browser.text(FIGURES), r"mr/reg/base/4KiB \(siw0\)\s+9\s+9\.00 µs")
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
                         r"mr/reg/hugetlb-1G/1GiB\s.*0\.0104\s+1\.00\s+20\s+▲ worse")
        self.assertRegex(self.browser.text(".headlines"),
                         r"1 GiB registration: 250,747 instructions → 24\.2 million, 96\.4 times more")

    def test_others_beside_phyrs(self):
        self.load()
        self.go("#/runs/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length === 6")
        text = self.browser.text("main")
        self.assertIn("Pages and scatterlists beside phyrs", text)
        self.assertRegex(text, r"crypto/virtio/setup on thp\s+scatterlist\s+phyrs")
        self.assertIn("mr/reg/base/4GiB", text)
        self.assertRegex(text, r"1 GiB pin: 1\.57 million instructions as pages → 659 as phyrs, 2,388 times fewer")
        self.assertRegex(text, r"4 KiB crypto/virtio/setup: 2,009 instructions as scatterlist → 2,409 as phyrs, 20 %")
        self.browser.script("document.querySelector('figure details').open = true")
        self.assertRegex(self.browser.text("figure table"), r"1 GiB\s+1,573,473\s+659")

    def test_lines_differ_without_colour(self):
        self.load()
        self.go("#/compare/1/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        gaps = self.browser.script("""
            return [...document.querySelectorAll("figure:first-of-type .sample")].map((canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, canvas.height / 2, canvas.width, 1);
            return data.filter((value, i) => i % 4 === 3 && !value).length; })""")
        self.assertGreater(gaps[0], 10)
        self.assertEqual(gaps[1], 0)

    def test_load_a_file_and_delete_it(self):
        with tempfile.TemporaryDirectory() as folder:
            long = Path(folder) / f"{'größer🙂€€€€' * 6}.json"      # 60 UTF-16 units would be more than 100 bytes
            long.write_text(json.dumps(results("other", 1)))
            self.go("#/runs")
            self.browser.type("input[type=file]", str(long))
            self.browser.wait("document.querySelector('main table')?.innerText.includes('größer🙂€€€€größer🙂')")
            self.assertEqual(self.phyrd.request("DELETE", "/api/v1/runs/1")[0], 204)
            file = Path(folder) / "mine.json"
            file.write_text(json.dumps(results("other", 1)))
            self.go("#/runs")
            self.browser.type("input[type=file]", str(file))
            self.browser.wait("document.querySelector('main table')?.innerText.includes('Run 2: mine')")
            file.write_text("{")
            self.browser.type("input[type=file]", str(file))
            self.browser.wait("document.querySelector('.failure')")
        self.browser.click("[aria-label='Delete run 2']")
        self.browser.click("dialog button[type=submit]")
        self.browser.wait("document.querySelector('main').innerText.includes('There are no runs yet')")

    def test_each_file_is_loaded_for_itself(self):
        """One that is refused keeps no other from being loaded, and is named; so is what could not be kept."""
        good = json.dumps(results("other", 1))
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


class InShort(PageTest):
    """What a comparison says before anybody reads a table."""

    def compare(self, width):
        self.load()
        self.browser.look(width)
        self.go("#/compare/1/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")

    def test_in_words(self):
        self.compare(DESK)
        lines = self.browser.script("return [...document.querySelectorAll('.headline')].map((one) => one.innerText)")
        self.assertEqual(lines, [
            "1 GiB registration: 24.2 million instructions → 250,747, 96.4 times fewer\nmr/reg/hugetlb-1G/1GiB",
            "4 GiB registration: ENOMEM → works, in 9,400 instructions\nmr/reg/hugetlb-1G/4GiB"])
        large, text = self.browser.script("return ['.headline', 'td'].map((one) => "
                                          "parseFloat(getComputedStyle(document.querySelector(one)).fontSize))")
        self.assertGreater(large, 1.5 * text)
        self.assertTrue(self.browser.script("return document.querySelector('.headline').getBoundingClientRect().bottom"
                                            " < document.querySelector('.sides').getBoundingClientRect().top"))

    def test_they_are_what_is_seen_first(self):
        self.load()
        self.go("#/")
        self.assertIn("24.2 million instructions → 250,747", self.browser.wait(
            "document.querySelector('.headline')?.innerText"))
        self.browser.click(".first a.button")
        self.browser.wait("location.hash === '#/compare/1/2'")

    def test_no_time_where_instructions_are_counted(self):
        self.compare(DESK)
        self.browser.script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        self.assertNotRegex(self.browser.text("main"), r"\d (ps|ns|µs|ms|s)\b")
        self.go("#/runs/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        self.browser.script("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        self.assertNotRegex(self.browser.text("main"), r"\d (ps|ns|µs|ms|s)\b")

    def test_the_strongest_stands_first(self):
        self.compare(DESK)
        captions = "return [...document.querySelectorAll('.tabular caption')].map((one) => one.innerText).slice(0, 4)"
        self.assertEqual(self.browser.script(captions), ["mr: 8 workloads", "gup: 12 workloads",
                                                         "crypto: 4 workloads", "rdma: 1 workload"])
        names = ("return [...document.querySelectorAll('section:has([role=search]) tbody th')]"
                 ".map((one) => one.innerText)")
        self.assertEqual(self.browser.script(names)[0], "mr/reg/hugetlb-1G/4GiB")
        self.assertRegex(self.browser.text("tbody tr"), r"ENOMEM\s+9,400\s+works now\s.*★ works now")
        self.browser.script("const one = document.querySelector('[name=order]'); one.value = 'size'; "
                            "one.dispatchEvent(new Event('change'))")
        self.assertEqual(self.browser.script(names)[1], "mr/reg/base/4GiB")
        self.browser.type("[name=search]", "2mib HUGETLB")
        self.assertEqual(self.browser.script(names), ["mr/reg/hugetlb-1G/2MiB", "gup/pages/pin/hugetlb-1G/2MiB",
                                                      "gup/phyrs/pin/hugetlb-1G/2MiB"])
        self.browser.script("const one = document.querySelector('[name=verdict]'); one.value = 'better'; "
                            "one.dispatchEvent(new Event('change'))")
        self.assertEqual(self.browser.script(names), ["mr/reg/hugetlb-1G/2MiB"])
        self.assertIn("1 of 25", self.browser.text("main"))

    def test_whose_figures_stand_with_the_run(self):
        self.compare(DESK)
        self.assertRegex(self.browser.text(".side:last-child"),
                         r"(?s)Kernel\s+phyr\s+Machine\s+test\s+Clock\s+icount.*imported")
        self.assertNotIn(os.uname().release, self.browser.text("body"))

    def test_nothing_falls_out_on_a_phone(self):
        """Whatever a row has is within the screen: its name above its figures."""
        self.compare(PHONE)
        for address in ("#/compare/1/2", "#/runs/2", "#/runs"):
            self.go(address)
            self.browser.wait("document.querySelector('tbody td')")
            outside, cells = self.browser.script("""
                const cells = [...document.querySelectorAll('tbody th, tbody td')]
                    .filter((one) => one.getClientRects().length);
                return [cells.filter((one) => one.scrollWidth > one.clientWidth + 1
                    || one.getBoundingClientRect().right > innerWidth).map((one) => one.innerText), cells.length];""")
            self.assertEqual(outside, [], address)
            self.assertGreater(cells, 15)
        self.go("#/compare/1/2")
        self.browser.wait("document.querySelector('tbody td')")
        name, figure = self.browser.script("return ['th', 'td'].map((one) => document.querySelector(`tbody ${one}`)"
                                           ".getBoundingClientRect().bottom)")
        self.assertLess(name, figure)
        before = "return getComputedStyle(document.querySelector('tbody td'), '::before').content"
        self.assertEqual(self.browser.script(before), '"stock, instructions"')

    def test_nothing_falls_out_on_a_desk(self):
        """However long the name of a row is."""
        long = [{"family": "crypto", "pattern": "crypto/<" + "|".join(["soft-ctr", "aesni-cbc"] * 9) + ">/<size>",
                 "available": False, "reason": "no such hardware; " * 9, "forms": [], "variants": [], "series": [],
                 "summary": "", "schema": {}}]
        script = self.browser.devtools("Page.addScriptToEvaluateOnNewDocument", source="""
            const before = window.fetch;
            window.fetch = async (path, ...more) => {
                const answer = await before(path, ...more);
                if (!path.endsWith('/workloads'))
                    return answer;
                const known = await answer.json();
                known.workloads.push(...%s);
                return new Response(JSON.stringify(known)); };""" % json.dumps(long))["identifier"]
        self.addCleanup(self.browser.devtools, "Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        self.compare(DESK)
        for address in ("#/", "#/compare/1/2", "#/runs/2", "#/runs"):
            self.go(address)
            self.browser.wait("document.querySelector('tbody td')")
            self.assertEqual(self.browser.script("""
                return [...document.querySelectorAll('tbody th, tbody td')]
                    .filter((one) => one.getClientRects().length && one.getBoundingClientRect().right > innerWidth)
                    .map((one) => one.innerText)"""), [], address)


class Comparing(PageTest):
    """What ./phyr compare and ./phyr bench --memory have found, as files."""

    def upload(self, document):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(document, file)
            file.flush()
            self.go("#/runs")
            self.browser.wait("document.querySelector('input[type=file]')")
            self.browser.type("input[type=file]", file.name)
            self.browser.wait("document.querySelector('main a[href=\"#/compare/1/2\"]')")
        self.browser.click("main a[href='#/compare/1/2']")
        self.browser.wait("document.querySelectorAll('.side dl').length === 2")

    def test_a_comparison_of_kernels(self):
        self.upload(json.loads((Path(__file__).parents[2] / "ci/tests/golden/comparison.json").read_text()))
        text = self.browser.text("main")
        self.assertIn("4 KiB registration: 9,552 instructions → 9,570, 0.2 % more", text)
        self.assertIn("Verdicts are those of ./phyr compare with suite test; a row that is not exact has none.", text)
        self.assertNotIn("Mann-Whitney", text)
        self.assertRegex(text, r"mr/reg/base/4KiB\s+9,552\s+9,570\s+1\.00\s+–\s+3\s+▲ worse")
        self.assertRegex(text, r"dio/nvme/read/base/4KiB\s+905\s+801\s+1\.13\s+–\s+3\s+≈ not exact")
        self.go("#/compare/2/1")
        self.browser.wait("document.querySelectorAll('.side dl').length === 2")
        text = self.browser.text("main")
        self.assertNotIn("Verdicts are those of", text)
        self.assertIn("Mann-Whitney", text)

    def test_the_memory_clock(self):
        def side(loads):
            return {"median": 9, "min": 8, "max": 10, "n": 9,
                    "memory": {"instructions": 9, "loads": loads, "locked": 0, "cycles": 12.5}}
        rows = [{"name": "mr/reg/base/4KiB", "unit": "ns", "stock": side(3000), "phyr": side(10)},
                {"name": "gup/pin/base/4KiB", "unit": "ns", "pages": side(7), "phyrs": side(5)}]
        self.upload({"schema": "phyr-compare/3", "clock": "icount", "date": "2026-11-30T18:49:47+00:00",
                     "kernels": {"stock": "7.3.4", "phyr": "7.3.4"}, "rows": rows})
        read = ("return [...document.querySelectorAll('table')]"
                ".find((one) => /memory clock/.test(one.innerText)).innerText")
        text = self.browser.script(read)
        self.assertRegex(text, r"mr/reg/base/4KiB, stock\s+9\s+3,000\s+–\s+0\s")
        self.assertRegex(text, r"mr/reg/base/4KiB, ratio\s+1\.00\s+300\s+–\s+1\.00\s")
        self.go("#/runs/2")
        self.browser.wait("document.querySelector('main table')")
        self.assertRegex(self.browser.script(read), r"gup/pages/pin/base/4KiB\s+9\s+7\s.*13\n")
        self.assertRegex(self.browser.text("main"), r"gup/phyrs/pin/base/4KiB\s+9\s+8\s+9\s+–\s.*10")


class Charts(PageTest):
    def test_the_cursor_shows_values(self):
        self.load()
        self.go("#/runs/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        self.browser.script("""
            const over = document.querySelector('.u-over'), at = over.getBoundingClientRect();
            const where = { clientX: at.left + at.width * 0.95, clientY: at.top + 20, bubbles: true };
            over.dispatchEvent(new MouseEvent('mouseenter', where));
            over.dispatchEvent(new MouseEvent('mousemove', where));""")
        self.browser.wait("document.querySelector('figcaption').innerText === 'gup/pin on base at 1 GiB'")
        values = ("return [...document.querySelectorAll('figure:first-child .value')].slice(0, 2)"
                  ".map((one) => one.innerText)")
        self.assertEqual(self.browser.script(values), ["1,573,473", "659"])

    def test_a_form_looks_the_same_everywhere(self):
        self.load()
        self.go("#/runs/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        looks = self.browser.script("""
            const found = {};
            for (const item of document.querySelectorAll('.legend li:has(canvas)'))
                (found[item.firstChild.nextSibling.textContent] ??= new Set()).add(item.firstChild.toDataURL());
            return Object.entries(found).map(([name, pictures]) => [name, pictures.size, [...pictures][0]]);""")
        for name, pictures, _ in looks:
            self.assertEqual(pictures, 1, name)
        several = [picture for name, _, picture in looks if name in ("pages", "phyrs", "scatterlist", "base")]
        self.assertEqual(len(set(several)), 4)

    def test_round_labels(self):
        """Whatever the range: few, within it, and no digit more than the distance takes."""
        self.load()
        self.go("#/runs/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        for low, high, count in ((7648, 10179, 5), (1, 9e8, 6), (24457365, 24475969, 3), (0.1, 0.9, 6), (99, 101, 2),
                                 (0.9, 66, 2), (1, 25, 3), (1, 1e12, 2)):
            splits = self.browser.script("return import('/chart.js').then((chart) => chart.roundSplits(...arguments))",
                                         low, high, count)
            self.assertTrue(2 <= len(splits) <= 3 * count + 1, splits)
            self.assertTrue(low <= splits[0] and splits[-1] <= high, splits)
            step = splits[1] - splits[0]
            for value in splits if high / low < 20 else ():
                self.assertIn(f"{step:.0e}"[0], "125", splits)
                self.assertAlmostEqual(value / step, round(value / step), 6)

    def test_families_with_sizes_have_a_chart(self):
        """One that the page does not know, with forms of its own, too."""
        rows = [benchmark(f"novel/{form}/read/hugetlb-2M/{size}MiB", [cost * size] * 9)
                for form, cost in (("bvec", 900), ("phyrs", 90)) for size in (2, 64)]
        rows += [benchmark(f"other/write/{backing}/{size}MiB", [size * 1000] * 9)
                 for backing in ("thp", "base") for size in (2, 8)]
        self.assertEqual(self.phyrd.post({"context": {}, "benchmarks": sum(rows, [])}, "/import")[0], 201)
        self.go("#/runs/1")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        headings = self.browser.script(HEADINGS)
        self.assertIn("novel/phyrs/read", headings)
        self.assertIn("other/write", headings)
        self.assertRegex(self.browser.text("main"), r"other/write\s+base\s+thp")


class Contents(PageTest):
    def test_stay_in_sight(self):
        self.load()
        self.go("#/runs/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        names = "return [...document.querySelectorAll('.contents button')].map((one) => one.innerText)"
        self.assertEqual(self.browser.script(names), ["Pages and scatterlists beside phyrs", "Over the size",
                                                      "Distributions", "Figures", "Not measured"])
        self.browser.click(".contents button:nth-child(4)")
        self.browser.wait("scrollY > 500 && document.activeElement.innerText === 'Figures'")
        top, heading = self.browser.script("return ['.contents', 'h2:focus'].map((one) => "
                                           "document.querySelector(one).getBoundingClientRect().top)")
        self.assertEqual(top, 0)
        self.assertTrue(20 < heading < 200, heading)
        self.assertEqual(self.browser.hash(), "#/runs/2")


class Tables(PageTest):
    def copied(self, table, kind):
        """What a button puts into the clipboard, which a browser without a screen may not have."""
        self.browser.script("""window.copied = null;
            Object.defineProperty(navigator, 'clipboard', { configurable: true,
                value: { writeText: async (text) => { window.copied = text; } } });
            [...document.querySelectorAll(arguments[0] + ' button')]
                .find((one) => one.innerText === arguments[1]).click();""",
                            table, f"Copy as {kind}")
        return self.browser.wait("window.copied")

    def test_are_copied(self):
        self.load()
        self.go("#/compare/1/2")
        self.browser.wait("document.querySelectorAll('.plot canvas').length >= 4")
        text = self.copied("[role=search]", "CSV")
        read = list(csv.reader(io.StringIO(text)))
        self.assertEqual(read[0][:3], ["workload", "stock, instructions", "phyr, instructions"])
        self.assertEqual(read[1][:4], ["mr/reg/hugetlb-1G/4GiB", "ENOMEM", "9,400", "works now"])
        self.assertEqual(len(read), 26)
        text = self.copied("[role=search]", "Markdown").splitlines()
        self.assertEqual(text[1], "| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        self.assertEqual(len(text), 27)
        self.assertTrue(all(line.count("|") == 8 for line in text))

    def test_text_of_others_is_no_formula(self):
        """Names come from files of anybody: a spreadsheet is to show them, a table of Markdown to keep its columns."""
        csv_text, markdown = self.browser_text([["name", "value"], ["=HYPERLINK(1)", '-1.5'], ['@a"b', "x|y\nz"]])
        self.assertEqual(csv_text, "name,value\r\n'=HYPERLINK(1),-1.5\r\n\"'@a\"\"b\",\"x|y\nz\"\r\n")
        self.assertEqual(markdown.splitlines()[3], "| @a\"b | x\\|y z |")

    def browser_text(self, rows):
        self.go("#/")
        return self.browser.script("return import('/table.js').then(({ csv, markdown }) => "
                                   "[csv(arguments[0]), markdown(arguments[0])])", rows)


page_case.main()
