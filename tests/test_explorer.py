import base64
import io
import re

import ipywidgets
import numpy as np
import pytest
import traitlets

from netinit.widgets import Choice, Explorer, Histogram, Line, Lines, Number, Numbers, Play, Range
from netinit.widgets.formatting import number

LAYERS = np.arange(1, 11)


def signal(scheme, gain):
    forward = (2.0 if scheme == "he" else 1.0) * gain**LAYERS
    bars = np.abs(np.sin(np.arange(30.0).reshape(3, 10) + gain))
    return {"forward": forward, "bars": bars, "last": forward[-1], "depth": np.array(10)}


PANELS = [
    Lines([Line("forward")], y_scale="log"),
    Histogram("bars", limits=(-1, 1), x_label="value"),
    Numbers([Number("last"), Number("depth", format="d")]),
]


def build(function=signal, panels=PANELS, **changes):
    controls = {"scheme": ["he", "xavier"], "gain": [0.5, 1.0, 2.0]} | changes
    return Explorer(function, panels=panels, title="Signal", **controls)


def lines(function, *, panel=None, **controls):
    return Explorer(function, panels=[panel or Lines("y")], **controls)


def test_a_frame_is_what_the_function_returned_for_that_selection():
    explorer = build()
    for scheme in ("he", "xavier"):
        for gain in (0.5, 1.0, 2.0):
            frame, truth = explorer.frame(scheme=scheme, gain=gain), signal(scheme, gain)
            assert frame.keys() == truth.keys()
            assert np.allclose(frame["forward"], truth["forward"], rtol=1e-3)
            assert np.allclose(frame["bars"], truth["bars"], atol=0.002)
            assert frame["last"] == np.float32(truth["last"])


def test_a_frame_of_another_selection_differs():
    explorer = build()
    one, other = explorer.frame(gain=0.5), explorer.frame(gain=2.0)
    assert not np.allclose(one["forward"], other["forward"], rtol=0.1)


def test_controls_left_out_of_a_frame_stand_where_the_selection_stands():
    explorer = build()
    explorer.selection = {"scheme": "xavier"}
    assert np.allclose(explorer.frame(gain=1.0)["forward"], 1, rtol=1e-3)


def test_changing_a_frame_leaves_the_table_alone():
    explorer = build()
    explorer.frame()["forward"][:] = -1
    assert np.all(explorer.frame()["forward"] > 0)


def test_an_array_that_ignores_a_control_is_stored_once():
    explorer = build()
    assert explorer._columns["bars"].axes == (1,)
    assert explorer._columns["depth"].axes == ()


def test_only_the_number_of_layers_may_differ_between_selections():
    explorer = lines(lambda depth: {"y": np.ones(depth)}, depth=[2, 5])
    assert [len(explorer.frame(depth=d)["y"]) for d in (2, 5)] == [2, 5]
    bars = Histogram("y", limits=(0, 1))
    rows = lines(lambda depth: {"y": np.ones((depth, 4))}, panel=bars, depth=[2, 5])
    assert rows.frame(depth=5)["y"].shape == (5, 4)
    with pytest.raises(ValueError, match=r"changes its shape from \('any', 2\) to \('any', 3\)"):
        lines(lambda bins: {"y": np.ones((4, bins))}, panel=bars, bins=[2, 3])


def test_time_is_an_axis_of_the_arrays_and_not_an_argument():
    frames = np.arange(12.0).reshape(4, 3)
    explorer = lines(lambda: {"y": frames}, step=Play([0, 10, 20, 30], keys="y"))
    assert explorer.selection == {"step": 0}
    for i, step in enumerate((0, 10, 20, 30)):
        assert np.allclose(explorer.frame(step=step)["y"], frames[i], atol=1e-2)


def test_the_selection_starts_at_the_start_of_every_control():
    explorer = build(gain=Range([0.5, 1, 2], start=2), scheme=Choice(["he", "xavier"]))
    assert explorer.selection == {"scheme": "he", "gain": 2}


def test_setting_one_control_keeps_the_others():
    explorer = build()
    explorer.selection = {"scheme": "xavier"}
    explorer.selection = {"gain": 2}
    assert explorer.selection == {"scheme": "xavier", "gain": 2.0}


def test_the_selection_can_be_observed_and_linked():
    one, other, seen = build(), build(), []
    one.observe(lambda change: seen.append(change["new"]["gain"]), "selection")
    link = traitlets.link((one, "selection"), (other, "selection"))
    other.selection = {"gain": 0.5}
    assert one.selection["gain"] == 0.5
    assert seen == [0.5]
    link.unlink()


