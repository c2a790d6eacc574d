"""The Explorer: a function of a few controls, computed once, shown anywhere."""

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from netinit.style import css_variables
from netinit.widgets.budget import BUDGET, check_budget
from netinit.widgets.bundle import bundle
from netinit.widgets.controls import Control, as_control
from netinit.widgets.formatting import nearest
from netinit.widgets.panels import KINDS, Panel
from netinit.widgets.table import Packing, cell, decode, encode
from netinit.widgets.tabulate import tabulate

_HERE = Path(__file__).parent


def script() -> str:
    """The widget's JavaScript, read from its files now.

    Its last module hands explorer.js the module of each kind of panel. Whoever edits the files
    sees the change in an open notebook with ``explorer._esm = script()``.
    """
    imports = (f'import {kind} from "./panels/{kind}.js";\n' for kind in KINDS)
    return bundle(
        'import { explorer } from "./explorer.js";\n'
        + "".join(imports)
        + f"export default explorer({{ {', '.join(KINDS)} }});\n"
    )


def styles() -> str:
    """The widget's style sheet, read from its files now."""
    files = [_HERE / "explorer.css", *(_HERE / "panels" / f"{kind}.css" for kind in KINDS)]
    return css_variables() + "".join(f.read_text("utf8") for f in files if f.is_file())


class Explorer(anywidget.AnyWidget):
    """Interactive figure of a function, tabulated over its controls when it is made.

    ``selection`` is the state as a trait, ``{control: value}``: observe it, link it, set it
    (a control that is left out keeps its value).

    Parameters
    ----------
    function : called once per selection with the controls as keyword arguments; returns
        ``{name: array}`` with the same names, ranks and dtypes every time
    panels : one or several of Lines, Histogram, Heatmap, Scatter, Numbers and Text: which arrays
        to show, and how
    title, description : what it shows, above the controls
    budget : allowed size of the table in kB (base64 and gzip)
    controls : one keyword per argument of the function: a list of names, an array of numbers,
        or a Range or Choice; also a Play, which is not passed to the function

    >>> import numpy as np
    >>> from netinit.widgets import Lines
    >>> explorer = Explorer(
    ...     lambda gain: {"norm": gain ** np.arange(3.0)}, panels=[Lines("norm")], gain=[1, 2]
    ... )
    >>> explorer.frame(gain=2)["norm"].round(3)
    array([1., 2., 4.])
    >>> explorer.selection = {"gain": 3}
    Traceback (most recent call last):
    ...
    traitlets.traitlets.TraitError: gain=3 is not on the grid; the nearest values are 2 and 1
    """

    _esm = script()
    _css = styles()

    table = traitlets.Bytes().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    selection = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        function: Callable[..., Mapping[str, np.ndarray]],
        *,
        panels: Sequence[Panel],
        title: str = "",
        description: str = "",
        budget: float = BUDGET,
        **controls: object,
    ) -> None:
        made = [as_control(name, given) for name, given in controls.items()]
        panels = _bound(panels, {control.name: control for control in made})
        columns = tabulate(function, made, _axes(panels), _strings(panels))
        packings = _packings(panels, columns)
        table = encode(columns, packings)
        check_budget(table, budget, columns, packings, made)
        self._controls, self._panels = {control.name: control for control in made}, panels
        self._columns = decode(table)
        super().__init__(
            table=table,
            spec=self._described(panels, columns, title, description),
            selection={control.name: control.values[control.start] for control in made},
        )

    def frame(self, **selection: object) -> dict[str, np.ndarray]:
        """Arrays shown for a selection, as the browser decodes them.

        A control that is left out keeps its present value. A value beyond a curve's limits becomes
        the limit. Raises ValueError if a value is not on the grid.
        """
        chosen = self._validated(selection)
        indices = {name: control.index(chosen[name]) for name, control in self._controls.items()}
        called = [i for name, i in indices.items() if self._controls[name].kind != "play"]
        frame = {key: cell(column, tuple(called)) for key, column in self._columns.items()}
        for name, control in self._controls.items():
            frame |= {key: frame[key][indices[name]] for key in control.keys if key in frame}
        return {key: array.copy() for key, array in frame.items()}

    def _past(self) -> dict[str, np.ndarray]:
        """The played arrays at the start, all frames until then."""
        controls = self._controls.values()
        called = tuple(control.start for control in controls if control.kind != "play")
        return {
            key: cell(self._columns[key], called)[: control.start + 1]
            for control in controls
            for key in control.keys
            if key in self._columns
        }

    @traitlets.validate("selection")
    def _valid_selection(self, proposal: Mapping[str, Any]) -> dict[str, object]:
        try:
            return self._validated(proposal["value"])
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None

    def _validated(self, given: Mapping[str, object]) -> dict[str, object]:
        for name in given:
            if name not in self._controls:
                raise ValueError(f"no control is named {name!r}; {nearest(name, self._controls)}")
        start = {name: control.values[control.start] for name, control in self._controls.items()}
        wanted = start | self._trait_values.get("selection", {}) | dict(given)
        return {
            name: control.values[control.index(wanted[name])]
            for name, control in self._controls.items()
        }

    def _described(
        self, panels: Sequence[Panel], columns: Mapping, title: str, description: str
    ) -> dict[str, Any]:
        return {
            "title": title,
            "description": description,
            "controls": [control.spec() for control in self._controls.values()],
            "panels": [
                {"kind": panel.kind, "title": panel.title} | panel.spec(columns) for panel in panels
            ],
        }

    def __repr__(self) -> str:
        title = self.spec["title"]
        lines = [f"Explorer {title!r}" if title else "Explorer"]
        lines += [str(part) for part in (*self._controls.values(), *self._panels)]
        return "\n  ".join(lines)

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        from netinit.widgets.picture import picture

        data, metadata = super()._repr_mimebundle_(**kwargs)
        start = {name: control.values[control.start] for name, control in self._controls.items()}
        image = picture(self.spec, self.frame(**start), self._past())
        return data | {"image/png": base64.b64encode(image).decode()}, metadata


