"""Models that no check was adjusted on: their mutants are named, and accusations are true."""

import os

import pytest
import torch

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
mutated = pytest.importorskip("mutated", exc_type=ImportError)
heldout = pytest.importorskip("heldout", exc_type=ImportError)

SEEDS = 5
QUICK = ("PatchTST", "Perceiver", "GPT-OSS", "RecurrentGemma", "wav2vec 2.0")
# What is said of the originals: reference/zoo.md says why it is true.
TRUE = {
    "MViT": {("NO-GRADIENT", "blocks.5.attn.rel_pos_h")},
    "wav2vec 2.0": {
        ("LOST-WRITE", "wav2vec2.encoder.pos_conv_embed.conv.parametrizations.weight.original1")
    },
}
# Their inputs are so small that the first loss stays near that of a guess.
HARMLESS_HEADS = ("PatchTST", "Perceiver", "wav2vec 2.0")
pytestmark = pytest.mark.filterwarnings("default")  # what transformers says of its own models


def missed(name):
    """The kinds of mutants of a model that are not named at their layer, with what is said."""
    case, lost = heldout.MODELS[name], {}
    for kind, (spoil, _) in mutated.KINDS.items():
        said = mutated.found(case, spoil)
        if not any(mutated.guilty(case, kind) in mutated.names(finding) for finding in said):
            lost[kind] = sorted({(finding.code, finding.where) for finding in said})
    return lost


def test_no_family_is_one_that_the_checks_were_adjusted_on():
    assert len(heldout.MODELS) == len(mutated.MODELS) == 10
    assert not set(heldout.MODELS) & set(mutated.MODELS)


def untrue(name, seeds):
    """What is said of an original without being known as true."""
    said = [mutated.found(heldout.MODELS[name], seed=seed) for seed in range(seeds)]
    return [{(f.code, f.where) for f in each} - TRUE.get(name, set()) for each in said]


def harmless(name):
    """The kinds of mutants that no finding names."""
    return {"too large head"} if name in HARMLESS_HEADS else set()


@pytest.mark.parametrize("name", QUICK)
def test_a_mutant_is_named_and_nothing_untrue_is_said_of_the_original(name):
    assert untrue(name, 1) == [set()]
    assert missed(name).keys() == harmless(name)


@pytest.mark.nightly
@pytest.mark.parametrize("name", heldout.MODELS)
def test_the_same_of_all_models_and_seeds(name):
    assert untrue(name, SEEDS) == [set()] * SEEDS
    assert missed(name).keys() == harmless(name)


def test_what_the_last_block_does_to_places_reaches_no_output():
    """The head of MViT reads the class token, which has no place: nothing reaches these."""
    torch.manual_seed(0)
    case = heldout.MODELS["MViT"]
    (x, y), model = case.batch(), case.build().eval()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    still = {name for name, p in model.named_parameters() if not p.grad.any()}
    tables = {f"blocks.5.attn.rel_pos_{axis}" for axis in "hwt"}
    assert still == tables | {"blocks.5.attn.pool_q.pool.weight"}


def test_the_draw_of_the_convolution_of_places_is_lost():
    """transformers draws it from a normal, and it is uniform, as PyTorch made it."""
    torch.manual_seed(0)
    model = heldout.MODELS["wav2vec 2.0"].build()
    weight = model.wav2vec2.encoder.pos_conv_embed.conv.weight
    fan_in = weight[0].numel()
    assert weight.abs().max() < fan_in**-0.5  # of a normal, two in five are beyond
    assert weight.std().item() == pytest.approx((3 * fan_in) ** -0.5, rel=0.02)


@pytest.mark.parametrize("name", HARMLESS_HEADS)
def test_a_large_head_that_is_missed_does_little(name):
    """A plain pass of the original, and of the mutant."""
    losses = []
    for spoil in (None, mutated.KINDS["too large head"][0]):
        torch.manual_seed(0)
        case = heldout.MODELS[name]
        batch, model = case.batch(), case.build().eval()
        if spoil:
            spoil(model, case)
        losses.append(model(**batch).loss.item())
    assert losses[1] < 2 * losses[0]
