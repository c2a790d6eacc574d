"""Measure everything and write the README's table: ``python -m benchmarks`` (``make bench``).

Every timing is a median; alternatives are timed in turn within one run, on one thread unless the
table says two, so that whatever else the machine does meets both alike. ``--speed`` leaves out the
book's page, and so needs no built book and no browser.
"""

import argparse
import os
import platform
import sys
from pathlib import Path

ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL", "VECLIB")}
ROOT = Path(__file__).resolve().parent.parent
START, END = "<!-- bench:start -->", "<!-- bench:end -->"


def table(rows: list[tuple[str, str, str]]) -> str:
    """Return a markdown table of what was measured."""
    lines = [f"| {what} | {value} | {beside} |" for what, value, beside in rows]
    return "\n".join(["| what | measured | for comparison |", "|---|---|---|", *lines])


def write(text: str, readme: Path) -> None:
    """Put a table between the README's markers."""
    old = readme.read_text("utf-8")
    before, rest = old.split(START)
    after = rest.split(END)[1]
    readme.write_text(f"{before}{START}\n{text}\n{END}{after}", "utf-8")


def processor() -> str:
    """Return the processor's name, as far as the system tells."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def machine() -> str:
    """Return the line that says where the numbers are from."""
    return (
        f"Measured on {os.cpu_count()} cores of {processor()} ({platform.machine()}) under "
        f"{platform.system()}, Python {platform.python_version()}."
    )


def main() -> int:
    """Measure and write; with ``--print`` or ``--speed`` only print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--print", action="store_true", help="leave the README as it is")
    parser.add_argument("--speed", action="store_true", help="print the table of draws alone")
    options = parser.parse_args()
    if any(os.environ.get(name) != "1" for name in ONE_THREAD):
        # The libraries read the number of threads when they load: start again with it set.
        os.environ.update(ONE_THREAD)
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]])
    from benchmarks import speed

    rows = []
    if not options.speed:
        from benchmarks import (
            checks,
            classroom,
            cluster,
            laboratory,
            laboratory_page,
            live,
            networks,
            page,
        )

        rows = [*page.rows(), *laboratory.rows(), *laboratory_page.rows(), *live.rows()]
        rows += [*networks.rows(), *checks.rows()]
        rows += [classroom.row(students=100), cluster.row(students=24)]
    text = "\n\n".join([*([table(rows)] if rows else []), speed.draws(), machine()])
    print(text)
    if not (options.print or options.speed):
        write(text, ROOT / "README.md")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
