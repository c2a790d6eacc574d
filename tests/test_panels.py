"""What all kinds of panel have, and Heatmap, Scatter and Text as Python sees them."""

import base64
import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from netinit.style import DIVERGING, SEQUENTIAL
from netinit.widgets import (
    Choice,
    Explorer,
    Heatmap,
    Lines,
    Number,
    Numbers,
    Play,
    Points,
    Scatter,
    Text,
)
from netinit.widgets.budget import weight
from netinit.widgets.panels import KINDS, Panel, kind_of
from netinit.widgets.table import Packing

STDS, DEPTHS = [0.5, 1.0, 2.0], [2, 4]
GRID = np.outer(DEPTHS, STDS)


def shown(panel, function=None, **controls):
    return Explorer(function or (lambda: {"m": GRID}), panels=[panel], **controls)


def spec(explorer):
    return explorer.spec["panels"][0]


# Every kind ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bars(Panel):
    """A kind that no script draws."""

    kind: ClassVar[str] = "bars"

    key: str
    title: str | None = None

    @property
    def axes(self):
        return {self.key: ("bar",)}

    def packings(self, columns):
        return {self.key: Packing("exact")}

    def spec(self, columns):
        return {"key": self.key}

    @staticmethod
    def height(spec, width):
        return 300

    def __str__(self):
        return f"Bars: {self.key}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_a_python_file_and_a_javascript_file_of_its_name(kind):
    python = Path(inspect.getfile(KINDS[kind]))
    assert python.stem == kind
    assert re.search(r"^export default \{ draw\b", python.with_suffix(".js").read_text(), re.M)


