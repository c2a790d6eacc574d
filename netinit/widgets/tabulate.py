"""Run a function over every selection of the controls and check what it returns."""

import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from netinit.widgets.controls import Control
from netinit.widgets.table import Column
from netinit.widgets.words import nearest

MOST_SELECTIONS = 20_000


def tabulate(
    function: Callable[..., Mapping[str, np.ndarray]],
    controls: Sequence[Control],
    ranks: Mapping[str, int],
) -> dict[str, Column]:
    """Columns of the arrays named in ``ranks`` (name: expected number of axes, time aside).

    ``function`` is called once for each selection, with the controls as keyword arguments
    (played ones aside). An array that does not change with a control is stored once for it.
    """
    called = [control for control in controls if control.kind != "play"]
    grid = tuple(len(control.values) for control in called)
    if math.prod(grid) > MOST_SELECTIONS:
        sizes = " × ".join(f"{n} {c.name}" for n, c in zip(grid, called, strict=True))
        raise ValueError(f"{sizes} = {math.prod(grid)} selections; {MOST_SELECTIONS} are allowed")
    _check_parameters(function, called)
    results = []
    for values in itertools.product(*(control.values for control in called)):
        selection = dict(zip((c.name for c in called), values, strict=True))
        results.append(_result(function, selection, results[0] if results else None))
    played = {key: control for control in controls for key in control.keys}
    _check_first(results[0], ranks, played)
    names = [f"{c.name}={v!r}" for c in called for v in c.values[:1]]
    return {
        key: _column(key, [r[key] for r in results], grid, int(key in played), ", ".join(names))
        for key in ranks
    }


def _check_parameters(function: Callable, called: Sequence[Control]) -> None:
    names = {control.name: None for control in called}
    try:
        inspect.signature(function).bind(**names)
    except TypeError as error:
        raise ValueError(
            f"the function must take one argument per control ({', '.join(names) or 'none'}): {error}"
        ) from None


def _result(
    function: Callable[..., Mapping[str, np.ndarray]],
    selection: Mapping[str, object],
    first: Mapping[str, np.ndarray] | None,
) -> dict[str, np.ndarray]:
    where = ", ".join(f"{name}={value!r}" for name, value in selection.items()) or "no controls"
    try:
        returned = function(**selection)
    except Exception as error:
        error.add_note(f"Explorer was tabulating {where}")
        raise
    if not isinstance(returned, Mapping):
        raise ValueError(f"the function must return {{name: array}}, not {returned!r} ({where})")
    result = {key: _numeric(key, value, where) for key, value in returned.items()}
    if first is not None:
        _check_alike(first, result, where)
    return result


def _numeric(key: str, value: object, where: str) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{key!r} holds {array.dtype}, not real numbers ({where})")
    if array.size == 0:
        raise ValueError(f"{key!r} is empty, shape {array.shape} ({where})")
    return array


def _check_alike(
    first: Mapping[str, np.ndarray], result: Mapping[str, np.ndarray], where: str
) -> None:
    if first.keys() != result.keys():
        odd = ", ".join(sorted(map(repr, first.keys() ^ result.keys())))
        raise ValueError(f"every selection must return the same names; {where} differs in {odd}")
    for key, array in result.items():
        if array.ndim != first[key].ndim:
            raise ValueError(
                f"{key!r} has {first[key].ndim} axes at first but {array.ndim} for {where}"
            )
        if array.dtype != first[key].dtype:
            raise ValueError(f"{key!r} is {first[key].dtype} at first but {array.dtype} for {where}")


def _check_first(
    result: Mapping[str, np.ndarray], ranks: Mapping[str, int], played: Mapping[str, Control]
) -> None:
    for key in [*ranks, *played]:
        if key not in result:
            raise ValueError(f"no array is named {key!r}; {nearest(key, result)}")
    for key, rank in ranks.items():
        axes = ["time"] * (key in played) + [["layer"], ["layer", "bin"]][rank - 1] * (rank > 0)
        if result[key].ndim != len(axes):
            raise ValueError(
                f"{key!r} must have {len(axes)} axes ({', '.join(axes) or 'a single number'}), "
                f"not shape {result[key].shape}"
            )
        if key in played and len(result[key]) != len(played[key].values):
            raise ValueError(
                f"{key!r} has {len(result[key])} frames, {played[key].name} {len(played[key].values)}"
            )


def _column(
    key: str, cells: list[np.ndarray], grid: tuple[int, ...], ragged: int, where: str
) -> Column:
    fixed = [cell.shape[:ragged] + cell.shape[ragged + 1 :] for cell in cells]
    for shape, cell in zip(fixed, cells, strict=True):
        if shape != fixed[0]:
            raise ValueError(
                f"{key!r} has shape {cells[0].shape} for {where} but {cell.shape} elsewhere; "
                "only the number of layers may change"
            )
    axes = tuple(axis for axis in range(len(grid)) if _varies(cells, grid, axis))
    places = np.arange(len(cells)).reshape(grid)
    kept = places[tuple(slice(None) if axis in axes else 0 for axis in range(len(grid)))]
    return Column(
        axes, tuple(grid[axis] for axis in axes), tuple(cells[i] for i in kept.flat), ragged
    )


def _varies(cells: list[np.ndarray], grid: tuple[int, ...], axis: int) -> bool:
    rows = np.moveaxis(np.arange(len(cells)).reshape(grid), axis, 0).reshape(grid[axis], -1)
    return any(
        not np.array_equal(cells[row[0]], cells[i], equal_nan=True) for row in rows.T for i in row[1:]
    )
