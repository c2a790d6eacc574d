"""The laboratory without a browser: address, narrator, challenges, copied Python lines."""

import functools
import gzip
import importlib.util
import json
import math
import random
import subprocess
import sys

import numpy as np
import pytest
from project import ROOT

sys.path.insert(0, str(ROOT / "book"))

from netbook import experiments, laboratory, starts

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("deno") is None, reason="there is no deno for this machine"
)
ANSWERS = ROOT / "tests" / "laboratory" / "answers.js"
LARGEST = 150_000  # bytes of script, styles and digits, gzipped


def ask(question, /, **arguments):
    """What the modules answer, as deno runs them."""
    command = [
        sys.executable,
        "-m",
        "deno",
        "run",
        "--no-remote",
        "--no-config",
        str(ANSWERS),
        question,
    ]
    text = json.dumps(arguments)
    ran = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@functools.cache
def digits():
    """The packed images, as the page's script carries them."""
    return json.loads(laboratory.digits().partition("= ")[2].rstrip().rstrip(";"))


# The page's files ---------------------------------------------------------------------------


def test_script_styles_and_digits_are_small():
    texts = [laboratory.script(), laboratory.styles(), laboratory.digits()]
    assert sum(len(gzip.compress(text.encode())) for text in texts) < LARGEST


def test_the_script_carries_the_engine_once():
    assert laboratory.script().count("function createRun(") == 1


def test_the_packed_digits_are_those_of_the_package():
    from netinit.datasets import digits as dataset

    data, packed = dataset(), digits()
    pixels = np.frombuffer(packed["pixels"].encode(), np.uint8).reshape(-1, 64).astype(float)
    pixels -= ord("a")
    labels = np.array(list(packed["labels"]), int)
    assert np.array_equal(labels, np.concatenate([data.y_train, data.y_test]))
    x = pixels - pixels[:1400].mean(axis=0)
    x /= np.sqrt(np.mean(x[:1400] ** 2))
    assert np.allclose(x, np.concatenate([data.x_train, data.x_test]), atol=1e-6)


# Address ------------------------------------------------------------------------------------

CHOICES = {
    "data": ["spirals", "clusters", "moons", "digits", "regression"],
    "activation": ["relu", "leaky_relu", "tanh", "sigmoid", "gelu", "silu", "linear"],
    "scheme": ["zeros", "constant", "normal", "he_normal", "xavier_uniform", "orthogonal"],
    "normalization": ["none", "layer", "batch"],
    "skip": [True, False],
    "optimizer": ["sgd", "momentum", "adam"],
}


def drawn(rng):
    """A valid experiment, drawn at random."""
    return {name: rng.choice(values) for name, values in CHOICES.items()} | {
        "depth": rng.randint(1, 32),
        "width": rng.randint(1, 128),
        "scale": float(f"{10 ** rng.uniform(-2, 1):.3g}"),
        "bias": round(rng.uniform(0, 3), 2),
        "rate": float(f"{10 ** rng.uniform(-5, 1):.3g}"),
        "batch": rng.randint(2, 256),
        "seed": rng.randrange(2**32),
    }


def test_an_experiment_comes_back_from_its_address():
    rng = random.Random(0)
    experiments = [drawn(rng) for _ in range(200)]
    for wanted, found in zip(experiments, ask("roundTrips", experiments=experiments), strict=True):
        assert found["experiment"] == wanted
        assert found["problems"] == []
        assert found["again"] == found["fragment"]
        assert found["fragment"].startswith("v1&data=")


def test_a_challenge_stands_in_the_address():
    (found,) = ask("roundTrips", experiments=[{}], challenge="rescue")
    assert found["challenge"] == "rescue"
    (alone,) = ask("decode", fragments=["#v1&challenge=rescue"])
    wanted = next(c for c in ask("challenges") if c["name"] == "rescue")
    assert alone["experiment"] == wanted["experiment"]


