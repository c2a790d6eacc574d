"""The same verdicts under what people do to models."""

import dataclasses
import typing

import pytest
import torch
from nets import GPT, classes, he, perceptron, text
from processes import on_ranks
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import netinit.torch as nit
from netinit.torch.checking.operations import fans_of_model


def names(report):
    return [row["name"] for row in report.rows]


def healthy(report):
    assert report.ok, str(report)
    assert not [f for f in report.findings if f.severity == "warning"], str(report)
    return report


def test_autocast():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        report = healthy(nit.check(GPT(), text()))
    assert len(report.rows) == 19


def test_bfloat16():
    report = healthy(nit.check(GPT().bfloat16(), text()))
    assert len(report.rows) == 19


def test_a_compiled_model():
    torch._dynamo.reset()
    plain = perceptron(32, 4, law=he)
    model = torch.compile(plain, backend="eager")
    batch = classes()
    model(batch[0])
    report = healthy(nit.check(model, batch))
    assert names(report) == ["0", "2", "4", "6"], "names are those of the model itself"


class Checkpointed(nn.Module):
    def __init__(self, reentrant):
        super().__init__()
        self.first, self.reentrant = nn.Linear(32, 64), reentrant
        self.body, self.head = perceptron(64, 3, 64, inputs=64, law=he), nn.Linear(64, 10)

    def forward(self, x):
        def body(x):
            return functional.dropout(self.body(x), 0.2, self.training)

        return self.head(checkpoint(body, self.first(x), use_reentrant=self.reentrant))


@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointing_with_a_functional_dropout_inside(reentrant):
    report = healthy(nit.check(Checkpointed(reentrant), classes()))
    assert names(report) == ["first", "body.0", "body.2", "body.4", "head"]
    assert all(row["sensitivity"] > 0 for row in report.rows)


class Experts(nn.Module):
    """Four experts in one tensor, each token sent to one of them."""

    def __init__(self):
        super().__init__()
        self.router = nn.Linear(32, 4)
        self.up = nn.Parameter(torch.randn(4, 32, 64) / 4)
        self.down = nn.Parameter(torch.randn(4, 64, 10) / 8)

    def forward(self, x):
        gates = functional.softmax(self.router(x), -1)
        hidden = torch.relu(torch.einsum("bi,eif->ebf", x, self.up))
        return torch.einsum("be,ebo->bo", gates, torch.einsum("ebf,efo->ebo", hidden, self.down))


def test_experts_by_einsum():
    report = healthy(nit.check(Experts(), classes()))
    assert (report["up"]["fan_in"], report["down"]["fan_in"]) == (32, 64)
    assert report["down"]["fan_out"] == 10


def test_an_expert_that_no_input_reaches_is_no_error():
    class Sparse(nn.Module):
        def __init__(self):
            super().__init__()
            self.experts = nn.ModuleList(nn.Linear(32, 10) for _ in range(2))

        def forward(self, x):
            out = x.new_zeros(len(x), 10)
            chosen = x[:, 0] < 100
            for mask, expert in zip((chosen, ~chosen), self.experts, strict=True):
                out[mask] = expert(x[mask])
            return out

    report = nit.check(Sparse(), classes())
    assert report.ok, str(report)
    assert report.of("NO-GRADIENT")[0].numbers["names"] == ["experts.1.weight", "experts.1.bias"]


def test_depthwise_and_transposed_convolutions():
    net = nn.Sequential(
        *(nn.Conv2d(3, 16, 1), nn.Conv2d(16, 16, 3, groups=16), nn.ReLU()),
        *(nn.ConvTranspose2d(16, 8, 4, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(1152, 10)),
    )
    report = nit.check(net, (torch.randn(64, 3, 7, 7), torch.randint(0, 10, (64,))))
    assert report.ok
    assert [(row["fan_in"], row["fan_out"]) for row in report.rows[:3]] == [
        *((3, 16), (9, 9), (64, 128)),
    ]


def test_a_transformer_of_modules():
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True, norm_first=True)
    model = nn.Sequential(nn.TransformerEncoder(layer, 2, enable_nested_tensor=False))
    nn.init.xavier_uniform_(model[0].layers[1].linear1.weight)
    report = nit.check(model, torch.randn(16, 6, 32))
    matrices = [name for name, p in model.named_parameters() if p.dim() == 2]
    assert names(report) == [
        name.removesuffix(".weight").removesuffix("_weight") for name in matrices
    ]
    assert report["0.layers.0.self_attn.in_proj"]["fan_out"] == 32


class Outputs(typing.NamedTuple):
    loss: torch.Tensor
    logits: torch.Tensor


@dataclasses.dataclass
class Data:
    logits: torch.Tensor
    hidden: torch.Tensor


class Returning(nn.Module):
    """Takes two nested inputs by name, and returns what it is told to."""

    def __init__(self, form):
        super().__init__()
        self.net, self.form = perceptron(64, 3, law=he), form

    def forward(self, inputs, labels=None):
        hidden = inputs["x"]
        logits = self.net(hidden)
        loss = None if labels is None else functional.cross_entropy(logits, labels)
        return {
            "tensor": logits,
            "tuple": (logits, hidden),
            "dict": {"logits": logits, "hidden": hidden},
            "data": Data(logits, hidden),
            "named": Outputs(loss, logits),
            "logits, loss": (logits, loss),
            "loss": loss,
        }[self.form]


@pytest.mark.parametrize("form", ["tensor", "tuple", "dict", "data"])
def test_outputs_of_many_forms_with_a_target(form):
    x, y = classes()
    report = healthy(nit.check(Returning(form), {"inputs": {"x": x}}, target=y))
    assert report.facts["loss of zeros"] == pytest.approx(2.302585)


@pytest.mark.parametrize("form", ["named", "logits, loss", "loss"])
def test_models_that_compute_their_loss(form):
    x, y = classes(count=640)
    report = healthy(nit.check(Returning(form), {"inputs": {"x": x}, "labels": y}))
    assert 2 < report.facts["loss"] < 4.5
    if form != "loss":
        assert report.facts["loss of zeros"] == pytest.approx(2.302585)


def test_the_fans_of_a_model_by_parameter():
    model = nn.Sequential(
        nn.utils.parametrizations.weight_norm(nn.Linear(8, 6)), nn.Conv1d(1, 4, 3, stride=3)
    )
    x = torch.randn(5, 1, 8)
    assert fans_of_model(model, lambda: model(x)) == {
        "0.parametrizations.weight.original1": (8, 6),
        "1.weight": (3, 4),
    }


def _rank(rank):
    torch.manual_seed(0)
    model = nn.parallel.DistributedDataParallel(perceptron(32, 4, law=he))
    batch = classes()
    found = None
    if rank == 0:  # one rank alone: a check waits for no other
        report = nit.check(model, batch)
        found = report.ok, [row["name"] for row in report.rows]
    functional.cross_entropy(model(batch[0]), batch[1]).backward()
    return found, model.module[0].weight.grad.norm().item()


def test_one_rank_of_a_distributed_model():
    (found, norm), (_, other) = on_ranks(_rank)
    assert found == (True, ["0", "2", "4", "6"])
    assert norm == pytest.approx(other), "the ranks still agree on gradients"
