"""Measure how long the cells of the book take in a page's Python: ``python -m benchmarks.live``.

Writes ``book/live/seconds.json``, from which a page says which of its cells are slow. Named
notebooks (``chapters/03_random_scale``) are measured alone; without names, all. Each runs in a
Python of its own, as a reader has it, every cell with all its seeds: for a quarter of an hour on a
machine that does nothing else. It needs the built book with its engine.

Seconds are those of the processor in the worker's thread, so that other work on the machine, which
makes everything take longer, hardly changes them; where the system does not tell them (it must be
Linux), those of the clock.
"""

import argparse
import gzip
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "book"))

from netbook.frameworks import needs_torch

ROOT = Path(__file__).resolve().parent.parent
LIVE = ROOT / "book" / "live"
SECONDS = LIVE / "seconds.json"
TOLD = 5  # seconds, from which a cell is listed
START = """async ([root, seeds]) => {
  const engine = await (await fetch(`${root}/_static/engine/engine.json`)).json();
  const module = URL.createObjectURL(new Blob([seeds], { type: "text/javascript" }));
  const { fewer } = await import(module);
  const worker = new Worker(`${root}/_static/live-worker.js`, { type: "module" });
  const until = (kind) => new Promise((resolve, reject) => {
    const events = [];
    worker.onmessage = ({ data }) => {
      if (data.kind === "failed") reject(new Error(data.text));
      else if (data.kind === kind) resolve({ ...data, events });
      else if (data.kind !== "progress") events.push(data);
    };
  });
  globalThis.python = {
    fewer,
    begin: (folder) => worker.postMessage({ kind: "begin", folder }),
    run: (source, name) => {
      worker.postMessage({ kind: "run", id: 0, source, name });
      return until("done");
    },
  };
  const base = `${root}/_static/engine/`;
  worker.postMessage({ kind: "start", base, files: engine.files, folder: "chapters" });
  await until("ready");
}"""


@dataclass
class Python:
    """The worker of a page, driven as the page drives it."""

    page: Page

    def start(self, root: str) -> None:
        """Start it in the open page of the book that is served at `root`."""
        seeds = (LIVE / "page" / "seeds.js").read_text("utf-8")
        self.page.evaluate(START, [root, seeds])

    def begin(self, folder: str) -> None:
        """Forget everything, and go to a folder of the book."""
        self.page.evaluate("(folder) => python.begin(folder)", folder)

    def run(self, source: str, name: str) -> dict:
        """Run a cell; return ``ok``, ``seconds`` and the ``events``."""
        return self.page.evaluate("([source, name]) => python.run(source, name)", [source, name])

    def fewer(self, source: str) -> str:
        """Return the source with fewer seeds."""
        return self.page.evaluate("(source) => python.fewer(source)", source)


def threads(browser: Browser) -> list[Path]:
    """Return the folders in ``/proc`` of all threads in which workers of the browser's pages run.

    There is none where the system is not Linux.
    """
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    tasks = [Path(f"/proc/{each['id']}/task") for each in told if each["type"] == "renderer"]
    found = [thread for task in tasks if task.is_dir() for thread in task.iterdir()]
    return [t for t in found if (t / "comm").read_text().startswith("DedicatedWorker")]


def processor_seconds(thread: Path) -> float:
    """Return the seconds that a thread has had of a processor, those of the system included."""
    # The name of the thread, in parentheses, may hold spaces; user and system time are the 14th and
    # 15th field, the state behind the name being the third.
    fields = (thread / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def known() -> dict[str, dict[str, float]]:
    """Return the seconds of slow cells, by page and by the id of the cell."""
    return json.loads(SECONDS.read_text("utf-8")) if SECONDS.is_file() else {}


def keep(name: str, seconds: dict[str, float]) -> None:
    """Write what was measured of one notebook beside what is known of the others."""
    slow = {key: round(value) for key, value in seconds.items() if value >= TOLD}
    told = known() | {name: slow}
    text = json.dumps({page: told[page] for page in sorted(told) if told[page]}, indent=2)
    SECONDS.write_text(text + "\n", "utf-8")


def rows() -> list[tuple[str, str, str]]:
    """Return what the README shows of the engine; nothing if the built book has none."""
    from benchmarks.page import SITE

    files = sorted((SITE / "_static" / "engine").glob("*"))
    if not files:
        return []
    contents = [file.read_bytes() for file in files]
    raw, packed = (sum(map(len, c)) / 1e6 for c in (contents, map(gzip.compress, contents)))
    what = "Python for the pages, fetched once when its button is pressed"
    return [(what, f"{raw:.1f} MB", f"gzipped {packed:.1f} MB")]


def measured(python: Python, name: str, thread: Path | None) -> dict[str, float]:
    """Return the seconds of each code cell of a notebook, by its id.

    They are those of the processor in `thread`; of the clock without one.
    """
    python.begin(name.rpartition("/")[0])
    seconds = {}
    for cell in nbformat.read(ROOT / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            before = processor_seconds(thread) if thread else 0
            done = python.run(cell.source, cell.id)
            if not done["ok"]:
                raise SystemExit(f"{name}: cell {cell.id} fails: {done['events']}")
            seconds[cell.id] = processor_seconds(thread) - before if thread else done["seconds"]
    return seconds


def main() -> int:
    """Measure the named notebooks, or all of the chapters."""
    from benchmarks.page import SITE, served

    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    from chromium import arguments, chromium

    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    run = [path for path in sorted(ROOT.glob("chapters/*.ipynb")) if not needs_torch(path)]
    every = [path.relative_to(ROOT).with_suffix("") for path in run]
    parser.add_argument("names", nargs="*", default=[path.as_posix() for path in every])
    names = parser.parse_args().names
    program = chromium()  # before playwright starts, which may be needed to find it
    with served(SITE) as root, sync_playwright() as playwright:
        for name in names:
            browser = playwright.chromium.launch(executable_path=program, args=arguments())
            page = browser.new_page()
            page.goto(f"{root}/chapters/notation.html")
            python = Python(page)
            python.start(root)
            seconds = measured(python, name, next(iter(threads(browser)), None))
            browser.close()
            keep(name, seconds)
            print(f"{name}: {sum(seconds.values()):.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