def test_a_link_may_say_that_it_starts_to_play():
    (found,) = ask("roundTrips", experiments=[{}], play=True)
    assert found["play"]
    assert found["fragment"].endswith("&play=true")
    assert found["again"] == found["fragment"]
    (plain,) = ask("roundTrips", experiments=[{}])
    assert not plain["play"]
    assert "play" not in plain["fragment"]


GARBAGE = ["", "#", "#text", "#v1", "v1&", "&&&", "=", "#v1&depth", "#v1&=3", "#v1&depth=%E0%A4%A"]


def test_no_text_in_the_address_breaks_the_page():
    rng = random.Random(1)
    letters = "v1&=#%datdepthwidth0123456789.-einfNaN\u00e4\U0001f600 __proto__"
    noise = ["".join(rng.choices(letters, k=rng.randint(0, 60))) for _ in range(300)]
    known = ["v1&__proto__=3", "v1&constructor=1&depth=4", "v1&depth=1e999", "v1&depth=NaN"]
    found = ask("decode", fragments=[*GARBAGE, *known, *noise])
    experiments = [one["experiment"] for one in found]
    again = ask("roundTrips", experiments=experiments)
    assert all(back["problems"] == [] for back in again)
    assert all(1 <= one["depth"] <= 32 for one in experiments)


@pytest.mark.parametrize(
    ("fragment", "field", "value", "said"),
    [
        ("v1&depth=99", "depth", 32, "99; 32 is used"),
        ("v1&rate=0", "rate", 1e-5, "not 0"),
        ("v1&data=cats", "data", "spirals", "“cats” is unknown"),
        ("v2&depth=3", "depth", 3, "version 2, and this page knows version 1"),
        ("depth=3", "depth", 3, "does not say its version"),
        ("v1&depth=3&nonsense", "depth", 3, "cannot be read: nonsense"),
        ("v1&wings=2", "depth", 8, "no field “wings”"),
        ("v1&challenge=none", "depth", 8, "no challenge “none”"),
        ("v1&depth=3&play=yes", "depth", 3, "“play” must be true or false, not “yes”"),
    ],
)
def test_what_an_address_cannot_mean_is_said_and_the_nearest_is_opened(
    fragment, field, value, said
):
    (found,) = ask("decode", fragments=[fragment])
    assert found["experiment"][field] == value
    assert said in " ".join(found["problems"])


def test_a_place_on_the_page_is_no_experiment():
    first = ask("first")
    for found in ask("decode", fragments=["#what-you-are-looking-at", ""]):
        assert found["experiment"] == first["experiment"]
        assert found["problems"] == []


def test_every_value_of_a_slider_is_reached():
    for name, slider in ask("steps").items():
        assert slider["back"] == list(range(len(slider["values"]))), name
        assert slider["values"] == sorted(set(slider["values"])), name


# Narrator -----------------------------------------------------------------------------------

LIVING = {
    "secondMoment": 1.0,
    "spread": 0.9,
    "gradient": 1e-4,
    "update": 0.001,
    "dead": 0.0,
    "saturated": 0.1,
}


def view(*, layers=None, step=40, diverged=False, **told):
    """What the page knows of a living network of 4 layers, except for what a test says."""
    each = [dict(LIVING) | (layers or {}).get(number, {}) for number in (1, 2, 3, 4)]
    statistics = {"loss": 0.6, "testAccuracy": 0.6, "testLoss": 0.6, "distinct": [8, 8, 8, 8]}
    statistics |= told.pop("statistics", {})
    history = {"step": [0, step], "loss": [0.69, 0.69]} | told.pop("history", {})
    experiment = {"width": 8, "activation": "tanh"} | told.pop("experiment", {})
    frame = {"step": step, "diverged": diverged, "statistics": statistics | {"layers": each}}
    return {"frame": frame, "history": history, "experiment": experiment}


