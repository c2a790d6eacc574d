"""A Firefox for the tests, driven by WebDriver BiDi, which it speaks itself.

Playwright drives only a Firefox of its own making; readers have Mozilla's, or Debian's. So this is
the little of the protocol that a test needs: open a page, click, press keys, evaluate, and hear of
errors and of requests.
"""

import itertools
import json
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import websocket

NAMES = ("firefox-esr", "firefox")
MAC = Path("/Applications/Firefox.app/Contents/MacOS/firefox")
START = 120  # seconds, after which Firefox is taken to hang
EVENTS = ["log.entryAdded", "network.beforeRequestSent", "network.fetchError"]
NOWHERE = "127.0.0.1:9"  # a proxy that is not there: no request leaves this machine
PROXY = {"proxyType": "manual", "httpProxy": NOWHERE, "sslProxy": NOWHERE}
KEYS = {"ArrowRight": "\ue014", "Enter": "\ue007", "Tab": "\ue004"}
QUIET = """\
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.normandy.enabled", false);
"""


def firefox() -> str | None:
    """Path of a Firefox: the one that ``FIREFOX`` names, an installed one, or none."""
    if named := os.environ.get("FIREFOX"):
        if not shutil.which(named):
            raise RuntimeError(f"FIREFOX={named} is not a program that can be run.")
        return named
    if path := next((path for name in NAMES if (path := shutil.which(name))), None):
        return path
    if MAC.exists():
        return str(MAC)
    if shutil.which("apt-get") and getattr(os, "getuid", lambda: 1)() == 0:
        subprocess.run(["apt-get", "update"], check=False, capture_output=True)
        install = ["apt-get", "install", "--yes", "--no-install-recommends", NAMES[0]]
        subprocess.run(install, check=False, capture_output=True)
    return shutil.which(NAMES[0])


class Firefox:
    """A running Firefox with an empty profile in `folder`."""

    def __init__(self, program: str, folder: Path) -> None:
        """Start it, and open a session."""
        (folder / "user.js").write_text(QUIET, "utf-8")
        self.log = folder / "log"
        command = [program, "--headless", "--no-remote", "--profile", str(folder)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--remote-debugging-port", "0"], stdout=log, stderr=log
            )
        self.socket = websocket.create_connection(
            f"{self._address()}/session", suppress_origin=True, timeout=START
        )
        self.numbers = itertools.count(1)
        self.tabs: dict[str, Tab] = {}
        self.ask("session.new", capabilities={"alwaysMatch": {"proxy": PROXY}})
        self.ask("session.subscribe", events=EVENTS)

    def _address(self) -> str:
        end = time.monotonic() + START
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", self.log.read_text()):
                return found[1]
            time.sleep(0.1)
        self.process.kill()
        raise RuntimeError(f"Firefox does not start:\n{self.log.read_text()[-2000:]}")

    def ask(self, method: str, **params: object) -> dict:
        """The answer to a command; events that come before it are kept by their tab."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv())
            if told["type"] == "event":
                self._hear(told["method"], told["params"])
            elif told["id"] == number:
                if told["type"] == "error":
                    raise RuntimeError(f"{method}: {told['error']}: {told['message']}")
                return told["result"]

    def _hear(self, method: str, told: dict) -> None:
        tab = self.tabs.get(told.get("context") or told.get("source", {}).get("context"))
        if tab is None:
            return
        if method == "log.entryAdded":
            if told["level"] in {"error", "warn"}:
                tab.errors.append(f"{told['level']}: {told['text']}")
        elif method == "network.fetchError":
            tab.errors.append(f"failed: {told['request']['url']}: {told['errorText']}")
        else:
            tab.requests.append(told["request"]["url"])

    def open(self, address: str, width: int = 1280, height: int = 900) -> "Tab":
        """A new tab with a page that has been loaded."""
        context = self.ask("browsingContext.create", type="tab")["context"]
        tab = self.tabs[context] = Tab(self, context)
        size = {"width": width, "height": height}
        self.ask("browsingContext.setViewport", context=context, viewport=size)
        self.ask("browsingContext.navigate", context=context, url=address, wait="complete")
        return tab

    def close(self) -> None:
        """End it."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(START)


@dataclass
class Tab:
    """A page, what it asked for, and what went wrong in it."""

    browser: Firefox
    context: str
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def evaluate(self, expression: str) -> object:
        """The value of an expression of JavaScript, which JSON must be able to hold."""
        told = self.browser.ask(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self.context},
            awaitPromise=True,
        )
        if told["type"] == "exception":
            raise RuntimeError(f"{expression}: {told['exceptionDetails']['text']}")
        return json.loads(told["result"].get("value", "null"))

    def wait(self, condition: str, seconds: float) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(condition):
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {condition}; {self.errors}")
            time.sleep(0.1)

    def click(self, selector: str) -> None:
        """Click on the middle of an element, as a pointer would."""
        place = '{ block: "center", behavior: "instant" }'  # a page that still glides is missed
        self.evaluate(
            f"void document.querySelector({json.dumps(selector)}).scrollIntoView({place})"
        )
        (node,) = self.browser.ask(
            "browsingContext.locateNodes",
            context=self.context,
            locator={"type": "css", "value": selector},
            maxNodeCount=1,
        )["nodes"]
        origin = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": origin}
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self._act({"type": "pointer", "id": "mouse", "actions": [move, *press]})

    def press(self, selector: str, key: str) -> None:
        """Press a key while an element has the focus."""
        self.evaluate(f"void document.querySelector({json.dumps(selector)}).focus()")
        actions = [{"type": kind, "value": KEYS[key]} for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": actions})

    def _act(self, source: dict) -> None:
        self.browser.ask("input.performActions", context=self.context, actions=[source])

    def close(self, home: str) -> None:
        """Close it; nothing may have failed, and nothing been asked for but what is at `home`."""
        self.browser.ask("browsingContext.close", context=self.context)
        assert self.errors == [], f"errors in the page: {self.errors}"
        outside = [u for u in self.requests if not u.startswith((home, "blob:", "data:"))]
        assert outside == [], f"asked for something outside: {outside}"
