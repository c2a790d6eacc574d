"""How the modules of PyTorch use their weights, as keywords of `netinit.fans`."""

import re
from collections.abc import Iterator

from torch import nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from netinit.initializers.fans import FanOptions, Fans
from netinit.initializers.fans import fans as fans_of_shape

# What a parametrization or an older weight norm makes of the name "weight".
_WEIGHT = re.compile(r"(?:parametrizations\.)?(\w+?)(?:\.original1?|_v|_orig)?$")
_GATES = {nn.LSTM: 4, nn.LSTMCell: 4, nn.GRU: 3, nn.GRUCell: 3, nn.RNN: 1, nn.RNNCell: 1}
UNKNOWN: dict = {"unknown": True}
_WITHOUT_FANS = (nn.Embedding, nn.EmbeddingBag)


def options_of(model: nn.Module) -> dict[str, FanOptions | None]:
    """For each parameter with a fan that a module of PyTorch uses: the keywords of `netinit.fans`.

    None stands for a weight that has no fan, such as that of an embedding. A parameter of an
    unknown module is missing.
    """
    found: dict[str, FanOptions | None] = {}
    for path, module in model.named_modules():
        if "parametrizations" in path:
            continue
        prefix = f"{path}." if path else ""
        for name, shape in _weights(module):
            options = options_for(module, _WEIGHT.sub(r"\1", name), shape)
            if options != UNKNOWN:
                found.setdefault(prefix + name, options)
    return found


def fans_of_modules(model: nn.Module) -> dict[str, Fans | None]:
    """The fans of each parameter that a module of PyTorch uses; None for one without a fan."""
    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    return {
        name: None if options is None else fans_of_shape(shapes[name], **options)
        for name, options in options_of(model).items()
        if name in shapes
    }


def _weights(module: nn.Module) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The parameters of two axes or more that a module or its parametrizations hold."""
    parts = [(name, p) for name, p in module.named_parameters(recurse=False)]
    if hasattr(module, "parametrizations"):
        inside = module.parametrizations.named_parameters(recurse=True)
        parts += [(f"parametrizations.{name}", p) for name, p in inside]
    for name, parameter in parts:
        if parameter.ndim >= 2:
            yield name, tuple(parameter.shape)


def options_for(module: nn.Module, name: str, shape: tuple[int, ...]) -> FanOptions | dict | None:
    """The keywords for one weight of a module, or UNKNOWN."""
    if isinstance(module, _WITHOUT_FANS):
        return None
    if isinstance(module, _ConvNd):
        return _convolution(module) if shape == _kernel_shape(module) else UNKNOWN
    if isinstance(module, nn.Linear):
        return {} if shape == (module.out_features, module.in_features) else UNKNOWN
    if isinstance(module, nn.MultiheadAttention):
        return {"splits": 3} if name == "in_proj_weight" else {}
    gates = next((n for kind, n in _GATES.items() if isinstance(module, kind)), 0)
    if gates and name.startswith("weight_"):
        return {"splits": 1 if name.startswith("weight_hr") else gates}
    if type(module).__name__ == "Conv1D" and hasattr(module, "nf"):  # of transformers: x @ weight
        return {"layout": "IO"}
    return UNKNOWN


def _kernel_shape(module: _ConvNd) -> tuple[int, ...]:
    """That of its weight, which the gain of a weight norm lacks."""
    channels = module.out_channels, module.in_channels
    first, second = channels[::-1] if isinstance(module, _ConvTransposeNd) else channels
    return first, second // module.groups, *module.kernel_size


def _convolution(module: _ConvNd) -> FanOptions:
    options: FanOptions = {"groups": module.groups}
    if max(module.stride) > 1:
        options["stride"] = tuple(module.stride)
    if isinstance(module, _ConvTransposeNd):
        options["transposed"] = True
    return options
