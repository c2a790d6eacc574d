"""The laboratory's engine, run by deno, does what netinit does."""

import functools
import importlib.util
import itertools
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from laws import (
    KOLMOGOROV_LIMIT,
    Z_LIMIT,
    kolmogorov,
    normal_distribution,
    z_correlation,
    z_mean,
    z_moment,
    z_share,
    z_variance,
)

import netinit
from netinit import datasets
from netinit.theory import mean_field, moments
from netinit.theory.prediction import predict

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("deno") is None, reason="there is no deno for this machine"
)

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "book" / "laboratory" / "engine"
GOLDEN = ROOT / "tests" / "golden" / "laboratory.json"
REPLAY = ROOT / "tests" / "browser" / "replay_laboratory.js"
MASK = 0xFFFFFFFF
MODULES = {
    "run": "createRun",
    "experiment": "DEFAULT, FIELDS, validate",
    "random": "createStream",
    "schemes": "drawWeights, weightVariance",
    "activations": "activation",
    "theory": "predict",
    "data": "createData, curve",
    "batches": "drawnBatches",
    "matrix": "times, timesTransposed, transposedTimes",
    "kernel": "createKernel",
}
IMPORTS = "".join(
    f'import {{ {names} }} from "{(ENGINE / name).as_uri()}.js";\n'
    for name, names in MODULES.items()
)


def run(code, folder, **given):
    """What `found` is after some JavaScript, to which the names of `given` are known."""
    (folder / "given.json").write_text(json.dumps(given), "utf8")
    read = 'const given = JSON.parse(Deno.readTextFileSync("given.json"));\n'
    written = 'console.log(JSON.stringify(found, (_, v) => Number.isNaN(v) ? "NaN" : v));\n'
    (folder / "run.mjs").write_text(IMPORTS + read + code + "\n" + written, "utf8")
    options = ["--no-remote", "--no-config", "--allow-read", "--allow-write"]
    command = [sys.executable, "-m", "deno", "run", *options, "run.mjs"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def drawn(code, folder):
    """The array of numbers that JavaScript puts into `found`, through a file."""
    write = 'Deno.writeFileSync("found.bin", new Uint8Array(Float64Array.from(found).buffer));'
    run(code + "\n" + write + "\nfound.length = 0;", folder)
    return np.fromfile(folder / "found.bin")


# Golden runs


@pytest.fixture(scope="module")
def golden():
    return json.loads(GOLDEN.read_text("utf8"))


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """What the engine makes of the golden file in both precisions, by precision and case."""
    folder = tmp_path_factory.mktemp("golden")
    code = f"""
        const {{ replay }} = await import("{REPLAY.as_uri()}");
        const golden = JSON.parse(Deno.readTextFileSync({json.dumps(str(GOLDEN))}));
        const both = ["float32", "float64"];
        const engine = {{ createRun, DEFAULT }};
        const found = Object.fromEntries(both.map((p) => [p, replay(golden, engine, p)]));
    """
    return run(code, folder)


def differences(wanted, found, tolerance, path=""):
    """Where numbers in nested lists and dictionaries are further apart than the tolerance.

    Relative to the wanted number, or for sums over parameters, which may cancel, to 1.
    """
    if isinstance(wanted, dict):
        pairs = [(f"{path}.{name}", value, found[name]) for name, value in wanted.items()]
    elif isinstance(wanted, list):
        assert len(wanted) == len(found), path
        pairs = [(f"{path}[{i}]", *pair) for i, pair in enumerate(zip(wanted, found, strict=True))]
    else:
        scale = max(abs(wanted), 1.0) if ".sums" in path else abs(wanted)
        return [] if abs(wanted - found) <= tolerance * scale else [(path, wanted, found)]
    return [each for name, w, f in pairs for each in differences(w, f, tolerance, name)]


# In float64 the sums are taken in another order than netinit's, and the file has 13 digits. In
# float32 each signal and parameter is rounded by up to 6e-8: after 100 steps netinit's own results
# are up to 5e-6 from its results in float64; the engine, which sums in float64, differs as much.
TOLERANCE = {"float32": 4e-5, "float64": 1e-9}


@pytest.mark.parametrize("precision", TOLERANCE)
def test_the_engine_repeats_the_golden_runs_of_netinit(golden, replayed, precision):
    for number, case in enumerate(golden["cases"]):
        for wanted, found in zip(
            case["results"][precision], replayed[precision][number], strict=True
        ):
            values = 40 * case["case"]["width"]
            for layer in found["layers"]:
                layer["counts"] = [round(values * share) for share in layer["histogram"]["counts"]]
            assert differences(wanted, found, TOLERANCE[precision]) == [], case["case"]


def test_the_golden_file_tries_everything(golden):
    cases = [case["case"] for case in golden["cases"]]
    fields = run_fields()
    assert {case["activation"] for case in cases} == set(fields["activation"]["values"])
    assert {case["optimizer"] for case in cases} == set(fields["optimizer"]["values"])
    assert {case["normalization"] for case in cases} == set(fields["normalization"]["values"])
    first = [case["results"]["float64"][0]["layers"][0] for case in golden["cases"]]
    assert {layer["dead"] > 0 for layer in first} == {True, False}
    assert any(layer["saturated"] > 0 for layer in first)


@pytest.mark.parametrize("wrong", [1 + 1e-4, 0.0])
def test_a_wrong_number_is_noticed(golden, wrong):
    wanted = golden["cases"][0]["results"]["float64"][-1]
    found = json.loads(json.dumps(wanted))
    found["layers"][1]["gradient"] *= wrong
    names = [path for path, *_ in differences(wanted, found, TOLERANCE["float32"])]
    assert names == [".layers[1].gradient"]


@functools.cache
def run_fields():
    with tempfile.TemporaryDirectory() as folder:
        return run("const found = FIELDS;", Path(folder))


# Products


@pytest.mark.parametrize("values", ["Float32Array", "Float64Array"])
def test_the_products_are_those_of_numpy_at_any_shape(tmp_path, values):
    shapes = [(1, 1, 1), (5, 3, 7), (4, 8, 4), (50, 10, 64), (3, 2, 1), (7, 128, 2), (50, 64, 64)]
    rng = np.random.default_rng(2)
    triples = [
        [rng.standard_normal(size) for size in ((rows, fan_in), (units, fan_in), (rows, units))]
        for rows, units, fan_in in shapes
    ]
    code = f"""const found = given.shapes.map(([rows, units, fanIn], i) => {{
          const [x, w, d] = given.arrays[i].map((array) => {values}.from(array));
          const [h, up, g] = [rows * units, rows * fanIn, units * fanIn].map((n) => {{
            return new {values}(n).fill(NaN);
          }});
          timesTransposed(x, w, h, rows, units, fanIn);
          times(d, w, up, rows, fanIn, units);
          transposedTimes(d, x, g, units, fanIn, rows);
          return [h, up, g].map((array) => [...array]);
        }});"""
    arrays = [[array.ravel().tolist() for array in triple] for triple in triples]
    tolerance = 1e-5 if values == "Float32Array" else 1e-13
    for (x, w, d), found in zip(
        triples, run(code, tmp_path, shapes=shapes, arrays=arrays), strict=True
    ):
        for wanted, product in zip((x @ w.T, d @ w, d.T @ x), found, strict=True):
            np.testing.assert_allclose(product, wanted.ravel(), tolerance, 10 * tolerance)


def test_both_kernels_give_the_same_bits(tmp_path):
    code = """const compiled = createKernel();
      delete globalThis.WebAssembly;
      const interpreted = createKernel();
      const products = ({ reserve, run }) => given.shapes.map(([rows, columns, k], i) => {
        const [a, b] = given.arrays[i];
        const numbers = reserve(a.length + b.length + 16 * rows * columns);
        numbers.set(a);
        numbers.set(b, a.length);
        const c = a.length + b.length;
        run(0, a.length, c, rows, columns, k);
        return [...numbers.subarray(c, c + 16 * rows * columns)];
      });
      const found = {
        kinds: [compiled.vectors, interpreted.vectors],
        compiled: products(compiled),
        interpreted: products(interpreted),
      };"""
    shapes = [(1, 1, 1), (3, 2, 5), (16, 16, 64), (1, 4, 128), (32, 32, 128)]  # memory grows, twice
    rng = np.random.default_rng(3)
    factors = [
        (rng.standard_normal((rows, k, 4)), rng.standard_normal((columns, k, 4)))
        for rows, columns, k in shapes
    ]
    arrays = [[factor.ravel().tolist() for factor in pair] for pair in factors]
    found = run(code, tmp_path, shapes=shapes, arrays=arrays)
    assert found["kinds"] == [True, False]
    assert found["compiled"] == found["interpreted"]
    for (a, b), (rows, columns, _), one in zip(factors, shapes, found["compiled"], strict=True):
        wanted = np.einsum("ipr,jpc->irjc", a, b).ravel()
        np.testing.assert_allclose(one, wanted, 1e-12, 1e-12)
        assert len(one) == 16 * rows * columns


# Random numbers


def hashed(text, word):
    """The engine's hash of a text, written again."""
    h = 0x811C9DC5 ^ (word * 0x9E3779B9 & MASK)
    for letter in text:
        h = (h ^ ord(letter)) * 0x01000193 & MASK
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ h >> shift) * factor & MASK
    return h ^ h >> 16


