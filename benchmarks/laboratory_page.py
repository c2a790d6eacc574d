"""The laboratory in a browser: its weight, when it is ready, how often it draws, what it keeps.

``python -m benchmarks.laboratory_page`` measures this page alone. With ``--memory --minutes 60`` it
plays for an hour and says at each twelfth of it what the page keeps.
"""

import argparse
import gzip
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.page import SITE, fresh, served

HEAVY = "v1&data=digits&depth=16&width=64&optimizer=momentum&rate=0.005&batch=50"
LIGHT = "v1&data=moons&depth=4&width=16&rate=0.1"
READY = "() => document.querySelector('#laboratory[data-ready]') !== null"
STEP = "Number(document.getElementById('laboratory').dataset.step)"
LOADS = 5
SECONDS = 8  # of training, in which drawings are counted
RUN = 12  # seconds from one restart to the next, while it is watched for what it keeps
MINUTES = 3.0
PARTS = 12
# With every drawing the page writes its step, also the same one again, and the step at which it
# measured the layers that it shows. Only what is new is counted.
COUNT = """() => {
  const root = document.getElementById("laboratory");
  const counts = (window.counts = { step: 0, measured: 0 });
  const last = { ...root.dataset };
  new MutationObserver(() => {
    for (const key of Object.keys(counts)) {
      counts[key] += root.dataset[key] !== last[key];
      last[key] = root.dataset[key];
    }
  }).observe(root, { attributeFilter: ["data-step", "data-measured"] });
}"""
EMPTY = """() => {
  window.framesSeen = 0;
  const again = () => { window.framesSeen++; requestAnimationFrame(again); };
  again();
}"""
Row = tuple[str, str, str]


def opened(page: Page, root: str, fragment: str) -> Page:
    """The page of an experiment, ready."""
    page.goto(f"{root}/laboratory.html#{fragment}")
    page.wait_for_function(READY)
    return page


def bundle(site: Path) -> int:
    """Return the bytes of the laboratory's own files, gzipped: script, styles and digits."""
    files = sorted((site / "_static").glob("laboratory*"))
    if not files:
        raise SystemExit("The built book has no laboratory: run make book first.")
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


def weight(browser: Browser, root: str) -> int:
    """Return the bytes of a first visit, gzipped."""
    page, responses = fresh(browser), []
    page.on("response", lambda response: responses.append(response))
    opened(page, root, LIGHT)
    total = sum(len(gzip.compress(response.body(), 6)) for response in responses if response.ok)
    page.context.close()
    return total


def ready(browser: Browser, root: str, slowdown: int) -> float:
    """Return the median of the milliseconds from the request to the first drawing."""
    times = []
    for _ in range(LOADS):
        page = opened(fresh(browser, slowdown), root, HEAVY)
        times.append(page.evaluate("() => performance.now()"))
        page.context.close()
    return statistics.median(times)


@dataclass(frozen=True)
class Rates:
    """What happens in a second of training: drawings, those with new measures, updates.

    `empty` is how many frames a page without content gets, the most that any page can draw here;
    `work` the milliseconds of processor time that the page's main thread needs for one drawing,
    with layout, paint and the frames in which nothing is new.
    """

    drawn: float
    measured: float
    updates: float
    work: float
    empty: float


def empty(browser: Browser, seconds: float = 2) -> float:
    """Return the frames a second of a page that does nothing with them."""
    page = fresh(browser)
    page.evaluate(EMPTY)
    start, first = time.monotonic(), page.evaluate("window.framesSeen")
    page.wait_for_timeout(1000 * seconds)
    frames = page.evaluate("window.framesSeen") - first
    passed = time.monotonic() - start
    page.context.close()
    return frames / passed


def drawings(browser: Browser, root: str, seconds: float = SECONDS) -> Rates:
    """Return what happens in a second while it trains as fast as it can."""
    page = opened(fresh(browser), root, HEAVY)
    page.locator("[data-control=speed]").select_option("fast")
    page.locator("[data-action=play]").click()
    page.wait_for_function(f"() => {STEP} > 20")
    page.evaluate(COUNT)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    read = f"() => [{STEP}, window.counts.step, window.counts.measured]"
    start, before, worked = time.monotonic(), page.evaluate(read), seconds_of(session)
    page.wait_for_timeout(1000 * seconds)
    after, passed = page.evaluate(read), time.monotonic() - start
    work = 1000 * (seconds_of(session) - worked)
    page.context.close()
    updates, drawn, measured = (b - a for a, b in zip(before, after, strict=True))
    rates = (drawn / passed, measured / passed, updates / passed)
    return Rates(*rates, work / max(drawn, 1), empty(browser))