CASES = {
    "diverged": (view(diverged=True, step=12), "overflowed after step 12: this run has diverged"),
    "overflow": (view(layers={3: {"secondMoment": "Infinity"}}), "Layer 3 overflows"),
    "learned": (view(statistics={"testAccuracy": 0.97}), "after 40 steps it is right on 97 %"),
    "fitted": (
        view(statistics={"testAccuracy": None, "testLoss": 0.01}),
        "loss on points it has not seen is 0.01",
    ),
    "dead": (
        view(layers={2: {"dead": 1.0}}),
        "Layer 2 passes nothing on: all of its units are dead.",
    ),
    "equal": (view(statistics={"distinct": [1, 1, 1, 1]}), "All units within a layer are equal"),
    "exploded": (view(layers={4: {"secondMoment": 1e6, "spread": 1e3}}), "grows 1 × 10⁶-fold"),
    "vanished": (view(layers={4: {"secondMoment": 1e-6}}), "only 1 × 10⁻⁶ is left at layer 4"),
    "lost": (view(layers={1: {"gradient": 1e-12}}), "layer 1 gets 1 × 10⁻⁸ of what layer 4 gets"),
    "burst": (view(layers={1: {"gradient": 1e4}}), "it grows 1 × 10⁸-fold"),
    "merged": (view(layers={3: {"spread": 1e-3}}), "In layer 3 all inputs look alike"),
    "saturated": (
        view(layers={2: {"saturated": 0.9}, 3: {"saturated": 0.8}}),
        "Layers 2 to 3 are saturated",
    ),
    "far": (view(layers={1: {"update": 0.5}}), "weights of layer 1 by more than 10 %"),
    "stuck": (view(step=400), "hardly moved for 150 steps"),
    "learning": (view(history={"loss": [0.69, 0.4]}), "the loss fell from 0.69 to 0.6"),
    "risen": (view(history={"loss": [0.69, 5.2]}), "The loss has risen, from 0.69 to 5.2."),
    "many": (view(layers={2: {"dead": 0.6}}), "In layer 2, 60 % of the units are dead."),
    "ready": (
        view(step=0),
        "keeps its size through 4 layers, within a factor of two. Press play.",
    ),
    "started": (view(), "The loss has hardly changed so far."),
}


def test_every_rule_of_the_narrator_has_a_case():
    assert list(CASES) == ask("rules")["names"]


def test_the_narrator_says_what_is_the_matter():
    found = ask("narrate", views=[case for case, _ in CASES.values()])
    for (name, (_, said)), one in zip(CASES.items(), found, strict=True):
        assert one["rule"] == name
        assert said in one["sentence"]


def told(**what):
    """The sentence on one view."""
    return ask("narrate", views=[view(**what)])[0]["sentence"]


def test_a_dead_layer_with_a_skip_connection_still_passes_the_stream_on():
    dead = {number: {"dead": 1.0, "skip": True} for number in (2, 3)}
    assert (
        told(layers=dead) == "Layers 2 to 3 add nothing to the stream: all of their units are dead."
    )


def test_what_has_learned_is_not_called_ill():
    ill = {4: {"secondMoment": 1e6, "saturated": 0.9}}
    assert told(layers=ill, statistics={"testAccuracy": 0.97}).startswith("The network has learned")


def test_a_start_is_only_called_level_if_every_layer_is():
    assert "keeps its size" in told(step=0, layers={3: {"secondMoment": 1.9}})
    assert "keeps its size" not in told(step=0, layers={3: {"secondMoment": 2.1}})
    assert "at layer 4 is 6 times that at layer 1" in told(step=0, layers={4: {"secondMoment": 6}})


def test_a_loss_that_rises_has_neither_stopped_nor_hardly_changed():
    history = {"step": [0, 200, 400], "loss": [0.7, 0.9, 8.0]}
    assert told(step=400, history=history).startswith("The loss has risen, from 0.7 to 8.")


def test_just_within_a_threshold_the_narrator_is_silent():
    near = [
        view(layers={2: {"dead": 0.99}}),
        view(layers={4: {"secondMoment": 9e3, "spread": 90}}),
        view(layers={4: {"secondMoment": 2e-4, "spread": 0.01}}),
        view(layers={1: {"gradient": 2e-10}}),
        view(layers={3: {"spread": 0.011}}),
        view(layers={2: {"saturated": 0.69}}),
        view(statistics={"testAccuracy": 0.94}),
        view(layers={1: {"update": 0.09}}),
    ]
    rules = [found["rule"] for found in ask("narrate", views=near)]
    assert rules == ["many", *["started"] * 7]


