"""What a seed means: the same numbers for any number of threads, and streams that do not move."""

import functools
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from laws import Z_LIMIT, z_correlation, z_share

import netinit
from netinit._draw import blocks, seeds
from netinit.initializers import sampling
from netinit.initializers._haar import haar

DRAWS = {
    "uniform": lambda shape, rng: sampling.uniform(shape, std=1.0, rng=rng),
    "normal": lambda shape, rng: sampling.normal(shape, std=1.0, rng=rng),
    "truncated_normal": lambda shape, rng: sampling.truncated_normal(shape, std=1.0, rng=rng),
    "rejected": lambda shape, rng: sampling.truncated_normal(shape, std=1.0, cut=1.0, rng=rng),
    "float64": lambda shape, rng: sampling.normal(shape, std=1.0, rng=rng, dtype=np.float64),
    "float16": lambda shape, rng: sampling.normal(shape, std=1.0, rng=rng, dtype=np.float16),
    "complex": lambda shape, rng: sampling.normal(shape, std=1.0, rng=rng, dtype=np.complex64),
    "disk": lambda shape, rng: sampling.uniform(shape, std=1.0, rng=rng, dtype=np.complex64),
    "haar": lambda shape, rng: haar(*shape, rng=rng),
    "haar float64": lambda shape, rng: haar(*shape, rng=rng, dtype=np.float64),
    "haar complex": lambda shape, rng: haar(*shape, rng=rng, dtype=np.complex64),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_seed_repeats_and_a_generator_advances(name):
    draw, shape = DRAWS[name], (70, 90)
    first = draw(shape, 7)
    assert (draw(shape, 7) == first).all()
    assert (draw(shape, np.random.SeedSequence(7)) == first).all()
    assert (draw(shape, np.int64(7)) == first).all()
    # Two of 6300 float16 numbers may be equal by chance.
    assert np.mean(draw(shape, [7, 8]) == first) < 0.01
    assert np.mean(draw(shape, 8) == first) < 0.01
    assert np.mean(draw(shape, None) == draw(shape, None)) < 0.01
    rng = np.random.default_rng(7)
    from_generator = draw(shape, rng)
    assert (draw(shape, np.random.PCG64(7)) == from_generator).all()
    assert np.mean(from_generator == first) < 0.01
    assert np.mean(draw(shape, rng) == from_generator) < 0.01


def test_a_random_state_is_the_place_that_its_bits_are_at():
    state, bits = np.random.RandomState(7), np.random.MT19937()
    bits.state = state.get_state(legacy=False)
    for _ in range(2):
        drawn = netinit.normal(9, std=1.0, rng=state)
        assert (drawn == netinit.normal(9, std=1.0, rng=np.random.Generator(bits))).all()


# A seed's numbers belong to one law and one shape.

ONE_SHAPE = {
    "normal": functools.partial(netinit.normal, std=1.0),
    "uniform": functools.partial(netinit.uniform, std=1.0),
    "truncated_normal": functools.partial(netinit.truncated_normal, std=1.0),
    "truncated at 3": functools.partial(netinit.truncated_normal, std=1.0, cut=3.0),
    "orthogonal": netinit.orthogonal,
    "delta_orthogonal": lambda shape, **options: netinit.delta_orthogonal((*shape, 3), **options)[
        :, :, 1
    ],
    "looks_linear": netinit.looks_linear,
    "sparse": functools.partial(netinit.sparse, connections=40),
}


@pytest.mark.parametrize("name", ONE_SHAPE)
@pytest.mark.parametrize(
    ("first", "second"), [((200, 40), (400, 40)), ((100, 80), (80, 100)), ((64, 64), (64, 66))]
)
@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_one_seed_gives_two_shapes_unrelated_numbers(name, first, second, dtype):
    if name == "delta_orthogonal":  # which takes no fewer outputs than inputs
        first, second = (max(shape) for shape in (first, second))
        first, second = (first, 40), (second + 2, 40)
    for seed in (0, [3, 4], np.random.SeedSequence(5)):
        drawn = [ONE_SHAPE[name](shape, rng=seed, dtype=dtype) for shape in (first, second)]
        size = min(array.size for array in drawn)
        for a, b in zip(*(parts(array)[:, :size] for array in drawn), strict=True):
            assert abs(z_correlation(a, b)) < Z_LIMIT
            assert abs(z_correlation(a**2, b**2)) < Z_LIMIT


def parts(array):
    """The real part of an array as a row, and the imaginary one if it is complex."""
    flat = array.ravel()
    return np.stack([flat.real, flat.imag] if flat.dtype.kind == "c" else [flat])


def test_one_seed_gives_two_laws_unrelated_numbers():
    drawn = {name: draw((80, 64), rng=9).ravel() for name, draw in ONE_SHAPE.items()}
    drawn["looks_linear, first"] = netinit.looks_linear((80, 64), layer="first", rng=9).ravel()
    drawn["complex"] = netinit.normal((80, 64), std=1.0, rng=9, dtype="complex64").real.ravel()
    del drawn["truncated at 3"]  # the law of truncated_normal at another scale of its cut
    for (_, first), (_, second) in itertools.combinations(drawn.items(), 2):
        assert abs(z_correlation(first, second)) < Z_LIMIT


def test_chrono_biases_are_no_uniform_draw_of_the_same_seed():
    biases = netinit.chrono_bias(4000, longest=100, rng=2, dtype="float64")[:1000]
    assert abs(z_correlation(biases, netinit.uniform(1000, bound=1.0, rng=2))) < Z_LIMIT
    other = netinit.chrono_bias(8000, longest=100, rng=2, dtype="float64")[:1000]
    assert abs(z_correlation(biases, other)) < Z_LIMIT


def test_seeds_without_the_law_and_the_shape_are_caught(monkeypatch):
    monkeypatch.setattr(seeds, "draw_word", lambda rng, law, shape: seeds.seed_word(rng))
    first, second = (netinit.normal(count, std=1.0, rng=0)[:1000] for count in (1000, 1002))
    assert z_correlation(first, second) > 10


def test_the_scale_the_scheme_and_the_memory_order_are_no_part_of_the_law():
    shape = (60, 50)
    plain = netinit.normal(shape, std=1.0, rng=12)
    he, glorot = netinit.he_normal(shape, rng=12), netinit.glorot_normal(shape, rng=12)
    np.testing.assert_allclose(he, plain * np.sqrt(2 / 50), rtol=1e-6)
    np.testing.assert_allclose(glorot, plain * np.sqrt(2 / 110), rtol=1e-6)
    assert (netinit.normal(shape, std=np.sqrt(2 / 50), rng=12) == he).all()
    shifted = netinit.normal(shape, std=1.0, mean=2.0, rng=12)
    assert (shifted == plain + np.float32(2)).all()
    assert (netinit.normal([60, 50], std=1.0, rng=12) == plain).all()
    assert (netinit.normal(shape, std=1.0, rng=12, out=np.empty((50, 60), "f4").T) == plain).all()
    assert (netinit.normal(7, std=1.0, rng=1) == netinit.normal((7,), std=1.0, rng=1)).all()


@pytest.mark.parametrize("name", DRAWS)
def test_a_call_takes_one_seed_word_whatever_it_draws(name):
    used, counted = np.random.default_rng(3), np.random.default_rng(3)
    DRAWS[name]((0, 2), used)
    DRAWS[name]((70, 90), used)
    counted.integers(0, 2**64, size=4, dtype=np.uint64)
    assert used.bit_generator.state == counted.bit_generator.state


@pytest.mark.parametrize("name", DRAWS)
def test_threads_do_not_change_the_numbers(name, monkeypatch):
    shape = (1100, 1200)  # six blocks, five panels
    monkeypatch.setenv("NETINIT_THREADS", "1")
    alone = DRAWS[name](shape, 5)
    for threads in ("2", "3", "16"):
        monkeypatch.setenv("NETINIT_THREADS", threads)
        assert DRAWS[name](shape, 5).tobytes() == alone.tobytes()
    monkeypatch.delenv("NETINIT_THREADS")
    assert DRAWS[name](shape, 5).tobytes() == alone.tobytes()


def test_blas_threads_do_not_change_an_orthogonal_matrix():
    code = """if True:
        import hashlib, numpy as np
        from netinit.initializers._haar import haar
        digest = hashlib.sha256()
        for shape in [(64, 64), (4096, 1), (63, 65), (130, 129), (3000, 70), (50, 900), (700, 600)]:
            for dtype in ("float32", "float64", "complex64", "complex128"):
                digest.update(haar(*shape, rng=1, dtype=dtype).tobytes())
        print(digest.hexdigest())
    """
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "NETINIT_THREADS": threads},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for threads in ("1", "2", "3")
    }
    assert len(digests) == 1


