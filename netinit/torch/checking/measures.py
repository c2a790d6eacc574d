"""What is measured of a signal: moments, spread over inputs, dead and saturated units, twins."""

import math
from typing import NamedTuple

import torch

_DEAD_NEEDS = 32  # positions of the batch before a unit that was never on counts as dead
_TWIN_POSITIONS = 64
_TWINS_NEED = 8
SATURATED = {"tanh": 0.97, "sigmoid": 0.985, "hardtanh": 1.0, "hardsigmoid": 1.0}
RECTIFIERS = {"relu", "relu6", "threshold", "clamp_min"}
SMOOTH_RECTIFIERS = {"gelu", "silu", "mish", "hardswish"}
_OFF = 1e-3  # of the largest value that a unit reads, what a smooth one that is off lets through


class Moments(NamedTuple):
    """Of one tensor: mean, second moment, and the share of it that depends on the input.

    `spread` is the variance over the batch, averaged over units and positions, divided by the
    second moment; NaN if the batch has one entry.
    """

    mean: float
    second: float
    spread: float


def measurable(tensor: torch.Tensor) -> bool:
    """Whether a tensor holds real numbers that can be averaged."""
    strided = tensor.layout == torch.strided and not tensor.is_nested
    return strided and tensor.is_floating_point() and tensor.numel() > 0 and not tensor.is_meta


@torch.no_grad()
def moments(tensor: torch.Tensor) -> Moments:
    """Mean, second moment and spread over the batch (or, of a batch of one, over positions)."""
    found = _moments(tensor.detach().float())
    # Squares of single precision overflow before the values do.
    return found if math.isfinite(found.second) else _moments(tensor.detach().double())


def _moments(values: torch.Tensor) -> Moments:
    while values.dim() > 2 and values.shape[0] == 1:
        values = values[0]
    if values.dim() < 2 or values.shape[0] < 2:
        return Moments(values.mean().item(), values.square().mean().item(), math.nan)
    variance, mean = torch.var_mean(values, dim=0, correction=0)
    second = (variance + mean.square()).mean().item()
    spread = variance.mean().item() / second if second > 0 else math.nan
    return Moments(mean.mean().item(), second, spread)


@torch.no_grad()
def second_moment(tensor: torch.Tensor, most: int = 65536) -> float:
    """Mean square of at most `most` entries, evenly spaced."""
    values = tensor.detach().flatten()
    return values[:: max(1, values.numel() // most)].float().square().mean().item()


@torch.no_grad()
def dead_share(tensor: torch.Tensor, axis: int) -> float | None:
    """Share of the units that are 0 on the whole batch; None if the batch is too small to tell."""
    axis %= tensor.dim()
    if tensor.numel() // max(tensor.shape[axis], 1) < _DEAD_NEEDS:
        return None
    others = [other for other in range(tensor.dim()) if other != axis]
    return (tensor.detach().amax(others) <= 0).float().mean().item()


@torch.no_grad()
def off_share(read: torch.Tensor, made: torch.Tensor, axis: int) -> float | None:
    """Share of the units of a smooth rectifier that let next to nothing through on the batch."""
    axis %= made.dim()
    if read.shape != made.shape or made.numel() // max(made.shape[axis], 1) < _DEAD_NEEDS:
        return None
    others = [other for other in range(made.dim()) if other != axis]
    through, given = made.detach().abs().amax(others), read.detach().abs().amax(others)
    return (through <= _OFF * given).float().mean().item()


@torch.no_grad()
def saturated_share(tensor: torch.Tensor, activation: str) -> float:
    """Share of the values of tanh or a sigmoid that are within 3 % of their limits."""
    values = tensor.detach().float()
    if "sigmoid" in activation:
        values = 2 * values - 1
        return (values.abs() >= 2 * SATURATED[activation] - 1).float().mean().item()
    return (values.abs() >= SATURATED[activation]).float().mean().item()


@torch.no_grad()
def twins(tensor: torch.Tensor, axis: int) -> list[tuple[int, int, int]]:
    """Pairs of units that answer alike: (one, other, sign), each unit once.

    Two units are twins if, over the positions of the batch, one is the other or its negative, up
    to rounding. Units that hardly depend on the input are left out: rounding decides those.
    """
    values = tensor.detach().movedim(axis, 0).flatten(1)
    values = values[:, :: max(1, values.shape[1] // _TWIN_POSITIONS)][:, :_TWIN_POSITIONS]
    if values.shape[0] < 2 or values.shape[1] < _TWINS_NEED or not torch.isfinite(values).all():
        return []
    precision = torch.finfo(values.dtype).eps
    values = values.double()
    centered = values - values.mean(1, keepdim=True)
    size, full = centered.norm(dim=1), values.norm(dim=1)
    kept = torch.nonzero(size > full.clamp_min(1e-300) * max(1e-3, 100 * precision)).flatten()
    if len(kept) < 2:
        return []
    # Equal units with other biases are no twins: compare values, and turn each to one sign.
    unit = values[kept] / full[kept, None]
    sign = torch.sign(unit[torch.arange(len(unit)), unit.abs().argmax(1)])
    return _neighbors(unit * sign[:, None], kept, sign, 32 * precision)


def _neighbors(
    unit: torch.Tensor, kept: torch.Tensor, sign: torch.Tensor, tolerance: float
) -> list[tuple[int, int, int]]:
    """Equal rows, found as neighbors after sorting by one random combination of the columns."""
    weights = torch.randn(
        unit.shape[1], dtype=unit.dtype, generator=torch.Generator().manual_seed(0)
    ).to(unit.device)
    order = (unit * weights).sum(1).argsort()
    gap = (unit[order][1:] - unit[order][:-1]).norm(dim=1)
    found = torch.nonzero(gap < tolerance).flatten().tolist()
    rows, signs = kept[order].tolist(), sign[order].tolist()
    return [(rows[i], rows[i + 1], int(signs[i] * signs[i + 1])) for i in found]
