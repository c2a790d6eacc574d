"""The parameters of a model as places to write to, with what each is for."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from netinit.initializers.fans import FanOptions
from netinit.torch.names import plain_path
from netinit.torch.reading.layers import UNKNOWN, options_for

_RECURRENT = (nn.LSTM, nn.LSTMCell, nn.GRU, nn.GRUCell, nn.RNN, nn.RNNCell)
_EMBEDDINGS = (nn.Embedding, nn.EmbeddingBag)


@dataclass
class Slot:
    """A parameter that is to be drawn.

    Parameters
    ----------
    name : str
        Its name, without what a parametrization adds; of one that is tied, the first in the
        alphabet.
    module : Module
        The module that holds it.
    attribute : str
        Its name there.
    parameter : Tensor
        The parameter, or what its parametrization makes of others.
    role : {"weight", "recurrent", "embedding", "bias", "norm", "slope", "unknown"}
    options : dict or None
        How the layer uses a weight, as keywords of `netinit.fans`.
    parametrized : bool
    """

    name: str
    module: nn.Module
    attribute: str
    parameter: torch.Tensor
    role: str
    options: FanOptions | None
    parametrized: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the whole parameter, sharded or not."""
        return tuple(self.parameter.shape)

    def write(self, values: torch.Tensor) -> None:
        """Give the parameter these values; of a sharded one, each rank keeps its part."""
        values = values.to(self.parameter.device)
        with torch.no_grad():
            if self.parametrized:
                setattr(self.module, self.attribute, values.to(self.parameter.dtype))
            elif hasattr(self.parameter, "full_tensor"):
                self.parameter.copy_(_sharded(values, self.parameter))
            else:
                self.parameter.copy_(values)


def slots(model: nn.Module) -> list[Slot]:
    """All parameters of a model, in the order of their names."""
    found: dict[int, Slot] = {}
    for slot in _each(model):
        key = id(slot) if slot.parametrized else id(slot.parameter)
        known = found.get(key)
        if known is None:
            found[key] = slot
        else:  # tied: an embedding whatever else it is
            first = min(known, slot, key=lambda each: each.name)
            embedding = next((s for s in (known, slot) if s.role == "embedding"), first)
            first.role, first.options = embedding.role, embedding.options
            found[key] = first
    return sorted(found.values(), key=lambda slot: slot.name)


def _each(model: nn.Module) -> Iterator[Slot]:
    for path, module in model.named_modules():
        if "parametrizations" in path.split("."):
            continue
        plain = plain_path(model, path)
        prefix = f"{plain}." if plain else ""
        for attribute, parameter in module.named_parameters(recurse=False, remove_duplicate=False):
            yield _slot(prefix, module, attribute, parameter, False)
        for attribute in getattr(module, "parametrizations", ()):
            yield _slot(prefix, module, attribute, getattr(module, attribute).detach(), True)


def _slot(
    prefix: str, module: nn.Module, attribute: str, parameter: torch.Tensor, parametrized: bool
) -> Slot:
    shape = tuple(parameter.shape)
    options = options_for(module, attribute, shape) if len(shape) >= 2 else UNKNOWN
    role = _role(module, attribute, len(shape), options)
    options = None if options is UNKNOWN else options
    return Slot(prefix + attribute, module, attribute, parameter, role, options, parametrized)


def _role(module: nn.Module, attribute: str, axes: int, options: object) -> str:
    if isinstance(module, _EMBEDDINGS):
        return "embedding"
    if axes >= 2 and options is not UNKNOWN:
        hidden = isinstance(module, _RECURRENT) and attribute.startswith("weight_hh")
        return "recurrent" if hidden else "weight"
    if axes != 1:
        return "unknown"
    if isinstance(module, nn.PReLU):
        return "slope"
    if "bias" in attribute.split("_"):
        return "bias"
    normalizes = any(mark in type(module).__name__.lower() for mark in ("norm", "bn"))
    return "norm" if normalizes and attribute == "weight" else "unknown"


def _sharded(values: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """The values laid out as a parameter is, without a message between ranks."""
    from torch.distributed.tensor import DTensor, Replicate

    # Each rank has drawn the whole: it takes its own part, and nobody sends anything.
    mesh = parameter.device_mesh
    whole = DTensor.from_local(values, mesh, [Replicate()] * mesh.ndim, run_check=False)
    return whole.redistribute(placements=parameter.placements)
