"""How large a table may be, and what to cut when it is larger."""

import base64
import gzip
from collections.abc import Mapping, Sequence

from netinit.widgets.controls import Control
from netinit.widgets.table import Column, Packing, encode

BUDGET = 80.0  # kB


def weight(table: bytes) -> float:
    """Size in kB as a web server sends it inside a page: base64, then gzip."""
    return len(gzip.compress(base64.b64encode(table))) / 1000


def check_budget(
    table: bytes,
    budget: float,
    columns: Mapping[str, Column],
    packings: Mapping[str, Packing],
    controls: Sequence[Control],
) -> None:
    """Refuse a table over ``budget`` kB, naming the heaviest arrays and controls."""
    size = weight(table)
    if size <= budget:
        return
    arrays = {key: weight(encode({key: columns[key]}, packings)) for key in columns}
    heaviest = sorted(arrays, key=arrays.__getitem__, reverse=True)
    parts = ", ".join(f"{key} {arrays[key]:.0f} kB" for key in heaviest[:5])
    raise ValueError(
        f"the table takes {size:.0f} kB of the {budget:g} kB allowed (base64, gzip). "
        f"Largest arrays: {parts}. {_controls(columns, arrays, controls)}"
        "Give fewer values, layers or bins, leave arrays out, or raise budget="
    )


def _controls(
    columns: Mapping[str, Column], arrays: Mapping[str, float], controls: Sequence[Control]
) -> str:
    called = [control for control in controls if control.kind != "play"]
    parts = []
    for axis, control in enumerate(called):
        size = sum(arrays[key] for key, column in columns.items() if axis in column.axes)
        each = size / len(control.values)
        parts.append(f"{control.name} has {len(control.values)} values of {each:.1f} kB")
    return f"By control: {'; '.join(parts)}. " if parts else ""
