"""Maximal update: the scale of each weight from that at the width which was tuned."""

import functools
import math

import numpy as np

from netinit.initializers import sampling, scaling, structured
from netinit.initializers.fans import FanOptions
from netinit.initializers.fans import fans as fans_of_shape
from netinit.theory.width import multipliers_of_shapes
from netinit.torch.drawing.recipes import Given
from netinit.torch.drawing.slots import Slot

_SCALE = 2.0  # He, at the base width
_KEPT = {"bias": scaling.zeros, "norm": scaling.ones, "recurrent": structured.orthogonal}
_EMBEDDING = 1.0  # std of an embedding, at every width


def mup(places: list[Slot], base: list[Slot], optimizer: str) -> dict[str, Given]:
    """The weights' laws, and by what to multiply each learning rate of the base width.

    At the base width the weights are He's, and embeddings have std 1.

    Raises
    ------
    ValueError
        If the two models have other names, or differ in more than their widths.
    """
    shapes, base_shapes = ({slot.name: _ordered(slot) for slot in each} for each in (places, base))
    found = multipliers_of_shapes(shapes, base_shapes, optimizer=optimizer)
    plan = {}
    tuned = {slot.name: slot for slot in base}
    for slot in places:
        rate = {"learning_rate": found[slot.name].learning_rate, "width": found[slot.name].role}
        if slot.role in ("weight", "embedding"):
            std = _base_std(tuned[slot.name]) * found[slot.name].std
            drawn = functools.partial(sampling.normal, std=std)
            plan[slot.name] = Given(drawn, f"normal, std {std:.4g}", rate)
        elif slot.role in _KEPT:
            plan[slot.name] = Given(_KEPT[slot.role], _KEPT[slot.role].__name__, rate)
    return plan


def _ordered(slot: Slot) -> tuple[int, ...]:
    """The shape as (outputs, inputs, *kernel)."""
    shape = slot.shape
    options: FanOptions = slot.options or {}
    turned = slot.role == "embedding" or options.get("transposed") or options.get("layout") == "IO"
    return (shape[1], shape[0], *shape[2:]) if turned and len(shape) >= 2 else shape


def _base_std(slot: Slot) -> float:
    if slot.role == "embedding":
        return _EMBEDDING
    fan_in = fans_of_shape(slot.shape, **(slot.options or {})).fan_in
    return math.sqrt(_SCALE / np.float64(fan_in))
