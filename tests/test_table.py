import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from netinit.widgets.table import LINEAR_STEPS, Column, Packing, cell, decode, encode

FINITE = {"allow_nan": False, "allow_infinity": False}


def round_trip(cells, packing, axes=(0,), ragged=0):
    column = Column(axes, (len(cells),) if axes else (), tuple(map(np.asarray, cells)), ragged)
    return decode(encode({"key": column}, {"key": packing}))["key"].cells


@given(hnp.arrays(np.float64, (3, 7), elements=st.floats(-30, 20, **FINITE)))
def test_a_curve_on_a_log_axis_keeps_every_value_to_a_tenth_of_a_percent(exponents):
    values = 10.0**exponents
    back = np.array(round_trip(list(values), Packing("curve", True, (1e-30, 1e20))))
    assert np.all(np.abs(back / values - 1) <= 1e-3)


def test_the_resolution_of_a_log_axis_is_no_finer_than_promised():
    values = 10.0 ** np.linspace(-30, 20, 5000)
    (back,) = round_trip([values], Packing("curve", True, (1e-30, 1e20)))
    assert np.abs(back / values - 1).max() > 5e-4


@given(hnp.arrays(np.float64, 20, elements=st.floats(-2, 5, **FINITE)))
def test_a_curve_on_a_linear_axis_keeps_every_value_to_half_a_step(values):
    (back,) = round_trip([values], Packing("curve", limits=(-2.0, 5.0)))
    assert np.all(np.abs(back - values) <= 0.5001 * 7 / LINEAR_STEPS)


@given(hnp.arrays(np.float64, 9, elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_what_a_curve_cannot_show_is_clamped_or_a_gap_and_nothing_else(values):
    low, high = -1.0, 1.0
    (back,) = round_trip([values], Packing("curve", limits=(low, high)))
    assert np.array_equal(np.isnan(back), np.isnan(values))
    assert np.all(back[values < low] == low)
    assert np.all(back[values > high] == high)


def test_zero_on_a_log_axis_lies_below_it():
    (back,) = round_trip([[0.0, 1.0]], Packing("curve", True, (1e-6, 1e6)))
    assert back[0] == pytest.approx(1e-6)
    assert back[1] == pytest.approx(1, rel=1e-3)


@settings(max_examples=50)
@given(hnp.arrays(np.float64, (2, 4, 11), elements=st.just(0.0) | st.floats(1e-20, 1e6)))
def test_a_histogram_keeps_every_bar_to_a_five_hundredth_of_its_rows_peak(bars):
    back = np.array(round_trip(list(bars), Packing("histogram")))
    peaks = bars.max(axis=-1, keepdims=True)
    assert np.all(np.abs(back - bars) <= peaks * (0.5 / 254 + 1e-6))


def test_a_row_of_a_histogram_is_as_fine_as_any_other_however_small():
    bars = np.stack([np.full(8, 1e6), np.linspace(0, 1e-6, 8)])
    (back,) = round_trip([bars], Packing("histogram"))
    assert np.allclose(back, bars, rtol=0, atol=[[1], [2e-9]])


def test_missing_bars_of_a_histogram_stay_missing():
    bars = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    (back,) = round_trip([bars], Packing("histogram"))
    assert np.array_equal(np.isnan(back), np.isnan(bars))
    assert back[0, 2] == pytest.approx(3)


@given(hnp.arrays(np.float32, 5, elements=st.floats(width=32)))
def test_single_precision_numbers_come_back_exactly(values):
    (back,) = round_trip([values], Packing("exact"))
    normal = np.abs(values) > 1.2e-38
    assert np.array_equal(back[normal], values[normal].astype(float))
    assert np.array_equal(np.isnan(back), np.isnan(values))


@pytest.mark.parametrize("value", [1e-121, 1e46, -1e300])
def test_numbers_beyond_single_precision_keep_double_precision(value):
    (back,) = round_trip([np.array(value)], Packing("exact"))
    assert back == value


@given(st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_cells_of_different_lengths_come_back_in_their_place(lengths):
    cells = [np.linspace(0, 1, n) + np.zeros((3, 1)) for n in lengths]
    back = round_trip(cells, Packing("curve", limits=(0.0, 1.0)), ragged=1)
    for given_, got in zip(cells, back, strict=True):
        assert got.shape == given_.shape
        assert np.allclose(got, given_, atol=1e-4)


def test_an_array_that_no_control_changes_is_one_cell_for_all():
    column = Column((), (), (np.arange(3.0),))
    back = decode(encode({"key": column}, {"key": Packing("exact")}))["key"]
    assert np.array_equal(cell(back, (4, 2)), [0, 1, 2])


def test_a_cell_is_found_by_the_controls_it_depends_on():
    cells = tuple(np.array([10.0 * i + j]) for i in range(3) for j in range(4))
    column = Column((0, 2), (3, 4), cells)
    assert cell(column, (2, 99, 1)) == [21]


def test_blocks_start_at_multiples_of_eight_bytes_as_typed_arrays_need():
    columns = {name: Column((), (), (np.ones(3),)) for name in ("a", "bb", "ccc")}
    packings = dict.fromkeys(columns, Packing("curve", limits=(0.0, 2.0)))
    table = encode(columns, packings)
    size = int.from_bytes(table[:4], "little")
    assert (4 + size) % 8 == 0
    header = json.loads(table[4 : 4 + size])
    assert all(o % 8 == 0 for entry in header.values() for o in entry["offsets"])


def test_a_damaged_table_does_not_pass_for_the_original():
    values = np.linspace(0, 1, 50)
    column = Column((), (), (values,))
    table = bytearray(encode({"key": column}, {"key": Packing("curve", limits=(0.0, 1.0))}))
    table[4 + int.from_bytes(table[:4], "little") + 10] ^= 1
    assert not np.allclose(decode(bytes(table))["key"].cells[0], values, atol=1e-3)
