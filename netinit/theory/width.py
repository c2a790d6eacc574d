"""Width: how the initial scale and the learning rate of each layer follow it.

A parametrization says by which powers of the width the standard deviation of a layer, a factor in
the forward pass and the learning rate change, so that something stays the same as the network
grows. Everything is relative to a base width at which it was tuned: a ratio of 1 changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netinit._checks import arguments
from netinit._checks.arguments import Shape

__all__ = ["Multipliers", "multipliers", "multipliers_of_shapes"]

# The powers of the width ratio: of the standard deviation, of the forward factor, of the rate.
_Powers = tuple[float, float, float]
_POWERS: dict[tuple[str, str], dict[str, _Powers]] = {
    ("standard", "sgd"): {
        "input": (0.0, 0.0, 0.0),
        "hidden": (-0.5, 0.0, 0.0),
        "output": (-0.5, 0.0, 0.0),
    },
    ("ntk", "sgd"): {
        "input": (0.0, 0.0, 0.0),
        "hidden": (0.0, -0.5, 0.0),
        "output": (0.0, -0.5, 0.0),
    },
    ("ntk", "adam"): {
        "input": (0.0, 0.0, 0.0),
        "hidden": (0.0, -0.5, -0.5),
        "output": (0.0, -0.5, -0.5),
    },
    ("mup", "sgd"): {
        "input": (0.0, 0.0, 1.0),
        "hidden": (-0.5, 0.0, 0.0),
        "output": (-1.0, 0.0, -1.0),
    },
    ("mup", "adam"): {
        "input": (0.0, 0.0, 0.0),
        "hidden": (-0.5, 0.0, -1.0),
        "output": (-1.0, 0.0, -1.0),
    },
}
_POWERS["standard", "adam"] = _POWERS["standard", "sgd"]
_ROLES = ("input", "hidden", "output")


@dataclass(frozen=True)
class Multipliers:
    """What a layer at another width takes, relative to the base width.

    Parameters
    ----------
    role : str
        "input" if only the fan_out grows with the width, or a bias or gain; "output" if only the
        fan_in grows; "hidden" if both do.
    std : float
        Multiplies the standard deviation that the layer has at the base width.
    forward : float
        Multiplies the layer's output in the forward pass.
    learning_rate : float
        Multiplies the learning rate.
    """

    role: str
    std: float
    forward: float
    learning_rate: float


def multipliers(
    role: str, ratio: float, *, optimizer: str, parametrization: str = "mup"
) -> Multipliers:
    """How one layer changes at `ratio` times the base width.

    Parameters
    ----------
    role : {"input", "hidden", "output"}
        What of the layer grows with the width; see `Multipliers`. Biases and gains are "input".
    ratio : float
        Width over base width, positive.
    optimizer : {"sgd", "adam"}
        "adam" stands for every optimizer whose steps do not depend on the gradient's scale.
    parametrization : {"mup", "standard", "ntk"}
        - "mup", maximal update: the features of every layer change by an amount that does not
          depend on the width (Yang and Hu, 2021; Yang et al., 2022). With one hidden layer
          and SGD it is the mean-field parametrization. Attention divides by the head's width and
          not by its root.
        - "standard": the variance falls as 1 / fan_in, one learning rate for all.
        - "ntk": the factor 1 / sqrt(fan_in) stands in the forward pass. With SGD and one learning
          rate, features change less and less (Jacot, Gabriel and Hongler, 2018). With Adam one
          rate would move them by ever more; with the root of the width in the rate of hidden and
          output weights, their change does not depend on it (Everett et al., 2024).

    Examples
    --------
    >>> multipliers("hidden", 4, optimizer="adam")
    Multipliers(role='hidden', std=0.5, forward=1.0, learning_rate=0.25)
    """
    arguments.choice(role, _ROLES, "role")
    optimizer = arguments.choice(optimizer, ("sgd", "adam"), "optimizer")
    names = tuple(dict.fromkeys(name for name, _ in _POWERS))
    parametrization = arguments.choice(parametrization, names, "parametrization")
    ratio = arguments.real_number(ratio, "ratio", at_least=0)
    if ratio == 0:
        raise ValueError("ratio must be positive")
    return Multipliers(role, *(ratio**p for p in _POWERS[parametrization, optimizer][role]))


def multipliers_of_shapes(
    shapes: Mapping[str, Shape],
    base_shapes: Mapping[str, Shape],
    *,
    optimizer: str,
    parametrization: str = "mup",
) -> dict[str, Multipliers]:
    """The multipliers of every parameter of a model, from its shapes and those of a base model.

    Which axes differ says the role: of a weight of shape (fan_out, fan_in, *kernel), "input" if
    the fan_out alone does, "output" if the fan_in alone, "hidden" if both. What has one axis is a
    bias or a gain, and counts as "input".

    Parameters
    ----------
    shapes, base_shapes : mappings of names to shapes
        Of the same names.

    Raises
    ------
    ValueError
        If a name or an axis is missing, if a kernel grows, or if the two axes of a weight grow by
        different factors, which no single ratio describes.

    Examples
    --------
    >>> base = {"embed": (64, 10), "hidden": (64, 64), "head": (10, 64), "bias": (64,)}
    >>> wide = {"embed": (256, 10), "hidden": (256, 256), "head": (10, 256), "bias": (256,)}
    >>> found = multipliers_of_shapes(wide, base, optimizer="adam")
    >>> {name: each.learning_rate for name, each in found.items()}
    {'embed': 1.0, 'hidden': 0.25, 'head': 0.25, 'bias': 1.0}
    """
    if set(shapes) != set(base_shapes):
        differ = ", ".join(sorted(set(shapes) ^ set(base_shapes)))
        raise ValueError(f"shapes and base_shapes must have the same names; these differ: {differ}")
    found = {}
    for name, shape in shapes.items():
        role, ratio = _role(
            name, arguments.shape_tuple(shape), arguments.shape_tuple(base_shapes[name])
        )
        found[name] = multipliers(role, ratio, optimizer=optimizer, parametrization=parametrization)
    return found


def _role(name: str, shape: Sequence[int], base: Sequence[int]) -> tuple[str, float]:
    """What of a parameter grows, and by which ratio."""
    if len(shape) != len(base) or 0 in (*shape, *base):
        raise ValueError(f"{name} has the shapes {shape} and {base}, which do not correspond")
    ratios = [new / old for new, old in zip(shape, base, strict=True)]
    if any(ratio != 1 for ratio in ratios[2:]):
        raise ValueError(f"the kernel of {name} differs, {shape} and {base}: only widths may")
    grown = [ratio for ratio in ratios if ratio != 1]
    if len(set(grown)) > 1:
        raise ValueError(f"the axes of {name} grow by different factors, {grown}")
    if len(ratios) < 2 or not grown:
        return "input", grown[0] if grown else 1.0
    if len(grown) == 2:
        return "hidden", grown[0]
    return ("input" if ratios[0] != 1 else "output"), grown[0]