@pytest.mark.parametrize(
    ("experiment", "moves", "rule"),
    [
        ({"depth": 16, "scale": 0.5}, [], "vanished"),
        ({"depth": 16, "scale": 2}, [], "exploded"),
        ({"depth": 4, "scheme": "constant", "scale": 0.1}, [], "equal"),
        ({"depth": 8}, [], "ready"),
        ({"depth": 12, "data": "clusters", "rate": 1}, [{"steps": 40}], "diverged"),
        ({"depth": 3, "data": "moons", "rate": 0.1}, [{"steps": 300}], "learned"),
        ({"depth": 4, "scale": 1}, [{"hand": "lower"}] * 8, "dead"),
    ],
)
def test_the_narrator_reads_real_runs(experiment, moves, rule):
    assert ask("told", experiment=experiment, moves=moves)["rule"] == rule


# Challenges ---------------------------------------------------------------------------------

RAISED = [{"hand": "raise"}] * 8
SOLUTIONS = {
    "symmetry": ({}, [{"hand": "one"}, {"steps": 600}]),
    "deep": (
        {"scheme": "orthogonal", "scale": 1.05, "optimizer": "momentum", "rate": 0.02},
        [{"steps": 300}],
    ),
    "rescue": ({}, [*RAISED, {"steps": 300}]),
    "alive": ({"width": 128, "scheme": "orthogonal", "scale": 1.41}, []),
    "plain": ({"scheme": "orthogonal", "scale": 0.8}, [{"steps": 500}]),
    "stream": ({"scale": 0.15}, [{"steps": 300}]),
}
# What shows that a challenge is one, and settles its question: (moves, the answer).
UNAIDED = {
    "symmetry": ([{"steps": 200}], 0),
    "deep": ([{"steps": 120}], 1),
    "rescue": ([{"steps": 60}], 1),
    "alive": ([], 2),
    "plain": ([{"steps": 120}], 1),
    "stream": ([], 1),
}


def test_there_are_six_challenges_with_valid_starts_and_chapters():
    challenges = ask("challenges")
    assert [challenge["name"] for challenge in challenges] == list(SOLUTIONS)
    for challenge in challenges:
        assert challenge["problems"] == []
        assert (ROOT / f"{challenge['chapter'][0]}.ipynb").is_file()
        assert challenge["options"] in {2, 3}


@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_challenge_can_be_solved(name):
    experiment, moves = SOLUTIONS[name]
    found = ask("attempt", name=name, experiment=experiment, moves=moves, digits=digits())
    assert found["done"], found["words"]
    assert found["changed"] is None


@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_challenge_is_not_solved_as_it_stands_and_its_question_has_the_answer(name):
    moves, answer = UNAIDED[name]
    start = ask("attempt", name=name, experiment={}, moves=[], digits=digits())
    assert not start["done"], start["words"]
    end = ask("attempt", name=name, experiment={}, moves=moves, digits=digits())
    assert not end["done"], end["words"]
    assert end["answer"] == answer


def test_a_challenge_notices_what_it_asked_to_keep():
    found = ask("attempt", name="alive", experiment={"depth": 2}, moves=[])
    assert found["done"]
    assert found["changed"] == "depth"


def test_a_challenge_whose_start_fails_with_few_seeds_keeps_its_seed():
    moves = [{"steps": 120}]
    found = ask("attempt", name="plain", experiment={"seed": 3}, moves=moves, digits=digits())
    assert found["done"], (
        "with this seed He initialization learns: the task says which seed it means"
    )
    assert found["changed"] == "seed"


def test_more_than_one_changed_weight_does_not_break_the_tie():
    moves = [{"hand": "one"}, {"hand": "one"}, {"steps": 600}]
    found = ask("attempt", name="symmetry", experiment={}, moves=moves)
    assert not found["done"]
    assert "more than one weight" in found["words"]


