"""torchvision beside a build of PyTorch for processors alone."""

import importlib.util

import torch

# torchvision's wheel on PyPI is made for CUDA: without it, the library that defines its operators
# does not load, and the import fails for these two, which no model for images calls.
_MISSING = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def import_torchvision() -> None:
    """Import torchvision, if it is there, so that the libraries that import it find it whole."""
    if importlib.util.find_spec("torchvision") is None:
        return
    try:
        import torchvision
    except RuntimeError as error:
        if torch.version.cuda is not None or "torchvision::" not in str(error):
            raise
        for name, schema in _MISSING.items():
            torch.library.define(f"torchvision::{name}", schema)
        import torchvision  # noqa: F401