def xoshiro(a, b, c, d, count):
    """Blackman and Vigna's xoshiro128**, from its definition."""
    found = []
    for _ in range(count):
        turned = rotated(b * 5 & MASK, 7)
        found.append(turned * 9 & MASK)
        shifted = b << 9 & MASK
        c, d = c ^ a, d ^ b
        b, a = b ^ c, a ^ d
        c, d = c ^ shifted, rotated(d, 11)
    return found


def rotated(x, by):
    return (x << by | x >> 32 - by) & MASK


def test_a_stream_is_xoshiro_started_by_a_hash(tmp_path):
    code = """const { bits } = createStream(4294967295, "3.weight");
        const found = Array.from({ length: 500 }, bits);"""
    state = [hashed("4294967295 3.weight", word) for word in range(4)]
    assert run(code, tmp_path) == xoshiro(*state, 500)


def test_uniform_and_normal_numbers_have_their_laws(tmp_path):
    n = 100_000
    code = f"""const found = [];
        const stream = createStream(5, "law");
        for (let i = 0; i < {n}; i++) found.push(stream.uniform());
        for (let i = 0; i < {n}; i++) found.push(stream.normal());"""
    uniform, normal = drawn(code, tmp_path).reshape(2, n)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert kolmogorov(uniform, lambda x: np.clip(x, 0, 1)) < KOLMOGOROV_LIMIT
    assert kolmogorov(normal, normal_distribution) < KOLMOGOROV_LIMIT
    assert abs(z_moment(normal, 4, 3, 105)) < Z_LIMIT
    for lag in (1, 2, 3, 97):
        assert abs(z_correlation(normal[lag:], normal[:-lag])) < Z_LIMIT
        assert abs(z_correlation(normal[lag:] ** 2, normal[:-lag] ** 2)) < Z_LIMIT
    # The tests notice a short tail.
    assert abs(z_moment(np.clip(normal, -2.5, 2.5), 4, 3, 105)) > Z_LIMIT
    assert kolmogorov(normal * 1.05, normal_distribution) > KOLMOGOROV_LIMIT