PINNED_UNIFORM = [
    0.8805498480796814,
    -0.15104858577251434,
    0.5905869603157043,
    0.07136741280555725,
    0.8498268127441406,
    -0.29584285616874695,
]
PINNED_NORMAL = [0.1677927, -0.3961366, 0.7401242, -2.565025, 1.280365, -0.9436756]
PINNED_TRUNCATED = [1.599207, -0.2065565, 0.8850152, 0.09717765, 1.493836, -0.4111339]
PINNED_HAAR = [-0.2487044, 0.7477418, -0.6156528]
PINNED_HAAR_TILED = [0.1544114, -0.01528471, -0.01131239]
PINNED_DISK = [-0.1862942 + 0.636843j, 0.273069 - 0.9219047j, 0.0566095 + 0.1802194j]
PINNED_COMPLEX = [-0.4089779 + 0.2379601j, 1.229612 - 0.2309627j, -0.2940101 + 0.4301474j]
PINNED_UNITARY = [-0.06503609 + 0.03784066j, 0.01416659 - 0.06948361j, 0.03113638 + 0.1338933j]

NEEDED = {"normal": {"std": 1.0}, "truncated_normal": {"std": 1.0}}
PINNED_SEED_UNIFORM = [-0.2797550559043884, -0.374930202960968, 0.295134037733078]
PINNED_SEED = {
    "normal": [-0.03758125, -0.09196013, -0.3686521],
    "truncated_normal": [0.3697498, 0.2149473, 0.3142412],
    "orthogonal": [-0.2264794, -0.151583, 0.07447407],
    "looks_linear": [0.3425516, 0.128745, 0.01854013],
    "sparse": [-0.6446877, -0.198745, 1.191452],
}


