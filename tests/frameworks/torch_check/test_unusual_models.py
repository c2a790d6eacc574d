"""Models that nobody had in mind: they run, and none of them is accused."""

import math

import pytest
import torch
from nets import perceptron
from torch import nn
from torch.nn import functional

import netinit.torch as nit


class Graph(nn.Module):
    """Convolutions over a graph, whose adjacency is sparse."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(16, 32), nn.Linear(32, 4)

    def forward(self, x, adjacency):
        x = torch.relu(torch.sparse.mm(adjacency, self.first(x)))
        return torch.sparse.mm(adjacency, self.second(x))


class Fourier(nn.Module):
    """Complex weights on the frequencies of a signal."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(16, 16, 9, dtype=torch.cfloat) / 16)
        self.first, self.last = nn.Linear(16, 16), nn.Linear(16, 1)

    def forward(self, x):
        x = self.first(x)
        modes = torch.einsum("bfi,iof->bfo", torch.fft.rfft(x, dim=1), self.weight)
        return self.last(functional.gelu(torch.fft.irfft(modes, n=16, dim=1) + x))


class Sines(nn.Module):
    """Sines of a high frequency, with weights scaled for them."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(n, 64) for n in (2, 64, 64, 64))
        self.head, bound = nn.Linear(64, 3), math.sqrt(6 / 64) / 30
        for layer in self.layers[1:]:
            nn.init.uniform_(layer.weight, -bound, bound)

    def forward(self, x):
        for layer in self.layers:
            x = torch.sin(30 * layer(x))
        return self.head(x)


class Variational(nn.Module):
    """Draws in its forward pass, and returns three tensors."""

    def __init__(self):
        super().__init__()
        self.encode, self.decode = perceptron(64, 2, 16), perceptron(64, 2, 32, inputs=8)

    def forward(self, x):
        mean, log = self.encode(x).chunk(2, -1)
        return self.decode(mean + torch.randn_like(mean) * (log / 2).exp()), mean, log


class Latent(nn.Module):
    """Learned queries that look at the input."""

    def __init__(self):
        super().__init__()
        self.queries = nn.Parameter(0.02 * torch.randn(4, 32))
        self.attention = nn.MultiheadAttention(32, 4, batch_first=True)
        self.first, self.norm, self.head = nn.Linear(8, 32), nn.LayerNorm(32), nn.Linear(32, 5)

    def forward(self, x):
        x, queries = self.first(x), self.queries.expand(len(x), -1, -1)
        return self.head(self.norm(queries + self.attention(queries, x, x)[0]).mean(1))


class Unrolled(nn.Module):
    """One cell, called for each step."""

    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.GRUCell(8, 32), nn.Linear(32, 1)

    def forward(self, x):
        hidden = torch.zeros(len(x), 32)
        for step in x.unbind(1):
            hidden = self.cell(step, hidden)
        return self.head(hidden)


def evidence(output, x):
    rebuilt, mean, log = output
    return functional.mse_loss(rebuilt, x) - 0.5 * (1 + log - mean**2 - log.exp()).mean()


def nodes():
    return (torch.randn(40, 16), torch.eye(40).to_sparse()), torch.randint(0, 4, (40,)), None


def sounds():
    return torch.randn(8, 16, 16), torch.randn(8, 16, 1), None


def points():
    return 2 * torch.rand(256, 2) - 1, torch.rand(256, 3), None


def noise():
    x = torch.randn(64, 32)
    return x, x, evidence


def sets():
    return torch.randn(64, 20, 8), torch.randint(0, 5, (64,)), None


def series():
    return torch.randn(64, 20, 8), torch.randn(64, 1), None


def picture():
    return torch.randn(3, 8, 8), None, None


MODELS = {
    Graph: (Graph, nodes, 2),
    Fourier: (Fourier, sounds, 3),
    Sines: (Sines, points, 5),
    Variational: (Variational, noise, 4),
    Latent: (Latent, sets, 5),
    Unrolled: (Unrolled, series, 3),
    "double precision": (lambda: perceptron(64, 3, 1, inputs=8).double(), None, 3),
    "no batch axis": (lambda: nn.Conv2d(3, 4, 3), picture, 1),
}


@pytest.mark.parametrize("name", MODELS, ids=lambda name: getattr(name, "__name__", name))
def test_it_runs_and_is_not_accused(name):
    build, make, operations = MODELS[name]
    model = build()
    make = make or (lambda: (torch.randn(64, 8).double(), torch.randn(64, 1).double(), None))
    batch, target, loss = make()
    report = nit.check(model, batch, target=target, loss=loss)
    assert len(report.rows) == operations, str(report)
    graves = [f for f in report.findings if f.severity != "info"]
    assert not graves, str(report)