def test_every_file_of_a_kind_belongs_to_one_that_is_listed():
    folder = Path(inspect.getfile(Panel)).parent
    kinds = {path.stem for path in folder.iterdir() if path.suffix in {".js", ".css"}}
    assert kinds == KINDS.keys()
    python = {path.stem for path in folder.glob("*.py")}
    assert python == KINDS.keys() | {"__init__", "base"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_styles_of_a_kind_reach_no_other_panel(kind):
    path = Path(inspect.getfile(KINDS[kind])).with_suffix(".css")
    sheet = re.sub(r"/\*.*?\*/", "", path.read_text("utf8"), flags=re.DOTALL)
    selectors = [
        one.strip() for rule in re.findall(r"([^{}]+)\{", sheet) for one in rule.split(",")
    ]
    assert selectors
    assert [one for one in selectors if not one.startswith(f".ni-panel.ni-{kind}")] == []


def test_only_the_files_of_a_kind_and_the_list_name_it():
    """Adding a kind must not mean to look for the places that tell kinds apart."""
    widgets = Path(inspect.getfile(Panel)).parents[1]
    shared = [path for path in widgets.iterdir() if path.suffix in {".py", ".js", ".css"}]
    shared.append(Path(__file__).parents[1] / "book" / "netbook" / "widgets.py")
    kinds = "|".join(KINDS)
    compared = rf"""kind["'\]]* *(?:===?|!==?|in) *[\[({{]*["']({kinds})\b|ni-({kinds})\b"""
    found = {
        (path.name, match[0])
        for path in shared
        for match in re.finditer(compared, path.read_text("utf8"))
    }
    assert found == {("explorer.js", 'kind !== "text')}  # the packing of that name


def test_a_panel_of_an_unlisted_kind_is_refused_and_told_where_to_list_it():
    with pytest.raises(TypeError, match=r"of kind 'bars', which no script draws: list it in"):
        shown(Bars("m"), lambda: {"m": [1.0]})


def test_a_description_of_an_unknown_kind_is_an_error_and_not_an_empty_picture():
    with pytest.raises(ValueError, match="no panel is of kind 'lnies'; did you mean 'lines'"):
        kind_of({"kind": "lnies"})


def test_a_panel_that_leaves_out_what_it_must_say_cannot_be_made():
    class Silent(Panel):
        kind = "silent"

    with pytest.raises(TypeError, match="abstract"):
        Silent()


def test_a_packing_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no packing is called 'exat'; did you mean 'exact'"):
        Packing("exat")


# Heatmap ------------------------------------------------------------------------------------


def chart(std, depth):
    return {"m": GRID}


def test_a_matrix_that_two_controls_only_mark_is_stored_once():
    explorer = shown(Heatmap("m", x="std", y="depth"), chart, std=STDS, depth=DEPTHS)
    assert explorer._columns["m"].axes == ()
    assert np.allclose(explorer.frame(std=2.0)["m"], GRID, atol=1e-3)


def test_an_axis_named_after_a_control_has_its_values_and_follows_it():
    explorer = shown(Heatmap("m", x="std", y="depth"), chart, std=STDS, depth=DEPTHS)
    x, y = spec(explorer)["x"], spec(explorer)["y"]
    assert (x["control"], x["texts"], x["label"]) == ("std", ["0.5", "1", "2"], "std")
    assert (y["control"], y["texts"], y["up"]) == ("depth", ["2", "4"], True)


def test_names_run_downward_and_numbers_upward():
    def matrix(rule):
        return {"m": GRID, "n": np.array([10.0, 20])}

    named = shown(Heatmap("m", y="rule"), matrix, rule=["a", "b"])
    assert spec(named)["y"]["up"] is False
    assert spec(shown(Heatmap("m", y=["a", "b"])))["y"]["up"] is False
    assert spec(shown(Heatmap("m", y="n"), matrix, rule=["a", "b"]))["y"]["up"] is True


def test_a_log_scale_keeps_a_tenth_of_a_percent_and_eight_bits_keep_the_scale():
    values = 10.0 ** np.linspace(-12, 6, 60).reshape(6, 10)
    fine = shown(Heatmap("m", scale="log"), lambda: {"m": values}).frame()["m"]
    assert np.abs(fine / values - 1).max() < 1e-3
    coarse = shown(Heatmap("m", scale="log", bits=8), lambda: {"m": values}).frame()["m"]
    error = np.abs(np.log10(coarse / values)).max()
    assert 1e-3 < error <= 0.5001 * 18 / 252


def test_eight_bits_halve_the_table_of_a_noisy_matrix():
    noise = np.random.default_rng(0).normal(size=(60, 60))
    tables = [shown(Heatmap("m", bits=b), lambda: {"m": noise}).table for b in (16, 8)]
    assert weight(tables[1]) < 0.6 * weight(tables[0])


@pytest.mark.parametrize("bits", [8, 16])
def test_missing_and_infinite_cells_stay_what_they_are(bits):
    matrix = np.array([[0.0, np.nan], [np.inf, 5]])
    panel = Heatmap("m", limits=(0, 2), bits=bits)
    frame = shown(panel, lambda: {"m": matrix}).frame()["m"]
    assert np.array_equal(frame, [[0, np.nan], [2, 2]], equal_nan=True)


def test_a_center_makes_the_limits_symmetric_as_a_difference_or_a_ratio():
    signed = spec(shown(Heatmap("m", center=0), lambda: {"m": np.array([[-1.0, 3]])}))
    assert signed["limits"] == [-3, 3]
    assert signed["stops"] == list(DIVERGING)
    ratios = Heatmap("m", scale="log", center=1)
    assert spec(shown(ratios, lambda: {"m": np.array([[0.5, 8]])}))["limits"] == [0.125, 8]
    assert spec(shown(Heatmap("m")))["stops"] == list(SEQUENTIAL)


def test_limits_of_colors_hold_for_every_selection_and_are_never_a_point():
    explorer = shown(Heatmap("m"), lambda n: {"m": n * np.ones((2, 2))}, n=[1, 5])
    assert spec(explorer)["limits"] == [1, 5]
    low, high = spec(shown(Heatmap("m"), lambda: {"m": np.ones((2, 2))}))["limits"]
    assert low < 1 < high


def test_time_can_be_an_axis_of_a_heatmap_or_play_it():
    frames = np.arange(24.0).reshape(4, 2, 3)
    played = shown(Heatmap("m"), lambda: {"m": frames}, t=Play(range(4), keys="m"))
    assert np.allclose(played.frame(t=2)["m"], frames[2], atol=1e-3)
    both = Explorer(
        lambda: {"m": frames[0], "y": np.ones((3, 5))},
        panels=[Heatmap("m", x="t"), Lines("y")],
        t=Play(range(3), keys="y"),
    )
    assert both.spec["panels"][0]["x"]["control"] == "t"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Heatmap("m", scale="lgo"), "did you mean 'log'"),
        (lambda: Heatmap("m", limits=(1, 0)), "the lower one first"),
        (lambda: Heatmap("m", scale="log", limits=(0, 1)), "must be positive on a log axis"),
        (lambda: Heatmap("m", scale="log", center=0), "must be positive on a log scale"),
        (lambda: Heatmap("m", center=0, limits=(-1, 2)), "must be equally far from the center"),
        (
            lambda: Heatmap("m", scale="log", center=1, limits=(0.5, 4)),
            "must be equally far from the center",
        ),
        (lambda: Heatmap("m", bits=4), "a value takes 8 or 16 bits"),
        (lambda: Heatmap("m", format="g"), "format 'g' is not one of"),
        (lambda: shown(Heatmap("mm")), "no array is named 'mm'; did you mean 'm'"),
        (lambda: shown(Heatmap("m", x="stdd")), "no array is named 'stdd'"),
        (lambda: shown(Heatmap("m", x=["a"])), "'m' has 3 columns but 1 labels"),
        (lambda: shown(Heatmap("m", y=["a"])), "'m' has 2 rows but 1 labels"),
        (
            lambda: shown(Heatmap("m", x="n"), lambda n: {"m": GRID}, n=[1, 2]),
            "'m' has 3 columns but 2 n values",
        ),
        (
            lambda: shown(Heatmap("m", y="v"), lambda: {"m": GRID, "v": np.ones(3)}),
            "'m' has 2 rows but 3 'v' values",
        ),
        (
            lambda: shown(Heatmap("m"), lambda: {"m": np.ones(3)}),
            "'m' must have 2 axes (row, column), not shape (3,)",
        ),
        (
            lambda: shown(Heatmap("m", scale="log"), lambda: {"m": -GRID}),
            "'m' has negative values; a log axis cannot show them",
        ),
        (
            lambda: shown(Heatmap("m"), lambda: {"m": [["a", "b"]]}),
            "'m' holds <U1, not real numbers (no controls); only a Text panel shows strings",
        ),
    ],
)
def test_a_heatmap_that_cannot_work_is_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


