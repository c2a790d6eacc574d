"""Models as people write them, that nobody had in mind: found healthy, and shown legibly."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

import netinit.torch as nit


def double(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU(),
    )  # fmt: skip


class UNet(nn.Module):
    def __init__(self, width=16, classes=4):
        super().__init__()
        self.down = nn.ModuleList([double(3, width), double(width, 2 * width)])
        self.middle = double(2 * width, 4 * width)
        self.raised = nn.ConvTranspose2d(4 * width, 2 * width, 2, stride=2)
        self.raised_again = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.up = nn.ModuleList([double(4 * width, 2 * width), double(2 * width, width)])
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        fine = self.down[0](x)
        coarse = self.down[1](functional.max_pool2d(fine, 2))
        y = self.middle(functional.max_pool2d(coarse, 2))
        y = self.up[0](torch.cat([self.raised(y), coarse], 1))
        return self.head(self.up[1](torch.cat([self.raised_again(y), fine], 1)))


class Translator(nn.Module):
    """A bidirectional GRU, and a decoder that looks at it by additive attention."""

    def __init__(self, vocabulary=60, width=64):
        super().__init__()
        self.source = nn.Embedding(vocabulary, width, padding_idx=0)
        self.target = nn.Embedding(vocabulary, width, padding_idx=0)
        self.encoder = nn.GRU(width, width, 2, batch_first=True, bidirectional=True, dropout=0.1)
        self.bridge, self.cell = nn.Linear(2 * width, width), nn.GRUCell(3 * width, width)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(2 * width, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)
        self.out = nn.Linear(4 * width, vocabulary)

    def forward(self, source, target):
        memory, last = self.encoder(self.source(source))
        state = torch.tanh(self.bridge(torch.cat([last[-2], last[-1]], -1)))
        keys, hidden, answers = self.key(memory), source == 0, []
        for step in range(target.shape[1]):
            scores = self.score(torch.tanh(self.query(state)[:, None] + keys)).squeeze(-1)
            weights = scores.masked_fill(hidden, -1e9).softmax(-1)
            context = (weights[..., None] * memory).sum(1)
            token = self.target(target[:, step])
            state = self.cell(torch.cat([token, context], -1), state)
            answers.append(self.out(torch.cat([state, context, token], -1)))
        return torch.stack(answers, 1)


class Step(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(8, width) for _ in range(2))
        self.first, self.last = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.shift = nn.Linear(width, 2 * width)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x, time):
        y = self.first(functional.silu(self.norms[0](x)))
        scale, shift = self.shift(time)[..., None, None].chunk(2, 1)
        return x + self.last(functional.silu(self.norms[1](y) * (1 + scale) + shift))


class Denoiser(nn.Module):
    """Of diffusion: sinusoids of the time, blocks that it shifts and scales, zeros at the end."""

    def __init__(self, width=32):
        super().__init__()
        self.width = width
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.first, self.out = (nn.Conv2d(a, b, 3, padding=1) for a, b in ((1, width), (width, 1)))
        self.steps = nn.ModuleList(Step(width) for _ in range(4))
        self.norm = nn.GroupNorm(8, width)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, time):
        powers = torch.exp(-math.log(1e4) * torch.arange(self.width // 2) / (self.width // 2))
        angles = time[:, None] * powers
        time, x = self.time(torch.cat([angles.sin(), angles.cos()], -1)), self.first(x)
        for step in self.steps:
            x = step(x, time)
        return self.out(functional.silu(self.norm(x)))


class ActorCritic(nn.Module):
    """Two heads on one body, one answer a distribution, by the orthogonal draws of PPO."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(24, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.actor, self.critic = nn.Linear(64, 6), nn.Linear(64, 1)
        for layer, gain in [(self.body[0], 2**0.5), (self.body[2], 2**0.5), (self.actor, 0.01)]:
            nn.init.orthogonal_(layer.weight, gain)
            nn.init.zeros_(layer.bias)

    def forward(self, seen):
        hidden = self.body(seen)
        return torch.distributions.Categorical(logits=self.actor(hidden)), self.critic(hidden)


class Mixer(nn.Module):
    """Mixes the patches of an image, then their channels."""

    def __init__(self, patches=16, width=32, blocks=4):
        super().__init__()
        self.embed, self.head = nn.Linear(48, width), nn.Linear(width, 10)
        self.places, self.channels = (
            nn.ModuleList(
                nn.Sequential(nn.Linear(n, 2 * n), nn.GELU(), nn.Linear(2 * n, n))
                for _ in range(blocks)
            )
            for n in (patches, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 * blocks))

    def forward(self, x):
        x = x.unfold(2, 4, 4).unfold(3, 4, 4).permute(0, 2, 3, 1, 4, 5).flatten(1, 2).flatten(2)
        x = self.embed(x)
        for place, channel, one, two in zip(
            self.places, self.channels, self.norms[::2], self.norms[1::2], strict=True
        ):
            x = x + place(one(x).transpose(1, 2)).transpose(1, 2)
            x = x + channel(two(x))
        return self.head(x.mean(1))


def pictures():
    x = torch.rand(8, 3, 32, 32)
    return x, (4 * x.mean(1)).long().clamp(0, 3)


def sentences():
    source = torch.randint(1, 60, (32, 12))
    source[:, 10:] = 0
    return {"source": source, "target": torch.randint(1, 60, (32, 8))}


def played(out):
    chosen, value = out
    advantage = torch.linspace(-1, 1, len(value))
    drawn = torch.arange(len(value)) % 6
    loss = -(chosen.log_prob(drawn) * advantage).mean() - 0.01 * chosen.entropy().mean()
    return loss + 0.5 * (value.squeeze(-1) - advantage).square().mean()


CASES = {
    "UNet": (UNet, pictures, {}),
    "Translator": (
        Translator, sentences,
        {"loss": lambda out: functional.cross_entropy(out.flatten(0, 1), torch.arange(256) % 60)},
    ),
    "Denoiser": (
        Denoiser, lambda: (torch.randn(16, 1, 16, 16), torch.arange(16) * 60),
        {"loss": lambda out: (out - out.detach().new_ones(()).cumsum(0)).square().mean()},
    ),
    "ActorCritic": (ActorCritic, lambda: torch.randn(128, 24), {"loss": played}),
    "Mixer": (
        Mixer, lambda: (torch.rand(64, 3, 16, 16), torch.arange(64) % 10), {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_wrong_with_them_and_an_operation_takes_a_line_or_two(name):
    build, batch, options = CASES[name]
    report = nit.check(build(), batch(), **options)
    assert not [f for f in report.findings if f.severity != "info"], str(report)
    table = str(report).partition("───")[2].partition("\n\n")[0].splitlines()[1:]
    assert len(report) <= len(table) <= 2 * len(report)


def test_the_default_of_a_recurrent_layer_is_not_taken_for_a_rule_by_fan_out():
    assert not nit.laws(Translator()).of("WRONG-FAN")


def test_zeros_that_are_alike_are_one_finding():
    model = Denoiser()
    found = {f.where: f.count for f in nit.laws(model).of("ZERO")}
    assert found == {"steps.*.last.weight": 4, "out.weight": 1}
