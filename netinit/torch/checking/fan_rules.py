"""The fans of the weight of an operation, read off the operation's own arguments."""

import math
from collections.abc import Mapping, Sequence

import torch

from netinit.initializers import Fans, fans

CONVOLUTIONS = {f"conv{axes}d" for axes in (1, 2, 3)}
TRANSPOSED = {f"conv_transpose{axes}d" for axes in (1, 2, 3)}
PRODUCTS = {"matmul", "rmatmul", "mm", "bmm", "addmm", "baddbmm", "addbmm", "mv", "addmv", "dot"}
PRODUCTS |= {"grouped_mm", "grouped_mm_fallback"}
RECURRENT = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}  # gates in one matrix
RECURRENT |= {f"{name}_cell": gates for name, gates in RECURRENT.items()}
LOOKUPS = {"embedding", "embedding_bag"}
CONTRACTIONS = {
    *("linear", "bilinear", "einsum", "tensordot"),
    *CONVOLUTIONS,
    *TRANSPOSED,
    *PRODUCTS,
    *RECURRENT,
    *LOOKUPS,
}
# Positions of arguments in torch.nn.functional.
_CONV_PLACES = {"stride": 3, "groups": 6}


def fans_of(
    kind: str, weight: torch.Tensor, args: Sequence, kwargs: Mapping, splits: int = 1
) -> Fans | None:
    """The fans of `weight` in one call of an operation, or None where no rule is known.

    Parameters
    ----------
    kind : str
        Name of the operation, as in `CONTRACTIONS`.
    weight : tensor
        The one among the arguments that comes from parameters.
    args, kwargs
        Those of the call.
    splits : int
        Parts of equal size into which the outputs are cut afterwards.
    """
    shape = tuple(weight.shape)
    if kind in LOOKUPS:
        return Fans(1, shape[-1])
    if kind in RECURRENT:
        return fans(shape, splits=RECURRENT[kind])
    if kind == "bilinear":
        return Fans(math.prod(shape[1:]), shape[0])
    if kind in CONVOLUTIONS | TRANSPOSED:
        return _convolution(kind, shape, args, kwargs)
    if kind == "einsum":
        return _einsum(weight, args)
    if kind == "tensordot":
        return _tensordot(weight, args, kwargs)
    if kind == "linear":
        found = fans(shape) if len(shape) > 1 else Fans(shape[0], 1)
    else:
        found = _product(weight, args, kwargs)
    return Fans(found.fan_in, found.fan_out // splits) if found and splits > 1 else found


def unit_axis(kind: str, weight: torch.Tensor, args: Sequence, kwargs: Mapping) -> int | None:
    """The axis of the weight along which the units (outputs) are numbered; None if unclear."""
    if kind in CONVOLUTIONS | {"linear"}:
        return 0
    if kind == "einsum":
        return _einsum_units(weight, args)
    if kind in PRODUCTS and weight.dim() == 2:
        return 1 if _is_right(weight, args, kwargs) else 0
    return None


def channel_axis(kind: str, made: torch.Tensor) -> int:
    """The axis of a result along which its units are numbered."""
    if kind not in CONVOLUTIONS | TRANSPOSED:
        return made.dim() - 1
    return made.dim() - 1 - int(kind[-2])


def _convolution(kind: str, shape: tuple[int, ...], args: Sequence, kwargs: Mapping) -> Fans:
    def given(name: str) -> int | tuple[int, ...]:
        place = _CONV_PLACES[name]
        found = kwargs.get(name, args[place] if len(args) > place else 1)
        return tuple(found) if isinstance(found, tuple | list) else found

    stride = given("stride")
    if isinstance(stride, tuple) and len(stride) == 1:
        stride = stride[0]
    return fans(shape, groups=given("groups"), stride=stride, transposed=kind in TRANSPOSED)


def _product(weight: torch.Tensor, args: Sequence, kwargs: Mapping) -> Fans:
    if weight.dim() == 1:
        return Fans(weight.shape[0], 1)
    rows, columns = weight.shape[-2:]
    return Fans(rows, columns) if _is_right(weight, args, kwargs) else Fans(columns, rows)


def _is_right(weight: torch.Tensor, args: Sequence, kwargs: Mapping) -> bool:
    """Whether a matrix product has the weight as its second factor."""
    given = [value for value in (*args, *kwargs.values()) if isinstance(value, torch.Tensor)]
    return [tensor for tensor in given if tensor.is_floating_point()][-1] is weight


def _einsum(weight: torch.Tensor, args: Sequence) -> Fans | None:
    if not isinstance(args[0], str):
        return None
    term, others, result = _terms(weight, args)
    lengths = _lengths(term, tuple(weight.shape))
    summed = [n for letter, n in lengths.items() if letter not in result]
    made = [n for letter, n in lengths.items() if letter in result and letter not in others]
    return Fans(math.prod(summed), math.prod(made))


def _einsum_units(weight: torch.Tensor, args: Sequence) -> int | None:
    """The axis of the weight whose letter only it has, if that is the last of the result."""
    if not isinstance(args[0], str):
        return None
    term, others, result = _terms(weight, args)
    last = result[-1:]
    plain = last.isalpha() and last in term and last not in others and "..." not in term
    return term.index(last) if plain else None


def _terms(weight: torch.Tensor, args: Sequence) -> tuple[str, str, str]:
    """Letters of the weight, of the other operands together, and of the result."""
    operands = args[1] if isinstance(args[1], tuple | list) else args[1:]
    given, arrow, result = args[0].replace(" ", "").partition("->")
    terms = given.split(",")
    place = next(i for i, operand in enumerate(operands) if operand is weight)
    if not arrow:
        letters = "".join(terms)
        result = "".join(sorted(each for each in letters if letters.count(each) == 1))
    return terms[place], "".join(terms[:place] + terms[place + 1 :]), result


def _lengths(term: str, shape: tuple[int, ...]) -> dict[str, int]:
    """Length of each letter's axis; what an ellipsis stands for is left out."""
    before, _, after = term.partition("...")
    lengths = dict(zip(before, shape, strict=False))
    return lengths | dict(zip(reversed(after), reversed(shape), strict=False))


def _tensordot(weight: torch.Tensor, args: Sequence, kwargs: Mapping) -> Fans | None:
    dims = kwargs.get("dims", args[2] if len(args) > 2 else 2)
    first = args[0] is weight
    if isinstance(dims, int):
        axes = range(weight.dim() - dims, weight.dim()) if first else range(dims)
    elif isinstance(dims, torch.Tensor):
        return None
    else:
        axes = [axis % weight.dim() for axis in dims[0 if first else 1]]
    summed = math.prod(weight.shape[axis] for axis in axes)
    return Fans(summed, weight.numel() // summed)
