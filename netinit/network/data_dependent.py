"""Data-dependent initialization, unit by unit: mean 0 and variance 1 on a batch."""

import numpy as np
import numpy.typing as npt

from netinit.network.mlp import MLP

Array = npt.NDArray[np.floating]


def normalize_units(net: MLP, x: npt.ArrayLike) -> MLP:
    """The network, each unit of it scaled and shifted to mean 0 and variance 1 on a batch.

    From the bottom up, each row of a weight is divided by the standard deviation of its unit's
    pre-activation and the bias set to minus the mean over the standard deviation: the start of
    weight normalization (Salimans and Kingma, 2016, section 3) and of Kraehenbuehl et al. (2016).
    Unlike `lsuv`, which scales a layer as a whole, it makes every unit vary by the same amount from
    input to input. With relu the gradients then grow with depth, as through batch normalization.

    Parameters
    ----------
    net : MLP
        One network or a stack, of a dtype that NumPy computes variances in.
    x : array of shape (batch, widths[0])
        The batch, of two or more inputs. What it does not show the network does not know: the
        smaller it is, the farther from 1 are the variances on other data, and the more so with
        depth.

    Raises
    ------
    ValueError
        If a unit does not vary on the batch, as behind a dead layer, or is not finite.

    Examples
    --------
    >>> from netinit import init_mlp
    >>> x = np.random.default_rng(0).normal(2.0, 3.0, (200, 10))
    >>> net = normalize_units(init_mlp([10, 20, 5], rng=0, dtype=np.float64), x)
    >>> h = net.forward(x).output
    >>> bool(np.allclose(h.mean(axis=0), 0)), bool(np.allclose(h.var(axis=0), 1))
    (True, True)
    """
    if not isinstance(net, MLP):
        raise TypeError(f"normalize_units takes a multilayer perceptron, not {net!r}")
    signal = net.check_inputs(x)
    weights, biases = [], []
    for number, (weight, bias) in enumerate(zip(net.weights, net.biases, strict=True), 1):
        h = signal @ weight.swapaxes(-1, -2)
        mean, std = h.mean(axis=-2), h.std(axis=-2)
        if not (np.isfinite(std) & (std > 0)).all():
            raise ValueError(
                f"a unit of layer {number} has standard deviation 0, or none that is finite, on "
                "this batch: it must vary"
            )
        weights.append((weight / std[..., None]).astype(weight.dtype, copy=False))
        biases.append((-mean / std).astype(bias.dtype, copy=False))
        signal = net.activation((h - mean[..., None, :]) / std[..., None, :])
    return MLP(weights, biases, net.activation)
