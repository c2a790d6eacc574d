"""Threads: loaders that read files side by side are followed, and checks wait for each other."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from nets import classes, he, perceptron
from torch import nn

import netinit.torch as nit

transformers = pytest.importorskip("transformers")


def layers(count=6):
    with torch.device("meta"):
        model = nn.ModuleList(nn.Linear(8, 8) for _ in range(count))
    return model.to_empty(device="cpu")


def state(model):
    return {name: torch.randn_like(p) for name, p in model.state_dict().items()}


def test_what_a_thread_loads_is_seen():
    saved = state(layers())
    with nit.trace() as made:
        model = layers()

        def load(name):
            with torch.no_grad():
                model.get_parameter(name).copy_(saved[name])

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(load, list(saved)[:-1]))
    assert [finding.where for finding in made.findings(model)] == ["5.bias"]
    assert made.history(model)["0.weight"][-1].place.function == "load"


def test_threads_of_threads_are_followed_and_all_traces_see_them():
    with nit.trace() as outer, nit.trace() as inner:
        model = layers(1)

        def run(work):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()

        run(lambda: run(lambda: nn.init.zeros_(model[0].weight)))
    for made in (outer, inner):
        assert [finding.where for finding in made.findings(model)] == ["0.bias"]


def test_a_file_that_is_loaded_in_a_thread(tmp_path):
    torch.save(state(layers()), tmp_path / "weights.pt")
    with nit.trace() as made:
        model = layers()
        thread = threading.Thread(
            target=lambda: model.load_state_dict(torch.load(tmp_path / "weights.pt"))
        )
        thread.start()
        thread.join()
        nn.init.normal_(model[2].weight)
    assert [(f.code, f.where) for f in made.findings(model)] == [("OVERWRITTEN", "2.weight")]


@pytest.mark.filterwarnings("default")  # what transformers says of its own models
def test_a_pretrained_model_is_loaded_whole(tmp_path):
    sizes = {"n_embd": 16, "n_layer": 2, "n_head": 2, "vocab_size": 50}
    transformers.GPT2Model(transformers.GPT2Config(**sizes)).save_pretrained(tmp_path)
    with nit.trace() as made:
        model = transformers.GPT2Model.from_pretrained(tmp_path)
    assert not [f for f in made.findings(model) if f.severity == "error"]
    last = {name: writes[-1].kind for name, writes in made.history(model).items()}
    assert {last[name] for name, _ in model.named_parameters()} == {"load"}


def test_a_thread_that_goes_on_after_the_trace_is_not_noted():
    go, model = threading.Event(), layers(1)

    def late():
        go.wait(60)
        nn.init.ones_(model[0].weight)

    with nit.trace() as made:
        model = layers(1)
        thread = threading.Thread(target=late)
        thread.start()
    go.set()
    thread.join()
    assert made.history(model)["0.weight"] == []


def test_starting_a_thread_is_as_before_after_a_trace():
    before = threading.Thread.start
    with nit.trace():
        assert threading.Thread.start is not before
    with pytest.raises(ZeroDivisionError), nit.trace():
        raise ZeroDivisionError
    assert threading.Thread.start is before


def test_two_checks_at_once_find_the_same_and_leave_all_as_it_was():
    """Each is suspicious, and trains for a while: on one model, and on two."""
    sick, batch = perceptron(32, 30), classes()
    well = perceptron(32, 4, law=he)
    alone = [{f.code for f in nit.check(model, batch).findings} for model in (sick, well)]
    values = [p.clone() for model in (sick, well) for p in model.parameters()]
    random.seed(3), np.random.seed(3), torch.manual_seed(3)  # noqa: NPY002
    expected = random.random(), np.random.rand(), torch.rand(()).item()  # noqa: NPY002
    random.seed(3), np.random.seed(3), torch.manual_seed(3)  # noqa: NPY002
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda model: nit.check(model, batch), [sick, well, sick, well]))
    assert [{f.code for f in report.findings} for report in reports] == alone * 2
    after = [p for model in (sick, well) for p in model.parameters()]
    assert all(torch.equal(one, other) for one, other in zip(values, after, strict=True))
    assert (random.random(), np.random.rand(), torch.rand(()).item()) == expected  # noqa: NPY002
