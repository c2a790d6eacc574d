"""The comparison of laws rejects laws that differ by little, or it would prove nothing."""

import numpy as np
import pytest
from samples import SEED, assert_same_law, assert_still_wrong

import netinit

SHAPE = (256, 400)
NORMAL = netinit.normal(SHAPE, std=0.05, rng=SEED)


def test_two_seeds_of_one_law_pass():
    assert_same_law(NORMAL, netinit.normal(SHAPE, std=0.05, rng=SEED + 1))


@pytest.mark.parametrize(
    "other",
    [
        netinit.normal(SHAPE, std=0.0515, rng=SEED + 1),
        netinit.normal(SHAPE, std=0.05, mean=0.002, rng=SEED + 1),
        netinit.truncated_normal(SHAPE, std=0.05, rng=SEED + 1),
        netinit.uniform(SHAPE, std=0.05, rng=SEED + 1),
    ],
    ids=["std 3 % larger", "mean off by 4 % of std", "truncated", "uniform"],
)
def test_another_law_is_rejected(other):
    with pytest.raises(AssertionError):
        assert_same_law(NORMAL, other)


def test_a_framework_that_was_fixed_is_told_from_one_that_is_wrong_in_a_new_way():
    assert_still_wrong(144, wrong=144, right=576)
    with pytest.raises(pytest.fail.Exception, match="was fixed"):
        assert_still_wrong(576, wrong=144, right=576)
    with pytest.raises(AssertionError, match="neither"):
        assert_still_wrong(np.float32(72), wrong=144, right=576)
