"""Starts of whole networks, for the blocks they know; anything else is refused."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from torch import nn

from netinit.initializers import sampling, scaling
from netinit.theory.residual import fixup_scale
from netinit.theory.transformers import deepnorm, deepnorm_encoder_decoder, t_fixup
from netinit.torch.drawing.slots import Slot

_STD = 0.02  # of GPT-2
# The layers that write to the residual stream: of GPT-2, nn.Transformer, LLaMA and ViT.
_WRITERS = {
    *("attn.c_proj", "mlp.c_proj"),
    *("self_attn.out_proj", "multihead_attn.out_proj", "linear2"),
    *("self_attn.o_proj", "mlp.down_proj"),
    *("attn.proj", "mlp.fc2"),
}
_LAYERS = (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)


@dataclass(frozen=True)
class Given:
    """What a parameter is given: an initializer, its name, and what else a report shows."""

    initializer: Callable[..., np.ndarray]
    name: str
    more: dict = field(default_factory=dict)


Plan = tuple[dict[str, Given], dict[str, float]]


def gpt2(model: nn.Module, places: list[Slot]) -> Plan:
    """Normal weights of std 0.02, smaller for the layers that write to the stream."""
    weights = [slot for slot in places if slot.role in ("weight", "embedding")]
    writers = [slot for slot in weights if _ends(slot.name, _WRITERS)]
    blocks = _blocks(model)
    per_block = {block: sum(w.name.startswith(f"{block}.") for w in writers) for block in blocks}
    if not blocks or set(per_block.values()) - {2, 3}:
        raise ValueError(
            "gpt2 knows blocks that hold two layers, or three, which write to the stream, named as "
            "in GPT-2, torch.nn.Transformer, LLaMA or ViT; found "
            + (", ".join(f"{count} in {block}" for block, count in per_block.items()) or "no block")
        )
    small = _STD / math.sqrt(len(writers))
    plan = {slot.name: _normal(small if slot in writers else _STD) for slot in weights}
    return plan, {"layers that write to the stream": len(writers)}


def fixup(model: nn.Module, places: list[Slot]) -> Plan:
    """He weights scaled down in each branch, whose last layer is 0, as is the classifier."""
    _refuse_normalization(model, "fixup")
    branches = {path: _branch(module) for path, module in model.named_modules()}
    branches = {path: names for path, names in branches.items() if names}
    if not branches:
        raise ValueError(
            "fixup knows residual blocks that hold conv1 and conv2, and perhaps conv3, as those of "
            "ResNet; found none"
        )
    plan = {s.name: Given(scaling.he_normal, "he_normal") for s in places if s.role == "weight"}
    for path, names in branches.items():
        factor = fixup_scale(len(branches), layers=len(names))
        prefix = f"{path}." if path else ""
        for name in names[:-1]:
            scaled = functools.partial(scaling.variance_scaling, scale=2 * factor**2)
            plan[f"{prefix}{name}.weight"] = Given(scaled, f"he_normal × {factor:.4g}")
        plan[f"{prefix}{names[-1]}.weight"] = Given(scaling.zeros, "zeros")
    heads = [s for s in places if s.role == "weight" and isinstance(s.module, nn.Linear)]
    if len(heads) != 1:
        raise ValueError(
            f"fixup sets the classifier to 0: one nn.Linear, and there are {len(heads)}"
        )
    plan[heads[0].name] = Given(scaling.zeros, "zeros")
    return plan, {"residual branches": len(branches)}


def t_fixup_(model: nn.Module, places: list[Slot]) -> Plan:
    """Xavier weights, those of values, outputs and feed-forward layers scaled down."""
    _refuse_normalization(model, "t_fixup")
    encoder, decoder = _transformer_layers(model, "t_fixup")
    both = len(decoder) or len(encoder)
    factors = {
        **{path: t_fixup(len(encoder), decoder=False) for path in encoder},
        **{path: t_fixup(len(decoder), decoder=True) for path in decoder},
    }
    plan = _scaled_branches(places, factors)
    factor = t_fixup(both, decoder=bool(decoder))
    for slot in places:
        if slot.role == "embedding":
            plan[slot.name] = _normal(slot.shape[-1] ** -0.5 * factor)
    return plan, {}


def deepnorm_(model: nn.Module, places: list[Slot]) -> Plan:
    """Xavier weights, those of values, outputs and feed-forward layers times beta."""
    encoder, decoder = _transformer_layers(model, "deepnorm")
    first = [m for m in model.modules() if isinstance(m, _LAYERS) and m.norm_first]
    if first:
        raise ValueError("deepnorm normalizes after each branch: build layers of norm_first=False")
    if encoder and decoder:
        ours, theirs = deepnorm_encoder_decoder(len(encoder), len(decoder))
    else:
        ours = theirs = deepnorm(len(encoder) + len(decoder))
    factors = {**dict.fromkeys(encoder, ours.beta), **dict.fromkeys(decoder, theirs.beta)}
    alphas = {"alpha of the encoder": ours.alpha} if encoder else {}
    alphas |= {"alpha of the decoder": theirs.alpha} if decoder else {}
    return _scaled_branches(places, factors), alphas


RECIPES: dict[str, Callable[[nn.Module, list[Slot]], Plan]] = {
    "gpt2": gpt2,
    "fixup": fixup,
    "t_fixup": t_fixup_,
    "deepnorm": deepnorm_,
}


def _normal(std: float) -> Given:
    return Given(functools.partial(sampling.normal, std=std), f"normal, std {std:.4g}")


def _ends(name: str, endings: set[str]) -> bool:
    """Whether the module that holds a parameter has one of these names at its end."""
    holder = name.rpartition(".")[0]
    return any(holder == each or holder.endswith(f".{each}") for each in endings)


def _blocks(model: nn.Module) -> list[str]:
    """The members of the lists of modules of one type, two or more."""
    found = []
    for path, module in model.named_modules():
        members = list(module) if isinstance(module, nn.ModuleList | nn.Sequential) else []
        if len(members) >= 2 and len({type(member) for member in members}) == 1:
            prefix = f"{path}." if path else ""
            holds = any(True for _ in members[0].children())
            found += [f"{prefix}{number}" for number in range(len(members)) if holds]
    return found


def _branch(module: nn.Module) -> list[str]:
    """The names of the convolutions of a residual block, in order, if it is one."""
    names = [n for n in ("conv1", "conv2", "conv3") if isinstance(getattr(module, n, None), _CONV)]
    skips = hasattr(module, "downsample") or hasattr(module, "shortcut")
    return names if len(names) >= 2 and skips else []


_CONV = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def _refuse_normalization(model: nn.Module, recipe: str) -> None:
    for path, module in model.named_modules():
        if any(mark in type(module).__name__.lower() for mark in ("norm", "bn")):
            raise ValueError(
                f"{recipe} is for networks without normalization, and {path} is a "
                f"{type(module).__name__}: put nn.Identity() in its place"
            )


def _transformer_layers(model: nn.Module, recipe: str) -> tuple[list[str], list[str]]:
    """The paths of the encoder's and of the decoder's layers."""
    encoder = [p for p, m in model.named_modules() if isinstance(m, nn.TransformerEncoderLayer)]
    decoder = [p for p, m in model.named_modules() if isinstance(m, nn.TransformerDecoderLayer)]
    if not encoder and not decoder:
        raise ValueError(
            f"{recipe} knows nn.TransformerEncoderLayer and nn.TransformerDecoderLayer; found none"
        )
    return encoder, decoder


def _scaled_branches(places: list[Slot], factors: dict[str, float]) -> dict[str, Given]:
    """Xavier weights, with the factor of each layer on all but its queries and keys."""
    plan = {}
    for slot in places:
        if slot.role != "weight":
            continue
        factor = next((f for path, f in factors.items() if slot.name.startswith(f"{path}.")), None)
        if factor is None:
            plan[slot.name] = Given(scaling.glorot_uniform, "glorot_uniform")
        elif slot.attribute == "in_proj_weight":
            packed = functools.partial(_packed, factor=factor)
            plan[slot.name] = Given(packed, f"glorot_uniform, values × {factor:.4g}")
        elif slot.attribute in ("q_proj_weight", "k_proj_weight"):
            plan[slot.name] = Given(scaling.glorot_uniform, "glorot_uniform")
        else:
            scaled = functools.partial(scaling.glorot_uniform, gain=factor)
            plan[slot.name] = Given(scaled, f"glorot_uniform × {factor:.4g}")
    return plan


def _packed(shape: tuple[int, ...], *, rng: np.random.Generator, factor: float) -> np.ndarray:
    """Queries, keys and values by Xavier, the values times the factor."""
    array = scaling.glorot_uniform(shape, splits=3, rng=rng)
    array[2 * shape[0] // 3 :] *= factor
    return array
