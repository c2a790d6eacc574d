"""What `netinit.torch` costs on real models: beside building them, and beside a step of training.

Each ratio is the median over pairs that are measured in turn, in seconds of the processor. Memory
is the largest resident size of a process of its own, less what it had before the model was built.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRAMEWORKS = ROOT / ".venv-frameworks" / "bin" / "python"  # made by make test-frameworks
MODELS = {"ResNet-50": "8 images of 128 × 128", "GPT-2 small": "2 × 128 tokens"}
BUILDS, CHECKS = 9, 5

Row = tuple[str, str, str]


def rows() -> list[Row]:
    """Return the rows of the table; none without the frameworks."""
    if not FRAMEWORKS.exists():
        return []
    return [row for name in MODELS for row in _rows(name)]


def _rows(name: str) -> list[Row]:
    found = _run(name, "time") | {
        f"memory of {what}": _run(name, what)["memory"] for what in ("step", "check")
    }
    memory = found["memory of check"] / found["memory of step"]
    return [
        (
            f"`trace` of {name}: time beside plain construction",
            f"× {found['trace']:.2f}",
            f"{found['build']:.2f} s plain; target 1.1",
        ),
        (
            f"`check` of {name}, {MODELS[name]}: time and memory beside a plain training step",
            f"× {found['check']:.1f}; × {memory:.2f}",
            f"{found['step']:.2f} s plain; targets 4; 1.5",
        ),
    ]


def _run(name: str, what: str) -> dict[str, float]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    command = [str(FRAMEWORKS), "-m", "benchmarks.checks", name, what]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(run.stdout.splitlines()[-1])


def seconds(work: Callable[[], object]) -> float:
    """Return how long the processor worked on one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def pairs(one: Callable, other: Callable, rounds: int) -> tuple[float, float]:
    """Return the median of `one`'s time over `other`'s, and the median of the latter."""
    one(), other()
    times = [(seconds(one), seconds(other)) for _ in range(rounds)]
    return statistics.median(a / b for a, b in times), statistics.median(b for _, b in times)


def _peak() -> float:
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _models() -> dict[str, tuple]:
    """A function that builds each model, a batch, and the loss of a plain pass."""
    import torch

    from tests.frameworks.operators import import_torchvision

    import_torchvision()
    import torchvision
    import transformers
    from torch.nn import functional

    torch.manual_seed(0)
    x = functional.interpolate(torch.randn(8, 3, 16, 16), size=128, mode="bicubic")
    y, ids = torch.randint(0, 1000, (8,)), torch.randint(0, 50257, (2, 128))
    text = {"input_ids": ids, "labels": ids}
    return {
        "ResNet-50": (
            torchvision.models.resnet50,
            (x, y),
            lambda model: functional.cross_entropy(model(x), y),
        ),
        "GPT-2 small": (
            lambda: transformers.GPT2LMHeadModel(transformers.GPT2Config()),
            text,
            lambda model: model(**text).loss,
        ),
    }


def measure(name: str, what: str) -> dict[str, float]:
    """Return the ratios of times, or the memory of one plain step or one check."""
    import torch

    import netinit.torch as nit

    torch.set_num_threads(1)
    build, batch, loss = _models()[name]

    def traced() -> None:
        with nit.trace():
            build()

    before = _peak()
    model = build()

    def step() -> None:
        optimizer = torch.optim.SGD(model.parameters(), 1e-3)
        optimizer.zero_grad()
        loss(model).backward()
        optimizer.step()

    def check() -> None:
        nit.check(model, batch)

    if what in ("step", "check"):
        {"step": step, "check": check}[what]()
        return {"memory": _peak() - before}
    trace, plain = pairs(traced, build, BUILDS)
    checked, stepped = pairs(check, step, CHECKS)
    return {"trace": trace, "build": plain, "check": checked, "step": stepped}


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:])))
