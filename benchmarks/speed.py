"""netinit beside what one would use without it: the tables of draws."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRAMEWORKS = ROOT / ".venv-frameworks" / "bin" / "python"  # made by make test-frameworks
LIBRARIES = ("OPENBLAS", "OMP", "MKL", "VECLIB")
# A kernel forced on OpenBLAS is not the one that a user runs.
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

LABELS = {"torch": "torch.nn.init", "jax": "JAX", "keras": "Keras", "numpy": "plain NumPy"}
# Time over that of torch.nn.init: large on one thread, large on two, 64 x 64.
TARGETS = {
    "normal": (0.8, 0.65, 1.3),
    "kaiming_normal": (0.8, 0.65, 1.3),
    "xavier_uniform": (0.6, 0.65, 1.3),
    "truncated_normal": (0.1, 0.65, 1.3),
    "orthogonal": (0.6, 0.8, 1.3),
}

Result = dict[str, object]


def measure(threads: int, beside: list[str] | None = None, *options: str) -> Result:
    """Run `benchmarks.draws` with so many threads where the frameworks are, or else here."""
    environment = {name: value for name, value in os.environ.items() if name not in FORCED}
    environment |= {f"{library}_NUM_THREADS": str(threads) for library in LIBRARIES}
    environment["PYTHONPATH"] = str(ROOT)
    program = str(FRAMEWORKS if FRAMEWORKS.exists() else sys.executable)
    command = [program, "-m", "benchmarks.draws", "--threads", str(threads)]
    command += [*options, *([] if beside is None else ["--beside", *beside])]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(run.stdout.splitlines()[-1])


def target(record: dict[str, object], threads: int) -> float | None:
    """Return the ratio to torch.nn.init that is the target."""
    one, two, small = TARGETS[record["draw"]]
    if max(record["shape"]) <= 64:
        return small if threads == 1 else None
    return one if threads == 1 else two


def draw_table(results: dict[int, Result]) -> str:
    """Return the table of all draws, for each number of threads."""
    others = [name for name in LABELS if name in results[1]["draws"][0]]
    heads = ["draw, float32", "threads", "ms", *(f"/ {LABELS[name]}" for name in others), "target"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for threads, result in results.items():
        for record in result["draws"]:
            aim = target(record, threads)
            if aim is None:
                continue
            what = f"`{record['draw']}`, {' × '.join(map(str, record['shape']))}"
            ratios = [f"{record[name]:.2f}" if name in record else "" for name in others]
            cells = [what, str(threads), f"{record['ms']:.3g}", *ratios, f"≤ {aim}"]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def notes(result: Result) -> str:
    """Return what the table of draws does not say: versions, orthogonality, memory."""
    names = {"torch": "PyTorch", "jax": "JAX", "keras": "Keras on JAX", "numpy": "NumPy"}
    versions = ", ".join(
        f"{name} {result['versions'][key]}"
        for key, name in names.items()
        if key in result["versions"]
    )
    if "torch" not in result["versions"]:
        versions += " (no PyTorch: `make test-frameworks` installs it)"
    errors = [
        f"{value:.1e} by {'netinit' if name == 'netinit' else names[name]}"
        for name, value in result["orthogonality"].items()
    ]
    memory = result["memory"]
    return (
        "Each ratio is netinit's time divided by the other's. The two are called in turn, and the "
        "ratio is the median over the pairs. netinit and torch.nn.init fill an existing array; the "
        "others return a new one. "
        f"With {versions}. Largest entry of |QᵀQ − I|, 4096 × 1024: {', '.join(errors)}. "
        f"A 4096 × 4096 normal needs memory for its result and {100 * memory['allocated']:.1f} % "
        f"more (allocated by NumPy; resident memory grows by {100 * memory['resident']:.1f} %; "
        "target 5 %)."
    )


def draws() -> str:
    """Return the table of draws with its notes, measured now."""
    results = {1: measure(1), 2: measure(2, ["torch"])}
    return f"{draw_table(results)}\n\n{notes(results[1])}"
