"""How widely an attention looks: the entropy of its weights."""

import math
from typing import NamedTuple

import torch

from netinit.torch.checking import measures

_FORBIDDEN = 5000.0  # a score this far below the best of its row was masked
_KEYS = 8  # rows with fewer keys say little
_ROWS = 4096  # at most


class Sight(NamedTuple):
    """Of one softmax over keys.

    `evenness` is the entropy divided by that of equal weights, ln n for n keys, averaged over the
    rows with at least 8 keys: 1 looks everywhere, 0 at one place. `scores` is the standard
    deviation of the scores of a row, and `weights` names those of queries and keys, if known.
    """

    name: str
    evenness: float
    keys: float
    scores: float
    weights: tuple[str, ...] = ()


@torch.no_grad()
def sight(name: str, args: tuple, kwargs: dict, made: torch.Tensor, trail: object) -> Sight | None:
    """What an attention looked at; None if that was no attention, or cannot be told."""
    where = trail.operation.name if trail is not None else "attention"
    if name == "softmax":
        scores = args[0] if args else kwargs["input"]
        dim = kwargs.get("dim", args[1] if len(args) > 1 else -1)
        if scores.dim() < 3 or dim is None or dim % scores.dim() != scores.dim() - 1:
            return None
    else:
        scores = _scores(*args, **kwargs)
    if scores is None or not measures.measurable(scores) or scores.shape[-1] < _KEYS:
        return None
    return _evenness(where, scores.detach())


def _scores(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor | None:
    """The scores of one batch entry of a fused attention, masked by -inf."""
    if query.dim() < 3 or not measures.measurable(query):
        return None
    query, key = (t.detach()[:1].float() for t in (query, key))
    if enable_gqa:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
    scores = query @ key.mT * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        allowed = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
        scores = scores.masked_fill(~allowed, -math.inf)
    if attn_mask is not None:
        mask = attn_mask.detach()
        mask = mask[:1] if mask.dim() == scores.dim() else mask
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    return scores


def _evenness(where: str, scores: torch.Tensor) -> Sight | None:
    rows = scores.flatten(0, -2).float()
    rows = rows[:: max(1, len(rows) // _ROWS)]
    best = rows.amax(1, keepdim=True)
    keys = (rows > best - _FORBIDDEN).sum(1)
    logs = rows.log_softmax(1)
    entropy = -(logs.exp() * logs.masked_fill(logs < -_FORBIDDEN, 0.0)).sum(1)
    told = (keys >= _KEYS) & torch.isfinite(entropy)
    if not told.any():
        return None
    even = (entropy[told] / keys[told].float().log()).mean().item()
    allowed = (rows > best - _FORBIDDEN)[told]
    seen = rows[told].masked_fill(~allowed, 0.0)
    count = allowed.sum(1)
    variance = seen.square().sum(1) / count - (seen.sum(1) / count).square()
    deviation = variance.clamp_min(0).mean().sqrt().item()
    return Sight(where, even, keys[told].float().mean().item(), deviation)