def seconds_of(session: CDPSession) -> float:
    """Return the processor time of a page's main thread; its metrics count thread time."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration")


class Memory:
    """What a page keeps, after its garbage has been collected."""

    def __init__(self, page: Page) -> None:
        """Watch a page."""
        self.session = page.context.new_cdp_session(page)
        self.session.send("Performance.enable")

    def now(self) -> dict[str, float]:
        """Bytes of the heap, nodes of the document, and listeners."""
        for _ in range(2):  # what only a finalizer held goes with the second
            self.session.send("HeapProfiler.collectGarbage")
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        found = {one["name"]: one["value"] for one in metrics}
        return {name: found[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}


def kept(
    browser: Browser,
    root: str,
    minutes: float = MINUTES,
    hear: Callable[[float, dict[str, float]], None] | None = None,
) -> dict[str, float]:
    """Return by how much heap, nodes and listeners grow in some minutes of play.

    `hear` is told minutes and growth at each of `PARTS` equal parts of the time.

    The page trains, pins a run, takes the pin away, opens a challenge and restarts, all in turn.
    There is no worker, so that the engine's memory is the page's. Two rounds come before.
    """
    page = fresh(browser)
    page.add_init_script("delete globalThis.Worker;")
    opened(page, root, LIGHT)
    page.locator(".lab-challenges > summary").click()
    page.locator("[data-control=speed]").select_option("fast")
    memory = Memory(page)
    _round(page, RUN)
    _round(page, RUN)
    before, start = memory.now(), time.monotonic()
    for part in range(1, PARTS + 1):
        while (passed := (time.monotonic() - start) / 60) < minutes * part / PARTS:
            _round(page, RUN)
        grown = {name: value - before[name] for name, value in memory.now().items()}
        if hear:
            hear(passed, grown)
    page.context.close()
    return grown


def _round(page: Page, seconds: float) -> None:
    page.locator("[data-action=play]").click()
    page.wait_for_timeout(1000 * seconds)
    page.locator("[data-action=play]").click()
    page.locator("[data-action=pin]").click()
    page.locator("[data-pin='0']").click()
    for _ in range(2):  # opened, and closed
        page.locator("[data-challenge=alive]").click()
    page.locator("[data-control=data]").select_option("moons")
    page.locator("[data-action=restart]").click()
    page.wait_for_function(f"() => {STEP} === 0")


@contextmanager
def started() -> Iterator[tuple[Browser, str]]:
    """A browser, and the address of the built book."""
    sys.path.insert(0, str(SITE.parents[1] / "tests" / "browser"))
    from chromium import arguments, chromium

    program = chromium()  # before playwright starts, which may be needed to find it
    with sync_playwright() as playwright, served(SITE) as root:
        browser = playwright.chromium.launch(executable_path=program, args=arguments())
        yield browser, root
        browser.close()


def rows(minutes: float = MINUTES) -> list[Row]:
    """Return what the README shows of the laboratory's page."""
    with started() as (browser, root):
        size = weight(browser, root)
        times = [ready(browser, root, slowdown) for slowdown in (1, 4)]
        rates = drawings(browser, root)
        grown = kept(browser, root, minutes)
    return told((bundle(SITE), size), times, rates, grown, minutes)


def told(
    sizes: tuple[int, int],
    times: list[float],
    rates: Rates,
    grown: dict[str, float],
    minutes: float,
) -> list[Row]:
    """Return what was measured, as rows."""
    own, size = sizes
    once, slow = times
    return [
        ("the laboratory's own files, gzipped", f"{own / 1000:.0f} kB", "limit 150 kB"),
        ("first visit of the laboratory, gzipped", f"{size / 1000:.0f} kB", "target 250 kB"),
        ("until its first drawing", f"{once / 1000:.2f} s", "target 0.7 s"),
        ("the same on a processor 4 times slower", f"{slow / 1000:.2f} s", "target 2 s"),
        (
            "drawings a second while the experiment above trains",
            f"{rates.drawn:.0f}, {rates.measured:.0f} of them with new measures of the layers, "
            f"and {rates.updates:.0f} steps",
            f"target 60; an empty page {rates.empty:.0f}",
        ),
        (
            "the page's own work for one of them, processor time of its thread",
            f"{rates.work:.1f} ms",
            "target 16 ms",
        ),
        (f"kept after {minutes:g} minutes of play", in_words(grown), "target 0.5 MB"),
    ]


def in_words(grown: dict[str, float]) -> str:
    """Return growth of heap, nodes and listeners in words."""
    heap = f"{grown['JSHeapUsedSize'] / 1e6:+.2f} MB"
    return f"{heap}, {grown['Nodes']:+.0f} nodes, {grown['JSEventListeners']:+.0f} listeners"


def say(minutes: float, grown: dict[str, float]) -> None:
    """Print what a page has kept by now."""
    print(f"{minutes:.1f} minutes: {in_words(grown)}", flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=MINUTES, help="of play")
    parser.add_argument("--memory", action="store_true", help="only what the page keeps")
    options = parser.parse_args()
    if options.memory:
        with started() as (browser, root):
            kept(browser, root, options.minutes, say)
        return 0
    for what, value, beside in rows(options.minutes):
        print(f"{what}: {value} ({beside})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
