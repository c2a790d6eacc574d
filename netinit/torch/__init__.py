"""Checks of a PyTorch model's start: whether it is what was meant, and whether it will learn.

`import netinit` needs NumPy alone; this package needs PyTorch, and rich for tables in a terminal:
``pip install "netinit[torch]"``.
"""

try:
    import torch as _torch  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ModuleNotFoundError(
        "netinit.torch needs PyTorch, which is not installed: pip install 'netinit[torch]'",
        name="torch",
    ) from None

from netinit.torch.asserting import assert_initialized
from netinit.torch.check import check
from netinit.torch.declared import assert_law, normal, truncated_normal, uniform
from netinit.torch.findings import CODES, SEVERITIES, Code, Finding
from netinit.torch.fixes import fix
from netinit.torch.initialize import init_
from netinit.torch.law import Law, law
from netinit.torch.laws import diff, laws, laws_by_name
from netinit.torch.probe import probe
from netinit.torch.report import Report
from netinit.torch.trace import trace

__all__ = [
    "CODES",
    "SEVERITIES",
    "Code",
    "Finding",
    "Law",
    "Report",
    "assert_initialized",
    "assert_law",
    "check",
    "diff",
    "fix",
    "init_",
    "law",
    "laws",
    "laws_by_name",
    "normal",
    "probe",
    "trace",
    "truncated_normal",
    "uniform",
]
