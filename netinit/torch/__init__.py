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

from netinit.reading.law import Law
from netinit.reporting.findings import CODES, SEVERITIES, Code, Finding
from netinit.reporting.report import Report
from netinit.torch.across import across_ranks
from netinit.torch.checking.asserting import assert_initialized
from netinit.torch.checking.check import check
from netinit.torch.checking.fixes import fix
from netinit.torch.checking.probe import probe
from netinit.torch.drawing.initialize import init_
from netinit.torch.reading.declared import assert_law, normal, truncated_normal, uniform
from netinit.torch.reading.law import law
from netinit.torch.reading.laws import diff, laws, laws_by_name
from netinit.torch.tracing.trace import trace

__all__ = [
    "CODES",
    "SEVERITIES",
    "Code",
    "Finding",
    "Law",
    "Report",
    "across_ranks",
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