def start():
    return np.random.default_rng(0)


def test_a_generator_gives_the_same_numbers_in_every_release():
    # A change here breaks every experiment that uses one: say so in the changelog.
    count, places = 600_000, [0, 1, 1 << 16, 1 << 17, 1 << 18, 599_999]
    uniform = sampling.uniform(count, bound=1.0, rng=start())
    assert uniform[places].tolist() == PINNED_UNIFORM
    # Another processor may round a logarithm or a cosine differently.
    normal = sampling.normal(count, std=1.0, rng=start())
    np.testing.assert_allclose(normal[places], PINNED_NORMAL, rtol=1e-5)
    cut = sampling.truncated_normal(count, std=1.0, rng=start())
    np.testing.assert_allclose(cut[places], PINNED_TRUNCATED, rtol=1e-5)
    np.testing.assert_allclose(haar(3, 2, rng=start())[:, 0], PINNED_HAAR, rtol=1e-5)
    np.testing.assert_allclose(haar(80, 70, rng=start())[:3, 0], PINNED_HAAR_TILED, rtol=1e-4)


def test_a_generator_gives_the_same_complex_numbers_in_every_release():
    count, places = 600_000, [0, 1, 1 << 16]
    disk = sampling.uniform(count, bound=1.0, rng=start(), dtype=np.complex64)
    np.testing.assert_allclose(disk[places], PINNED_DISK, rtol=1e-5)
    normal = sampling.normal(count, std=1.0, rng=start(), dtype=np.complex128)
    np.testing.assert_allclose(normal[places], PINNED_COMPLEX, rtol=1e-5)
    unitary = haar(40, 35, rng=start(), dtype=np.complex64)
    np.testing.assert_allclose(unitary[:3, 0], PINNED_UNITARY, rtol=1e-4)


def test_a_seed_means_the_same_numbers_in_every_release():
    uniform = sampling.uniform((40, 50), bound=1.0, rng=0)
    assert uniform[0, :3].tolist() == PINNED_SEED_UNIFORM
    for draw, pinned in PINNED_SEED.items():
        drawn = netinit.get(draw)((40, 50), rng=0, **NEEDED.get(draw, {}))
        np.testing.assert_allclose(drawn.ravel()[drawn.ravel() != 0][:3], pinned, rtol=1e-5)


