# SPDX-License-Identifier: GPL-2.0-only
"""test_load.py PHYRD CLIENTS [REQUESTS [RUNS [SAMPLES]]]: many runs in a database, 16 clients that read them; TAP.

By default 100,000 requests, 1,000 runs of 10,000 samples. PHYRD may be the fake one, CLIENTS is clients.c.
"""

import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time

import phyrd

MEMORY_MIB = 64
P99_MS = 10
BUSY_P99_MS = 200           # while others use the machine, this says only that nobody is left waiting


def start(program, database):
    process = subprocess.Popen([program, "--listen", "127.0.0.1:0", "--database", database],
                               stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline().rsplit(":", 1)[1].split("/")[0])


def request(connection, method, path, body=None):
    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    response = connection.getresponse()
    return response.status, response.read()


def fill(port, runs, samples):
    """Runs by import."""
    dice = random.Random(1)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for run in range(runs):
        rows = [{"name": "mr/reg/base/4KiB", "real_time": dice.randrange(8000, 12000)} for _ in range(samples)]
        document = json.dumps({"context": {"kernel": f"{run}"}, "benchmarks": rows})
        status, text = request(connection, "POST", "/api/v1/import", document)
        assert status == 201, text


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def result(number, good, text):
    print(f"{'ok' if good else 'not ok'} {number} - {text}")
    return good


def main():
    program, clients = sys.argv[1:3]
    requests, runs, samples = (sys.argv[3:] + ["100000", "1000", "10000"][len(sys.argv) - 3:])
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "runs.db")
        process, port = start(program, database)
        fill(port, int(runs), int(samples))
        process.terminate()
        process.wait()
        began = time.monotonic()
        process, port = start(program, database)
        started = time.monotonic() - began
        before = cpu_seconds(process.pid)
        answers = subprocess.run([clients, str(port), runs, requests],
                                 capture_output=True, text=True, check=True).stdout
        spent = cpu_seconds(process.pid) - before
        peak = phyrd.memory(process.pid, "VmHWM") / (1 << 20)
        process.terminate()
        ended = process.wait()
        size = os.path.getsize(database) / (1 << 20)
    errors, p50, p99, slowest = (int(number) for number in answers.split())
    busy = os.getloadavg()[0] > 1.5
    limit = BUSY_P99_MS if busy else P99_MS
    print("1..3")
    good = result(1, not errors and not ended, f"{requests} requests by 16 clients, {errors} errors")
    good &= result(2, p99 <= 1000 * limit,
                   f"p99 {p99 / 1000:.2f} ms, at most {limit} on this {'busy' if busy else 'idle'} machine; "
                   f"p50 {p50 / 1000:.2f}, max {slowest / 1000:.1f}; "
                   f"{1e6 * spent / int(requests):.0f} us of phyrd's CPU each")
    if os.environ.get("PHYR_SANITIZER", "none") != "none":
        print("ok 3 - # SKIP a sanitized program takes more memory")
        sys.exit(not good)
    good &= result(3, peak <= MEMORY_MIB, f"{peak:.1f} MiB at most with {runs} runs of {samples} samples "
                   f"({size:.0f} MiB on disk, started in {started:.2f} s)")
    sys.exit(not good)


if __name__ == "__main__":
    main()
