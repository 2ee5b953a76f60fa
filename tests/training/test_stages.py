"""Every stage of the recipe learns, and an interrupted run continues as if it had not been interrupted.

The tests use the real network and the real stages on generated pictures; the teacher is a small random
network.
"""

import dataclasses
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from model.errors import UserError
from model.training import evaluate
from model.training.distill import Distillation
from model.training.engine import compile_frozen
from model.training.loop import Schedule, train
from model.training.pictures import build
from model.training.recipe import RECIPES
from model.training.student import Convolutions
from model.training.table import open_table
from model.training.teacher import Teacher

from ..serving import free_port
from .generated import he_kernels, picture_folder

SOURCE_WIDTHS = (64, 192, 384, 256, 256)


class SmallTeacher(Teacher):
    """A teacher that sends the mean colours of nine parts of the crop through random weights."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(27, 1000)
        nn.init.normal_(self.last.weight, std=1.0)

    @property
    def head(self):
        return self.last.weight.detach(), self.last.bias.detach()

    def forward(self, crops):
        x = crops.permute(0, 3, 1, 2).float() / 128 - 1
        return nn.functional.adaptive_avg_pool2d(x, 3).flatten(1)


def distillation(tmp_path: Path) -> Distillation:
    torch.manual_seed(0)
    twenty = Schedule(steps=20, batch=8, learning_rate=5e-3, warm_up=2, save_every=10)
    classes = dataclasses.replace(twenty, batch=32, learning_rate=1e-2)
    pool5 = dataclasses.replace(twenty, learning_rate=3e-3, muon=True)
    upper = dataclasses.replace(twenty, batch=32, learning_rate=3e-3)
    recipe = dataclasses.replace(
        RECIPES["toy"],
        features=twenty,
        pool5=pool5,
        classes=classes,
        upper=upper,
        whole=twenty,
        towers_crops=40,
        pool5_crops=64,
        labels=64,
    )
    folder = tmp_path / "pictures"
    pictures = build([folder if folder.exists() else picture_folder(folder)], tmp_path / "decoded")
    kernels, teacher = he_kernels(SOURCE_WIDTHS), SmallTeacher().eval()
    return Distillation(
        recipe, pictures, kernels, teacher, tmp_path / "run", torch.device("cpu"), resume=True, workers=0
    )


@pytest.fixture(scope="module")
def solved(tmp_path_factory) -> Path:
    """Return the initial weights of the two towers, made once, since they take as long as a stage."""
    folder = tmp_path_factory.mktemp("solved")
    distillation(folder).solve_towers()
    return folder / "run" / "towers.pt"


@pytest.fixture
def run(tmp_path, solved) -> Distillation:
    """Return a run that has the initial weights."""
    made = distillation(tmp_path)
    shutil.copy(solved, made.folder)
    made.solve_towers()
    return made


def test_every_stage_lowers_its_loss_and_the_file_is_the_paper_s_network(run):
    run.recipe = dataclasses.replace(run.recipe, whole=Schedule(steps=0, batch=8, learning_rate=5e-3))
    path = run.run()
    for name, losses in run.losses.items():
        assert len(losses) == 20
        assert np.mean(losses[-4:]) < np.mean(losses[:4]), name
    network = evaluate.read_student(path)
    assert sum(p.numel() for p in network.parameters()) == 60_965_224
    assert path.stat().st_size < 25e6
    findings = evaluate.report(path, run.pictures, run)
    assert findings["note"] == "no labelled validation pictures"
    assert findings["largest_filter_correlation"] < 0.95
    answers = [evaluate.network_view(network, picture) for picture in run.pictures]
    labels = evaluate.teacher_rankings(run.teacher, answers)[:, 0].astype(np.int16)
    held_out = dataclasses.replace(run.pictures, label=labels, split=np.ones(len(labels), np.uint8))
    findings = evaluate.report(path, held_out, run)
    assert findings["validation_pictures"] == len(labels)
    assert findings["teacher"]["top1"] == 1.0  # the labels are the teacher's own predictions
    assert json.dumps(findings)


def test_the_last_stage_trains_all_layers(run):
    # Begin with an untrained classifier, so that twenty steps make a difference in spite of ever new crops.
    whole = Schedule(steps=20, batch=16, learning_rate=5e-3, warm_up=2)
    run.recipe = dataclasses.replace(run.recipe, whole=whole)
    run.tables.labelled(64, Convolutions(run.network), run.teacher)  # must not change the student
    before = {name: kernel.clone() for name, kernel in run.convolutions.named_parameters()}
    run.learn_whole()
    losses = run.losses["whole"]
    assert np.mean(losses[-4:]) < np.mean(losses[:4])
    for name, kernel in run.convolutions.named_parameters():
        assert kernel.ndim == 1 or not torch.equal(kernel, before[name]), name


def test_accuracy_counts_first_and_first_five_by_group():
    guesses = np.array([[3, 1, 2, 4, 5], [1, 2, 3, 4, 5], [9, 8, 7, 6, 0]])
    found = evaluate.accuracy(guesses, np.array([3, 3, 3]), np.array(["a", "a", "b"]))
    assert found == {
        "top1": 1 / 3,
        "top5": 2 / 3,
        "by_group": {"a": {"top1": 0.5, "top5": 1.0}, "b": {"top1": 0.0, "top5": 0.0}},
    }


def test_each_channel_matches_the_source_channel_that_is_recorded(run, tmp_path):
    assert {name: len(order) for name, order in run.order.items()} == {
        "relu2": 256,
        "relu3": 384,
        "relu4": 384,
        "relu5": 256,
    }
    assert sorted(run.order["relu5"].tolist()) == list(range(256))
    assert sorted(run.order["relu3"].tolist()) == list(range(384))
    assert set(run.order["relu4"].tolist()) == set(range(256))
    state = {name: tensor.clone() for name, tensor in run.network.state_dict().items()}
    again = distillation(tmp_path / "again")
    again.pictures, again.start = run.pictures, state
    again.solve_towers()
    assert torch.equal(again.network.get_parameter("conv4.weight"), state["conv4.weight"])
    # Each tower reads half of the channels, so a few channels may resemble another more than their own.
    agreement = (again.order["relu3"] == run.order["relu3"]).float().mean()
    assert agreement > 0.9


class CutError(Exception):
    """Raised to end a run in the middle of a stage, as if it had been killed."""


@pytest.mark.parametrize("muon", [False, True])
def test_a_resumed_run_continues_exactly(tmp_path, muon):
    x, y = torch.randn(64, 4, 3, 3), torch.randn(64, 3)
    schedule = Schedule(steps=12, batch=16, learning_rate=1e-2, warm_up=2, save_every=5, muon=muon)

    def small_net():
        torch.manual_seed(1)
        first, second = nn.Conv2d(4, 6, 3, padding=1), nn.Conv2d(6, 8, 3, groups=2)
        rest = (nn.Flatten(), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))
        return nn.Sequential(first, nn.ReLU(), second, *rest)

    def losses_of(net, cut_at=None):
        def losses(first):
            for step in range(first, schedule.steps):
                if step == cut_at:
                    raise CutError
                rows = torch.randint(len(x), (16,))
                yield (net(x[rows]) - y[rows]).square().mean()

        return losses

    net = small_net()
    whole = train("s", net, losses_of(net), schedule, tmp_path / "whole")
    cut = small_net()
    with pytest.raises(CutError):
        train("s", cut, losses_of(cut, cut_at=8), schedule, tmp_path / "cut")
    resumed = small_net()
    assert train("s", resumed, losses_of(resumed), schedule, tmp_path / "cut", resume=True) == whole
    for a, b in zip(net.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert len((tmp_path / "cut" / "s.csv").read_text().splitlines()) == 13


def test_no_two_stages_draw_the_same_rows(tmp_path):
    schedule = Schedule(steps=4, batch=16, learning_rate=1e-2)
    drawn: dict[str, list[torch.Tensor]] = {}
    for name in ("classes", "upper"):
        net, rows = nn.Linear(3, 1), drawn.setdefault(name, [])

        def losses(first, net=net, rows=rows):
            while True:
                rows.append(torch.randint(1_000_000, (16,)))
                yield net(torch.ones(3)).square().sum()

        train(name, net, losses, schedule, tmp_path)
    together = torch.cat([rows for stage in drawn.values() for rows in stage])
    # Among 128 random numbers below a million, two are equal in 1 of 120 cases. Repeated draws would give 64
    # pairs.
    assert len(together.unique()) >= 126


def test_a_crop_depends_on_nothing_but_its_number(tmp_path):
    run = distillation(tmp_path)
    before = torch.get_rng_state()
    first, again = (list(run.crops.batches([range(3), range(3, 5)])) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        assert torch.equal(a.crops, b.crops)
    assert not torch.equal(first[0].crops[0], first[0].crops[1])
    # Otherwise a step that makes crops, such as the first after resuming, would continue with other numbers.
    assert torch.equal(torch.get_rng_state(), before)


def test_a_compiled_network_is_a_copy():
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).train()
    compile_frozen(net, 1, 2, torch.device("meta"))
    assert net.training
    assert all(p.requires_grad and p.device.type == "cpu" for p in net.parameters())


def test_a_table_is_made_anew_unless_the_run_is_resumed(tmp_path):
    columns = {"codes": (np.uint8, (3,))}
    table = open_table(tmp_path, 4, columns)
    table.columns["codes"][:] = 7
    table.done[0] = 4
    kept = open_table(tmp_path, 9, columns)
    assert len(kept) == kept.done[0] == 4
    assert (kept.columns["codes"] == 7).all()
    with pytest.raises(UserError, match="another recipe"):
        open_table(tmp_path, 4, {"codes": (np.uint8, (5,))})
    anew = open_table(tmp_path, 9, columns, keep=False)
    assert (len(anew), anew.done[0]) == (9, 0)


def _one_of_two(number: int, folder: Path, port: int) -> None:
    torch.distributed.init_process_group(
        "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=number, world_size=2
    )
    net = _line()
    train("s", net, _halves(net, [number]), _SHORT, folder)
    if number == 0:
        torch.save(net.state_dict(), folder / "net.pt")
    torch.distributed.destroy_process_group()


_SHORT = Schedule(steps=6, batch=16, learning_rate=1e-2, warm_up=2)


def _line() -> nn.Module:
    torch.manual_seed(1)
    return nn.Linear(6, 3)


def _halves(net, numbers):
    def losses(first):
        generator = torch.Generator().manual_seed(0)
        for _ in range(first, _SHORT.steps):
            x = torch.randn(2, 8, 6, generator=generator)
            yield net(x[numbers]).square().mean()

    return losses


def test_two_processes_learn_the_same_as_one(tmp_path, monkeypatch):
    # New processes import the main module first, which Streamlit's test harness has replaced by the app.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    torch.multiprocessing.spawn(_one_of_two, (tmp_path, free_port()), nprocs=2)
    net = _line()
    train("s", net, _halves(net, [0, 1]), _SHORT, tmp_path / "alone")
    together = torch.load(tmp_path / "net.pt", weights_only=True)
    # The mean of the gradients of two halves is rounded once more than the gradient of the whole.
    assert torch.allclose(together["weight"], net.get_parameter("weight"), atol=1e-6)