@pytest.mark.parametrize("threads", ["0", "-1", "two", "1.5", " "])
def test_a_wrong_number_of_threads_is_refused(threads, monkeypatch):
    monkeypatch.setenv("NETINIT_THREADS", threads)
    with pytest.raises(ValueError, match="NETINIT_THREADS must be a whole number"):
        sampling.normal(4 * blocks.BLOCK, std=1.0, rng=0)


def test_an_empty_number_of_threads_is_none(monkeypatch):
    monkeypatch.setenv("NETINIT_THREADS", "")
    unset = blocks._threads()
    monkeypatch.delenv("NETINIT_THREADS")
    assert blocks._threads() == unset


def test_after_an_error_no_task_is_begun(monkeypatch):
    monkeypatch.setenv("NETINIT_THREADS", "2")
    begun = []

    def task(number):
        begun.append(number)
        raise LookupError(number)

    with pytest.raises(LookupError):
        blocks.for_each(task, range(1000))
    assert len(begun) <= 2


def test_a_large_draw_works_while_the_interpreter_ends():
    code = """if True:
        import atexit, hashlib, netinit
        def late():
            drawn = netinit.normal(1 << 21, std=1.0, rng=0), netinit.orthogonal((600, 1300), rng=0)
            print(*(hashlib.sha256(array.tobytes()).hexdigest() for array in drawn))
        atexit.register(late)
        late()
    """
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"NETINIT_THREADS": "3"},
        check=True,
        capture_output=True,
        text=True,
    )
    before, after = run.stdout.splitlines()
    assert before == after
    assert not run.stderr


