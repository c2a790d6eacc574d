"""fix: its lines for fans, outliers, residual streams and attention do away with the finding."""

import pytest
import torch
from nets import classes, he, text
from torch import nn
from torch.nn import functional

import netinit.torch as nit


def repaired(model, batch, code, **options):
    """The lines for one code, and the codes that are left once they were executed."""
    before = nit.check(model, batch, **options)
    assert code in before.codes, str(before)
    report = nit.fix(model, batch, **options)
    lines = [row["line"] for row in report.rows if row["because"] == code]
    for line in lines:
        exec(line, {"model": model, "torch": torch})
    return lines, nit.check(model, batch, **options)


def test_a_kernel_scaled_by_another_fan():
    class Depthwise(nn.Module):
        def __init__(self):
            super().__init__()
            self.deep = nn.Conv2d(64, 64, 3, groups=64)
            self.wide = nn.ConvTranspose2d(64, 40, 4, stride=2)
            self.head = nn.Linear(40, 10)
            nn.init.kaiming_normal_(self.deep.weight, mode="fan_out")
            nn.init.kaiming_normal_(self.wide.weight, mode="fan_out")

        def forward(self, x):
            x = torch.relu(self.wide(torch.relu(self.deep(x))))
            return self.head(x.mean((2, 3)))

    model = Depthwise()
    batch = torch.randn(64, 64, 8, 8), torch.randint(0, 10, (64,))
    lines, after = repaired(model, batch, "WRONG-FAN")
    assert len(lines) == 2
    assert not after.of("WRONG-FAN")
    assert "He by fan_out" in after["deep"]["law"]


def test_stray_entries():
    model = nn.Sequential(nn.Linear(32, 256), nn.ReLU(), nn.Linear(256, 10))
    he(model[0].weight)
    with torch.no_grad():
        model[0].weight[3, 4], model[0].weight[7, 7] = 9.0, -9.0
    kept = model[0].weight.detach().clone()
    lines, after = repaired(model, classes(), "OUTLIERS")
    assert len(lines) == 1
    assert not after.of("OUTLIERS")
    moved = (model[0].weight != kept).nonzero().tolist()
    assert [3, 4] in moved
    assert len(moved) < 0.01 * kept.numel()


def test_a_residual_stream_that_doubles():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.head = nn.Linear(32, 64), nn.Linear(64, 10)
            self.branches = nn.ModuleList(
                nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64)) for _ in range(16)
            )
            for branch in self.branches:
                he(branch[0].weight)
                he(branch[2].weight)
            nn.init.zeros_(self.head.weight)

        def forward(self, x):
            x = self.first(x)
            for branch in self.branches:
                x = x + branch(x)
            return self.head(x)

    lines, after = repaired(Residual(), classes(), "RESIDUAL")
    assert len(lines) == 16
    assert all(".2.weight" in line for line in lines)
    assert not after.of("RESIDUAL")


class Attention(nn.Module):
    """Causal attention of its own, or the fused one; queries and keys packed or apart."""

    def __init__(self, fused, packed, std=0.6):
        super().__init__()
        self.token, self.head = nn.Embedding(101, 48), nn.Linear(48, 101)
        self.fused, self.packed = fused, packed
        names = ["qkv"] if packed else ["q", "k", "v"]
        self.parts = nn.ModuleDict({n: nn.Linear(48, 144 if packed else 48) for n in names})
        nn.init.normal_(self.head.weight, std=0.02)
        for name in names:
            nn.init.normal_(self.parts[name].weight, std=std)

    def forward(self, ids):
        x = self.token(ids)
        if self.packed:
            q, k, v = self.parts["qkv"](x).chunk(3, -1)
        else:
            q, k, v = (self.parts[name](x) for name in "qkv")
        q, k, v = (part.unflatten(-1, (4, 12)).transpose(1, 2) for part in (q, k, v))
        if self.fused:
            seen = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = q @ k.transpose(-2, -1) / 12**0.5
            mask = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).tril()
            seen = scores.masked_fill(~mask, -torch.inf).softmax(-1) @ v
        return self.head(seen.transpose(1, 2).flatten(2))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("fused", [True, False])
def test_attention_that_looks_at_one_place(fused, packed):
    model = Attention(fused, packed)
    kept = {name: p.detach().clone() for name, p in model.named_parameters()}
    lines, after = repaired(model, text(), "ATTENTION")
    assert not after.of("ATTENTION")
    assert len(lines) == (1 if packed else 2)
    if packed:
        torch.testing.assert_close(model.parts["qkv"].weight[96:], kept["parts.qkv.weight"][96:])
        assert "[0:96]" in lines[0]
    else:
        assert torch.equal(model.parts["v"].weight, kept["parts.v.weight"])


def test_the_attention_of_pytorch():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.head = nn.Embedding(101, 48), nn.Linear(48, 101)
            self.look = nn.MultiheadAttention(48, 4, batch_first=True)
            nn.init.normal_(self.look.in_proj_weight, std=0.6)
            nn.init.normal_(self.head.weight, std=0.02)

        def forward(self, ids):
            x = self.token(ids)
            return self.head(self.look(x, x, x, need_weights=False)[0])

    lines, after = repaired(Model(), text(), "ATTENTION")
    assert len(lines) == 1
    assert not after.of("ATTENTION")
