"""Two processes: one verdict, on models that are whole on each and on models that are sharded."""

import hashlib
import math
import random

import numpy as np
import pytest
import torch
from nets import classes, perceptron
from processes import on_ranks, runs_shards
from torch import distributed, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

import netinit.torch as nit


class Net(nn.Module):
    """Linear layers of uneven widths with a norm, whose statistics are buffers."""

    def __init__(self, depth=4, activation=nn.ReLU):
        super().__init__()
        self.first, self.norm = nn.Linear(32, 33), nn.BatchNorm1d(33)
        self.body = perceptron(33, depth, 33, inputs=33, activation=activation)
        self.drop, self.head = nn.Dropout(0.2), nn.Linear(33, 10)

    def forward(self, x):
        return self.head(self.drop(self.body(self.norm(self.first(x)))))


def shard(model, mesh):
    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.BatchNorm1d):
            fully_shard(layer, mesh=mesh)
    return fully_shard(model, mesh=mesh)


def on_meta(build, shape=None, forget=()):
    """Built without memory, sharded, materialized, and initialized but for what is forgotten."""
    shape = shape or (distributed.get_world_size(),)
    names = ("copies", "parts")[-len(shape) :]
    mesh = init_device_mesh("cpu", shape, mesh_dim_names=names)
    with torch.device("meta"):
        model = build()
    shard(model, mesh).to_empty(device="cpu")
    if forget:
        for name, parameter in model.named_parameters():
            if name not in forget:
                nn.init.constant_(parameter, 0.1)
    else:
        nit.init_(model, "he_normal", rng=3)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.reset_running_stats()
    return model


def print_of(tensor):
    tensor = tensor.detach()
    values = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return hashlib.sha256(values.numpy().tobytes()).hexdigest()


def prints(model):
    return {name: print_of(p) for name, p in model.named_parameters()}


def told(report):
    """What all ranks must agree on."""
    rows = [(row["name"], row["sensitivity"]) for row in report.rows if "sensitivity" in row]
    findings = [
        (f.code, f.severity, f.where, f.measured, f.numbers.get("ranks")) for f in report.findings
    ]
    return report.facts, rows, findings


# Draws ------------------------------------------------------------------------------------------


def drawn(rank):
    torch.manual_seed(rank)  # it must not matter
    whole = perceptron(40, 4)
    wrapped = DistributedDataParallel(perceptron(40, 4))
    sharded = on_meta(lambda: perceptron(40, 4))
    for model in (whole, wrapped):
        nit.init_(model, "he_normal", rng=3)
    return prints(whole), prints(wrapped.module), prints(sharded)


@pytest.mark.parametrize("size", [1, 3])
def test_the_number_of_processes_changes_no_value(size):
    model = perceptron(40, 4)
    nit.init_(model, "he_normal", rng=3)
    assert on_ranks(drawn, size=size) == [(prints(model),) * 3] * size


# Faults -----------------------------------------------------------------------------------------


def forgotten(rank):
    with nit.trace() as made:
        model = on_meta(Net, forget=("head.weight",) if rank else ("nothing",))
    report = made.report(model)
    return report.codes, told(nit.across_ranks(model, report))


def test_what_was_never_written_on_one_rank_is_found_on_all():
    (mine, one), (theirs, other) = on_ranks(forgotten)
    assert (mine, theirs) == (set(), {"NEVER-WRITTEN"})
    assert one == other
    ((code, severity, where, _, ranks),) = one[2]
    assert (code, severity, where, ranks) == ("NEVER-WRITTEN", "error", "head.weight", [1])


def unlike(rank):
    torch.manual_seed(rank)
    apart = perceptron(32, 3)
    alike = DistributedDataParallel(perceptron(32, 3))
    counting = nn.BatchNorm1d(4)
    counting.num_batches_tracked += rank
    return [told(nit.across_ranks(model)) for model in (apart, alike, counting)]


def test_ranks_that_were_built_from_different_seeds_are_found():
    one, other = on_ranks(unlike)
    assert one == other
    apart, alike, counting = one
    assert apart[2] == [("RANKS", "error", "0.weight", "rank 0 / rank 1", None)]
    assert alike[2] == []
    assert counting[2] == [("RANKS", "warning", "num_batches_tracked", "rank 0 / rank 1", None)]


def copied(rank):
    """Each rank draws its part by itself, from one seed."""
    model = on_meta(lambda: perceptron(40, 3), forget=("nothing",))
    torch.manual_seed(0)
    for layer in (model[0], model[2]):
        layer.weight.detach().to_local().normal_()
    found = nit.laws(model).of("CLONES")
    return [(finding.where, finding.severity, finding.numbers["share"]) for finding in found]


def test_parts_that_are_copies_of_each_other_are_found():
    one, other = on_ranks(copied)
    assert one == other == [("0.weight", "error", 0.5), ("2.weight", "error", 0.5)]


# The check of a sharded model --------------------------------------------------------------------


def halves(rank, count=128):
    torch.manual_seed(7)
    x, y = classes(count=count)
    return x.chunk(2)[rank], y.chunk(2)[rank]


