import runpy
import warnings
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pytest

from netinit.datasets import digits, moons
from netinit.initializers import variance_scaling
from netinit.network import init_mlp, init_residual, stack
from netinit.training import SGD, Adam, train
from netinit.training.trainability import TrainabilityMap, trainability_map

DATA = moons(40, rng=0)
STORED = Path(__file__).parents[1] / "chapters" / "data" / "trainability.npz"
RATES = STORED.with_name("rates.npz")


def sweep(**changes):
    grid = {
        "optimizers": {"sgd": SGD(0.1), "Adam": Adam(0.01)}, "hidden_layers": [1, 3],
        "gains": [0.5, 1.4, 2.0], "networks": 3, "rng": 5, "width": 8, "steps": 20, "batch_size": 8,
        "evaluate_every": 10,
    }  # fmt: skip
    return trainability_map(DATA, **(grid | changes))


SERIAL = sweep()


def assert_same(ours, theirs):
    assert ours.optimizers == theirs.optimizers
    for name in ("hidden_layers", "gains", "steps", "loss", "accuracy"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def test_each_cell_is_its_networks_trained_alone():
    seeds = np.random.default_rng(5).integers(2**63, size=(3, 2))

    scheme = partial(variance_scaling, scale=1.4**2)
    nets = [init_mlp([2, 8, 8, 8, 2], scheme, rng=seed) for seed in seeds[:, 0]]
    alone = train(
        stack(nets), DATA.x_train, DATA.y_train, optimizer=Adam(0.01), steps=20, batch_size=8,
        rng=list(seeds[:, 1]), x_test=DATA.x_test, y_test=DATA.y_test, evaluate_every=10,
    )  # fmt: skip
    assert SERIAL.loss.shape == (2, 2, 3, 3, 3)
    np.testing.assert_array_equal(SERIAL.steps, alone.steps)
    np.testing.assert_array_equal(SERIAL.loss[1, 1, 1], alone.loss.astype(np.float32))
    np.testing.assert_array_equal(SERIAL.accuracy[1, 1, 1], alone.accuracy.astype(np.float32))


def test_a_wider_sweep_repeats_a_narrower_one():
    part = sweep(optimizers={"Adam": Adam(0.01)}, hidden_layers=[3], gains=[1.4], networks=2)
    np.testing.assert_array_equal(part.loss[0, 0, 0], SERIAL.loss[1, 1, 1, :2])
    np.testing.assert_array_equal(part.accuracy[0, 0, 0], SERIAL.accuracy[1, 1, 1, :2])


def test_all_gains_scale_the_same_weights():
    """Before training a ReLU network of 4 layers multiplies its output by the gain to the 4th."""
    flat = sweep(gains=[1e-3, 1e-2], steps=0, evaluate_every=1).loss[0, 1, :, :, 0] - np.log(2)
    np.testing.assert_allclose(flat, 0, atol=1e-6)
    loud = sweep(gains=[50.0, 100.0], steps=0, evaluate_every=1).loss[0, 1, :, :, 0]
    np.testing.assert_allclose(loud[1] / loud[0], 2**4, rtol=1e-4)


def test_another_seed_gives_other_curves():
    assert not np.array_equal(sweep(rng=6).loss, SERIAL.loss)


def test_a_network_that_blows_up_has_no_loss():
    found = sweep(gains=[30.0], optimizers={"sgd": SGD(10.0)})
    assert np.isnan(found.loss[..., -1]).any()


def test_two_processes_give_the_same_bits_as_one():
    with joblib.parallel_config(n_jobs=2):
        assert_same(sweep(), SERIAL)


def test_a_dask_cluster_gives_the_same_bits_as_one_process():
    distributed = pytest.importorskip("distributed")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1",
                dashboard_address=None,
            ) as cluster,
            distributed.Client(cluster),
            joblib.parallel_config(backend="dask"),
        ):  # fmt: skip
            found = sweep()
    assert_same(found, SERIAL)
    assert [str(w.message) for w in seen] == []