def _bound(panels: Panel | Sequence[Panel], controls: Mapping[str, Control]) -> tuple[Panel, ...]:
    """The panels, those that follow controls with theirs."""
    panels = tuple(panels) if isinstance(panels, Sequence) else (panels,)
    if not panels:
        raise ValueError("an Explorer needs at least one panel")
    for panel in panels:
        _check_kind(panel)
    return tuple(panel.bound(controls) for panel in panels)


def _check_kind(panel: object) -> None:
    if not isinstance(panel, Panel):
        kinds = ", ".join(kind.__name__ for kind in KINDS.values())
        raise TypeError(f"{panel!r} is not a panel: use one of {kinds}")
    if not isinstance(panel, KINDS.get(panel.kind, ())):
        raise TypeError(
            f"{type(panel).__name__} is of kind {panel.kind!r}, which no script draws: "
            "list it in netinit/widgets/panels/__init__.py"
        )


def _axes(panels: Sequence[Panel]) -> dict[str, tuple[str, ...]]:
    """What the axes of each array count; panels that share an array must agree how many."""
    axes: dict[str, tuple[str, ...]] = {}
    for panel in panels:
        for key, counted in panel.axes.items():
            if len(axes.setdefault(key, counted)) != len(counted):
                raise ValueError(
                    f"{key!r} is read with {len(axes[key])} axes by one panel, "
                    f"{len(counted)} by another"
                )
    return axes


def _strings(panels: Sequence[Panel]) -> set[str]:
    """Names of the arrays that hold strings; no panel may read them as numbers."""
    found = {key for panel in panels for key in panel.strings}
    for panel in panels:
        shared = found & (panel.axes.keys() - panel.strings)
        if shared:
            raise ValueError(f"{min(shared)!r} is read as text by one panel, as numbers by another")
    return found


def _packings(panels: Sequence[Panel], columns: Mapping) -> dict[str, Packing]:
    """One packing per array; the exact one where panels disagree."""
    packings: dict[str, Packing] = {}
    for panel in panels:
        for key, packing in panel.packings(columns).items():
            known = packings.setdefault(key, packing)
            packings[key] = packing if known == packing else Packing("exact")
    return packings
