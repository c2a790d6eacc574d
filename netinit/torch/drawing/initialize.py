"""A whole model of PyTorch from one seed, by netinit's laws."""

import functools
import warnings
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

import numpy as np
from torch import nn

from netinit import activations
from netinit._checks.arguments import Seed
from netinit.initializers import biases, registry, scaling, structured
from netinit.initializers.streams import streams
from netinit.reporting.report import Report
from netinit.theory.gains import UnstableGainWarning, gain
from netinit.torch.drawing import recipes, width
from netinit.torch.drawing.draw import draw
from netinit.torch.drawing.slots import Slot, slots
from netinit.torch.names import unwrapped

__all__ = ["init_"]

Initializer = Callable[..., np.ndarray]
Scheme = str | Initializer


def init_(
    model: nn.Module,
    scheme: Scheme | None = None,
    *,
    rng: Seed,
    activation: str | None = None,
    overrides: Mapping[str, Scheme] | None = None,
    base: nn.Module | None = None,
    optimizer: str = "adam",
) -> Report:
    """Initialize all parameters of a model in place, each from a stream of its own.

    The values of a parameter depend on the seed, its name, its shape and its law alone: not on the
    order of the modules, on other parameters, on the device or on the number of processes. Of a
    sharded parameter, each process draws the whole and keeps its part.

    The weights of dense layers, convolutions, attention and recurrent layers get the scheme, with
    the fans of their operation. Recurrent weights (hidden to hidden) are orthogonal, for each gate.
    Biases are 0, those of an LSTM's forget gates 1; the gains of normalizations are 1. What is
    left, such as an embedding or a parameter of a module that is not PyTorch's, needs an override:
    without one, nothing is drawn and the error names it.

    Parameters
    ----------
    model : Module
        On any device but meta; buffers are left alone.
    scheme : str or callable, optional
        The name of an initializer of netinit, or a callable ``(shape, *, rng)``. Or a recipe for a
        whole network, which refuses what it does not know:

        - "gpt2": std 0.02, and divided by the root of their number for the layers that write to
          the residual stream (Radford et al., 2019);
        - "fixup": residual blocks without normalization (Zhang, Dauphin and Ma, 2019);
        - "t_fixup": the layers of a `torch.nn.Transformer` without normalization (Huang et al.,
          2020);
        - "deepnorm": the same with normalization after each branch (Wang et al., 2024); the
          forward pass must multiply the skip connection by the alpha that the report states;
        - "mup": maximal update (Yang et al., 2022), from a `base` model of another width. The
          report states by what to multiply each learning rate.
    rng : seed or Generator
        Whatever `numpy.random.default_rng` takes; a Generator advances by one seed word.
    activation : str, optional
        Instead of a scheme: weights of variance gain²/fan_in for this activation.
    overrides : mapping, optional
        Patterns of names to initializers, of which the first that fits a name counts, before all
        that is said above.
    base : Module
        Of "mup": the same model at the width at which the learning rate was tuned.
    optimizer : {"adam", "sgd"}
        Of "mup".

    Returns
    -------
    Report
        A row for each parameter, with what it was given.

    Raises
    ------
    ValueError
        If a parameter is unknown, has no values, or does not fit the recipe, or if a pattern fits
        no parameter. Nothing is drawn then.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    >>> report = init_(model, "he_normal", rng=0)
    >>> [(row["name"], row["initializer"]) for row in report.rows]
    [('0.bias', 'zeros'), ('0.weight', 'he_normal'), ('2.bias', 'zeros'), ('2.weight', 'he_normal')]
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, not {type(model).__name__}")
    model = unwrapped(model)
    places = slots(model)
    _check(places)
    plan, facts = _planned(model, places, scheme, activation, base, optimizer)
    _override(plan, places, overrides or {})
    _refuse_unknown(plan, places)
    generators = streams(rng, [slot.name for slot in places])
    drawn = [
        draw(
            slot.name, plan[slot.name].initializer, slot.shape, slot.options,
            rng=generators[slot.name], dtype=slot.parameter.dtype,
        )
        for slot in places
    ]  # fmt: skip
    for slot, values in zip(places, drawn, strict=True):
        slot.write(values)
    rows = [_row(slot, plan[slot.name]) for slot in places]
    columns = ["name", "shape", "initializer", *_extra(rows)]
    return Report("Initialized", columns, rows, facts=facts)


def _check(places: list[Slot]) -> None:
    """Refuse what cannot be written to."""
    for slot in places:
        if slot.parameter.is_meta:
            raise ValueError(f"{slot.name} is on the meta device: call model.to_empty(...) first")
        if not (slot.parameter.is_floating_point() or slot.parameter.is_complex()):
            raise ValueError(f"{slot.name} has the dtype {slot.parameter.dtype}, not one of floats")
        if slot.parametrized and not all(
            hasattr(each, "right_inverse") for each in slot.module.parametrizations[slot.attribute]
        ):
            raise ValueError(f"the parametrization of {slot.name} cannot be assigned to")


def _planned(
    model: nn.Module,
    places: list[Slot],
    scheme: Scheme | None,
    activation: str | None,
    base: nn.Module | None,
    optimizer: str,
) -> tuple[dict[str, recipes.Given], dict[str, float]]:
    """What each parameter is given by the scheme, and what the caller must do beside."""
    if (scheme is None) == (activation is None):
        raise ValueError("give either a scheme or an activation")
    if base is not None and scheme != "mup":
        raise ValueError('base is for the scheme "mup"')
    if scheme == "mup":
        if not isinstance(base, nn.Module):
            raise TypeError('"mup" needs base, the same model at the width that was tuned')
        plan = width.mup(places, slots(unwrapped(base)), optimizer)
        return _usual(places) | plan, {}
    if isinstance(scheme, str) and scheme in recipes.RECIPES:
        plan, facts = recipes.RECIPES[scheme](model, places)
        return _usual(places) | plan, facts
    given = _given(scheme) if activation is None else _of_activation(activation)
    weights = {slot.name: given for slot in places if slot.role == "weight"}
    return _usual(places) | weights, {}


def _given(scheme: Scheme) -> recipes.Given:
    """An initializer and its name; of one that is unknown, the recipes are named as well."""
    try:
        initializer = registry.get(scheme)
    except ValueError as error:
        known = ", ".join(map(repr, [*recipes.RECIPES, "mup"]))
        raise ValueError(f"{error}; or a recipe: {known}") from None
    name = scheme if isinstance(scheme, str) else _name(scheme)
    return recipes.Given(initializer, name)


def _name(initializer: Initializer) -> str:
    while isinstance(initializer, functools.partial):
        options = ", ".join(f"{key}={value!r}" for key, value in initializer.keywords.items())
        return f"{_name(initializer.func)}({options})"
    return getattr(initializer, "__name__", type(initializer).__name__)


def _of_activation(activation: str) -> recipes.Given:
    with warnings.catch_warnings():  # that a plain deep stack is unstable, which many are not
        warnings.simplefilter("ignore", UnstableGainWarning)
        scale = gain(activations.get(activation)) ** 2
    initializer = functools.partial(scaling.variance_scaling, scale=scale)
    return recipes.Given(initializer, f"variance {scale:.4g}/fan_in")


def _usual(places: list[Slot]) -> dict[str, recipes.Given]:
    """What every scheme gives to vectors and to recurrent weights."""
    constants = {
        "bias": (scaling.zeros, "zeros"),
        "norm": (scaling.ones, "ones"),
        "slope": (functools.partial(scaling.constant, value=0.25), "0.25"),
        "recurrent": (structured.orthogonal, "orthogonal"),
    }
    plan = {s.name: recipes.Given(*constants[s.role]) for s in places if s.role in constants}
    for slot in places:
        if isinstance(slot.module, nn.LSTM | nn.LSTMCell) and slot.attribute.startswith("bias_ih"):
            plan[slot.name] = recipes.Given(
                functools.partial(biases.lstm_bias, gates="ifgo"), "lstm_bias"
            )
    return plan


def _override(
    plan: dict[str, recipes.Given], places: list[Slot], overrides: Mapping[str, Scheme]
) -> None:
    """Put what the caller says of single parameters into the plan."""
    used = set()
    for slot in places:
        like = next((each for each in overrides if fnmatchcase(slot.name, each)), None)
        if like is not None:
            used.add(like)
            plan[slot.name] = _given(overrides[like])
    idle = [like for like in overrides if like not in used]
    if idle:
        raise ValueError(f"no parameter is left for the overrides {', '.join(map(repr, idle))}")


def _refuse_unknown(plan: Mapping[str, recipes.Given], places: list[Slot]) -> None:
    unknown = [slot for slot in places if slot.name not in plan]
    if unknown:
        named = ", ".join(f"{slot.name} {slot.shape}" for slot in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise ValueError(
            f"no law is known for {named}{more}: name one, as in overrides="
            f'{{"{unknown[0].name}": netinit.torch.normal(std=0.02)}}'
        )


def _row(slot: Slot, given: recipes.Given) -> dict:
    shape = " × ".join(map(str, slot.shape)) or "1"
    return {"name": slot.name, "shape": shape, "initializer": given.name, **given.more}


def _extra(rows: list[dict]) -> list[str]:
    """The columns that only a recipe has."""
    return ["learning_rate"] if any("learning_rate" in row for row in rows) else []
