"""Small models that the checks are tried on."""

import itertools

import torch
from torch import nn
from torch.nn import functional


def perceptron(width=64, depth=10, outputs=10, *, inputs=32, law=None, activation=nn.ReLU):
    """`depth` linear layers; `law(weight)` draws, with biases 0, else PyTorch's defaults stay."""
    widths = [inputs, *[width] * (depth - 1), outputs]
    layers = []
    for fan_in, fan_out in itertools.pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), activation()]
    net = nn.Sequential(*layers[:-1])
    if law:
        for layer in net[::2]:
            law(layer.weight)
            nn.init.zeros_(layer.bias)
    return net


def he(weight):
    nn.init.kaiming_normal_(weight, nonlinearity="relu")


class Attention(nn.Module):
    """Causal attention on functions alone, its matrix of queries, keys and values in one."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Parameter(0.02 * torch.randn(width, 3 * width))
        self.out = nn.Parameter(0.02 * torch.randn(width, width))

    def forward(self, x):
        q, k, v = (x @ self.qkv).chunk(3, -1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (q, k, v))
        seen = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return seen.transpose(1, 2).flatten(2) @ self.out


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.attention = Attention(width, heads)
        self.up = nn.Parameter(0.02 * torch.randn(width, 4 * width))
        self.down = nn.Parameter(0.02 * torch.randn(4 * width, width))

    def forward(self, x):
        x = x + self.attention(self.norms[0](x))
        y = torch.einsum("btd,df->btf", self.norms[1](x), self.up)
        return x + torch.einsum("btf,fd->btd", functional.gelu(y, approximate="tanh"), self.down)


class GPT(nn.Module):
    """A small language model of `blocks` pre-norm blocks, with a tied output."""

    def __init__(self, vocabulary=101, width=32, heads=4, blocks=4, places=16):
        super().__init__()
        self.token = nn.Embedding(vocabulary, width)
        self.place = nn.Embedding(places, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        for table in (self.token, self.place):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, ids):
        x = self.token(ids) + self.place(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return functional.linear(self.norm(x), self.token.weight)


def classes(inputs=32, outputs=10, count=64):
    """Noise, and classes that depend on it."""
    x = torch.randn(count, inputs)
    return x, x[:, :outputs].argmax(1)


def text(vocabulary=101, count=8, length=16):
    ids = torch.randint(0, vocabulary, (count, length + 1))
    return ids[:, :-1], ids[:, 1:]
