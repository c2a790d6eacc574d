"""Time each draw beside its alternatives: ``python -m benchmarks.draws --threads 1``.

`benchmarks.speed` runs this in an interpreter that has the frameworks, once with one thread and
once with two, and reads the JSON it prints.
"""

import argparse
import importlib.metadata
import json
import os
import statistics
import time
import tracemalloc
from pathlib import Path

import numpy as np

import netinit
from benchmarks.alternatives import ALTERNATIVES, Work, installed, netinit_draws

BIG, SMALL = (4096, 4096), (64, 64)
SHAPES = {
    "normal": [BIG, SMALL],
    "kaiming_normal": [BIG, SMALL],
    "xavier_uniform": [BIG, SMALL],
    "truncated_normal": [BIG, SMALL],
    "orthogonal": [(1024, 1024), (4096, 1024), SMALL],
}


def seconds(work: Work, calls: int) -> float:
    """Return how long one of that many calls takes."""
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def compare(works: dict[str, Work], rounds: int, calls: int) -> dict[str, float]:
    """Return netinit's median milliseconds, and the median of its time over that of each other.

    They are called in turn, so that whatever else the machine does meets all alike.
    """
    for work in works.values():
        seconds(work, calls)
    times = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(seconds(work, calls))
    ours = times.pop("netinit")
    ratios = {
        name: statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
        for name, theirs in times.items()
    }
    return {"ms": 1000 * statistics.median(ours), **ratios}


def timed(name: str, shape: tuple[int, int], others: list[str], rounds: int) -> dict[str, object]:
    """Return the record of one draw."""
    makers = {"netinit": netinit_draws} | {other: ALTERNATIVES[other] for other in others}
    works = {label: make(shape)[name] for label, make in makers.items()}
    small = shape == SMALL
    found = compare(works, rounds * (5 if small else 1), 20 if small else 1)
    return {"draw": name, "shape": shape, **found}


def orthogonality(others: list[str]) -> dict[str, float]:
    """Return the largest entry of |Q^T Q - I| of a 4096 x 1024 matrix, by netinit and PyTorch."""
    makers = {"netinit": netinit_draws}
    makers |= {name: ALTERNATIVES[name] for name in others if name == "torch"}
    errors = {}
    for name, make in makers.items():
        q = np.asarray(make((4096, 1024))["orthogonal"](), np.float64)
        errors[name] = float(np.abs(q.T @ q - np.eye(1024)).max())
    return errors


def memory() -> dict[str, float]:
    """Return what a 4096 x 4096 normal needs beside its result, as a share of it."""
    out = np.zeros(BIG, np.float32)
    resident = -peak_resident(out)
    resident += peak_resident(netinit.normal(BIG, std=1.0, rng=0, out=out))
    tracemalloc.start()
    netinit.normal(BIG, std=1.0, rng=0, out=out)
    allocated = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"allocated": allocated / out.nbytes, "resident": resident / out.nbytes}


def peak_resident(touched: np.ndarray) -> int:
    """Return the most bytes this process had in memory since it was last asked; Linux only."""
    touched += 0
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not reset.exists():
        return 0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    reset.write_text("5")
    return 1024 * int(lines["VmHWM"].split()[0])


def versions(others: list[str]) -> dict[str, str]:
    """Return the versions of what was measured."""
    return {name: importlib.metadata.version(name) for name in {*others, "numpy"}}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.draws", description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--beside", nargs="*", default=list(ALTERNATIVES), choices=ALTERNATIVES)
    parser.add_argument("--only", nargs="*", default=list(SHAPES), choices=SHAPES)
    parser.add_argument("--small", action="store_true", help="only 64 x 64")
    options = parser.parse_args()
    os.environ["NETINIT_THREADS"] = str(options.threads)
    if hasattr(os, "sched_setaffinity"):  # Linux only
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    others = list(installed(options.beside))
    if "torch" in others:
        import torch

        torch.set_num_threads(options.threads)
    result = {"memory": memory()}  # first, before the frameworks fill it
    result["draws"] = [
        timed(name, shape, others, options.rounds)
        for name in options.only
        for shape in SHAPES[name]
        if shape == SMALL or not options.small
    ]
    result["orthogonality"] = orthogonality(others)
    print(json.dumps(result | {"versions": versions(others)}))


if __name__ == "__main__":
    main()
