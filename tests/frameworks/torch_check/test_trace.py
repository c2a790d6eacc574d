"""`trace` names what was never written, overwritten, lost, written while empty, or drawn twice."""

import copy
import io
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from torch import nn
from traitlets.config import Config

import netinit.torch as nit


def traced(build):
    """The codes of a model's findings, each with the names it is about, and the trace."""
    with nit.trace() as made:
        model = build()
    codes = {}
    for finding in made.findings(model):
        codes.setdefault(finding.code, set()).add(finding.where)
    return codes, made, model


class Scaled(nn.Module):
    """A layer, a scale, a shift and a constant."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 4)
        self.scale = nn.Parameter(torch.ones(4))
        self.shift = nn.Parameter(torch.zeros(4))
        self.register_buffer("steps", torch.arange(4.0))


def on_meta(forget=()):
    """Built without memory, then materialized; what is in `forget` gets no values."""
    with torch.device("meta"):
        model = Scaled()
    model.to_empty(device="cpu")
    model.layer.reset_parameters()
    with torch.no_grad():
        for name, value in [("scale", 1.0), ("shift", 0.0)]:
            if name not in forget:
                getattr(model, name).fill_(value)
        if "steps" not in forget:
            model.steps.copy_(torch.arange(4.0))
    return model


# Never written ------------------------------------------------------------------------------


def test_a_model_of_defaults_has_no_finding():
    codes, made, model = traced(lambda: nn.Sequential(Scaled(), nn.BatchNorm1d(4), nn.LSTM(4, 3)))
    assert codes == {}
    assert made.report(model).ok


def test_what_is_forgotten_after_meta_is_named_and_the_rest_is_not():
    assert traced(on_meta)[0] == {}
    codes, _, _ = traced(lambda: on_meta(forget=("scale", "steps")))
    assert codes == {"NEVER-WRITTEN": {"scale", "steps"}}


def test_the_values_do_not_matter_zeros_by_chance_are_named_as_well():
    codes, _, model = traced(lambda: on_meta(forget=("shift",)))
    with torch.no_grad():
        model.shift.zero_()  # after the trace
    assert codes == {"NEVER-WRITTEN": {"shift"}}


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.empty(3, 4),
        lambda: torch.Tensor(3, 4),
        lambda: torch.empty(3, 4).to(torch.bfloat16),
        lambda: torch.empty(3, 4).mul_(2),
        lambda: torch.empty(3, 4).copy_(torch.empty(3, 4)),
        lambda: torch.empty_like(torch.zeros(3, 4)),
        lambda: copy.deepcopy(nn.Parameter(torch.empty(3, 4))).data,
    ],
)
def test_every_way_of_taking_memory_counts_as_nothing_written(make):
    def build():
        layer = nn.Linear(2, 2)
        layer.extra = nn.Parameter(make())
        return layer

    assert traced(build)[0] == {"NEVER-WRITTEN": {"extra"}}


def written():
    """Ways to write a matrix of shape (4, 4), by name."""

    def slices(w):
        w[:2].normal_()
        w.data[2:] = 1.0

    def columns(w):
        w[:, ::2].fill_(1)
        w[:, 1::2].uniform_()

    def assigned(w):
        w.data = torch.randn(4, 4) * 0.1

    def by_numpy(w):
        w.copy_(torch.from_numpy(np.ones((4, 4))))

    return {
        "normal_": lambda w: w.normal_(),
        "data": lambda w: w.data.uniform_(-1, 1),
        "init": nn.init.trunc_normal_,
        "orthogonal": nn.init.orthogonal_,
        "eye": nn.init.eye_,
        "sparse": lambda w: nn.init.sparse_(w, 0.5),
        "out": lambda w: torch.randn(4, 4, out=w.data),
        "foreach": lambda w: torch._foreach_zero_([w]),
        "foreach copy": lambda w: torch._foreach_copy_([w], [torch.ones(4, 4)]),
        "view": lambda w: w.view(-1).normal_(),
        "slices": slices,
        "columns": columns,
        "assigned": assigned,
        "numpy": by_numpy,
        "index": lambda w: w.index_copy_(0, torch.arange(4), torch.ones(4, 4)),
    }


@pytest.mark.parametrize("way", written())
def test_every_way_of_writing_counts(way):
    def build():
        layer = nn.Linear(2, 2)
        layer.extra = nn.Parameter(torch.empty(4, 4))
        with torch.no_grad():
            written()[way](layer.extra)
        return layer

    assert traced(build)[0] == {}


def test_a_part_that_was_never_written_is_measured():
    def build():
        layer = nn.Linear(2, 2)
        layer.extra = nn.Parameter(torch.empty(4, 5))
        with torch.no_grad():
            layer.extra[:3].normal_()
            layer.extra[:, 0].zero_()
        return layer

    with nit.trace() as made:
        model = build()
    (finding,) = made.findings(model)
    assert finding.numbers["share"] == pytest.approx(4 / 20)
    assert finding.measured.startswith("20% was never written")


def test_parameters_that_stay_on_meta_are_named():
    def build():
        with torch.device("meta"):
            return nn.Linear(3, 2)

    codes, made, model = traced(build)
    assert codes == {"NEVER-WRITTEN": {"weight", "bias"}}
    assert "to_empty" in made.findings(model)[0].fix


def test_what_was_made_before_the_trace_is_not_accused():
    model = nn.Linear(3, 2)
    with nit.trace() as made:
        nn.init.zeros_(model.bias)
    assert made.findings(model) == []
    assert set(made.history(model)) == {"bias"}
    assert made.report(model)["weight"]["history"] == "not seen"


# Overwritten --------------------------------------------------------------------------------


def body():
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 5))


def with_head(load):
    """A body that `load` fills and a new head; then one initializer for all weights."""
    model = nn.ModuleDict({"body": body(), "head": nn.Linear(5, 2)})
    load(model["body"])
    model.apply(lambda m: nn.init.xavier_uniform_(m.weight) if isinstance(m, nn.Linear) else None)
    return model


def saved():
    file = io.BytesIO()
    torch.save(body().state_dict(), file)
    file.seek(0)
    return file


def test_loaded_weights_that_are_drawn_again_are_named_and_new_ones_are_not():
    state = body().state_dict()
    codes, _, _ = traced(lambda: with_head(lambda m: m.load_state_dict(state)))
    assert codes["OVERWRITTEN"] == {"body.0.weight", "body.2.weight"}
    assert "NEVER-WRITTEN" not in codes


def from_file(module):
    state = torch.load(saved())
    for name, parameter in module.named_parameters():
        parameter.data.copy_(state[name])


@pytest.mark.parametrize(
    "load",
    [
        lambda m: m.load_state_dict(body().state_dict(), assign=True),
        lambda m: m.load_state_dict(torch.load(saved()), assign=True),
        from_file,
    ],
    ids=["assigned", "assigned from a file", "copied from a file"],
)
def test_every_way_of_loading_is_known(load):
    codes, _, _ = traced(lambda: with_head(load))
    assert codes["OVERWRITTEN"] == {"body.0.weight", "body.2.weight"}


def test_what_was_loaded_from_a_state_made_before_and_assigned_is_known():
    state = body().state_dict()
    codes, _, _ = traced(lambda: with_head(lambda m: m.load_state_dict(state, assign=True)))
    assert codes["OVERWRITTEN"] == {"body.0.weight", "body.2.weight"}


def test_drawing_first_and_loading_after_is_right():
    state = body().state_dict()

    def build():
        model = body()
        for layer in (model[0], model[2]):
            nn.init.xavier_uniform_(layer.weight)
        model.load_state_dict(state)
        return model.to(torch.float64)

    codes, made, model = traced(build)
    assert codes == {}
    assert made.history(model)["0.weight"][-1].kind == "load"


def test_one_row_that_is_zeroed_after_loading_is_no_error():
    state = nn.Embedding(20, 3).state_dict()

    def build():
        model = nn.Embedding(20, 3)
        model.load_state_dict(state)
        nn.init.zeros_(model.weight.data[0])
        return model

    with nit.trace() as made:
        model = build()
    (finding,) = made.findings(model)
    assert (finding.code, finding.severity) == ("OVERWRITTEN", "warning")
    assert finding.numbers["share"] == pytest.approx(1 / 20)


# Lost and empty -----------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["weight_norm", "spectral_norm", "orthogonal"])
def test_a_draw_into_a_parametrized_weight_is_lost(norm):
    def build():
        layer = getattr(nn.utils.parametrizations, norm)(nn.Linear(6, 4))
        with torch.no_grad():
            layer.weight.normal_()
        return layer

    codes, _, _ = traced(build)
    (where,) = codes.pop("LOST-WRITE")
    assert where.startswith("parametrizations.weight.original")
    assert codes == {}


def test_a_draw_into_a_weight_before_its_parametrization_is_kept():
    def build():
        layer = nn.Linear(6, 4)
        nn.init.normal_(layer.weight)
        return nn.utils.parametrizations.weight_norm(layer)

    assert "LOST-WRITE" not in traced(build)[0]


def test_a_parametrized_weight_may_be_assigned():
    def build():
        layer = nn.utils.parametrizations.weight_norm(nn.Linear(6, 4))
        layer.weight = torch.randn(4, 6)
        return layer

    assert traced(build)[0] == {}


def test_a_draw_into_a_copy_is_lost_unless_the_copy_is_used():
    def build(keep):
        layer = nn.Linear(6, 4)
        with torch.no_grad():
            draft = layer.weight.float().double().normal_()
            if keep:
                layer.weight.copy_(draft)
        return layer

    assert traced(lambda: build(False))[0] == {"LOST-WRITE": {"weight"}}
    assert set(traced(lambda: build(True))[0]) == {"DRAWN-TWICE"}


def test_a_draw_while_a_parameter_is_empty_is_named():
    def build():
        layer = nn.Linear(6, 4)
        full, layer.weight.data = layer.weight.data, torch.empty(0)  # as a shard on another rank
        nn.init.normal_(layer.weight)
        layer.weight.data = full
        return layer

    assert traced(build)[0]["EMPTY-WRITE"] == {"weight"}


def test_a_parameter_without_elements_is_no_fault():
    def build():
        layer = nn.Linear(2, 2)
        layer.none = nn.Parameter(torch.empty(0))
        with torch.no_grad():
            layer.none.normal_()
        return layer

    assert traced(build)[0] == {}


# Drawn twice --------------------------------------------------------------------------------


def test_two_draws_are_told_once_for_all_layers_alike():
    def build():
        model = nn.Sequential(*(nn.Linear(4, 4) for _ in range(5)))
        for layer in model:
            nn.init.normal_(layer.weight, std=0.02)
        return model

    with nit.trace() as made:
        model = build()
    (finding,) = made.findings(model)
    assert (finding.code, finding.severity) == ("DRAWN-TWICE", "info")
    assert (finding.where, finding.count) == ("*.weight", 5)
    assert "normal_(0, 0.02) by normal_ at" in finding.measured


def test_parts_drawn_one_after_another_are_one_draw():
    def build():
        layer = nn.Linear(2, 2)
        layer.packed = nn.Parameter(torch.empty(6, 2))
        for part in layer.packed.data.chunk(3):
            nn.init.xavier_uniform_(part)
        return layer

    assert traced(build)[0] == {}


def test_the_rejections_of_a_truncated_normal_are_one_draw():
    def build():
        layer = nn.Linear(2, 2)
        layer.cut = nn.Parameter(torch.empty(300))
        nn.init.trunc_normal_(layer.cut, a=-1.2, b=1.2)
        return layer

    codes, made, model = traced(build)
    assert codes == {}
    draws = [write for write in made.history(model)["cut"] if write.kind == "draw"]
    assert len({write.call for write in draws}) == 1


# The record itself --------------------------------------------------------------------------


def test_a_write_tells_its_line_its_numbers_and_its_function():
    with nit.trace() as made:
        layer = nn.Linear(3, 2)
        nn.init.normal_(layer.weight, std=0.5)
    write = made.history(layer)["weight"][-1]
    assert (write.operation, write.numbers, write.place.by) == ("normal_", (0.0, 0.5), "normal_")
    assert write.place.file == __file__
    line = Path(__file__).read_text("utf-8").splitlines()[write.place.line - 1]
    assert line.strip() == "nn.init.normal_(layer.weight, std=0.5)"
    assert str(write).startswith("normal_(0, 0.5) by normal_ at ")


def test_values_and_random_state_are_those_without_a_trace():
    torch.manual_seed(3)
    plain, after = body().state_dict(), torch.rand(3)
    torch.manual_seed(3)
    with nit.trace():
        watched = body().state_dict()
    assert all(torch.equal(plain[name], watched[name]) for name in plain)
    assert torch.equal(after, torch.rand(3))


def test_tied_weights_have_one_history():
    def build():
        model = nn.ModuleDict({"embed": nn.Embedding(5, 4), "head": nn.Linear(4, 5, bias=False)})
        model["head"].weight = model["embed"].weight
        return model

    codes, made, model = traced(build)
    assert codes == {}
    assert [w.operation for w in made.history(model)["embed.weight"]] == ["normal_"]


def test_two_threads_keep_their_own_records():
    found = {}

    def work(name, forget):
        with nit.trace() as made:
            models = [on_meta(forget) for _ in range(20)]
        found[name] = [{f.where for f in made.findings(model)} for model in models]

    threads = [
        threading.Thread(target=work, args=("a", ("scale",))),
        threading.Thread(target=work, args=("b", ("steps",))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"a": [{"scale"}] * 20, "b": [{"steps"}] * 20}


def test_one_trace_may_be_entered_by_two_threads():
    made, models = nit.trace(), {}

    def work(name, forget):
        with made:
            models[name] = on_meta(forget)

    threads = [threading.Thread(target=work, args=a) for a in [("a", ("scale",)), ("b", ())]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [finding.where for finding in made.findings(models["a"])] == ["scale"]
    assert made.findings(models["b"]) == []


def test_traces_nest_and_an_error_ends_them():
    with nit.trace() as outer:
        first = nn.Linear(2, 2)
        with nit.trace() as inner:
            second = nn.Linear(2, 2)
    assert set(outer.history(second)) == set(inner.history(second)) == {"weight", "bias"}
    assert inner.history(first) == {}
    with pytest.raises(ZeroDivisionError), outer:
        _ = 1 / 0
    later = nn.Linear(2, 2)
    assert outer.history(later) == {}


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match=r"must be a torch\.nn\.Module, not Tensor"):
        nit.trace().report(torch.ones(2))


@pytest.fixture
def mesh(tmp_path):
    from torch.distributed import destroy_process_group, init_process_group
    from torch.distributed.device_mesh import init_device_mesh

    store = torch.distributed.FileStore(str(tmp_path / "store"), 1)
    init_process_group("gloo", store=store, rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    destroy_process_group()


@pytest.mark.filterwarnings("ignore:DTensor random operators:UserWarning")
def test_the_parameters_of_a_sharded_model_are_followed(mesh):
    from torch.distributed.fsdp import fully_shard

    def build(forget):
        with torch.device("meta"):
            model = Scaled()
        fully_shard(model, mesh=mesh)
        model.to_empty(device="cpu")
        with torch.no_grad():
            nn.init.normal_(model.layer.weight, std=0.1)
            model.steps.zero_()
            for name in {"layer.bias", "scale", "shift"} - set(forget):
                model.get_parameter(name).zero_()
        return model

    assert traced(lambda: build(()))[0] == {}
    assert traced(lambda: build(("shift",)))[0] == {"NEVER-WRITTEN": {"shift"}}


def test_a_cell_of_a_notebook_is_named_by_its_number(monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        shell.user_ns["nit"] = nit
        shell.run_cell("import torch", store_history=True)
        cell = "with nit.trace() as made:\n    layer = torch.nn.Linear(3, 2)"
        assert shell.run_cell(cell, store_history=True).success
        histories = shell.user_ns["made"].history(shell.user_ns["layer"])
        (write,) = histories["weight"]
        assert f"In[{shell.execution_count - 1}]:2 in <module>" in str(write)
    finally:
        InteractiveShell.clear_instance()