def test_it_sits_in_a_box_and_can_be_linked_in_the_browser():
    one, other = build(), build()
    box = ipywidgets.VBox([one, ipywidgets.HBox([other])])
    assert box.children[0] is one
    ipywidgets.jslink((one, "selection"), (other, "selection"))


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"gian": 1.0}, "no control is named 'gian'; did you mean 'gain'"),
        ({"scheme": "hee"}, "scheme='hee' is not on the grid; did you mean 'he'"),
        ({"gain": 1.1}, "gain=1.1 is not on the grid; the nearest values are 1.0 and 0.5"),
        ({"gain": "one"}, "gain='one' is not on the grid"),
        ({"gain": float("nan")}, "gain=nan is not on the grid"),
    ],
)
def test_a_selection_off_the_grid_is_refused_with_what_is_on_it(selection, message):
    explorer = build()
    with pytest.raises(ValueError, match=re.escape(message)):
        explorer.frame(**selection)
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        explorer.selection = selection
    assert explorer.selection == {"scheme": "he", "gain": 1.0}


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda n: {"y": np.ones(3)} | ({"z": 1} if n > 1 else {}), "n=2 differs in 'z'"),
        (lambda n: {"y": np.ones((3,) * n)}, "changes its number of axes from 1 to 2 at n=2"),
        (lambda n: {"y": np.ones(3, "f4" if n > 1 else "f8")}, "changes its dtype from float64"),
        (lambda n: {"y": ["a", "b"]}, "holds <U1, not real numbers (n=1)"),
        (lambda n: {"y": np.ones(3, complex)}, "holds complex128, not real numbers"),
        (lambda n: {"y": []}, "'y' is empty"),
        (lambda n: np.ones(3), "must return {name: array}"),
        (lambda n: {"Y": np.ones(3)}, "no array is named 'y'; did you mean 'Y'"),
        (lambda n: {"y": np.ones((3, 3))}, "'y' must have 1 axes (layer), not shape (3, 3)"),
        (lambda n, m: {"y": np.ones(3)}, "the function must take one argument per control"),
        (lambda: {"y": np.ones(3)}, "the function must take one argument per control"),
    ],
)
def test_a_function_that_breaks_the_contract_is_refused_in_its_words(function, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        lines(function, n=[1, 2])


def test_an_error_inside_the_function_says_at_which_selection():
    with pytest.raises(ZeroDivisionError) as caught:
        lines(lambda n: {"y": np.full(3, 1 / n)}, n=[-1, 0])
    assert caught.value.__notes__ == ["Explorer was tabulating n=0"]


@pytest.mark.parametrize(
    ("control", "message"),
    [
        ([], "n has no values"),
        ([1, 1], "n: 1 appears 2 times"),
        (["a", "a"], "n: 'a' appears 2 times"),
        ([2, 1], "the values of a range must increase"),
        ([0, np.inf], "a range takes finite numbers"),
        (Range([1, 2], start=3), "n=3 is not on the grid"),
        (Range([1, 2], format="%d"), "format '%d' is not one of"),
        (Range([1.01, 1.02], format=".1f"), "writes two values alike"),
        (Choice(["a"], labels=["A", "B"]), "1 values but 2 labels"),
        (Play([1, 2]), "say which arrays it plays"),
        (Play([1, 2], keys="z"), "the function must take one argument"),
    ],
)
def test_a_control_that_cannot_work_is_refused(control, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        lines(lambda n: {"y": np.ones(3)}, n=control)


@pytest.mark.parametrize("control", ["relu", 3, [None, 1], [[1], [2]]])
def test_a_control_of_the_wrong_kind_is_a_type_error(control):
    with pytest.raises((TypeError, ValueError)):
        lines(lambda n: {"y": np.ones(3)}, n=control)


def test_frames_and_times_must_be_equally_many():
    with pytest.raises(ValueError, match="'y' has 3 frames but t has 2 values"):
        lines(lambda: {"y": np.ones((3, 4))}, t=Play([0, 1], keys="y"))
    with pytest.raises(ValueError, match="no array is named 'z'"):
        lines(lambda: {"y": np.ones(3)}, t=Play([0, 1], keys="z"))
    with pytest.raises(ValueError, match="played by both t and s"):
        lines(lambda: {"y": np.ones((2, 4))}, t=Play([0, 1], keys="y"), s=Play([0, 1], keys="y"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Line("y", role="forwrad"), "did you mean 'forward'"),
        (lambda: Line("y", band=("lo",)), "two names (lower, upper)"),
        (lambda: Lines([]), "at least one line"),
        (lambda: Lines("y", y_scale="lgo"), "did you mean 'log'"),
        (lambda: Lines("y", y_limits=(1, 0)), "the lower one first"),
        (lambda: Lines("y", y_scale="log", y_limits=(0, 1)), "must be positive on a log axis"),
        (lambda: Histogram("y", limits=(0, np.inf)), "two finite numbers"),
        (lambda: Number("y", format="g"), "format 'g' is not one of"),
    ],
)
def test_a_panel_that_cannot_work_is_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_panels_refuse_numbers_they_cannot_show():
    with pytest.raises(ValueError, match="negative values; a log axis"):
        lines(lambda: {"y": np.array([-1.0, 1])}, panel=Lines("y", y_scale="log"))
    for bad in (-1.0, np.inf):
        with pytest.raises(ValueError, match="a histogram takes finite counts"):
            lines(lambda bad=bad: {"y": np.full((2, 2), bad)}, panel=Histogram("y", limits=(0, 1)))
    with pytest.raises(ValueError, match="2 rows but 1 labels"):
        lines(lambda: {"y": np.ones((2, 2))}, panel=Histogram("y", limits=(0, 1), rows=["a"]))
    with pytest.raises(ValueError, match="read with 1 axes by one panel, 0 by another"):
        Explorer(lambda: {"y": np.ones(2)}, panels=[Lines("y"), Numbers("y")])
    with pytest.raises(ValueError, match="at least one panel"):
        Explorer(lambda: {"y": np.ones(2)}, panels=[])
    with pytest.raises(TypeError, match="is not a panel"):
        Explorer(lambda: {"y": np.ones(2)}, panels=["y"])


def test_a_table_over_budget_is_refused_with_its_size_and_what_to_cut():
    noise = np.random.default_rng(0).normal(size=(40, 3000))
    with pytest.raises(ValueError, match="kB allowed") as caught:
        lines(lambda n: {"y": noise[n]}, n=np.arange(40))
    message = str(caught.value)
    size = float(re.search(r"takes (\d+) kB of the 80 kB allowed", message)[1])
    assert size > 80
    assert f"y {size:.0f} kB" in message
    assert "n has 40 values of" in message
    assert lines(lambda n: {"y": noise[n][:20]}, n=np.arange(40)).frame(n=3)["y"].shape == (20,)


def test_a_grid_too_large_to_compute_is_refused_before_anything_is_computed():
    with pytest.raises(ValueError, match=r"200 a × 200 b = 40000 selections"):
        lines(lambda a, b: 1 / 0, a=range(200), b=range(200))


def test_missing_numbers_are_a_gap_and_infinite_ones_lie_on_the_limit():
    values = np.array([1.0, np.nan, np.inf, -np.inf])
    frame = lines(lambda: {"y": values}, panel=Lines("y", y_limits=(0, 2))).frame()
    assert np.array_equal(frame["y"], [1, np.nan, 2, 0], equal_nan=True)


def test_limits_hold_for_every_selection_when_none_are_given():
    explorer = lines(lambda n: {"y": n * np.ones(3)}, n=[1, 50])
    low, high = explorer.spec["panels"][0]["y_limits"]
    assert low <= 1
    assert high >= 50
    logs = lines(lambda n: {"y": 10.0**n * np.ones(3)}, panel=Lines("y", y_scale="log"), n=[-3, 4])
    assert logs.spec["panels"][0]["y_limits"] == pytest.approx([1e-3, 1e4])


def test_an_array_two_panels_pack_differently_is_kept_exact():
    both = [Lines("y", y_limits=(0, 1)), Lines("y", y_limits=(0, 5))]
    explorer = Explorer(lambda: {"y": np.array([0.25, 4])}, panels=both)
    assert np.array_equal(explorer.frame()["y"], [0.25, 4])


def test_the_picture_beside_the_widget_is_a_png_and_the_text_says_what_is_shown():
    data, _ = build()._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" in data
    assert (
        data["text/plain"]
        == repr(build())
        == (
            "Explorer 'Signal'\n"
            "  scheme: he, xavier, starts at he\n"
            "  gain: 3 values from 0.5 to 2, starts at 1\n"
            "  Lines: forward\n"
            "  Histogram: value\n"
            "  Numbers: last; depth"
        )
    )


def test_many_words_below_the_picture_are_broken_and_none_is_cut_off():
    from matplotlib.image import imread

    told = [Number("last", label=f"what the {k}th number says") for k in range(8)]
    data, _ = build(panels=[PANELS[0], Numbers(told)])._repr_mimebundle_()
    pixels = imread(io.BytesIO(base64.b64decode(data["image/png"])))[..., :3]
    assert (pixels[:, [0, 1, 2, -3, -2, -1]] == 1).all()


def test_the_picture_does_not_depend_on_where_the_reader_left_the_controls():
    explorer = build()
    before = explorer._repr_mimebundle_()[0]["image/png"]
    explorer.selection = {"gain": 2.0}
    assert explorer._repr_mimebundle_()[0]["image/png"] == before


def test_the_script_is_one_module_without_imports():
    script = build()._esm
    assert not re.search(r"^import ", script, re.MULTILINE)
    assert script.count("export default") == 1
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", script)


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (1234.5, ".3g", "1.23 × 10³"),
        (0.00012, ".3g", "0.00012"),
        (1e-12, ".1e", "1.0 × 10⁻¹²"),
        (0.873, ".1%", "87.3%"),
        (-3.2, "d", "−3"),
        (np.inf, ".3g", "∞"),
    ],
)
def test_numbers_are_typeset(value, spec, text):
    assert number(value, spec) == text
