"""assert_initialized: what fails, what may be allowed, and what the message shows."""

import pytest
import torch
from nets import classes, he, perceptron

import netinit.torch as nit


def dead():
    net = perceptron(64, 3, law=he)
    with torch.no_grad():
        net[2].bias -= 100
    return net


def test_a_healthy_model_passes_and_its_report_is_returned():
    report = nit.assert_initialized(perceptron(64, 4, law=he), classes())
    assert report["2"]["fan_in"] == 64


def test_a_sick_one_fails_with_the_table():
    with pytest.raises(AssertionError) as caught:
        nit.assert_initialized(perceptron(64, 15, activation=torch.nn.Sigmoid), classes())
    assert "COLLAPSE" in str(caught.value)
    assert "fan_in" in str(caught.value)


def test_severities_from_which_it_fails():
    net = dead()
    allow = ["NO-GRADIENT", "COLLAPSE"]
    nit.assert_initialized(net, classes(), allow=allow)
    with pytest.raises(AssertionError, match="DEAD"):
        nit.assert_initialized(net, classes(), allow=allow, at_least="warning")


@pytest.mark.parametrize("allowance", ["DEAD", "2", "?", "DEAD:2", "DEAD:*"])
def test_allowances(allowance):
    allow = ["NO-GRADIENT", "COLLAPSE", allowance]
    nit.assert_initialized(dead(), classes(), allow=allow, at_least="warning")


@pytest.mark.parametrize("allowance", ["SATURATED", "1", "head.*", "DEAD:1", "LOSS:0"])
def test_allowances_for_something_else_do_not_help(allowance):
    allow = ["NO-GRADIENT", "COLLAPSE", allowance]
    with pytest.raises(AssertionError, match="DEAD"):
        nit.assert_initialized(dead(), classes(), allow=allow, at_least="warning")


def test_a_finding_about_several_places_needs_all_of_them_allowed():
    net = dead()
    with torch.no_grad():
        net[0].bias -= 100
    with pytest.raises(AssertionError, match="DEAD"):
        nit.assert_initialized(net, classes(), allow=["NO-GRADIENT", "COLLAPSE", "DEAD:2"],
                               at_least="warning")  # fmt: skip
    nit.assert_initialized(net, classes(), allow=["NO-GRADIENT", "COLLAPSE", "DEAD:[02]"],
                           at_least="warning")  # fmt: skip


def test_bad_allowances():
    with pytest.raises(ValueError, match=r"code 'COLAPSE', which .* did you mean 'COLLAPSE'"):
        nit.assert_initialized(dead(), classes(), allow=["COLAPSE"])
    with pytest.raises(ValueError, match="code 'dead', which is unknown: did you mean 'DEAD'"):
        nit.assert_initialized(dead(), classes(), allow="dead:0")
    with pytest.raises(TypeError, match="allow must hold texts"):
        nit.assert_initialized(dead(), classes(), allow=[3])
    with pytest.raises(ValueError, match="at_least 'worst' is unknown"):
        nit.assert_initialized(dead(), classes(), at_least="worst")
