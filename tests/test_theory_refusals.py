"""Every number that the theory is asked with: a wrong one is refused, by the name it was given."""

import inspect
import math

import numpy as np
import pytest

from netinit import theory
from netinit.theory import (
    correlated,
    finite_width,
    gains,
    gates,
    low_rank,
    mean_field,
    moments,
    prediction,
    residual,
    routers,
    shattering,
    spectra,
    transformers,
    width,
)

# What is wrong for each kind of argument, and the error.
WRONG = {
    "count": [(0, ValueError), (-3, ValueError), (1.5, TypeError), ("a", TypeError)],
    "size": [(-1.0, ValueError), (math.nan, ValueError), (math.inf, ValueError), ("a", TypeError)],
    "number": [(math.nan, ValueError), (math.inf, ValueError), ("a", TypeError)],
    "cosine": [(1.5, ValueError), (-1.5, ValueError), (math.nan, ValueError), ("a", TypeError)],
    "rank": [(0.5, ValueError), (math.inf, ValueError), ("a", TypeError)],
    "flag": [(1, TypeError), ("yes", TypeError), (None, TypeError)],
    "choice": [("nothing", ValueError), (3, TypeError)],
}
VARIANCES = {"scaled_variance": (4.0, "size"), "bias_variance": (0.1, "size")}
AT_Q = {"activation": ("tanh", None), "q": (1.0, "size")}
PLAN = {
    "optimizer": ("adam", "choice"),
    "parametrization": ("mup", "choice"),
}
# Each function, with a right value of each argument and its kind: None is not a number.
ASKED = {
    correlated.product_moment: AT_Q | {"c": (0.5, "cosine"), "derivative": (False, None)},
    finite_width.relu_growth: {
        "width": (3, "count"),
        "depth": (2, "count"),
        "draws": (4, "count"),
        "scaled_variance": (2.0, "size"),
        "rng": (0, None),
    },
    finite_width.relu_log_moments: {"width": (3, "count")},
    gains.gain: AT_Q | {"kind": ("forward", "choice")},
    gains.gated_gain: AT_Q | {"kind": ("backward", "choice")},
    gains.torch_gain: {"activation": ("tanh", None)},
    gains.unit_gain: AT_Q,
    gates.kept: {"bias": (1.0, "number"), "steps": (3.0, "size")},
    gates.memory_time: {"bias": (1.0, "number")},
    low_rank.first_step_change: {
        "rank": (4, "rank"),
        "multiplier": (0.5, "size"),
        "step": ("sign", "choice"),
    },
    low_rank.first_step_cosine: {"rank": (4, "rank"), "fan_in": (8, "count")},
    mean_field.correlation_fixed_point: {"activation": ("relu", None), "q": (0.2, "size")}
    | {"scaled_variance": (1.0, "size"), "bias_variance": (0.1, "size")},
    mean_field.correlation_map: AT_Q | VARIANCES | {"c": (0.5, "cosine")},
    mean_field.correlation_slope: AT_Q | {"c": (0.5, "cosine"), "scaled_variance": (1.0, "size")},
    mean_field.critical_line: AT_Q,
    mean_field.critical_point: {"activation": ("tanh", None), "bias_variance": (0.1, "size")},
    mean_field.length_fixed_point: {"activation": ("tanh", None)} | VARIANCES,
    mean_field.mean_field: {"activation": ("tanh", None)} | VARIANCES,
    moments.expectation: {"function": (np.tanh, None), "q": (1.0, "size"), "mean": (0.5, "number")}
    | {"kinks": ((), None), "precision": (None, None)},
    **dict.fromkeys(
        [
            *(moments.mean, moments.second_moment, moments.variance),
            *(moments.derivative_second_moment, moments.forward_gain),
            *(moments.backward_gain, moments.std_gain),
        ],
        AT_Q,
    ),
    moments.chi: AT_Q | {"scaled_variance": (1.0, "size")},
    moments.length_map: AT_Q | VARIANCES,
    moments.length_map_slope: AT_Q | {"scaled_variance": (1.0, "size")},
    prediction.predict: {
        "activation": ("relu", None),
        "widths": ([2, 3, 1], None),
        "weight_variance": (0.5, "size"),
        "bias_variance": (0.1, "size"),
        "x": ([[1.0, 2.0]], None),
    },
    residual.batchnorm_gradient_factor: {"activation": ("relu", None), "batch": (8, "count")},
    residual.batchnorm_residual_gradient: {"blocks": (3, "count")},
    residual.fixup_scale: {"blocks": (3, "count"), "layers": (2, "count")},
    residual.normalizer_free_sizes: {"stages": ([1, 2], None), "alpha": (0.2, "number")},
    residual.residual_growth: {
        "blocks": (3, "count"),
        "branch_gain": (1.0, "size"),
        "branch_scale": (0.5, "number"),
    },
    routers.same_choice: {"experts": (4, "count"), "correlation": (0.5, "cosine")},
    routers.score_correlation: {
        "cosine": (0.5, "cosine"),
        "score_variance": (1.0, "size"),
        "noise": (0.1, "size"),
    },
    shattering.gradient_correlation: AT_Q
    | VARIANCES
    | {"depth": (2, "count"), "c": (0.5, "cosine"), "branch_scale": (0.5, "number")},
    spectra.gaussian_product_edge: {"depth": (3, "count")},
    spectra.gaussian_product_moment: {"depth": (3, "count"), "order": (2, "count")},
    spectra.jacobian_variance: AT_Q | {"depth": (3, "count"), "orthogonal": (True, "flag")},
    spectra.lyapunov_exponents: {"width": (3, "count"), "scaled_variance": (1.0, "size")},
    spectra.spectral_norm: {"rows": (3, "count"), "columns": (2, "count"), "std": (0.1, "size")},
    transformers.attention_entropy: {"logit_std": (0.5, "size"), "keys": (8, "count")},
    transformers.deepnorm: {"layers": (3, "count")},
    transformers.deepnorm_encoder_decoder: {
        "encoder_layers": (3, "count"),
        "decoder_layers": (2, "count"),
    },
    transformers.gpt2_start: {
        **{name: (8, "count") for name in ("vocabulary", "context", "width", "layers")},
        "std": (0.02, "size"),
        "residual_scale": (0.5, "size"),
        "activation": ("gelu", None),
    },
    transformers.sigma_reparametrized: {"weight": (np.eye(2), None), "gamma": (1.0, "number")},
    transformers.small_init_std: {"width": (8, "count")},
    transformers.t_fixup: {"layers": (3, "count"), "decoder": (True, "flag")},
    width.multipliers: PLAN | {"role": ("hidden", "choice"), "ratio": (2.0, "size")},
    width.multipliers_of_shapes: PLAN
    | {"shapes": ({"w": (4, 4)}, None), "base_shapes": ({"w": (2, 2)}, None)},
}
CASES = [
    pytest.param(function, name, wrong, error, id=f"{function.__name__}-{name}-{wrong}")
    for function, arguments in ASKED.items()
    for name, (_, kind) in arguments.items()
    for wrong, error in WRONG.get(kind, [])
]