def test_streams_of_other_seeds_and_purposes_are_independent(tmp_path):
    n = 20_000
    code = f"""const found = [];
        for (const [seed, use] of [[1, "a"], [2, "a"], [1, "b"], [11, "a"], [1, "1 a"]]) {{
          const stream = createStream(seed, use);
          for (let i = 0; i < {n}; i++) found.push(stream.normal());
        }}"""
    streams = drawn(code, tmp_path).reshape(5, n)
    for one, other in itertools.combinations(streams, 2):
        assert abs(z_correlation(one, other)) < Z_LIMIT
        assert abs(z_correlation(one**2, other**2)) < Z_LIMIT
    assert abs(z_correlation(streams[0], streams[0] + 10 * streams[1])) > Z_LIMIT


def test_every_order_of_a_permutation_is_as_likely(tmp_path):
    code = """const stream = createStream(3, "order");
        const found = Array.from({ length: 24000 }, () => [...stream.permutation(4)]).flat();"""
    orders = drawn(code, tmp_path).reshape(-1, 4) @ [1000, 100, 10, 1]
    _, counts = np.unique(orders, return_counts=True)
    assert len(counts) == math.factorial(4)
    assert ((counts - 1000) ** 2 / 1000).sum() < 60  # chi squared of 23 degrees: 1e-4 is 58


def test_each_pass_takes_every_example_once_and_a_batch_may_straddle_two(tmp_path):
    code = """const next = drawnBatches(4, 10);
        const found = [4, 4, 4, 7, 1, 10].map((size) => [...next(size)]);"""
    batches = run(code, tmp_path)
    assert [len(batch) for batch in batches] == [4, 4, 4, 7, 1, 10]
    passes = np.concatenate(batches).reshape(3, 10)
    assert (np.sort(passes) == np.arange(10)).all()
    assert not (passes[0] == passes[1]).all()


# Schemes

FAN_OUT, FAN_IN = 300, 200
NORMAL, UNIFORM = 3.0, 9 / 5  # kurtosis
SCHEMES = {
    "normal": (1.0, NORMAL),
    "uniform": (1.0, UNIFORM),
    "lecun_normal": (1 / FAN_IN, NORMAL),
    "lecun_uniform": (1 / FAN_IN, UNIFORM),
    "xavier_normal": (2 / (FAN_IN + FAN_OUT), NORMAL),
    "xavier_uniform": (2 / (FAN_IN + FAN_OUT), UNIFORM),
    "he_normal": (2 / FAN_IN, NORMAL),
    "he_uniform": (2 / FAN_IN, UNIFORM),
}
FIXED = {"zeros", "constant", "identity", "orthogonal"}
DRAW = """function draw(scheme, scale, seed, rows, columns, Values = Float64Array) {
  const values = new Values(rows * columns);
  drawWeights(scheme, scale, createStream(seed, "1.weight"), values, rows, columns);
  return [...values];
}
"""


def test_every_scheme_is_tested():
    assert {*SCHEMES, *FIXED} == set(run_fields()["scheme"]["values"])


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_random_weights_have_their_variance_and_distribution(tmp_path, scale):
    names = json.dumps(list(SCHEMES))
    code = DRAW + f"const found = {names}.flatMap((s, i) => draw(s, {scale}, i, 300, 200));"
    arrays = drawn(code, tmp_path).reshape(len(SCHEMES), -1)
    for weights, (name, (variance, kurtosis)) in zip(arrays, SCHEMES.items(), strict=True):
        std = scale * math.sqrt(variance)
        assert abs(z_mean(weights, 0, std)) < Z_LIMIT, name
        assert abs(z_variance(weights, std**2, kurtosis)) < Z_LIMIT, name
        law = normal_distribution if kurtosis == NORMAL else uniform_distribution
        assert kolmogorov(weights / std, law) < KOLMOGOROV_LIMIT, name
        # Another variance or distribution would be noticed.
        assert abs(z_variance(1.02 * weights, std**2, kurtosis)) > Z_LIMIT, name
        other = normal_distribution if kurtosis == UNIFORM else uniform_distribution
        assert kolmogorov(weights / std, other) > KOLMOGOROV_LIMIT, name
        assert abs(z_correlation(weights[1:], weights[:-1])) < Z_LIMIT, name


def uniform_distribution(x):
    return np.clip((x / math.sqrt(3) + 1) / 2, 0, 1)


def test_the_layers_of_a_run_are_independent_and_biases_have_their_std(tmp_path):
    code = """const run = createRun({ ...DEFAULT, depth: 4, width: 128, bias: 0.5, seed: 9 });
        const named = new Map(run.parameters.map((p) => [p.name, p]));
        const found = [2, 3, 4].flatMap((l) => [...named.get(`${l}.weight`).values]);
        found.push(...[1, 2, 3, 4].flatMap((l) => [...named.get(`${l}.bias`).values]));"""
    numbers = drawn(code, tmp_path)
    layers, biases = numbers[: 3 * 128**2].reshape(3, -1), numbers[3 * 128**2 :]
    for one, other in itertools.combinations(layers, 2):
        assert abs(z_correlation(one, other)) < Z_LIMIT
    assert abs(z_variance(biases, 0.25, NORMAL)) < Z_LIMIT
    assert abs(z_mean(biases, 0, 0.5)) < Z_LIMIT
    assert abs(z_correlation(layers[0][:512], biases)) < Z_LIMIT


