"""Activation functions and their derivatives, by name or from any callable."""

from netinit.activations import records
from netinit.activations._numerical import precision
from netinit.activations.records import *

__all__ = ["precision"]
__all__ += records.__all__
