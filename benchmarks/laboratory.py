"""How fast the laboratory's engine trains, in deno: the same V8 as Chromium's."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from netinit import datasets

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "book" / "laboratory" / "engine"
EXPERIMENT = {"data": "digits", "depth": 16, "width": 64, "activation": "relu", "batch": 50}
ROUNDS = 9
STEPS = 50  # of each round
PROGRAM = """
import { createRun } from "./run.js";
import { validate } from "./experiment.js";
const given = JSON.parse(Deno.readTextFileSync(Deno.args[0]));
const { experiment } = validate(given.experiment);
const run = createRun(experiment, { data: given.data });
run.step(given.steps);
const times = Array.from({ length: given.rounds }, () => {
  const start = performance.now();
  if (run.step(given.steps) < given.steps) throw new Error("the run diverged");
  return performance.now() - start;
}).sort((a, b) => a - b);
console.log((1000 * given.steps) / times[Math.floor(times.length / 2)]);
"""

Row = tuple[str, str, str]


def rows() -> list[Row]:
    """Return the row of the engine; none where there is no deno for this machine."""
    if importlib.util.find_spec("deno") is None:
        return []
    what = "steps a second of the laboratory, digits, 16 layers of 64 ReLU units, batch 50"
    return [(what, f"{steps_per_second():.0f}", "target 100")]


def steps_per_second(rounds: int = ROUNDS, steps: int = STEPS) -> float:
    """Return the median over rounds of updates, after one round to warm up."""
    digits = datasets.digits()
    data = {
        **{"inputs": 64, "outputs": 10, "loss": "softmax_cross_entropy"},
        **{"xTrain": digits.x_train.ravel().tolist(), "yTrain": digits.y_train.tolist()},
        **{"xTest": digits.x_test.ravel().tolist(), "yTest": digits.y_test.tolist()},
    }
    given = {"experiment": EXPERIMENT, "data": data, "rounds": rounds, "steps": steps}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.json"
        path.write_text(json.dumps(given), "utf8")
        program = Path(folder) / "program.mjs"
        program.write_text(PROGRAM.replace("./", f"{ENGINE.as_uri()}/"), "utf8")
        command = [sys.executable, "-m", "deno", "run", "--no-remote", "--no-config"]
        command += [f"--allow-read={folder}", str(program), str(path)]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(ran.stdout)
