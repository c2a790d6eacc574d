"""The races of problem set 5 tell starts apart, and its model report is true of its network."""

import pytest

from assignments.problem_sets.cells import grade_id
from assignments.problem_sets.sets import problem_set
from benchmarks import capstone
from tests.assignments.answer_file import Run, answers


def labelled(words):
    (found,) = (a for a in answers("ps5") if a.task == "entry" and words in a.label)
    return found


@pytest.fixture(scope="module")
def raced():
    chosen = {"reference": None, "repaired": labelled(capstone.PROMISED)}
    return {name: capstone.races(answer, keys=1) for name, answer in chosen.items()}


def test_a_race_is_won_exactly_when_the_mean_accuracy_reaches_what_it_asks_for(raced):
    for (races,) in raced.values():
        assert [race.wanted for race in races] == [0.20, 0.65, 0.90]
        assert [race.passed for race in races] == [r.accuracy >= r.wanted for r in races]


def test_a_repaired_network_wins_the_first_race_only_and_the_reference_all(raced):
    assert [race.passed for race in raced["repaired"][0]] == [True, False, False]
    assert all(race.passed for race in raced["reference"][0])
    assert capstone.broken_promises(None, raced["reference"]) == 0
    assert capstone.broken_promises(None, raced["repaired"]) == 2  # as if it were the reference
    assert capstone.broken_promises(labelled(capstone.PROMISED), raced["repaired"]) == 0


def test_an_entry_that_trains_is_refused_before_it_races():
    (races,) = capstone.races(labelled("the budget is spent before the race"), keys=1)
    assert not any(race.passed for race in races)
    assert capstone.row("x", [races]).count("refused, 0/1") == 3


def test_parameters_trained_ahead_are_of_no_use():
    """Whoever evades the switch meets shuffled pixels and digits: nothing is known at step 0."""
    names = Run(problem_set("ps5")).names
    np, data = names["np"], names["data"]
    net = names["init_mlp"]([64, 32, 32, 10], "he_normal", rng=0)
    task = {"optimizer": names["training"].Momentum(0.01), "steps": 500, "batch_size": 25, "rng": 0}
    trained = names["training"].train(net, data.x_train, data.y_train, **task).net
    rng = np.random.default_rng(1)
    orders = [(rng.permutation(64), rng.permutation(10)) for _ in range(20)]
    right = [
        np.mean(trained(data.x_test[:, pixels]).argmax(axis=-1) == digits[data.y_test])
        for pixels, digits in orders
    ]
    assert np.mean(trained(data.x_test).argmax(axis=-1) == data.y_test) > 0.9
    assert np.mean(right) < 0.2


def test_the_model_report_names_the_faults_of_the_patient():
    run = Run(problem_set("ps5"))
    ((_, plan),) = run.names["patients"](1, seed=6)
    assert run.names["diagnose"](run.names["patient"]) == plan
    (report,) = (c.source for c in run.source.cells if grade_id(c) == "report")
    lines = [line.split("|") for line in report.splitlines() if "`" in line and "|" in line]
    named = {fault.strip(" `"): layers.strip() for _, layers, fault, *_ in lines}
    for fault in run.names["FAULTS"]:
        layers = sorted(layer for layer, planted in plan.items() if planted == fault)
        ends = f"{layers[0]} to {layers[-1]}" if len(layers) > 1 else f"{layers[0]}"
        assert named[fault] == ends