# By hand ------------------------------------------------------------------------------------


def test_changes_by_hand_touch_what_they_say():
    changed = ask("hands", experiment={"depth": 3, "width": 16})
    moved = {
        hand: {p["name"]: np.array(p["changes"]) for p in parameters if np.any(p["changes"])}
        for hand, parameters in changed.items()
    }
    assert list(moved["one"]) == ["1.weight"]
    assert np.count_nonzero(moved["one"]["1.weight"]) == 1
    assert set(moved["noise"]) == {"1.weight", "2.weight", "3.weight", "head.weight"}
    noise = np.concatenate(list(moved["noise"].values()))
    assert abs(noise.std() / 0.05 - 1) < 5 / math.sqrt(2 * noise.size)
    assert abs(noise.mean()) < 5 * 0.05 / math.sqrt(noise.size)
    for hand, shift in (("raise", 0.5), ("lower", -0.5)):
        assert set(moved[hand]) == {"1.bias", "2.bias", "3.bias"}
        assert all(np.allclose(values, shift) for values in moved[hand].values())


def test_units_that_are_equal_are_counted_as_one():
    constant = {"scheme": "constant", "scale": 0.1, "depth": 2, "width": 12, "activation": "tanh"}
    assert ask("distinct", experiment=constant) == [1, 1]
    assert ask("distinct", experiment=constant, hand="one")[0] == 2
    assert ask("distinct", experiment={"depth": 2, "width": 12, "activation": "tanh"}) == [12, 12]


def test_a_curve_keeps_its_ends_and_never_more_points_than_it_has_room_for():
    found = ask("history", count=5000)
    assert found["length"] <= 600
    assert found["ends"][0] == 0
    assert found["ends"][1] >= 4990


# Session and client -------------------------------------------------------------------------

SMALL = {"data": "moons", "depth": 2, "width": 4}


def answers(messages):
    """Frames of a session: their steps, and what they hold."""
    found = ask("session", experiment=SMALL, messages=messages)[1:]
    assert all(frame["error"] is None for frame in found)
    return found


def test_a_measure_rests_before_it_is_made_again_unless_the_reader_steps():
    playing = {"kind": "advance", "count": 1, "budget": 10, "wants": ["plane"]}
    held = ["plane" in frame["has"] for frame in answers([playing] * 12)]
    assert held[0]
    assert 2 <= sum(held) <= 6
    stepping = playing | {"budget": 0}
    assert all("plane" in frame["has"] for frame in answers([stepping] * 12))


def test_the_time_of_a_drawing_is_for_training_and_measuring():
    playing = {"kind": "advance", "count": 10**6, "budget": 40}
    (alone,) = answers([playing])
    measures = ["statistics", "plane"]  # each took one tick of the clock in the first answer
    look = {"kind": "look", "wants": measures}
    rest = {"kind": "advance", "count": 1, "budget": 10, "wants": []}
    both = answers([look, *[rest] * 5, playing | {"wants": measures}])
    assert set(measures) <= set(both[-1]["has"])
    assert alone["step"] - (both[-1]["step"] - both[-2]["step"]) == len(measures)


def test_a_step_by_hand_waits_its_turn_and_is_not_dropped():
    start, look = {"kind": "start"}, {"kind": "look"}
    playing, stepping = ({"kind": "advance", "count": 1, "budget": budget} for budget in (10, 0))
    assert ask("client", messages=[start, playing, look]) == ["start", "look"]
    assert ask("client", messages=[start, look, stepping]) == ["start", "look", "advance"]


# Copy as Python -----------------------------------------------------------------------------

