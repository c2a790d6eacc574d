"""The page with the most widgets: what it weighs, when it is ready, how soon a key is drawn."""

import contextlib
import functools
import gzip
import statistics
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
VIEW = "application/vnd.jupyter.widget-view+json"
LOADS = 7
KEYS = 60
CONTROL = ".ni-explorer input[type=range], .ni-explorer input[type=radio]:checked"
READY = "() => performance.getEntriesByName('ni-host-done').length > 0"
LAST = "() => Math.max(...performance.getEntriesByName('ni-widget').map((mark) => mark.startTime))"

# From the time stamp of the key's event to the end of the drawing it causes.
WATCH_KEYS = """() => {
  window.delays = [];
  let pressed = null;
  addEventListener("keydown", (event) => { pressed = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (pressed !== null) window.delays.push(performance.now() - pressed);
    pressed = null;
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["data-drawn"] });
}"""

sys.path.insert(0, str(ROOT / "tests" / "browser"))


class Quiet(SimpleHTTPRequestHandler):
    """A file server that does not report each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server that does not mind a page that is closed while it still loads."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free local port; yield its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def heaviest() -> Path:
    """Return the built page that shows the most widgets."""
    pages = {p: p.read_text("utf-8").count(VIEW) for p in (SITE / "chapters").glob("*.html")}
    if not pages or not max(pages.values()):
        raise SystemExit("No built page shows a widget: run make book first.")
    return max(pages, key=pages.__getitem__)


def fresh(browser: Browser, slowdown: int = 1) -> Page:
    """Return a page with an empty cache, on a processor that many times slower."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    return page


def weight(browser: Browser, address: str) -> tuple[int, int]:
    """Return how many files a first visit asks for, and their bytes when gzipped."""
    page, responses = fresh(browser), []
    page.on("response", lambda response: responses.append(response))
    page.goto(address, wait_until="networkidle")
    page.wait_for_function(READY)
    total = sum(len(gzip.compress(response.body(), 6)) for response in responses if response.ok)
    page.context.close()
    return len(responses), total


def ready(browser: Browser, address: str, slowdown: int) -> float:
    """Return the milliseconds until the last widget stands, the median of several first visits."""
    times = []
    for _ in range(LOADS):
        page = fresh(browser, slowdown)
        page.goto(address)
        page.wait_for_function(READY)
        times.append(page.evaluate(LAST))
        page.context.close()
    return statistics.median(times)


def key_to_drawn(browser: Browser, address: str) -> float:
    """Return the median of the milliseconds between a key press and its drawing."""
    page = fresh(browser)
    page.goto(address)
    page.wait_for_function(READY)
    page.evaluate(WATCH_KEYS)
    page.locator(CONTROL).first.focus()
    for n in range(KEYS):
        page.keyboard.press("ArrowRight" if n % 2 else "ArrowLeft")
        page.wait_for_function(f"() => window.delays.length > {n}", timeout=5000)
    delays = page.evaluate("() => window.delays")
    page.context.close()
    return statistics.median(delays)


def rows() -> list[tuple[str, str, str]]:
    """Return what the README shows of the page."""
    from chromium import arguments, chromium

    page, program = heaviest(), chromium()
    with sync_playwright() as playwright, served(SITE) as root:
        browser = playwright.chromium.launch(executable_path=program, args=arguments())
        address = f"{root}/{page.relative_to(SITE).as_posix()}"
        files, size = weight(browser, address)
        once, slow = (ready(browser, address, slowdown) for slowdown in (1, 4))
        delay = key_to_drawn(browser, address)
        browser.close()
    name = f"`{page.relative_to(SITE).with_suffix('').as_posix()}`"
    return [
        (
            f"first visit of {name}, {files} files, gzipped",
            f"{size / 1000:.0f} kB",
            "target 600 kB",
        ),
        ("until its last explorer is ready", f"{once / 1000:.2f} s", "target 0.7 s"),
        ("the same on a processor 4 times slower", f"{slow / 1000:.2f} s", "target 1.5 s"),
        ("from a key press to the drawing", f"{delay:.0f} ms", "target 16 ms"),
    ]
