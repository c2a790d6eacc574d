"""Gradients of a Keras model and of its loss, with JAX or PyTorch as the backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
import numpy as np

BACKENDS = ("jax", "torch")


class Run:
    """One forward pass in training mode, and the backward pass of a loss of its output.

    Parameters
    ----------
    model : keras.Model
    variables : mapping of names to keras.Variable
        Those whose gradients are wanted.
    inputs : object

    Attributes
    ----------
    output : tensor of the backend
        The first of real numbers that the model returned.
    """

    def __init__(
        self, model: keras.Model, variables: Mapping[str, keras.Variable], inputs: object
    ) -> None:
        self._model, self._variables, self._inputs = model, variables, inputs
        self.output = main(_called(model, inputs))

    def gradients(self, loss: Callable) -> tuple[float, dict[str, np.ndarray]]:
        """The loss, and its gradients by name."""
        if keras.backend.backend() == "torch":
            return self._by_torch(loss)
        return self._by_jax(loss)

    def _by_torch(self, loss: Callable) -> tuple[float, dict[str, np.ndarray]]:
        import torch

        value = _number(loss(self.output))
        tensors = [variable.value for variable in self._variables.values()]
        slopes = torch.autograd.grad(value, tensors, allow_unused=True)
        pairs = zip(self._variables, tensors, slopes, strict=True)
        return value.item(), {
            name: (torch.zeros_like(tensor) if slope is None else slope).detach().float().numpy()
            for name, tensor, slope in pairs
        }

    def _by_jax(self, loss: Callable) -> tuple[float, dict[str, np.ndarray]]:
        import jax

        order = {id(variable): name for name, variable in self._variables.items()}
        model = self._model
        fixed = [variable.value for variable in model.non_trainable_variables]

        def function(trainable: list) -> object:
            made, _ = model.stateless_call(trainable, fixed, self._inputs, **_training(model))
            return _number(loss(main(made)))

        value, slopes = jax.value_and_grad(function)([v.value for v in model.trainable_variables])
        names = [order.get(id(variable)) for variable in model.trainable_variables]
        found = {n: np.asarray(each) for n, each in zip(names, slopes, strict=True) if n}
        return float(value), found


def sloped(function: Callable) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """A function of a tensor to a number as one of an array, with its slope."""
    if keras.backend.backend() == "torch":
        import torch

        def by_torch(point: np.ndarray) -> tuple[float, np.ndarray]:
            tensor = torch.tensor(np.array(point, np.float32), requires_grad=True)
            value = function(tensor)
            (slope,) = torch.autograd.grad(value, tensor)
            return value.item(), slope.numpy().astype(np.float64)

        return by_torch
    import jax

    both = jax.jit(jax.value_and_grad(function))

    def by_jax(point: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = both(np.array(point, np.float32))
        return float(value), np.asarray(slope, np.float64)

    return by_jax


def main(made: object) -> object:
    """The first tensor of real numbers in what a model returned."""
    for tensor in keras.tree.flatten(made):
        if keras.ops.is_tensor(tensor) and keras.backend.is_float_dtype(
            keras.backend.standardize_dtype(tensor.dtype)
        ):
            return tensor
    raise ValueError("the model returned no tensor of real numbers")


def _called(model: keras.Model, inputs: object) -> object:
    return model(inputs, **_training(model))


def _training(model: keras.Model) -> dict[str, bool]:
    return {"training": True} if model._call_has_training_arg else {}


def _number(loss: object) -> object:
    if tuple(loss.shape) not in ((), (1,)):
        raise ValueError(f"the loss must be one number, not of shape {tuple(loss.shape)}")
    return keras.ops.reshape(loss, ())