EXPERIMENTS = {
    "plain": {"data": "spirals", "depth": 5, "width": 32, "scale": 0.8},
    "tanh": {"data": "moons", "depth": 4, "scheme": "xavier_uniform", "activation": "tanh"},
    "sized": {"data": "clusters", "depth": 2, "scheme": "normal", "scale": 0.3, "bias": 0.5},
    "constant": {"data": "moons", "depth": 2, "scheme": "constant", "scale": 0.1, "width": 8},
    "layer norm": {"data": "digits", "depth": 3, "normalization": "layer", "bias": 0.2},
    "batch norm": {"data": "spirals", "depth": 3, "normalization": "batch", "scale": 1.5},
    "skips": {"data": "spirals", "depth": 6, "skip": True, "scale": 0.5},
    "skips from the first": {"data": "moons", "depth": 3, "width": 2, "skip": True},
    "regression": {"data": "regression", "depth": 3, "width": 64, "activation": "gelu"},
    "orthogonal": {"data": "clusters", "depth": 6, "scheme": "orthogonal", "scale": 1.41},
}
SEEDS = range(1, 13)


def run(code):
    """The names that the copied lines leave behind."""
    names = {}
    exec(code, names)
    return names


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_copied_lines_run_and_start_by_the_same_law(name, capsys):
    experiment = EXPERIMENTS[name]
    ours = np.log(ask("moments", experiment=experiment, seeds=list(SEEDS), digits=digits()))
    codes = [ask("python", experiment=experiment | {"seed": seed}, steps=1) for seed in SEEDS[::2]]
    theirs = np.log([run(code)["moments"] for code in codes])
    spread = np.sqrt(ours.var(axis=0) / len(ours) + theirs.var(axis=0) / len(theirs))
    assert ours.shape[1] == theirs.shape[1] == experiment["depth"]
    assert np.all(np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 4.5 * spread + 0.03)
    assert "loss after 1 steps" in capsys.readouterr().out


def test_another_scale_would_not_pass_for_the_same_law():
    right, wrong = (
        ask("moments", experiment=e, seeds=[1, 2, 3, 4, 5, 6])
        for e in (EXPERIMENTS["plain"], EXPERIMENTS["plain"] | {"scale": 1.2})
    )
    shift = np.log(wrong).mean(axis=0) - np.log(right).mean(axis=0)
    assert np.all(shift > 0.5)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_the_copied_lines_train(optimizer, capsys):
    experiment = {"data": "moons", "depth": 2, "rate": 0.01, "optimizer": optimizer}
    history = run(ask("python", experiment=experiment, steps=40))["history"]
    assert history.steps[-1] == 40
    assert history.loss[-1] < history.loss[0]
    assert "accuracy on unseen examples" in capsys.readouterr().out


def test_the_copied_lines_say_what_they_leave_out():
    assert "by hand" in ask("python", experiment={}, steps=1, touched=True)
    assert "by hand" not in ask("python", experiment={}, steps=1)


# Figures of the book ------------------------------------------------------------------------


@pytest.mark.parametrize("number", experiments.experiments())
def test_the_experiment_of_a_figure_is_valid_and_shows_what_it_should(number):
    found = experiments.experiments()[number]
    (opened,) = ask("decode", fragments=[f"#{experiments.fragment(found['experiment'])}"])
    assert opened["problems"] == []
    assert found["experiment"].items() <= opened["experiment"].items()
    moves = [{"steps": found["steps"]}]
    told = ask("told", experiment=found["experiment"], moves=moves, changes=[], digits=digits())
    assert told["rule"] == found["rule"], told["sentence"]


@pytest.mark.parametrize("start", starts.starts(), ids=lambda start: start["name"])
def test_a_start_of_the_landing_page_ends_as_its_words_say(start):
    (opened,) = ask("decode", fragments=[f"#{experiments.fragment(start['experiment'])}"])
    assert opened["problems"] == []
    found = ask("told", experiment=start["experiment"], moves=[{"steps": start["steps"]}])
    assert found["rule"] == start["rule"], found["sentence"]


def test_every_figure_that_opens_an_experiment_is_in_a_chapter():
    texts = [path.read_text("utf8") for path in (ROOT / "chapters").glob("*.ipynb")]
    for number in experiments.experiments():
        assert any(f"**Figure {number}. " in text for text in texts), number
