# SPDX-License-Identifier: GPL-2.0-only
"""Who is served, and how a service manager hears of it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

import contract
import phyrd

TOKEN = "0123456789abcdef0123"


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def token_file(self, text=TOKEN + "\n", mode=0o600):
        path = self.folder / "token"
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return str(path)


class Token(Folder):
    def serve(self, listen):
        daemon = phyrd.Phyrd("--token-file", self.token_file(), listen=listen)
        self.addCleanup(lambda: self.assertEqual(daemon.stop(), 0))
        return daemon

    def test_other_addresses_need_one(self):
        for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
            result = subprocess.run([phyrd.PROGRAM, "--listen", address], capture_output=True, text=True, timeout=20)
            self.assertEqual(result.returncode, 2)
            self.assertIn("needs --token-file", result.stderr)

    def test_only_who_knows_it_is_served(self):
        daemon = self.serve("0.0.0.0:0")
        for authorization in (None, "", "Bearer", "Bearer ", "Bearer " + TOKEN[:-1], "Bearer " + TOKEN + "0",
                              "Bearer " + TOKEN.upper(), "Basic " + TOKEN, TOKEN, "Bearer  " + TOKEN,
                              "Bearer \xff" * 9):
            headers = {} if authorization is None else {"Authorization": authorization}
            for path in ("/api/v1/runs", "/api/v1/system", "/metrics", "/nonsense"):
                with self.subTest(authorization=authorization, path=path):
                    status, answered, _ = daemon.request("GET", path, headers=headers)
                    self.assertEqual((status, answered["WWW-Authenticate"]), (401, "Bearer"))
        for path in ("/healthz", "/api/v1/openapi.json"):
            self.assertEqual(daemon.request("GET", path)[0], 200)
        for scheme in ("Bearer ", "bearer "):
            daemon.headers = {"Authorization": scheme + TOKEN, "Host": "anything.example"}
            self.assertEqual(daemon.get("/system")[0], 200)

    def test_files_that_are_none(self):
        for text, mode, word in (("", 0o600, "16 to 200"), ("short", 0o600, "has 5 characters"),
                                 ("x" * 201, 0o600, "201 characters"), (TOKEN + " \n", 0o600, "not a printable"),
                                 (TOKEN + "\n" + TOKEN, 0o600, "more than one line"), (TOKEN + "\0", 0o600, ""),
                                 (TOKEN, 0o644, "chmod 600"), (TOKEN, 0o640, "chmod 600")):
            with self.subTest(text=text[:30], mode=mode):
                result = subprocess.run([phyrd.PROGRAM, "--listen", "127.0.0.1:0", "--token-file",
                                         self.token_file(text, mode)], capture_output=True, text=True, timeout=5)
                self.assertEqual(result.returncode, 2)
                self.assertIn(word, result.stderr)


class Manager(Folder):
    def test_it_hears_of_start_and_end(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self.folder / "notify"))
            manager.settimeout(10)
            daemon = phyrd.Phyrd(env=os.environ | {"NOTIFY_SOCKET": str(self.folder / "notify")})
            self.assertEqual(manager.recv(100), b"READY=1")
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(manager.recv(100), b"STOPPING=1")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze on this machine")
    def test_the_unit(self):
        """systemd understands all of it, and finds little that the daemon may still do: 2.0 of 10 at most."""
        unit = self.folder / "phyrd.service"
        source = Path(__file__).parent.parent / "programs/phyrd/phyrd.service.in"
        program = str(Path(phyrd.PROGRAM).resolve()).replace("%", "%%")
        unit.write_text(source.read_text().replace("@PHYRD@", f'"{program}"'))
        for arguments in (["verify", unit], ["security", "--offline=yes", "--threshold=20", unit]):
            result = subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True)
            self.assertEqual(result.returncode, 0, result.stdout[-500:] + result.stderr)
            self.assertNotIn("phyrd.service:", result.stderr)

    def test_one_that_is_gone(self):
        for path in ("/nonexistent/socket", "x", "", "@phyr-nobody", "/" + "x" * 200):
            daemon = phyrd.Phyrd(env=os.environ | {"NOTIFY_SOCKET": path})
            self.assertEqual(daemon.stop(), 0)

    def test_sigint(self):
        daemon = phyrd.Phyrd()
        daemon.process.send_signal(signal.SIGINT)
        self.assertEqual(daemon.process.wait(10), 0)
        daemon.process.stdout.close()


class Privileges(unittest.TestCase):
    @unittest.skipIf(os.geteuid(), "only root can become another user")
    def test_an_unprivileged_user_is_told_what_it_lacks(self):
        daemon = phyrd.Phyrd(user=65534, group=65534, extra_groups=[])
        self.addCleanup(daemon.stop)
        privileges = daemon.get("/system")[2]["privileges"]
        self.assertEqual(privileges["uid"], 65534)
        self.assertIn("CAP_IPC_LOCK", [missing["name"] for missing in privileges["missing_capabilities"]])
        run = daemon.measure("count/up/base/4KiB")
        self.assertEqual(run["state"], "done")

    def test_fork_safety_is_dropped_and_told(self):
        daemon = phyrd.Phyrd(env=os.environ | {"RDMAV_FORK_SAFE": "1"})
        self.addCleanup(daemon.stop)
        self.assertEqual(daemon.get("/system")[2]["fork_safety"],
                         {"environment": ["RDMAV_FORK_SAFE"], "in_effect": False})


class Served(phyrd.PhyrdTest):
    def test_health(self):
        self.assertEqual(self.phyrd.request("GET", "/healthz")[2], {"status": "ok"})

    def test_the_contract_is_served(self):
        self.assertEqual(self.phyrd.get("/openapi.json")[2], contract.DOCUMENT)


phyrd.main()