def test_threads_that_do_not_start_leave_their_tasks_to_the_others(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setenv("NETINIT_THREADS", "3")
    monkeypatch.setattr(blocks.Thread, "start", refuse)
    done = []
    blocks.for_each(done.append, range(8))
    assert done == list(range(8))


def test_an_error_in_a_thread_reaches_the_caller(monkeypatch):
    monkeypatch.setenv("NETINIT_THREADS", "2")
    with pytest.raises(ZeroDivisionError):
        blocks.for_each(lambda number: 1 // number, range(8))


BIT_GENERATORS = [
    getattr(np.random, name) for name in ("PCG64", "PCG64DXSM", "SFC64", "Philox", "MT19937")
]


@pytest.mark.parametrize("kind", BIT_GENERATORS, ids=lambda kind: kind.__name__)
def test_a_seed_word_is_two_of_the_generators_integers(kind):
    used, counted = (np.random.Generator(kind(4)) for _ in range(2))
    used.integers(0, 2**32, size=3, dtype=np.uint32)  # which leaves half a number in store
    counted.integers(0, 2**32, size=3, dtype=np.uint32)
    low, high = counted.integers(0, 2**64, size=2, dtype=np.uint64).tolist()
    assert seeds.seed_word(used).tolist() == [low, high]
    assert used.integers(0, 2**32) == counted.integers(0, 2**32)


def flips(streams):
    """How often each bit of the first 8 numbers differs between one stream and the next."""
    first = np.array([stream.bit_generator.random_raw(8) for stream in streams])
    return np.unpackbits((first[:-1] ^ first[1:]).view(np.uint8), axis=1)


def test_the_streams_of_neighbouring_blocks_share_no_bit():
    word = seeds.seed_word(3)
    changed = flips([seeds.block_stream(word, block) for block in range(4000)])
    assert abs(z_share(changed, 0.5)) < Z_LIMIT
    assert max(abs(z_share(bit, 0.5)) for bit in changed.T) < Z_LIMIT


def test_the_streams_of_nearly_equal_words_share_no_bit():
    bits = np.uint64(1) << np.arange(64, dtype=np.uint64)
    masks = np.array([[bit, 0] for bit in bits] + [[0, bit] for bit in bits], np.uint64)
    words = np.random.default_rng(3).integers(0, 2**64, (20, 1, 2), np.uint64) ^ masks
    changed = flips([seeds.block_stream(near, 0) for near in words.reshape(-1, 2)])
    assert abs(z_share(changed, 0.5)) < Z_LIMIT
    assert max(abs(z_share(bit, 0.5)) for bit in changed.T) < Z_LIMIT


def test_streams_that_share_a_bit_are_caught():
    word = seeds.seed_word(3)
    draws = [seeds.block_stream(word, block).bit_generator.random_raw(8) for block in range(400)]
    first = np.array(draws) | np.uint64(1 << 40)  # one bit of 64 does not change
    changed = np.unpackbits((first[:-1] ^ first[1:]).view(np.uint8), axis=1)
    assert max(abs(z_share(bit, 0.5)) for bit in changed.T) > Z_LIMIT


# A stream for each parameter.

PINNED_STREAM = [0.8262034540723905, 0.46346724364501046, 0.09697145037714561, 0.7244329544365554]
PINNED_STREAM_OF_ANOTHER_ALPHABET = [
    *[0.17842927673353393, 0.3088507706356943, 0.7275077678641896, 0.280201536517659]
]

NAMES = ["embedding", "layers.0.weight", "layers.1.weight", "head.weight"]


def first_draws(seed, names):
    return {
        name: stream.random(4).tolist() for name, stream in netinit.streams(seed, names).items()
    }


def test_a_parameters_stream_depends_on_its_name_and_not_on_the_others():
    everything = first_draws(0, NAMES)
    assert first_draws(0, NAMES[::-1]) == everything
    assert list(first_draws(0, NAMES[::-1])) == NAMES[::-1]
    for name in NAMES:
        assert first_draws(0, [name]) == {name: everything[name]}
    assert first_draws(0, [*NAMES, "layers.2.weight"]).items() > everything.items()
    assert first_draws(0, dict.fromkeys(NAMES)) == everything


def test_a_stream_drawn_from_leaves_the_others_where_they_were():
    streams = netinit.streams(0, NAMES)
    streams["embedding"].random(1000)
    assert streams["head.weight"].random(4).tolist() == first_draws(0, NAMES)["head.weight"]


def test_streams_are_pinned():
    # As the numbers of a seed are: say so in the changelog if they must change.
    drawn = first_draws(0, ["head.weight", "Gewichte ä"])
    assert drawn["head.weight"] == PINNED_STREAM
    assert drawn["Gewichte ä"] == PINNED_STREAM_OF_ANOTHER_ALPHABET


def test_streams_take_any_seed():
    for seed in (np.random.SeedSequence(0), np.random.default_rng(0), np.int64(0)):
        assert first_draws(seed, NAMES) == first_draws(0, NAMES)
    assert first_draws(1, NAMES) != first_draws(0, NAMES)
    assert first_draws(None, NAMES) != first_draws(None, NAMES)
    rng = np.random.default_rng(0)
    assert first_draws(rng, NAMES) == first_draws(0, NAMES)
    assert first_draws(rng, NAMES) != first_draws(0, NAMES)  # it advanced


def test_streams_are_independent_of_one_another_and_of_the_seeds_own_draw():
    streams = netinit.streams(5, ["a", "b", "A", "aa", ""])
    drawn = [netinit.normal(50_000, std=1.0, rng=stream) for stream in streams.values()]
    drawn.append(netinit.normal(50_000, std=1.0, rng=5))
    for k, first in enumerate(drawn):
        for second in drawn[:k]:
            assert abs(z_correlation(first, second)) < Z_LIMIT
            assert abs(z_correlation(first**2, second**2)) < Z_LIMIT


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (["a", "b", "a", "c", "b"], ValueError, "names must differ: 'a', 'b' occurs more than"),
        (
            "weight",
            TypeError,
            "names must be several strings, such as a list of them, not 'weight'",
        ),
        (3, TypeError, "names must be several strings, such as a list of them, not 3"),
        (["a", 3], TypeError, "each of names must be a string, not 3"),
        ([None], TypeError, "each of names must be a string, not None"),
    ],
)
def test_wrong_names_are_refused(names, error, message):
    with pytest.raises(error, match=message):
        netinit.streams(0, names)


def test_streams_refuse_a_wrong_seed_and_take_no_names():
    assert netinit.streams(0, []) == {}
    with pytest.raises(ValueError, match="rng must be a non-negative int"):
        netinit.streams(-1, ["a"])
