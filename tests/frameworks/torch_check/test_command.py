"""The command line: what it prints, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from netinit.torch.__main__ import main

MODULE = """
import torch
from torch import nn

WIDE = nn.Linear(64, 64)

def build():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10))
    nn.init.normal_(net[0].weight, std=0.25)
    return net

def sick():
    torch.manual_seed(0)
    return nn.Sequential(*[layer for _ in range(12) for layer in (nn.Linear(32, 32), nn.Sigmoid())])

def huge():
    net = build()
    with torch.no_grad():
        net[-1].weight *= 1e6
    return net

def forgotten():
    with torch.device("meta"):
        net = nn.Linear(4, 4)
    return net.to_empty(device="cpu")

def batch():
    return torch.randn(64, 32), torch.randint(0, 10, (64,))

def bad():
    return torch.randn(64, 31), torch.randint(0, 10, (64,))

def loss(output, target):
    return nn.functional.cross_entropy(output, target, label_smoothing=0.1)

def nothing():
    return None

BATCH = (torch.eye(40, 32), torch.arange(40) % 10)
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    (tmp_path / "my_model.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("my_model", None)

    def command(*words):
        path = list(sys.path)
        try:
            code = main(words)
        finally:
            sys.path[:] = path
        return code, *capsys.readouterr()

    return command


def test_a_healthy_model_gives_0(run):
    code, out, _ = run("check", "my_model:build", "--batch", "my_model:batch")
    assert code == 0
    assert "fan_in" in out


def test_a_sick_model_gives_1(run):
    code, out, _ = run("check", "my_model:sick", "--batch", "my_model:batch")
    assert code == 1
    assert "COLLAPSE" in out


def test_a_head_that_is_far_too_large_gives_1(run):
    code, out, _ = run("check", "my_model:huge", "--batch", "my_model:batch")
    assert code == 1
    assert "LOSS" in out


def test_a_model_that_does_not_run_gives_1(run):
    code, out, _ = run("check", "my_model:build", "--batch", "my_model:bad")
    assert code == 1
    assert "NOT-RUN" in out


def test_json_and_markdown(run):
    words = ("check", "my_model:build", "--batch", "my_model:batch", "--loss", "my_model:loss")
    _, out, _ = run(*words, "--json")
    assert json.loads(out)["facts"]["loss"] > 2
    _, out, _ = run(*words, "--markdown")
    assert "| name | kind |" in out


def test_the_other_commands(run):
    code, out, _ = run("probe", "my_model:build", "--batch", "my_model:batch", "--steps", "3")
    assert "loss of the best constant" in out
    code, out, _ = run("laws", "my_model:WIDE")
    assert code == 0
    assert "PyTorch's default" in out
    code, out, _ = run("trace", "my_model:forgotten")
    assert code == 1
    assert "NEVER-WRITTEN" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("my_model", "--batch", "my_model:batch"), "'my_model' must be package.module:name"),
        (("your_model:build", "--batch", "my_model:batch"), "there is no module 'your_model'"),
        (("my_model:biuld", "--batch", "my_model:batch"), "my_model has no 'biuld'"),
        (
            ("my_model:nothing", "--batch", "my_model:batch"),
            "gives NoneType, not a torch",
        ),
        (("my_model:BATCH", "--batch", "my_model:batch"), "is tuple, neither a model nor"),
        (("my_model:build", "--batch", "my_model:batch", "--steps", "-1"), "must not be negative"),
    ],
)
def test_wrong_arguments_give_2_and_no_traceback(run, words, message):
    code, out, error = run("check", *words)
    assert (code, out) == (2, "")
    assert message in error
    assert "Traceback" not in error


def test_no_batch_gives_2(run):
    with pytest.raises(SystemExit) as caught:
        run("check", "my_model:build")
    assert caught.value.code == 2


def test_it_runs_as_a_module(run, tmp_path):
    root = Path(__file__).resolve().parents[3]
    words = ("-m", "netinit.torch", "check", "my_model:build", "--batch", "my_model:BATCH")
    done = subprocess.run([sys.executable, *words], cwd=tmp_path, env={"PYTHONPATH": str(root)},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "parameters" in done.stdout