# Scatter ------------------------------------------------------------------------------------

PATH = np.linspace(0, 1, 5)[:, None] * np.array([1.0, -2, 3])


def moving(**changes):
    panel = Scatter(Points("x", "y", tail=True), **changes)
    play = Play(range(5), keys=["x", "y"])
    return shown(panel, lambda: {"x": PATH, "y": 2 * PATH}, time=play)


def test_points_of_a_frame_are_those_of_its_time_and_the_limits_hold_for_all():
    explorer = moving()
    assert np.allclose(explorer.frame(time=4)["x"], PATH[4], atol=1e-3)
    (low, high), (lowest, highest) = spec(explorer)["x_limits"], spec(explorer)["y_limits"]
    assert (low < -2, high > 3, lowest < -4, highest > 6) == (True,) * 4


def test_equal_axes_span_equally_much():
    x, y = spec(moving(equal=True))["x_limits"], spec(moving(equal=True))["y_limits"]
    assert x[1] - x[0] == pytest.approx(y[1] - y[0])
    assert sum(x) / 2 == pytest.approx(0.5, abs=0.1)


def test_an_array_read_along_both_axes_is_kept_exact():
    panel = Scatter([Points("a", "b"), Points("b", "a")], x_limits=(0, 1), y_limits=(0, 9))
    frame = shown(panel, lambda: {"a": np.array([0.3]), "b": np.array([7.7])}).frame()
    assert frame["a"] == np.float32(0.3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Scatter([]), "at least one Points(x, y)"),
        (lambda: Scatter("x"), "at least one Points(x, y)"),
        (lambda: Points("x", "y", role="forwrad"), "did you mean 'forward'"),
        (lambda: Scatter(Points("x", "y"), x_scale="lgo"), "x_scale 'lgo': did you mean 'log'"),
        (lambda: Scatter(Points("x", "y"), y_limits=(2, 1)), "y_limits=(2, 1) must be two"),
        (lambda: Scatter(Points("x", "y"), equal=True, x_scale="log"), "needs two linear scales"),
        (
            lambda: shown(Scatter(Points("m", "v", tail=True)), lambda: {"m": [1.0], "v": [1.0]}),
            "the tail of 'm' and 'v' needs time",
        ),
        (
            lambda: shown(Scatter(Points("m", "v")), lambda: {"m": np.ones(2), "v": np.ones(3)}),
            "'m' has 2 points but 'v' has 3",
        ),
        (
            lambda: shown(Scatter(Points("m", "m")), lambda: {"m": np.ones((2, 2))}),
            "'m' must have 1 axes (point), not shape (2, 2)",
        ),
    ],
)
def test_a_scatter_that_cannot_work_is_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


