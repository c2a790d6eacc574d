"""The table of an Explorer: all its numbers as one compact string of bytes.

Layout, little-endian: the length of the header (4 bytes), the header (JSON), then the blocks,
each at a multiple of 8 bytes. A block holds one array for every cell, a cell being one
combination of the controls the array depends on. Four packings:

``curve``      16-bit words on the axis's own scale (log10 on a log axis): 0 is NaN, 1 below the
               limits, 65535 above, else ``low + step * (word - 2)``. Words are stored as
               differences, high bytes before low bytes: gzip then halves them. With 8 bits:
               bytes from 0 to 255, as they are.
``histogram``  8 bits relative to each row's peak (255 is NaN), and the peaks in float32.
``exact``      float32, or float64 where float32 would overflow or underflow.
``text``       the distinct strings (UTF-8 JSON), and for each place the 16-bit number of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from netinit.widgets.formatting import nearest

NAN, BELOW, FIRST = 0, 1, 2  # the highest word of all is for values above
LOG_STEP = 8e-4  # decades; half a step is an error of 0.092 %
LINEAR_STEPS = 20_000  # half a step is 1/40000 of the axis
HISTOGRAM_TOP, HISTOGRAM_NAN = 254, 255


@dataclass(frozen=True)
class Packing:
    """How an array is stored.

    Parameters
    ----------
    kind : "curve", "histogram", "exact" or "text": the layouts above
    log : whether a curve's axis is logarithmic
    limits : ends of a curve's axis, in the array's own units
    bits : 8 or 16, the size of a curve's words
    """

    kind: str
    log: bool = False
    limits: tuple[float, float] | None = None
    bits: int = 16

    def __post_init__(self) -> None:
        if self.kind not in _PACK:
            raise ValueError(f"no packing is called {self.kind!r}; {nearest(self.kind, _PACK)}")


@dataclass(frozen=True)
class Column:
    """One named array over the grid: a cell for each combination of the controls ``axes``.

    ``grid`` holds the number of values of each of those controls, ``ragged`` the axis whose
    length may differ from cell to cell.
    """

    axes: tuple[int, ...]
    grid: tuple[int, ...]
    cells: tuple[np.ndarray, ...]
    ragged: int = 0


def encode(columns: Mapping[str, Column], packings: Mapping[str, Packing]) -> bytes:
    """Pack every column; the inverse of :func:`decode` within the packing's resolution."""
    header: dict[str, Any] = {}
    body = bytearray()
    for key, column in columns.items():
        entry, blocks = _PACK[packings[key].kind](column, packings[key])
        offsets = []
        for block in blocks:
            offsets.append(len(body))
            body += block + bytes(-len(block) % 8)
        header[key] = _shape_entry(column) | entry | {"offsets": offsets}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 4) % 8)
    return len(text).to_bytes(4, "little") + text + bytes(body)


def decode(table: bytes) -> dict[str, Column]:
    """Columns of a table: strings, or float64 with values beyond a curve's limits on them."""
    size = int.from_bytes(table[:4], "little")
    body = table[4 + size :]
    return {key: _decoded(entry, body) for key, entry in json.loads(table[4 : 4 + size]).items()}


def cell(column: Column, indices: tuple[int, ...]) -> np.ndarray:
    """Array of the selection at which control number ``i`` is at ``indices[i]``."""
    place = tuple(indices[axis] for axis in column.axes)
    return column.cells[int(np.ravel_multi_index(place, column.grid)) if place else 0]


def _flat(column: Column) -> np.ndarray:
    return np.concatenate([np.ravel(cell).astype(np.float64) for cell in column.cells])


def _shape_entry(column: Column) -> dict[str, Any]:
    shapes = {cell.shape for cell in column.cells}
    entry: dict[str, Any] = {"axes": column.axes, "grid": column.grid, "shape": shapes.pop()}
    if shapes:
        entry["ragged"] = column.ragged
        entry["lengths"] = [cell.shape[column.ragged] for cell in column.cells]
    return entry


def _pack_curve(column: Column, packing: Packing) -> tuple[dict[str, Any], list[bytes]]:
    low, high = packing.limits
    with np.errstate(divide="ignore"):  # the log of zero is below every limit
        values = np.log10(_flat(column)) if packing.log else _flat(column)
    low, high = (np.log10(low), np.log10(high)) if packing.log else (low, high)
    above = 2**packing.bits - 1
    step = (high - low) / (above - 1 - FIRST)
    if packing.bits == 16:  # no finer than needed: equal words compress
        step = max(LOG_STEP if packing.log else (high - low) / LINEAR_STEPS, step)
    inside = np.clip(np.nan_to_num(values, nan=low, posinf=high, neginf=low), low, high)
    words = (np.rint((inside - low) / step) + FIRST).astype(np.uint16)
    words[values < low - step / 2] = BELOW
    words[values > high + step / 2] = above
    words[np.isnan(values)] = NAN
    entry = {"kind": "curve", "log": packing.log, "low": low, "high": high, "step": step}
    if packing.bits == 8:
        return entry | {"bits": 8}, [words.astype(np.uint8).tobytes()]
    return entry, [_shuffle(words)]


