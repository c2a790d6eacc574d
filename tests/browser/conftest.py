"""A browser, the built book, and visits to its pages from which nothing outside is reached."""

import contextlib
import functools
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chromium import arguments, chromium
from lab import running

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
HOUR = 3_600_000  # ms, a limit against hanging only: a machine may be busy
QUERIES = {"search": "?q=initialization"}  # what a page shows nothing without


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """One Chromium for all tests."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=arguments())
        yield running
        running.close()


@pytest.fixture(scope="session")
def site() -> Path:
    """Folder of the book, brought up to date by the project's own command."""
    command = [sys.executable, str(ROOT / "book" / "build.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"the book does not build:\n{done.stdout[-3000:]}\n{done.stderr}"
    return SITE


@pytest.fixture(scope="session")
def engine(site: Path) -> dict:
    """What the site's engine says of itself; it must be there where the network is promised."""
    found = site / "_static" / "engine" / "engine.json"
    if not found.is_file():
        if os.environ.get("CI"):
            pytest.fail("the site has no engine: make engine says why")
        pytest.skip("no engine on this machine: make engine says why")
    return json.loads(found.read_text("utf-8"))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def addresses(site: Path) -> Iterator[dict[str, str]]:
    """Where the book stands: on a local server, and as plain files."""
    handler = functools.partial(_Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {"http": f"http://127.0.0.1:{server.server_port}", "file": site.as_uri()}
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of one JupyterLab for all tests, and the folder it works in."""
    folder = tmp_path_factory.mktemp("lab")
    with running(folder) as base:
        yield base, folder / "work"


@dataclass
class Visit:
    """A page that is open, and what went wrong while it was."""

    page: object
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Nothing was asked for elsewhere, and the console holds no error."""
        assert self.outside == [], "asked for something outside"
        assert self.errors == [], "errors in the console"


@contextlib.contextmanager
def visiting(
    browser, addresses: dict[str, str], limit: float = 30_000
) -> Iterator[Callable[..., Visit]]:
    """Open pages of the book; at the end nothing may have failed or asked for the outside.

    A page waits `limit` milliseconds for what it is asked for.
    """
    contexts, visits = [], []

    def open_(name: str, how: str = "http", **options: object) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        visits.append(_watched(context.new_page(), addresses[how]))
        page = visits[-1].page
        page.set_default_timeout(limit)
        page.goto(f"{addresses[how]}/{name}.html{QUERIES.get(name, '')}")
        if options.get("java_script_enabled", True):
            page.wait_for_function(SETTLED)
        return visits[-1]

    yield open_
    for context in contexts:
        context.close()
    for seen in visits:
        seen.check()


@pytest.fixture
def visit(browser, addresses: dict[str, str]) -> Iterator[Callable[..., Visit]]:
    """Open a page of the book as often as a test wishes."""
    with visiting(browser, addresses) as open_:
        yield open_


@pytest.fixture(scope="module")
def opened(request, browser, addresses: dict[str, str]) -> Iterator[tuple[str, Visit]]:
    """A name and its page, opened once (``(name, how)``) for all tests that only look at it."""
    name, how = request.param
    with visiting(browser, addresses) as open_:
        yield name, open_(name, how)


# The widgets are drawn, and the mathematics set, where there are any.
SETTLED = """() => document.readyState === "complete"
  && (!document.querySelector('script[type$="widget-view+json"]')
      || performance.getEntriesByName("ni-host-done").length > 0)
  && (!document.querySelector("span.math, div.math")
      || (window.MathJax?.startup?.promise && document.querySelector("mjx-container")))"""


@pytest.fixture
def watch() -> Callable[[object, str], Visit]:
    """Watch a page that a test opens itself; its home is the beginning of addresses it may ask."""
    return _watched


def _watched(page, home: str) -> Visit:
    seen = Visit(page)

    def decide(route) -> None:
        if route.request.url.startswith((home, "blob:", "data:")):
            route.continue_()
            return
        seen.outside.append(route.request.url)
        route.abort()

    page.route("**/*", decide)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    # A page that is left gives up what it still waits for, such as its icon: that is no error.
    page.on(
        "requestfailed",
        lambda request: (
            request.failure != "net::ERR_ABORTED" and seen.errors.append(f"failed: {request.url}")
        ),
    )
    page.on(
        "console", lambda said: said.type in {"error", "warning"} and seen.errors.append(said.text)
    )
    return seen
