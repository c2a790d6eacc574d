"""The laboratory's engine, run by deno, does what netinit does."""

import functools
import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("deno") is None, reason="there is no deno for this machine"
)

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "book" / "laboratory" / "engine"
GOLDEN = ROOT / "tests" / "golden" / "laboratory.json"
MODULES = {
    "run": "createRun",
    "experiment": "DEFAULT, FIELDS, validate",
    "random": "createStream",
    "schemes": "drawWeights, weightVariance",
    "activations": "activation",
    "theory": "predict",
    "data": "createData, curve",
}
IMPORTS = "".join(
    f'import {{ {names} }} from "{(ENGINE / name).as_uri()}.js";\n'
    for name, names in MODULES.items()
)


def run(code, folder, **given):
    """What `found` is after some JavaScript, to which the names of `given` are known."""
    (folder / "given.json").write_text(json.dumps(given), "utf8")
    read = 'const given = JSON.parse(Deno.readTextFileSync("given.json"));\n'
    written = 'console.log(JSON.stringify(found, (_, v) => Number.isNaN(v) ? "NaN" : v));\n'
    (folder / "run.mjs").write_text(IMPORTS + read + code + "\n" + written, "utf8")
    options = ["--no-remote", "--no-config", "--allow-read"]
    command = [sys.executable, "-m", "deno", "run", *options, "run.mjs"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
