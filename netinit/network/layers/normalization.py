"""Layer norm, RMS norm and batch norm, with their gains and shifts."""

from dataclasses import dataclass

from netinit._checks import arguments
from netinit.network.layers.base import Layer, Parameter, Scope
from netinit.network.tape import Variable, reciprocal_root


@dataclass(frozen=True)
class _Norm(Layer):
    """What the three have in common.

    Parameters
    ----------
    width : int
        Features, or channels.
    eps : float
        Added to the variance (RMS norm: to the mean square).
    """

    width: int
    eps: float = 1e-5

    def __post_init__(self) -> None:
        arguments.positive(self.width, "width")
        arguments.real_number(self.eps, "eps", at_least=0)

    def parameters(self) -> dict[str, Parameter]:
        """Gain and bias (width,)."""
        return {
            "gain": Parameter((self.width,), "gain"),
            "bias": Parameter((self.width,), "bias"),
        }


class LayerNorm(_Norm):
    """(x - mean) / sqrt(variance + eps) over the last axis, times a gain, plus a bias.

    Ba et al. (2016).
    """

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, ..., width) to the same shape."""
        scope.expect(x.shape[-1], self.width, "features in the last axis")
        normed = _standardized(x, -1, self.eps)
        return scope.record(normed * scope.along("gain", x) + scope.along("bias", x))


class RMSNorm(_Norm):
    """x / sqrt(mean square + eps) over the last axis, times a gain; no mean is subtracted.

    Zhang and Sennrich (2019).
    """

    def parameters(self) -> dict[str, Parameter]:
        """Gain (width,)."""
        return {"gain": Parameter((self.width,), "gain")}

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, ..., width) to the same shape."""
        scope.expect(x.shape[-1], self.width, "features in the last axis")
        root = reciprocal_root((x * x).mean(-1) + self.eps)
        return scope.record(x * root * scope.along("gain", x))


class BatchNorm(_Norm):
    """Each channel standardized over the batch and its positions, times a gain, plus a bias.

    The mean and the variance are always those of the batch at hand, as in training: what one
    example gives depends on the others, and gradients pass through both. There are no running
    averages (Ioffe and Szegedy, 2015, Algorithm 1).
    """

    def compute(self, scope: Scope, x: Variable) -> Variable:
        """(*stack, batch, width, *positions) to the same shape."""
        channel = scope.stack_axes + 1
        scope.expect(x.shape[channel], self.width, "channels")
        others = (scope.stack_axes, *range(channel + 1, x.value.ndim))
        normed = _standardized(x, others, self.eps)
        gain, bias = (scope.along(name, x, axis=channel) for name in ("gain", "bias"))
        return scope.record(normed * gain + bias)


def _standardized(x: Variable, axes: int | tuple[int, ...], eps: float) -> Variable:
    centered = x - x.mean(axes)
    return centered * reciprocal_root((centered * centered).mean(axes) + eps)
