"""One operation with parameters, as it ran."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from netinit.initializers import Fans
from netinit.torch.checking.measures import Moments


@dataclass
class Operation:
    """One operation with parameters, as it ran.

    Parameters
    ----------
    name : str
        The name of its weight, without ``.weight``.
    kind : str
        PyTorch's name of the operation: "linear", "conv2d", "einsum".
    parameters : tuple of str
        All that its weight was made of, the largest first.
    uses : tuple of str
        All parameters in the call, biases too.
    shape : tuple of int
        Of the weight as the operation got it.
    fans : Fans or None
        None for operations that are no contraction, such as a norm.
    units : int or None
        The axis of the weight along which its outputs are numbered.
    input : float
        Second moment of the data that it read.
    output : Moments or None
        Of its result; None if that cannot be measured.
    input_spread : float
        Spread over the batch of what its last call read.
    constant_input : bool
        Whether what it read was made of parameters alone, as are learned queries.
    then : str
        The activation that read its output, if one did.
    normed : bool
        Whether a norm read its output.
    joins : bool
        Whether its output was added to a signal of the same shape.
    dead, saturated : float or None
        Shares of units and values after the activation.
    twins : list of (int, int, int)
        Units that answer alike, or opposite: see `measures.twins`.
    calls : int
        How often it ran; what is measured is of the first call, but for `input_spread`.
    """

    name: str
    kind: str
    parameters: tuple[str, ...]
    shape: tuple[int, ...]
    fans: Fans | None
    uses: tuple[str, ...] = ()
    units: int | None = None
    input: float = math.nan
    output: Moments | None = None
    input_spread: float = math.nan
    constant_input: bool = False
    then: str = ""
    normed: bool = False
    joins: bool = False
    dead: float | None = None
    saturated: float | None = None
    twins: list[tuple[int, int, int]] = field(default_factory=list)
    calls: int = 1

    @property
    def weight(self) -> str:
        """The name of the largest parameter in it."""
        return self.parameters[0]