@pytest.mark.parametrize("shape", [(128, 128), (128, 64), (10, 128), (5, 5), (1, 7)])
@pytest.mark.parametrize(("values", "error"), [("Float32Array", 1e-6), ("Float64Array", 1e-14)])
def test_orthogonal_weights_are_orthogonal(tmp_path, shape, values, error):
    rows, columns = shape
    code = DRAW + f'const found = draw("orthogonal", 1.5, 4, {rows}, {columns}, {values});'
    matrix = drawn(code, tmp_path).reshape(shape) / 1.5
    gram = matrix @ matrix.T if rows < columns else matrix.T @ matrix
    assert np.abs(gram - np.eye(min(shape))).max() < error


def haar_scores(matrices):
    """z-scores of what is known of Haar matrices of size n (Diaconis and Shahshahani, 1994)."""
    n = matrices.shape[1]
    trace = np.trace(matrices, axis1=1, axis2=2)
    return {
        "mean": max(abs(z_mean(matrices[:, i, j], 0, n**-0.5)) for i in (0, 4) for j in (0, 4)),
        "square": abs(z_moment(matrices[:, 4, 0], 2, 1 / n, 3 / (n * (n + 2)))),
        "trace": abs(z_mean(trace, 0, 1)),
        "trace^2": abs(z_moment(trace, 2, 1, 3)),
        "determinant": abs(z_share(np.linalg.det(matrices) > 0, 0.5)),
    }


def test_orthogonal_weights_are_drawn_from_the_haar_measure(tmp_path):
    code = (
        DRAW
        + """const found = [];
        for (let i = 0; i < 6000; i++) found.push(...draw("orthogonal", 1, i, 5, 5));"""
    )
    matrices = drawn(code, tmp_path).reshape(-1, 5, 5)
    assert {name: z for name, z in haar_scores(matrices).items() if z > Z_LIMIT} == {}
    signs = np.sign(np.diagonal(matrices, axis1=1, axis2=2))  # as without R's positive diagonal
    assert haar_scores(matrices * signs[:, None, :])["trace"] > 50


def test_the_schemes_without_random_numbers(tmp_path):
    code = (
        DRAW
        + """const found = {
          zeros: draw("zeros", 3, 0, 2, 3), constant: draw("constant", 0.25, 0, 2, 3),
          identity: draw("identity", 0.5, 0, 2, 3), tall: draw("identity", 2, 0, 3, 2),
        };"""
    )
    assert run(code, tmp_path) == {
        "zeros": [0] * 6,
        "constant": [0.25] * 6,
        "identity": [0.5, 0, 0, 0, 0.5, 0],
        "tall": [2, 0, 0, 2, 0, 0],
    }


# Activations


def test_activations_agree_with_netinit_in_the_tails_too(tmp_path):
    x = [0.0, *np.geomspace(1e-12, 700, 60)]
    x = [-value for value in x[:0:-1]] + x
    code = """const found = FIELDS.activation.values.map((name) => {
          const { value, slope, saturated } = activation(name);
          const all = (f) => given.x.map((v) => f(v));
          return { name, value: all(value), slope: all(slope), saturated: all(saturated) };
        });"""
    x = np.array(x)
    for found in run(code, tmp_path, x=x.tolist()):
        record = netinit.activations.get(found["name"])
        # Where the value of gelu is below 1e-300, or its slope crosses 0, digits are lost.
        options = {"rtol": 1e-11, "atol": 1e-17}
        np.testing.assert_allclose(found["value"], record(x), **options, err_msg=found["name"])
        slopes = record.derivative(x)
        np.testing.assert_allclose(found["slope"], slopes, **options, err_msg=found["name"])
        assert found["saturated"] == record.saturated(x).tolist(), found["name"]


# Theory

RECURSION = [
    {"activation": "relu", "scheme": "he_normal", "depth": 6},
    {"activation": "tanh", "scheme": "xavier_uniform", "scale": 3.0, "bias": 0.2, "depth": 32},
    {"activation": "gelu", "scheme": "lecun_normal", "scale": 1.4, "depth": 12},
    {"activation": "silu", "scheme": "orthogonal", "scale": 2.0, "width": 9},
    {"activation": "sigmoid", "scheme": "normal", "scale": 10.0},
    {"activation": "selu", "scheme": "lecun_uniform", "bias": 1.0},
    {"activation": "elu", "scheme": "uniform", "scale": 0.01},
    {"activation": "leaky_relu", "scheme": "he_uniform", "scale": 0.5, "depth": 20},
    {"activation": "linear", "scheme": "orthogonal", "depth": 1},
    {"activation": "sigmoid", "scheme": "zeros", "depth": 3, "bias": 0.1},
    {"activation": "relu", "scheme": "he_normal", "scale": 10.0, "depth": 32},
]
PREDICT = """const found = given.experiments.map((fields) => {
  const { experiment } = validate({ ...DEFAULT, ...fields });
  return predict(experiment, given.data, Float64Array.from(given.x), given.rows);
});"""
ROWS, INPUTS, OUTPUTS = 7, 3, 4


def predictions(folder, experiments):
    """The engine's predictions, and the inputs that they are for."""
    x = (
        np.random.default_rng(5).standard_normal((ROWS, INPUTS))
        * np.geomspace(0.1, 3, ROWS)[:, None]
    )
    data = {"inputs": INPUTS, "outputs": OUTPUTS}
    given = {"experiments": experiments, "data": data, "x": x.ravel().tolist(), "rows": ROWS}
    return run(PREDICT, folder, **given), x


