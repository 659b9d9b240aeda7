# SPDX-License-Identifier: GPL-2.0-only
"""Headless Chromium by the WebDriver protocol, as far as the tests of the page need it."""

import base64
import http.client
import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ENTER, TAB, SPACE = "\ue007", "\ue004", " "


def missing():
    """Why there is no browser, or None."""
    return next((f"no {name}" for name in ("chromium", "chromedriver") if not shutil.which(name)), None)


class BrowserError(Exception):
    pass


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp()
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       text=True)
        for line in self.driver.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                self.port = int(found[1])
                break
        options = {"args": [*ARGUMENTS, f"--user-data-dir={self.profile}"], "binary": shutil.which("chromium")}
        self.session = None
        try:
            self.session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
                "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
                "unhandledPromptBehavior": "ignore",
                "timeouts": {"implicit": 20000},
            }}})["sessionId"]
        except BaseException:
            self.stop_driver()
            raise

    def close(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.stop_driver()

    def stop_driver(self):
        self.driver.terminate()
        self.driver.wait(20)
        self.driver.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            prefix = f"/session/{self.session}" if self.session else ""
            text = json.dumps(body if body is not None else {}) if method == "POST" else None
            connection.request(method, prefix + path, text)
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise BrowserError(f"{value['error']}: {value['message'].splitlines()[0]}")
        return value

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def script(self, text, *arguments):
        """What the function body returns."""
        return self.ask("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def wait(self, text, *arguments, seconds=20):
        """Until the expression is true; its value."""
        deadline = time.monotonic() + seconds
        while not (value := self.script(f"return {text}", *arguments)):
            if time.monotonic() > deadline:
                raise BrowserError(f"in vain: {text}; the page says: {self.text('body')[:600]}")
            time.sleep(0.05)
        return value

    def find(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.ask("POST", f"/element/{self.find(selector)}/click")

    def type(self, selector, text):
        self.ask("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def keys(self, text):
        """To what has the focus."""
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def text(self, selector):
        return self.script("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def hash(self):
        return self.script("return location.hash")

    def look(self, width, scheme="light"):
        """A screen of that width, in a colour scheme."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                      mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def complaints(self):
        """What the console has had of warnings and errors since it was asked last."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("WARNING", "SEVERE")]

    def screenshot(self, path):
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        image = self.devtools("Page.captureScreenshot", captureBeyondViewport=True, clip={"x": 0, "y": 0, "scale": 1,
                              "width": size["width"], "height": min(size["height"], 8000)})
        Path(path).write_bytes(base64.b64decode(image["data"]))
