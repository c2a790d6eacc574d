"""The callback for Lightning: what it sees, and that the training is as without it."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

pytest.importorskip("lightning")

from lightning.pytorch import LightningModule, Trainer
from torchmetrics import Accuracy

from netinit.torch.callbacks.lightning import StartCheck

pytestmark = [
    pytest.mark.filterwarnings("ignore::lightning.pytorch.utilities.warnings.PossibleUserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


class Noisy(Dataset):
    """Classes of noise; each reading draws from all three random generators."""

    def __init__(self, inputs=32, count=256):
        generator = torch.Generator().manual_seed(1)
        self.x = torch.randn(count, inputs, generator=generator)
        self.read = []

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        self.read.append(index)
        noise = 0.1 * torch.randn(self.x.shape[1]) + 0.01 * random.random()
        noise += 0.01 * np.random.rand()  # noqa: NPY002
        return self.x[index] + noise, self.x[index, :10].argmax()


class Classifier(LightningModule):
    logged = staticmethod(lambda name: None)

    def __init__(self, depth=3, outputs=10, law=nn.init.kaiming_normal_):
        super().__init__()
        layers = [nn.Linear(32, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2)]
        for _ in range(depth):
            layers += [nn.Linear(64, 64), nn.ReLU()]
        self.net = nn.Sequential(*layers, nn.Linear(64, outputs))
        self.accuracy = Accuracy("multiclass", num_classes=outputs)
        self.seen = []
        for layer in self.net[:-1]:
            if isinstance(layer, nn.Linear):
                law(layer.weight)

    def training_step(self, batch, batch_idx):
        x, y = batch
        scores = self.net(x)
        self.accuracy(scores, y)
        self.seen.append(batch_idx)
        loss = functional.cross_entropy(scores, y)
        self.log("loss", loss, on_epoch=True, on_step=False)
        self.log("accuracy", self.accuracy, on_epoch=True, on_step=False)
        return loss

    def log(self, name, *args, **kwargs):
        self.logged(name)
        super().log(name, *args, **kwargs)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)


def fitted(model, *callbacks, steps=12, data=None, **options):
    trainer = Trainer(
        max_steps=steps, accelerator="cpu", callbacks=list(callbacks), logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        **options,
    )  # fmt: skip
    trainer.fit(model, DataLoader(data or Noisy(), batch_size=32, shuffle=True))
    return trainer


def seeded(build=Classifier, **options):
    for seed in (torch.manual_seed, random.seed, np.random.seed):
        seed(0)
    return build(**options)


@pytest.mark.parametrize("batches", [1, 3])
def test_the_training_is_as_without_it(batches):
    runs = []
    for callbacks in ([], [StartCheck(steps=7, show=lambda report: None)]):
        model, data, logged = seeded(), Noisy(), []
        model.logged = logged.append  # a list that is no attribute, so that nothing restores it
        trainer = fitted(model, *callbacks, data=data, accumulate_grad_batches=batches)
        optimizer = trainer.optimizers[0].state_dict()["state"]
        after = torch.rand(3), random.random(), np.random.rand()  # noqa: NPY002
        read = data.read, logged
        runs.append((model, optimizer, read, trainer.callback_metrics, after))
    plain, watched = runs
    assert plain[0].seen == watched[0].seen
    assert plain[2] == watched[2]
    states = [run[0].state_dict() for run in runs]
    assert all(torch.equal(states[0][name], value) for name, value in states[1].items())
    for number, state in plain[1].items():
        assert all(torch.equal(v, watched[1][number][name]) for name, v in state.items())
    assert plain[3] == watched[3]
    assert "accuracy" in plain[3]
    assert torch.equal(plain[4][0], watched[4][0])
    assert plain[4][1:] == watched[4][1:]


def test_it_checks_with_the_modules_own_loss_and_watches_the_first_steps():
    shown = []
    callback = StartCheck(steps=50, show=shown.append)
    fitted(seeded(), callback, steps=60)
    assert shown == [callback.checked, callback.watched]
    assert callback.checked.ok
    assert callback.checked["net.0"]["fan_in"] == 32
    assert callback.checked.facts["loss of zeros"] == pytest.approx(np.log(10), rel=1e-5)
    assert callback.checked.facts["loss of the best constant"] < np.log(10)
    rows = callback.watched.rows
    assert [row["step"] for row in rows] == [1, 2, 5, 10, 20, 50]
    assert all(0 < row["update"] < 0.1 for row in rows)
    assert all(0 <= row["dead"] < 0.5 for row in rows)
    assert callback.watched.facts["learned more"] == "True"


def test_the_losses_and_updates_are_those_of_the_training():
    class Kept(Classifier):
        def __init__(self):
            super().__init__()
            self.losses, self.weights = [], []

        def on_train_batch_end(self, outputs, batch, batch_idx):
            self.losses.append(outputs["loss"].item())
            self.weights.append(torch.cat([p.detach().flatten() for p in self.parameters()]))

    callback, model = StartCheck(steps=5, show=lambda report: None), seeded(Kept)
    fitted(model, callback, steps=5)
    rows = {row["step"]: row for row in callback.watched.rows}
    assert [rows[step]["loss"] for step in (1, 2, 5)] == [model.losses[i] for i in (0, 1, 4)]
    before, after = model.weights[0], model.weights[1]
    assert rows[2]["update"] == pytest.approx(((after - before).norm() / before.norm()).item())


def collapsed():
    return Classifier(depth=30, law=lambda weight: nn.init.normal_(weight, std=0.02))


@pytest.mark.parametrize("fail", [True, False])
def test_an_error_stops_the_training_if_asked(fail):
    model, shown = seeded(collapsed), []
    kept = [p.detach().clone() for p in model.parameters()]
    callback = StartCheck(fail=fail, steps=3, show=shown.append)
    if fail:
        with pytest.raises(RuntimeError, match="does not start as it should") as raised:
            fitted(model, callback, steps=3)
        assert "COLLAPSE" in str(raised.value)
        assert all(map(torch.equal, kept, model.parameters()))
    else:
        fitted(model, callback, steps=3)
        assert "COLLAPSE" in shown[0].codes
        assert [(f.code, f.severity) for f in shown[1].findings] == [("COLLAPSE", "warning")]


def test_a_loss_that_a_constant_would_beat_is_told():
    class Loud(Classifier):
        def forward(self, x):
            return 100 * self.net(x)

        def training_step(self, batch, batch_idx):
            return {"loss": functional.cross_entropy(self(batch[0]), batch[1])}

    callback = StartCheck(steps=0, show=lambda report: None)
    fitted(seeded(Loud), callback, steps=2)
    assert "LOSS" in callback.checked.codes
    assert callback.watched is None


def test_several_networks_in_one_step():
    class Two(LightningModule):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = nn.Linear(32, 16), nn.Linear(16, 32)

        def training_step(self, batch):
            code = torch.relu(self.encoder(batch[0]))
            return (self.decoder(code) - batch[0]).square().mean() + 1e-3 * code.square().mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    callback = StartCheck(steps=3, show=lambda report: None)
    fitted(seeded(Two), callback, steps=3)
    assert callback.checked.ok
    assert {row["name"] for row in callback.checked.rows} == {"encoder", "decoder"}
    assert callback.checked["encoder"]["sensitivity"] > 0


def test_what_cannot_be_checked_is_said():
    class Manual(Classifier):
        def __init__(self):
            super().__init__()
            self.automatic_optimization = False

    with pytest.raises(RuntimeError, match="manual optimization"):
        fitted(seeded(Manual), StartCheck())

    class Broken(Classifier):
        def training_step(self, batch, batch_idx):
            return self.net(batch[0]).sum(0)

    with pytest.raises(RuntimeError, match="the loss must be one number"):
        fitted(seeded(Broken), StartCheck(fail=True))
    with pytest.raises(TypeError, match="show must be a function"):
        StartCheck(show="print")