def _pack_histogram(column: Column, packing: Packing) -> tuple[dict[str, Any], list[bytes]]:
    rows = np.concatenate([cell.reshape(-1, cell.shape[-1]) for cell in column.cells])
    peaks = np.nan_to_num(rows).max(axis=1, initial=0.0).astype(np.float32)
    relative = rows / np.where(peaks > 0, peaks, 1)[:, None]
    words = np.rint(np.clip(np.nan_to_num(relative), 0, 1) * HISTOGRAM_TOP).astype(np.uint8)
    words[np.isnan(rows)] = HISTOGRAM_NAN
    return {"kind": "histogram"}, [peaks.tobytes(), words.tobytes()]


def _pack_exact(column: Column, packing: Packing) -> tuple[dict[str, Any], list[bytes]]:
    values = _flat(column)
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    narrow = not sizes.size or (sizes.min() > 1.2e-38 and sizes.max() < 3.4e38)
    dtype = "<f4" if narrow else "<f8"
    return {"kind": "exact", "dtype": dtype}, [values.astype(dtype).tobytes()]


def _pack_text(column: Column, packing: Packing) -> tuple[dict[str, Any], list[bytes]]:
    flat = [str(text) for cell in column.cells for text in cell.ravel()]
    numbers = {text: i for i, text in enumerate(dict.fromkeys(flat))}
    texts = json.dumps(list(numbers), ensure_ascii=False, separators=(",", ":")).encode()
    places = np.array([numbers[text] for text in flat], "<u2")
    return {"kind": "text", "size": len(texts)}, [texts, places.tobytes()]


_PACK = {
    "curve": _pack_curve,
    "histogram": _pack_histogram,
    "exact": _pack_exact,
    "text": _pack_text,
}


def _shuffle(words: np.ndarray) -> bytes:
    steps = np.diff(words, prepend=np.uint16(0)).astype("<u2")
    return steps.view(np.uint8).reshape(-1, 2)[:, ::-1].T.tobytes()


def _unshuffle(block: bytes) -> np.ndarray:
    high, low = np.frombuffer(block, np.uint8).reshape(2, -1).astype(np.uint16)
    return np.cumsum(high * np.uint16(256) + low, dtype=np.uint16)


def _decoded(entry: Mapping[str, Any], body: bytes) -> Column:
    shapes = _shapes(entry)
    sizes = [int(np.prod(shape)) for shape in shapes]
    flat = _VALUES[entry["kind"]](entry, body, sum(sizes), shapes)
    pieces = np.split(flat, np.cumsum(sizes)[:-1])
    cells = tuple(piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True))
    return Column(tuple(entry["axes"]), tuple(entry["grid"]), cells, entry.get("ragged", 0))


def _shapes(entry: Mapping[str, Any]) -> list[tuple[int, ...]]:
    shape = entry["shape"]
    if "lengths" not in entry:
        return [tuple(shape)] * int(np.prod(entry["grid"]))
    axis = entry["ragged"]
    return [(*shape[:axis], length, *shape[axis + 1 :]) for length in entry["lengths"]]


def _curve_values(entry: Mapping[str, Any], body: bytes, count: int, _: object) -> np.ndarray:
    start, small = entry["offsets"][0], entry.get("bits") == 8
    if small:
        words = np.frombuffer(body, np.uint8, count, start)
    else:
        words = _unshuffle(body[start : start + 2 * count])
    values = entry["low"] + entry["step"] * (words.astype(np.float64) - FIRST)
    values[words == BELOW] = entry["low"]
    values[words == (255 if small else 65535)] = entry["high"]
    values[words == NAN] = np.nan
    return 10.0**values if entry["log"] else values


def _histogram_values(
    entry: Mapping[str, Any], body: bytes, count: int, shapes: list[tuple[int, ...]]
) -> np.ndarray:
    bins = entry["shape"][-1]
    peaks = np.frombuffer(body, "<f4", count // bins, entry["offsets"][0])
    words = np.frombuffer(body, np.uint8, count, entry["offsets"][1]).reshape(-1, bins)
    values = words * (peaks.astype(np.float64) / HISTOGRAM_TOP)[:, None]
    return np.where(words == HISTOGRAM_NAN, np.nan, values).ravel()


def _exact_values(entry: Mapping[str, Any], body: bytes, count: int, _: object) -> np.ndarray:
    return np.frombuffer(body, entry["dtype"], count, entry["offsets"][0]).astype(np.float64)


def _text_values(entry: Mapping[str, Any], body: bytes, count: int, _: object) -> np.ndarray:
    start, places = entry["offsets"]
    texts = json.loads(body[start : start + entry["size"]])
    return np.array(texts)[np.frombuffer(body, "<u2", count, places)]


_VALUES = {
    "curve": _curve_values,
    "histogram": _histogram_values,
    "exact": _exact_values,
    "text": _text_values,
}
