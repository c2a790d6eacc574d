"""Run a function over every selection of the controls and check what it returns."""

import inspect
import itertools
import math
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from netinit.widgets.controls import Control
from netinit.widgets.formatting import nearest
from netinit.widgets.table import Column

MOST_SELECTIONS = 20_000


def tabulate(
    function: Callable[..., Mapping[str, np.ndarray]],
    controls: Sequence[Control],
    axes: Mapping[str, Sequence[str]],
    strings: Collection[str] = (),
) -> dict[str, Column]:
    """Columns of the arrays named in ``axes`` (name: what its axes count, time aside).

    ``function`` is called once for each selection, with the controls as keyword arguments
    (played ones aside). An array that does not change with a control is stored once for it.
    All hold numbers but those named in ``strings``.
    """
    called = [control for control in controls if control.kind != "play"]
    grid = tuple(len(control.values) for control in called)
    if math.prod(grid) > MOST_SELECTIONS:
        sizes = " × ".join(f"{n} {c.name}" for n, c in zip(grid, called, strict=True))
        raise ValueError(f"{sizes} = {math.prod(grid)} selections; {MOST_SELECTIONS} are allowed")
    _check_parameters(function, called)
    played = _played(controls)
    results: list[dict[str, np.ndarray]] = []
    for values in itertools.product(*(control.values for control in called)):
        selection = dict(zip((c.name for c in called), values, strict=True))
        result, where = _result(function, selection, strings), _told(selection)
        _check_alike(results[0] if results else result, result, played, where)
        if not results:
            _check_first(result, axes, played)
        results.append(result)
    return {
        key: _column([result[key] for result in results], grid, int(key in played)) for key in axes
    }


def _told(selection: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in selection.items()) or "no controls"


def _played(controls: Sequence[Control]) -> dict[str, Control]:
    played: dict[str, Control] = {}
    for control in controls:
        for key in control.keys:
            if played.setdefault(key, control) is not control:
                raise ValueError(f"{key!r} is played by both {played[key].name} and {control.name}")
    return played


def _check_parameters(function: Callable, called: Sequence[Control]) -> None:
    names = {control.name: None for control in called}
    try:
        inspect.signature(function).bind(**names)
    except TypeError as error:
        raise ValueError(
            f"the function must take one argument per control, {list(names)}: {error}"
        ) from None


def _result(
    function: Callable[..., Mapping[str, np.ndarray]],
    selection: Mapping[str, object],
    strings: Collection[str],
) -> dict[str, np.ndarray]:
    where = _told(selection)
    try:
        returned = function(**selection)
    except Exception as error:
        error.add_note(f"Explorer was tabulating {where}")
        raise
    if not isinstance(returned, Mapping):
        raise ValueError(f"the function must return {{name: array}}, not {returned!r} ({where})")
    return {key: _array(key, value, where, key in strings) for key, value in returned.items()}


def _array(key: str, value: object, where: str, text: bool) -> np.ndarray:
    array = np.asarray(value)
    if text and array.dtype.kind != "U":
        raise ValueError(f"{key!r} holds {array.dtype}, not the string that Text shows ({where})")
    if not text and array.dtype.kind not in "fiub":
        hint = "; only a Text panel shows strings" if array.dtype.kind == "U" else ""
        raise ValueError(f"{key!r} holds {array.dtype}, not real numbers ({where}){hint}")
    if array.size == 0:
        raise ValueError(f"{key!r} is empty, shape {array.shape} ({where})")
    return array


def _check_alike(
    first: Mapping[str, np.ndarray],
    result: Mapping[str, np.ndarray],
    played: Mapping[str, Control],
    where: str,
) -> None:
    if first.keys() != result.keys():
        odd = ", ".join(sorted(map(repr, first.keys() ^ result.keys())))
        raise ValueError(f"every selection must return the same names; {where} differs in {odd}")
    for key, array in result.items():
        layers = int(key in played)
        for trait, was, is_ in (
            ("dtype", _dtype(first[key]), _dtype(array)),
            ("number of axes", first[key].ndim, array.ndim),
            ("shape", _fixed(first[key], layers), _fixed(array, layers)),
        ):
            if was != is_:
                raise ValueError(
                    f"{key!r} changes its {trait} from {was} to {is_} at {where}; "
                    "only the number of layers may change"
                )


def _dtype(array: np.ndarray) -> np.dtype | str:
    return "text" if array.dtype.kind == "U" else array.dtype  # strings may differ in length


def _fixed(array: np.ndarray, layers: int) -> tuple[int | str, ...]:
    return tuple("any" if axis == layers else size for axis, size in enumerate(array.shape))


def _check_first(
    result: Mapping[str, np.ndarray],
    wanted: Mapping[str, Sequence[str]],
    played: Mapping[str, Control],
) -> None:
    for key in [*wanted, *played]:
        if key not in result:
            raise ValueError(f"no array is named {key!r}; {nearest(key, result)}")
    for key, counted in wanted.items():
        axes = ["time"] * (key in played) + list(counted)
        if result[key].ndim != len(axes):
            raise ValueError(
                f"{key!r} must have {len(axes)} axes ({', '.join(axes) or 'a single value'}), "
                f"not shape {result[key].shape}"
            )
        if key in played and len(result[key]) != len(played[key].values):
            times = f"{played[key].name} has {len(played[key].values)} values"
            raise ValueError(f"{key!r} has {len(result[key])} frames but {times}")


def _column(cells: list[np.ndarray], grid: tuple[int, ...], ragged: int) -> Column:
    axes = tuple(axis for axis in range(len(grid)) if _varies(cells, grid, axis))
    places = np.arange(len(cells)).reshape(grid)
    kept = places[tuple(slice(None) if axis in axes else 0 for axis in range(len(grid)))]
    sizes = tuple(grid[axis] for axis in axes)
    return Column(axes, sizes, tuple(cells[i] for i in kept.flat), ragged)


def _varies(cells: list[np.ndarray], grid: tuple[int, ...], axis: int) -> bool:
    rows = np.moveaxis(np.arange(len(cells)).reshape(grid), axis, 0).reshape(grid[axis], -1)
    return any(
        not np.array_equal(cells[row[0]], cells[i], equal_nan=cells[i].dtype.kind == "f")
        for row in rows.T
        for i in row[1:]
    )