def variance(experiment, fan_out, fan_in):
    """Of one weight, by the law of its scheme."""
    scheme, scale = experiment["scheme"], experiment.get("scale", 1.0)
    if scheme == "zeros":
        return 0.0
    if scheme == "orthogonal":
        return scale**2 / max(fan_out, fan_in)
    kind = scheme.split("_")[0]
    fans = {"he": fan_in / 2, "lecun": fan_in, "xavier": (fan_in + fan_out) / 2}
    return scale**2 / fans.get(kind, 1.0)


def test_the_recursion_is_that_of_netinit(tmp_path):
    found, x = predictions(tmp_path, RECURSION)
    for experiment, prediction in zip(RECURSION, found, strict=True):
        depth, width = experiment.get("depth", 8), experiment.get("width", 32)
        widths = [INPUTS, *[width] * depth, OUTPUTS]
        pairs = zip(widths[1:], widths[:-1], strict=True)
        wanted = predict(
            experiment["activation"],
            widths=widths,
            weight_variance=[variance(experiment, *pair) for pair in pairs],
            bias_variance=experiment.get("bias", 0.0) ** 2,
            x=x,
        )
        forward = wanted.preactivation_second_moment[:-1]
        found_forward = np.array(prediction["forward"], np.float64)
        np.testing.assert_allclose(found_forward, forward, 1e-6, err_msg=str(experiment))
        backward = wanted.gradient_second_moment[:-1]
        np.testing.assert_allclose(prediction["backward"], backward, 1e-6, err_msg=str(experiment))


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_deep_layers_settle_at_the_fixed_point_of_netinit(tmp_path, activation):
    scale, bias = 1.3, 0.3
    fields = {"activation": activation, "scheme": "lecun_normal", "scale": scale, "bias": bias}
    ((prediction,), _) = predictions(tmp_path, [{**fields, "depth": 32}])
    wanted = mean_field.length_fixed_point(
        activation, scaled_variance=scale**2, bias_variance=bias**2
    )
    assert prediction["forward"][-1] == pytest.approx(wanted, rel=1e-6)


def recursion(experiment, x):
    """Layer norm and skips, with the moments of netinit.theory."""
    phi, width = experiment["activation"], experiment["width"]
    q, m = (x**2).mean(axis=1), x.mean(axis=1)
    lengths = []
    for layer in range(experiment["depth"]):
        fan_in = width if layer else INPUTS
        v = fan_in * variance(experiment, width, fan_in) * q + experiment.get("bias", 0.0) ** 2
        lengths.append(v.mean())
        into = v / (v + 1e-5) if experiment.get("normalization") == "layer" else v
        mean, square = moments.mean(phi, into), moments.second_moment(phi, into)
        if experiment.get("skip") and fan_in == width:
            q, m = q + 2 * m * mean + square, m + mean
        else:
            q, m = square, mean
    return lengths


KEPT = [
    {"normalization": "layer", "activation": "tanh", "scheme": "he_normal", "width": 5, "depth": 6},
    {"skip": True, "activation": "relu", "scheme": "lecun_normal", "width": INPUTS, "depth": 9},
    {
        "skip": True,
        "activation": "gelu",
        "scheme": "he_normal",
        "width": 8,
        "depth": 9,
        "bias": 0.3,
    },
    {
        **{"skip": True, "normalization": "layer", "activation": "silu", "depth": 32},
        **{"scheme": "orthogonal", "scale": 0.1, "width": 12},
    },
]


def test_layer_norm_and_skips_follow_their_recursion(tmp_path):
    found, x = predictions(tmp_path, KEPT)
    for experiment, prediction in zip(KEPT, found, strict=True):
        wanted = recursion(experiment, x)
        np.testing.assert_allclose(prediction["forward"], wanted, 1e-6, err_msg=str(experiment))
        assert prediction["backward"] is None


def test_where_there_is_no_simple_theory_there_is_no_prediction(tmp_path):
    experiments = [{"normalization": "batch"}, {"scheme": "constant"}, {"scheme": "identity"}]
    assert predictions(tmp_path, experiments)[0] == [None] * 3


@pytest.mark.parametrize(
    "fields",
    [
        {"scheme": "he_normal", "activation": "relu"},
        {"scheme": "orthogonal", "activation": "tanh", "scale": 1.5, "bias": 0.3},
        {"scheme": "he_uniform", "activation": "gelu", "normalization": "layer"},
        {"scheme": "lecun_normal", "activation": "relu", "skip": True},
    ],
)
def test_wide_networks_do_on_the_average_what_the_theory_says(tmp_path, fields):
    code = """const found = Array.from({ length: 40 }, (_, seed) => {
          const experiment = { ...DEFAULT, ...given.fields, depth: 4, width: 128, seed };
          const run = createRun(experiment, { data: { ...createData("moons", 1) } });
          const { layers } = run.statistics();
          return [layers.map((layer) => layer.secondMoment), run.theory,
            layers.map((layer) => layer.gradient), run.gradientTheory ?? [0, 0, 0, 0]];
        });"""
    measured, theory, gradients, back = np.array(run(code, tmp_path, fields=fields)).swapaxes(0, 1)
    score = z_paired(measured, theory)
    assert np.abs(score).max() < Z_LIMIT, score
    assert np.abs(z_paired(measured, 1.3 * theory)).max() > Z_LIMIT
    if back.any():
        # The spread over seeds is large here; the theory must not be off by a factor.
        np.testing.assert_allclose(gradients.mean(axis=0), back.mean(axis=0), 0.2)


def z_paired(measured, theory):
    """Standard errors between both, layer by layer; 1 % is allowed for the finite width."""
    difference = measured.mean(axis=0) - theory.mean(axis=0)
    error = measured.std(axis=0) / math.sqrt(len(measured)) + 0.01 * theory.mean(axis=0)
    return difference / error


# Data


