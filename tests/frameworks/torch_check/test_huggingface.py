"""The callback for the Trainer of transformers: it sees the start, and harms nothing."""

import math
import random

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset

pytest.importorskip("transformers")

from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments

from netinit.torch.callbacks.huggingface import StartCheck

CLASSES = 37


class Text(Dataset):
    """Runs of numbers, some of them changed at random at each reading."""

    def __init__(self):
        self.read = []

    def __len__(self):
        return 64

    def __getitem__(self, index):
        self.read.append(index)
        ids = (index + torch.arange(12)) % CLASSES
        ids[random.randrange(12)] = int(torch.randint(CLASSES, ())) // 2
        ids[np.random.randint(12)] = 0  # noqa: NPY002
        return {"input_ids": ids, "labels": ids}


def build(std=0.02):
    for seed in (torch.manual_seed, random.seed, np.random.seed):
        seed(0)
    config = GPT2Config(
        vocab_size=CLASSES, n_positions=16, n_embd=32, n_layer=2, n_head=4, initializer_range=std,
        activation_function="relu", bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


def trained(folder, model, *callbacks, data=None, steps=12, **options):
    arguments = TrainingArguments(
        str(folder), max_steps=steps, per_device_train_batch_size=8, use_cpu=True, report_to=[],
        save_strategy="no", disable_tqdm=True, logging_steps=1000, **options,
    )  # fmt: skip
    trainer = Trainer(model, arguments, train_dataset=data or Text(), callbacks=list(callbacks))
    trainer.train()
    return trainer


@pytest.mark.parametrize("batches", [1, 2])
def test_the_training_is_as_without_it(batches, tmp_path):
    runs = []
    for callbacks in ([], [StartCheck(steps=5, show=lambda report: None)]):
        model, data = build(), Text()
        trainer = trained(
            tmp_path, model, *callbacks, data=data, gradient_accumulation_steps=batches
        )
        after = torch.rand(3).tolist(), random.random(), np.random.rand()  # noqa: NPY002
        state = trainer.optimizer.state_dict()["state"]
        runs.append((model.state_dict(), state, data.read, trainer.state.log_history[-1], after))
    plain, watched = runs
    assert plain[2] == watched[2]
    assert all(torch.equal(watched[0][name], value) for name, value in plain[0].items())
    for number, state in plain[1].items():
        assert all(torch.equal(v, watched[1][number][name]) for name, v in state.items())
    assert plain[3]["train_loss"] == watched[3]["train_loss"]
    assert plain[4] == watched[4]


@pytest.mark.parametrize("batches", [1, 2])
def test_it_checks_with_the_models_own_loss_and_watches_the_first_steps(batches, tmp_path):
    shown = []
    callback = StartCheck(steps=50, show=shown.append)
    trained(
        tmp_path, build(), callback, steps=60, learning_rate=3e-3,
        lr_scheduler_type="constant", gradient_accumulation_steps=batches,
    )  # fmt: skip
    assert shown == [callback.checked, callback.watched]
    assert callback.checked.ok
    assert callback.checked.facts["loss"] == pytest.approx(math.log(CLASSES), rel=0.05)
    assert callback.checked.facts["loss of zeros"] == pytest.approx(math.log(CLASSES), rel=1e-6)
    rows = callback.watched.rows
    assert [row["step"] for row in rows] == [1, 2, 5, 10, 20, 50]
    assert rows[0]["loss"] == pytest.approx(math.log(CLASSES), rel=0.05)
    assert all(0 < row["update"] < 0.2 and 0 <= row["dead"] < 0.5 for row in rows)
    assert callback.watched.facts["learned more"] == "True"


def test_an_error_stops_the_training_if_asked(tmp_path):
    model = build()
    with torch.no_grad():
        model.transformer.h[0].mlp.c_fc.weight[0, 0] = math.nan
    with pytest.raises(RuntimeError, match="does not start as it should") as raised:
        trained(tmp_path, model, StartCheck(fail=True))
    assert "NONFINITE" in str(raised.value)
    assert not model._forward_hooks
    assert not model._forward_pre_hooks


def test_a_head_that_is_too_large_is_told(tmp_path):
    callback = StartCheck(steps=0, show=lambda report: None)
    trained(tmp_path, build(std=1.0), callback, steps=2)
    assert "LOSS" in callback.checked.codes
    assert callback.watched is None