def test_a_map_is_stored_and_read_back(tmp_path):
    SERIAL.save(tmp_path / "map.npz")
    assert_same(TrainabilityMap.load(tmp_path / "map.npz"), SERIAL)
    SERIAL.save(tmp_path / "again.npz")
    assert (tmp_path / "map.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_the_stored_map_is_small_and_says_what_it_holds():
    assert STORED.stat().st_size <= 200_000
    stored = TrainabilityMap.load(STORED)
    shape = (len(stored.optimizers), len(stored.hidden_layers), len(stored.gains), 5, 11)
    assert stored.loss.shape == stored.accuracy.shape == shape
    assert np.isclose(stored.gains, 2**0.5).any()


def test_the_stored_map_is_what_the_sweep_gives():
    stored = TrainabilityMap.load(STORED)
    again = trainability_map(
        digits(), optimizers={"Adam": Adam(0.001)}, hidden_layers=[2], gains=[2**0.5], networks=5,
        rng=7, evaluate_every=30,
    )  # fmt: skip
    at = int(np.argmin(np.abs(stored.gains - 2**0.5)))
    was = stored.accuracy[stored.optimizers.index("Adam"), 0, at]
    # Before training nothing but rounding differs; after it another BLAS moves single runs.
    np.testing.assert_allclose(again.accuracy[0, 0, 0, :, 0], was[:, 0], atol=0.01)
    np.testing.assert_allclose(again.accuracy[0, 0, 0, :, -1], was[:, -1], atol=0.03)


def test_the_stored_sweep_of_rates_is_what_the_sweep_gives():
    assert RATES.stat().st_size <= 200_000
    stored = TrainabilityMap.load(RATES)
    assert stored.accuracy.shape == (26, 1, 6, 5, 2)
    again = trainability_map(
        digits(), optimizers={"Adam": Adam(1 / 512)}, hidden_layers=[8], gains=[2**0.5],
        networks=1, rng=7, evaluate_every=300,
    )  # fmt: skip
    at = int(np.argmin(np.abs(stored.gains - 2**0.5)))
    was = stored.accuracy[stored.optimizers.index("Adam 1/512"), 0, at, 0]
    np.testing.assert_allclose(again.accuracy[0, 0, 0, 0, 0], was[0], atol=0.01)
    np.testing.assert_allclose(again.accuracy[0, 0, 0, 0, -1], was[-1], atol=0.04)


def test_the_stored_five_starts_are_what_their_command_gives():
    path = STORED.with_name("five_starts.npz")
    assert path.stat().st_size <= 200_000
    made = runpy.run_path(str(path.with_suffix(".py")))
    with np.load(path) as stored:
        sweep = dict(stored)
    assert sweep["schemes"].tolist() == list(made["SCHEMES"])
    assert sweep["rates"].tolist() == list(made["RATES"])
    grid = [len(sweep[name]) for name in ("schemes", "hidden_layers", "rates")]
    assert sweep["accuracy"].shape == (*grid, made["SEEDS"], len(sweep["steps"]))
    scheme, hidden, rate = list(made["SCHEMES"]).index("He"), 0, 3
    again = made["history"]("He", made["HIDDEN_LAYERS"][hidden], made["RATES"][rate])
    for name in ("loss", "accuracy"):
        was = sweep[name][scheme, hidden, rate]
        np.testing.assert_allclose(getattr(again, name), was, atol=0.03)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimizers": {}}, "optimizers must name at least one"),
        ({"hidden_layers": []}, "hidden_layers must name at least one"),
        ({"hidden_layers": [-1]}, "each of hidden_layers must not be negative"),
        ({"gains": []}, "gains must be a row"),
        ({"gains": [[1.0]]}, "gains must be a row"),
        ({"gains": [-1.0]}, "gains must be finite and not negative"),
        ({"networks": 0}, "networks must be at least 1"),
        ({"batch_size": 41}, "batch_size must be from 1 to 40"),
        ({"activation": "rleu"}, "relu"),
    ],
)
def test_bad_input_is_refused_in_the_callers_words(changes, message):
    with pytest.raises(ValueError, match=message):
        sweep(**changes)


def residual(depth, gain, seeds):
    first = partial(variance_scaling, scale=gain**2)
    return init_residual(2, blocks=depth, first=first, last="zeros", classes=2, seeds=seeds)


def test_any_network_has_a_map():
    grid = {"optimizers": {"sgd": SGD(0.2)}, "hidden_layers": [1, 3], "gains": [0.3, 1.0]}
    found = trainability_map(moons(60, rng=0), **grid, networks=2, steps=20, rng=1, draw=residual)
    assert found.loss.shape == (1, 2, 2, 2, 2)
    np.testing.assert_allclose(found.loss[..., 0], np.log(2), rtol=1e-5)  # the readout is zero
    assert (found.loss[..., -1] < found.loss[..., 0]).all()


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        ("residual", TypeError, "draw must be a callable"),
        (lambda depth, gain, seeds: np.eye(2), TypeError, "net must be a network"),
        (lambda depth, gain, seeds: residual(depth, gain, seeds[:1]), ValueError, "one network a"),
    ],
)
def test_a_wrong_draw_is_named(draw, error, message):
    grid = {"optimizers": {"sgd": SGD(0.2)}, "hidden_layers": [1], "gains": [1.0]}
    with pytest.raises(error, match=message):
        trainability_map(moons(60, rng=0), **grid, networks=2, steps=2, rng=1, draw=draw)
