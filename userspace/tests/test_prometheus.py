# SPDX-License-Identifier: GPL-2.0-only
"""test_prometheus.py FAKE PHYRD: Debian's Prometheus scrapes phyrd, and each query of the dashboard finds something."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import phyrd

PROGRAMS = ("prometheus", "promtool")
# The families of the tests have no forms to compare: this is the daemon itself.
phyrd.PROGRAM = os.path.abspath(sys.argv[2])
DASHBOARD = json.loads((Path(__file__).resolve().parent.parent / "grafana/phyrd.json").read_text())
TOKEN = "0123456789abcdef0123"
CONFIGURATION = """
global:
  scrape_interval: 500ms
  scrape_timeout: 500ms
scrape_configs:
  - job_name: phyrd
    authorization:
      credentials_file: {token}
    static_configs:
      - targets: ['127.0.0.1:{port}']
"""
# What Grafana puts in place of its variables.
CHOSEN = {"datasource": "x", "instance": ".*", "family": ".*", "kernel": ".*", "base": "stock", "head": "phyr",
          "__rate_interval": "30s"}
SCRAPES = 3                     # until a rate can be told
PATIENCE = 60


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def results(kernel, clock, factor):
    """What ./phyr bench would write, made up."""
    names = ["mr/reg/hugetlb-1G/1GiB", "gup/pages/pin/thp/2MiB", "gup/phyrs/pin/thp/2MiB", "dma/sg/map/thp/2MiB",
             "dma/phyrs/map/thp/2MiB", "crypto/sg/virtio/setup/thp/64KiB", "crypto/phyrs/virtio/setup/thp/64KiB"]
    rows = [{"name": name, "run_type": "iteration", "real_time": factor * (1000 + n), "device": "rxe0"}
            for name in names for n in range(20)]
    failed = {"name": "mr/reg/base/4GiB", "error_occurred": True, "error_message": "ENOMEM: out of luck"}
    return {"context": {"kernel": kernel, "clock": clock}, "benchmarks": [*rows, failed]}


class Scraped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        token = Path(folder.name) / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        cls.phyrd = phyrd.Phyrd("--token-file", str(token))
        cls.addClassCleanup(cls.phyrd.stop)
        cls.phyrd.headers = {"Authorization": f"Bearer {TOKEN}"}
        for kernel, factor in (("stock", 9), ("phyr", 1)):
            for clock in ("native", "icount"):
                status, _, run = cls.phyrd.post(results(kernel, clock, factor), "/import")
                assert status == 201, run
        configuration = Path(folder.name) / "prometheus.yml"
        configuration.write_text(CONFIGURATION.format(token=token, port=cls.phyrd.port))
        cls.port = free_port()
        cls.log = Path(folder.name) / "log"
        with cls.log.open("w") as log:
            process = subprocess.Popen(["prometheus", f"--config.file={configuration}",
                                        f"--storage.tsdb.path={folder.name}/data",
                                        f"--web.listen-address=127.0.0.1:{cls.port}"], stdout=log, stderr=log)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.kill)
        cls.wait_for(f"count_over_time(up[1m]) >= {SCRAPES}")

    @classmethod
    def ask(cls, path, **query):
        address = f"http://127.0.0.1:{cls.port}/api/v1/{path}?{urllib.parse.urlencode(query, doseq=True)}"
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:           # while it starts
                raise
            raise AssertionError(f"{query}: {error.read().decode()}") from None

    @classmethod
    def query(cls, expression):
        return cls.ask("query", query=expression)["result"]

    @classmethod
    def wait_for(cls, expression):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if found := cls.query(expression):
                    return found
            except (OSError, ValueError):   # not there yet
                pass
            time.sleep(0.1)
        raise AssertionError(f"{expression}: nothing after {PATIENCE} s: {cls.log.read_text()[-2000:]}")

    def expand(self, expression):
        text = re.sub(r"\$(\w+)|\$\{(\w+)\}", lambda match: CHOSEN[match[1] or match[2]], expression)
        self.assertNotIn("$", text)
        return text

    def test_the_scrape(self):
        target, = self.ask("targets")["activeTargets"]
        self.assertEqual((target["health"], target["lastError"]), ("up", ""))
        self.assertEqual([one["value"][1] for one in self.query("up")], ["1"])
        found = {(one["metric"]["kernel"], one["metric"]["size"]): float(one["value"][1]) for one in
                 self.query('phyrd_result_median_seconds{family="mr", series="reg", backing="hugetlb-1G"}')}
        self.assertEqual(found, {("stock", "1GiB"): 9.085e-06, ("phyr", "1GiB"): 1.009e-06})
        self.assertEqual(self.query('phyrd_result_median_instructions{kernel="phyr", family="mr"}')[0]["value"][1],
                         "1009")
        self.assertEqual(len(self.query("phyrd_result_measured == 0")), 4)
        types = {name: one[0]["type"] for name, one in self.ask("metadata").items()}
        self.assertEqual((types["phyrd_runs_added"], types["phyrd_result_samples"]), ("counter", "gauge"))

    def test_promtool_finds_nothing(self):
        text = self.phyrd.request("GET", "/metrics")[2]
        said = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=20)
        self.assertEqual((said.returncode, said.stdout, said.stderr), (0, "", ""))

    def test_each_query_of_the_dashboard(self):
        targets = [(panel["title"], target) for panel in DASHBOARD["panels"] for target in panel["targets"]]
        self.assertGreater(len(targets), 15)
        for title, target in targets:
            with self.subTest(panel=title, expression=target["expr"]):
                found = self.query(self.expand(target["expr"]))
                self.assertTrue(found)
                for one in found:
                    self.assertRegex(one["value"][1], r"^[0-9.e+-]+$")
                names = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                self.assertLessEqual(names - {"variant", "device"}, set().union(*(one["metric"] for one in found)))

    def test_the_factors(self):
        """They are what the names of the panels say."""
        wanted = {"Times fewer with phyrs (seconds)": 1, "Base divided by head (instructions)": 9}
        for panel in DASHBOARD["panels"]:
            if factor := wanted.pop(panel["title"], None):
                for one in self.query(self.expand(panel["targets"][0]["expr"])):
                    self.assertAlmostEqual(float(one["value"][1]), factor, places=1)
        self.assertEqual(wanted, {})

    def test_each_variable_of_the_dashboard(self):
        queries = [one["query"]["query"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]
        used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD["panels"]))) - {"__rate_interval"}
        self.assertEqual(used, {one["name"] for one in DASHBOARD["templating"]["list"]})
        for query in queries:
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", query).groups()
            with self.subTest(query=query):
                self.assertTrue(self.ask(f"label/{label}/values", **{"match[]": metric}))


if lacking := [name for name in PROGRAMS if not shutil.which(name)]:
    print(f"1..0 # SKIP no {lacking[0]}")
else:
    phyrd.main()
