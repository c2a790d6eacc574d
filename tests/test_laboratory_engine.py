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