def plain(rank):
    """The loss, the constants and the sensitivities that a check of the sharded model says."""
    reports = []
    for shape in ((2,), (2, 1)):
        model = on_meta(lambda: perceptron(40, 4), shape)
        reports.append(told(nit.check(model, halves(rank))))
    laws = nit.laws(model)
    return reports, [(row["name"], row["law"]) for row in laws.rows]


@runs_shards
def test_a_sharded_model_is_judged_as_a_whole_one():
    """Its loss, the best constant answer and each sensitivity are those on both batches."""
    (reports, laws), (others, other_laws) = on_ranks(plain)
    model = perceptron(40, 4)
    nit.init_(model, "he_normal", rng=3)
    torch.manual_seed(7)
    facts, rows, findings = told(nit.check(model, classes(count=128)))
    assert findings == []
    for found in (*reports, *others):
        assert found == reports[0] or found == reports[1]
        assert found[0] == pytest.approx(facts, rel=1e-4)
        assert dict(found[1]) == pytest.approx(dict(rows), rel=1e-4)
        assert found[2] == []
    assert laws == other_laws == [(row["name"], row["law"]) for row in nit.laws(model).rows]


def train(model, batch):
    x, y = batch
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    torch.manual_seed(0)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def state(model):
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    parts = {n: getattr(t, "to_local", lambda t=t: t)().tolist() for n, t in tensors.items()}
    grads = {n: None if p.grad is None else p.grad.to_local().tolist()
             for n, p in model.named_parameters()}  # fmt: skip
    return parts, grads, {name: module.training for name, module in model.named_modules()}


def numbers():
    return random.random(), np.random.rand(), torch.rand(()).item()  # noqa: NPY002


def seed():
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)


def everything(rank):
    """Everything that may be done with a sharded model, and what is left of it."""
    batch = halves(rank)
    expected = train(on_meta(Net), batch)
    model = on_meta(Net)
    functional.cross_entropy(model(batch[0]), batch[1]).backward()
    model.drop.eval()
    before = state(model)
    saved = len(model.first._state_dict_pre_hooks)
    seed()
    reports = [
        nit.laws(model),
        nit.check(model, batch),
        nit.probe(model, [batch] * (1 + rank), steps=4),
        nit.check(model, (batch[0][:, :31], batch[1])),  # of a wrong width
        nit.check(model, batch),
    ]
    drawn = numbers()
    seed()
    same = (state(model) == before, drawn == numbers(), len(model.first._state_dict_pre_hooks))
    fresh = on_meta(Net)
    nit.check(fresh, batch)
    nit.check(model, (batch[0][:, :31], batch[1]))
    assert train(model, batch) == expected, "a pass that failed leaves nothing behind"
    return (
        [told(each) for each in reports],
        same,
        (True, True, saved),
        train(fresh, batch),
        expected,
    )


@runs_shards
def test_a_sharded_model_is_as_it_was():
    one, other = on_ranks(everything)
    assert one[0] == other[0], "all ranks agree"
    laws, check, probe, failed, again = one[0]
    assert laws[2] == check[2] == []
    assert [code for code, *_ in failed[2]] == ["NOT-RUN"]
    assert check == again, "also after a pass that failed"
    assert math.isfinite(probe[0]["last loss"])
    for _, same, expected, trained, alone in (one, other):
        assert same == expected
        assert trained == alone


def suspicious(rank):
    """One rank has inputs that are all alike, so that it alone is suspicious; and a deep model."""
    x, y = halves(rank)
    model = on_meta(Net)
    uneven = nit.check(model, (torch.ones_like(x) if rank else x, y))
    sick = on_meta(lambda: Net(12, nn.Sigmoid))
    for _, parameter in sick.named_parameters():
        nn.init.constant_(parameter, 0.0) if parameter.dim() == 1 else nn.init.normal_(
            parameter, std=0.05
        )
    nn.init.ones_(sick.norm.weight)
    return told(uneven), told(nit.check(sick, (x, y), steps=10))


@runs_shards
@pytest.mark.filterwarnings("ignore:DTensor random operators:UserWarning")
def test_all_ranks_try_what_one_of_them_suspects():
    one, other = on_ranks(suspicious)
    assert one == other
    uneven, sick = one
    assert "error" not in [severity for _, severity, *_ in uneven[2]]
    assert ("COLLAPSE", "error") in [found[:2] for found in sick[2]]
    assert sick[0]["steps tried"] == 10


def bad(rank):
    model = on_meta(Net)
    x, y = halves(rank)
    hole = x.clone()
    hole[3, 3] = math.nan
    return [
        told(nit.check(model, batch))[2][0][:4]
        for batch in ((hole if rank else x, y), (x, y + 3 * rank), (x, y))
        for report in [nit.check(model, batch)]
        if report.findings
    ]


@runs_shards
def test_a_batch_that_one_rank_cannot_use_is_told_on_all():
    (nan, high), (their_nan, their_high) = on_ranks(bad)
    assert nan == their_nan
    assert "batch has entries that are NaN" in nan[3]
    assert "targets run from" in their_high[3]
    assert high[3] == f"rank 1 failed: {their_high[3]}"