def ask(function, **changed):
    right = {name: value for name, (value, _) in ASKED[function].items()}
    return function(**right | changed)


def offered():
    """The functions of the theory's modules that have no underscore."""
    modules = [
        m for _, m in inspect.getmembers(theory, inspect.ismodule) if theory.__name__ in str(m)
    ]
    found = {f for m in modules for _, f in inspect.getmembers(m, inspect.isfunction)}
    return {f for f in found if f.__module__.startswith("netinit.theory") and f.__name__[0] != "_"}


def test_every_function_and_argument_is_listed():
    inner = {"log_chi_squared", "interpolated", "pair_expectation"}  # of the theory's own modules
    assert {f.__name__ for f in offered() - set(ASKED)} <= inner
    for function, arguments in ASKED.items():
        assert set(inspect.signature(function).parameters) == set(arguments), function.__name__


@pytest.mark.parametrize("function", ASKED, ids=lambda function: function.__name__)
def test_right_numbers_are_taken(function):
    assert ask(function) is not None


@pytest.mark.parametrize(("function", "name", "wrong", "error"), CASES)
def test_a_wrong_number_is_refused_by_its_name(function, name, wrong, error):
    with pytest.raises(error, match=rf"^{name} ('.*' is unknown|must )"):
        ask(function, **{name: wrong})