def test_digits_are_those_of_netinit(tmp_path):
    pytest.importorskip("sklearn")
    wanted = datasets.digits()
    code = """const { xTrain, yTrain, xTest, yTest } = createData("digits", 0, given.packed);
        const found = [...xTrain, ...xTest, ...yTrain, ...yTest];"""
    found = np.array(run(f"{code}", tmp_path, packed=packed_digits()))
    x = np.concatenate([wanted.x_train, wanted.x_test]).ravel()
    y = np.concatenate([wanted.y_train, wanted.y_test])
    np.testing.assert_allclose(found[: x.size], x, atol=1e-6)
    np.testing.assert_array_equal(found[x.size :], y)


def packed_digits():
    """The digits as the engine takes them: letters for pixels, in netinit's order."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    pixels = "".join(chr(ord("a") + int(value)) for value in x[order].ravel())
    return {"pixels": pixels, "labels": "".join(map(str, y[order]))}


@pytest.mark.parametrize("packed", ["undefined", '{ pixels: "ab", labels: "1" }'])
def test_digits_that_are_not_there_are_asked_for(tmp_path, packed):
    code = f"""let found;
        try {{ createRun({{ ...DEFAULT, data: "digits" }}, {{ digits: {packed} }}); }}
        catch (error) {{ found = error.message; }}"""
    assert "digits" in run(code, tmp_path)


def features(x, y, classes):
    """What tells points of the plane from those of another construction."""
    radius = np.linalg.norm(x, axis=1)
    angle = np.arctan2(x[:, 1], x[:, 0])
    turned = angle - 2 * np.pi * y / classes
    coiled = turned - 3 * np.pi * radius  # 0 on a spiral
    sides = [np.cos(turned) * radius, np.sin(turned) * radius]
    powers = [side**power for side in sides for power in (1, 2, 3, 4)]
    return np.stack([*powers, np.cos(coiled), np.sin(coiled), radius, radius**4, y == 0])


@pytest.mark.parametrize(("name", "classes"), [("spirals", 2), ("moons", 2), ("clusters", 5)])
def test_points_are_distributed_as_those_of_netinit(tmp_path, name, classes):
    code = f"""const found = [1, 2, 3, 4, 5].flatMap((seed) => {{
          const {{ xTrain, yTrain, xTest, yTest }} = createData("{name}", seed);
          return [...xTrain, ...xTest, ...yTrain, ...yTest];
        }});"""
    numbers = np.array(run(code, tmp_path)).reshape(5, -1)
    x, y = numbers[:, :1600].reshape(-1, 2), numbers[:, 1600:].ravel()
    assert np.bincount(y[:400].astype(int)).tolist() == [400 // classes] * classes
    score = two_samples(features(x, y, classes), netinits(name, classes))
    assert np.abs(score).max() < Z_LIMIT, score
    # A little more noise is noticed.
    noisy = x + 0.1 * np.random.default_rng(1).standard_normal(x.shape)
    assert np.abs(two_samples(features(noisy, y, classes), netinits(name, classes))).max() > Z_LIMIT


def netinits(name, classes):
    data = getattr(datasets, name)(10000, rng=1)
    return features(data.x_train.astype(np.float64), data.y_train, classes)


def two_samples(one, other):
    """Standard errors between the means of two samples of each feature."""
    error = one.var(axis=1) / one.shape[1] + other.var(axis=1) / other.shape[1]
    return (one.mean(axis=1) - other.mean(axis=1)) / np.sqrt(error)


def test_the_regression_is_a_curve_with_noise(tmp_path):
    code = """const { xTrain, yTrain } = createData("regression", 3);
        const found = [[...xTrain], [...yTrain], [...xTrain].map(curve)];"""
    x, y, exact = np.array(run(code, tmp_path))
    assert abs(z_variance(y - exact, 0.01, NORMAL)) < Z_LIMIT
    assert kolmogorov(x, lambda x: np.clip((x + 2) / 4, 0, 1)) < KOLMOGOROV_LIMIT


# Experiments


def validated(folder, *wanted):
    """What `validate` answers to each."""
    return run("const found = given.wanted.map((w) => validate(w));", folder, wanted=wanted)


def test_a_valid_experiment_stays_as_it_is(tmp_path):
    fields = run_fields()
    first = {name: field["initial"] for name, field in fields.items()}
    extremes = [
        {name: field[end] for name, field in fields.items() if end in field}
        for end in ("least", "most")
    ]
    choices = [
        {name: value}
        for name, field in fields.items()
        for value in field.get("values", [])
        if field["kind"] == "choice"
    ]
    wanted = [{}, first, {**first, "skip": True}, *extremes, *choices]
    for given, answer in zip(wanted, validated(tmp_path, *wanted), strict=True):
        assert answer == {"experiment": first | given, "problems": []}


def test_text_is_understood_as_in_an_address(tmp_path):
    wanted = {"depth": "16", "rate": " 1e-3 ", "skip": "true", "activation": "TANH"}
    (answer,) = validated(tmp_path, wanted)
    assert answer["problems"] == []
    assert {name: answer["experiment"][name] for name in wanted} == {
        **{"depth": 16, "rate": 0.001},
        **{"skip": True, "activation": "tanh"},
    }


BAD = [
    ({"depth": 33}, "depth", 32, "Hidden layers must be a whole number from 1 to 32, not 33"),
    ({"depth": 0}, "depth", 1, "from 1 to 32, not 0"),
    ({"depth": 2.6}, "depth", 3, "whole number"),
    ({"depth": "1e999"}, "depth", 32, "from 1 to 32"),
    ({"width": "wide"}, "width", 32, "must be a number, not “wide”"),
    ({"width": ""}, "width", 32, "must be a number, not “”"),
    ({"width": None}, "width", 32, "must be a number, not “null”"),
    ({"width": [5]}, "width", 32, "must be a number, not “[5]”"),
    ({"scale": 1e-9}, "scale", 0.01, "from 0.01 to 10"),
    ({"rate": -1}, "rate", 1e-05, "Learning rate must be a number from 0.00001 to 10"),
    ({"seed": -3}, "seed", 0, "Seed"),
    ({"activation": "swoosh"}, "activation", "relu", "Activation “swoosh” is unknown"),
    ({"data": "constructor"}, "data", "spirals", "It can be spirals, clusters"),
    ({"skip": "maybe"}, "skip", False, "must be true or false, not “maybe”"),
    ({"skip": 1}, "skip", False, "must be true or false, not “1”"),
    ({"normalization": "batch", "batch": 1}, "batch", 2, "at least 2"),
    ({"colour": "x" * 99}, "depth", 8, "There is no field “colour”; it is ignored."),
    ({"toString": 1}, "depth", 8, "There is no field “toString”"),
    ("depth=3", "depth", 8, "record of fields"),
    (None, "depth", 8, "record of fields"),
    ([1], "depth", 8, "record of fields"),
]


def test_a_bad_experiment_becomes_the_nearest_valid_one(tmp_path):
    answers = validated(tmp_path, *(wanted for wanted, *_ in BAD))
    experiments = [answer["experiment"] for answer in answers]
    again = validated(tmp_path, *experiments)
    assert again == [{"experiment": experiment, "problems": []} for experiment in experiments]
    for (wanted, field, nearest, words), answer in zip(BAD, answers, strict=True):
        assert answer["experiment"][field] == nearest, wanted
        (problem,) = answer["problems"]
        assert words in problem
        assert problem.endswith(".")
        assert len(problem) < 200


# Runs

SHOWN = """function shown(run) {
  const { histogram: _, ...rest } = run.statistics().layers[0];
  return { step: run.steps, batchLoss: run.batchLoss, ...rest, ...run.statistics() };
}
"""


def test_the_same_experiment_gives_the_same_run_whatever_is_asked_meanwhile(tmp_path):
    code = (
        SHOWN
        + """const fields = { ...DEFAULT, normalization: "batch", depth: 3 };
        const [one, other] = [createRun(fields), createRun(fields)];
        one.step(30);
        for (let i = 0; i < 30; i++) {
          other.step(1);
          other.statistics();
          other.predict(new Float32Array(600), 300);
          other.theory;
        }
        const found = [shown(one), shown(other), shown(createRun({ ...fields, seed: 2 }))];"""
    )
    one, other, another = run(code, tmp_path)
    assert one == other
    assert one["loss"] != another["loss"]


def test_layers_in_common_start_alike_and_see_the_same_batches(tmp_path):
    code = """const start = (changes) => createRun({ ...DEFAULT, ...changes });
        const weights = (run) => [...run.parameters[0].values];
        const data = (run) => [...run.data.xTrain];
        const runs = [{}, { depth: 20 }, { normalization: "layer" }, { activation: "tanh" }];
        const found = runs.map((changes) => [weights(start(changes)), data(start(changes))]);"""
    first, *others = run(code, tmp_path)
    assert all(other == first for other in others)


def test_training_learns_every_data_set(tmp_path):
    code = """const found = [["spirals", 600], ["clusters", 200], ["moons", 300], ["digits", 200],
          ["regression", 600]].map(([data, steps]) => {
            const options = { digits: given.digits };
            const rate = data === "regression" ? 0.02 : 0.05;
            const run = createRun({ ...DEFAULT, data, depth: 4, rate }, options);
            const before = run.statistics().testLoss;
            const made = run.step(steps);
            return { data, made, before, ...run.statistics() };
          });"""
    pytest.importorskip("sklearn")
    for found in run(code, tmp_path, digits=packed_digits()):
        assert found["step"] == found["made"]
        assert found["testLoss"] < 0.4 * found["before"], found["data"]
        if found["data"] == "regression":
            assert found["accuracy"] is found["testAccuracy"] is None
            assert found["testLoss"] < 0.1
        else:
            assert found["testAccuracy"] > 0.85, found["data"]


@pytest.mark.parametrize("data", ["clusters", "regression"])
def test_a_run_that_diverges_stops_and_says_so(tmp_path, data):
    code = f"""const fields = {{ data: "{data}", scheme: "normal", depth: 32, rate: 10 }};
        const run = createRun({{ ...DEFAULT, ...fields }});
        const made = run.step(500);
        const found = {{ made, after: run.step(5), steps: run.steps, diverged: run.diverged,
          loss: run.batchLoss, stated: run.statistics().diverged }};"""
    found = run(code, tmp_path)
    assert found["diverged"] is found["stated"] is True
    assert found["made"] == found["steps"] < 500
    assert found["after"] == 0
    assert found["loss"] in ("NaN", None)  # JSON has no infinity


def test_predictions_are_probabilities_at_any_count_of_points(tmp_path):
    code = """const run = createRun({ ...DEFAULT, data: "clusters", normalization: "batch" });
        const points = new Float32Array(600).map((_, i) => Math.sin(i));
        run.predict(points, 300);
        run.step(20);
        const all = [...run.predict(points, 300)];
        const some = [...run.predict(points.slice(400), 100)];
        const found = { all, some, probe: [...run.predict(run.data.xTrain, 128)],
          loss: run.statistics().loss, labels: [...run.data.yTrain.slice(0, 128)] };"""
    found = run(code, tmp_path)
    all_of_them = np.array(found["all"]).reshape(300, 5)
    np.testing.assert_allclose(all_of_them.sum(axis=1), 1, atol=1e-6)
    # Batch norm does not depend on which other points are asked for.
    np.testing.assert_allclose(all_of_them[200:].ravel(), found["some"], atol=1e-6)
    # It uses the mean and variance of the probe batch as they are now.
    probe = np.array(found["probe"]).reshape(128, 5)[np.arange(128), found["labels"]]
    assert -np.log(probe).mean() == pytest.approx(found["loss"], rel=1e-5)


def test_a_constant_start_keeps_all_units_of_a_layer_alike_until_biases_differ(tmp_path):
    code = """const found = [0, 0.1].map((bias) => {
          const fields = { scheme: "constant", scale: 0.1, depth: 2, width: 8, bias };
          const run = createRun({ ...DEFAULT, ...fields, activation: "tanh" });
          run.step(50);
          const { values } = run.parameters[2];
          return Math.max(...values) - Math.min(...values);
        });"""
    alike, broken = run(code, tmp_path)
    assert alike < 1e-6
    assert broken > 1e-4


def test_live_fields_change_without_a_restart(tmp_path):
    code = """const run = createRun({ ...DEFAULT, bias: 0.1, depth: 3 });
        run.step(10);
        const weights = () => [...run.parameters.find((p) => p.name === "2.weight").values];
        const found = [];
        for (const changes of [{ activation: "leaky_relu" }, { normalization: "layer" },
          { skip: true }, { optimizer: "adam", rate: 0.001 }, { batch: 100 },
          { normalization: "none" }, { rate: 1000, depth: 9 }]) {
          const before = weights();
          const { problems } = run.adjust(changes);
          const kept = weights().every((w, i) => w === before[i]);
          const made = run.step(5);
          const moved = weights().some((w, i) => w !== before[i]);
          const names = run.parameters.length;
          found.push({ problems, kept, made, moved, names, loss: run.statistics().loss,
            fields: { ...run.experiment } });
        }"""
    found = run(code, tmp_path)
    for each in found:
        assert each["kept"]
        assert each["moved"]
        assert each["made"] == 5
    assert [each["names"] for each in found] == [8, 14, 14, 14, 14, 8, 8]
    assert all(each["problems"] == [] for each in found[:-1])
    assert all(isinstance(each["loss"], float) for each in found)
    late = found[-1]
    assert late["fields"]["depth"] == 3
    assert late["fields"]["rate"] == 10
    assert "Hidden layers cannot change during a run; start a new one." in late["problems"]
    assert found[2]["fields"]["skip"] is True
    assert found[3]["fields"]["optimizer"] == "adam"


def test_a_dead_network_revives_when_its_units_leak(tmp_path):
    code = """const fields = { depth: 6, width: 16, batch: 100, seed: 3 };
        const run = createRun({ ...DEFAULT, ...fields });
        for (const { name, values } of run.parameters) if (name === "4.bias") values.fill(-50);
        const dead = run.statistics();
        run.step(20);
        const still = run.statistics();
        run.adjust({ activation: "leaky_relu" });
        const found = [dead, still, run.statistics()].map(({ layers }) => {
          return layers.map(({ dead, gradient, update }) => [dead, gradient, update]);
        });"""
    before, still, after = np.array(run(code, tmp_path)).transpose(0, 2, 1)
    assert before[0, 3] == still[0, 3] == 1
    assert (still[1, :4] == 0).all()  # no gradient reaches the layers below
    assert (still[2, :4] == 0).all()
    assert (after[0] == 0).all()
    assert (after[1] > 0).all()


def test_a_histogram_counts_every_value_once(tmp_path):
    code = """const run = createRun({ ...DEFAULT, scale: 3, depth: 5 });
        const found = run.statistics().layers.map(({ histogram }) => histogram);"""
    for histogram in run(code, tmp_path):
        total = sum(histogram["counts"]) + histogram["below"] + histogram["above"]
        assert total == pytest.approx(1)
        np.testing.assert_allclose(histogram["edges"], np.linspace(-4, 4, 33))
    assert histogram["below"] > 0
    assert histogram["above"] > 0


def test_parameters_of_another_shape_are_refused(tmp_path):
    code = """let found;
        try { createRun(DEFAULT, { parameters: [[1, 2, 3]] }); }
        catch (error) { found = error.message; }"""
    assert run(code, tmp_path) == "parameter 1.weight needs 64 values, not 3"


def test_listed_batches_end_the_run(tmp_path):
    code = """const run = createRun(DEFAULT, { batches: [[1, 2], [3, 4]] });
        const found = [run.step(5), run.step(1)];"""
    assert run(code, tmp_path) == [2, 0]


@pytest.mark.parametrize("place", [0, 3, 8])
def test_a_unit_that_answers_to_one_input_is_not_dead(tmp_path, place):
    code = """const x = Array.from({ length: 9 }, (_, i) => i === given.place ? 1 : -1);
        const data = { inputs: 1, outputs: 2, loss: "softmax_cross_entropy",
          xTrain: x, yTrain: x.map(() => 0), xTest: x, yTest: x.map(() => 0) };
        const parameters = [[1, 1], [0, -2], [0, 0, 0, 0], [0, 0]];
        const run = createRun({ ...DEFAULT, depth: 1, width: 2 }, { data, parameters });
        const [{ dead, saturated, activationMoment }] = run.statistics().layers;
        const found = [dead, saturated, activationMoment];"""
    dead, saturated, moment = run(code, tmp_path, place=place)
    assert dead == 0.5  # the other unit is
    assert saturated == pytest.approx(17 / 18)
    assert moment == pytest.approx(1 / 18)