# Text ---------------------------------------------------------------------------------------

ADVICE = {"relu": "Use `he_normal`: σ² = 2/n.", "tanh": "Use Xavier.\n\nIt keeps both.", "elu": ""}


def advisor(**changes):
    return shown(
        Text("why"),
        lambda activation, depth: {"why": ADVICE[activation]},
        activation=list(ADVICE),
        depth=[1, 2, 3],
        **changes,
    )


def test_a_text_is_the_one_the_function_returned():
    explorer = advisor()
    for activation, text in ADVICE.items():
        assert explorer.frame(activation=activation)["why"].item() == text
    assert explorer._columns["why"].axes == (0,)


def test_equal_texts_are_stored_once():
    long = "the same advice, told at some length, for every selection but one " * 3
    explorer = shown(Text("m"), lambda n: {"m": long + str(n % 2)}, n=np.arange(200))
    assert explorer.table.count(long.encode()) == 2


def test_texts_can_be_played():
    explorer = shown(Text("m"), lambda: {"m": ["one", "three"]}, t=Play([1, 3], keys="m"))
    assert explorer.frame(t=3)["m"] == "three"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: shown(Text("m")), "'m' holds float64, not the string that Text shows"),
        (lambda: shown(Text("m"), lambda: {"m": None}), "'m' holds object, not the string"),
        (
            lambda: shown(Text("m"), lambda: {"m": ["a", "b"]}),
            "'m' must have 0 axes (a single value), not shape (2,)",
        ),
        (
            lambda: Explorer(lambda: {"m": "a"}, panels=[Text("m"), Numbers([Number("m")])]),
            "'m' is read as text by one panel, as numbers by another",
        ),
        (
            lambda: shown(Text("m"), lambda n: {"m": "a" if n else 1.0}, n=[True, False]),
            "'m' holds float64, not the string that Text shows (n=False)",
        ),
    ],
)
def test_a_text_that_cannot_work_is_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


# Pictures and words -------------------------------------------------------------------------


def everything():
    return Explorer(
        lambda std, rule: {
            "m": GRID,
            "x": np.arange(3.0),
            "y": np.arange(3.0) * std,
            "why": "Because $σ$ is `right`.",
            "code": "def f(x):\n    return x",
        },
        panels=[
            Heatmap("m", x="std", y=["a", "b"], label="loss"),
            Scatter(Points("x", "y", label="units"), equal=True),
            Text("why", title="Why"),
            Text("code", code=True),
        ],
        std=STDS,
        rule=Choice(["one", "two"]),
    )


@pytest.mark.filterwarnings("error")
def test_every_panel_has_its_picture_and_its_line():
    data, _ = everything()._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"].splitlines()[3:] == [
        "  Heatmap: loss",
        "  Scatter: units",
        "  Text: Why",
        "  Text: code",
    ]


@pytest.mark.parametrize("panel", [Heatmap("m", scale="log"), Heatmap("m", center=0, bits=8)])
def test_a_matrix_with_gaps_can_be_pictured(panel):
    matrix = np.array([[np.nan, 1.0, np.inf], [0, 2, 3]])
    data, _ = shown(panel, lambda: {"m": matrix})._repr_mimebundle_()
    assert "image/png" in data


def test_the_colors_of_a_scale_run_at_an_even_pace_of_lightness():
    def lightness(colors):
        hexes = [[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in colors]
        linear = np.where(np.array(hexes) <= 0.04045, np.array(hexes) / 12.92, 0)
        linear += np.where(np.array(hexes) > 0.04045, ((np.array(hexes) + 0.055) / 1.055) ** 2.4, 0)
        return 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16

    steps = np.diff(lightness(SEQUENTIAL))
    assert steps.min() > 0.8 * steps.mean()
    assert steps.max() < 1.2 * steps.mean()
    sides = lightness(DIVERGING)
    assert np.argmax(sides) == len(sides) // 2
    assert np.abs(sides - sides[::-1]).max() < 3
    falls = np.abs(np.diff(sides))
    assert falls.min() > 0.8 * falls.mean()
    assert falls.max() < 1.2 * falls.mean()
