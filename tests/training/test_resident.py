"""Crops made on the device are crops of the pictures, and pictures can be packed for another machine."""

import dataclasses
import time

import numpy as np
import pytest
import torch
from PIL import Image

from model.training.augment import Augmentation
from model.training.crops import CROP
from model.training.loop import Schedule, train
from model.training.pack import pack
from model.training.pictures import build
from model.training.progress import Progress, TimeIsUpError
from model.training.resident import ResidentCrops

from .generated import picture_folder

CPU = torch.device("cpu")
UNMIXED = Augmentation(mixup=0.0, cutmix=0.0)


@pytest.fixture
def ramps(tmp_path):
    """Return three pictures: red grows to the right, green downwards, and blue tells which picture it is."""
    folder = tmp_path / "ramps"
    folder.mkdir()
    for i, (width, height) in enumerate(((320, 160), (160, 160), (160, 240))):
        y, x = np.mgrid[:height, :width]
        planes = 60 + 100 * x / width, 60 + 100 * y / height, np.full(x.shape, 60 + 50 * i)
        Image.fromarray(np.stack(planes, -1).round().astype(np.uint8)).save(folder / f"{i}.png")
    return build([folder], tmp_path / "built")


def slopes(crop: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Return how red and green grow in a crop, [2, 2], and how far they are from growing linearly."""
    places = torch.stack(torch.meshgrid(*[torch.linspace(-1, 1, CROP)] * 2, indexing="ij"), -1).view(-1, 2)
    design = torch.cat([places, torch.ones(len(places), 1)], 1)
    values = crop.view(-1, 3)[:, :2].float()
    fit = torch.linalg.lstsq(design, values).solution
    return fit[:2], fit[2], float((design @ fit - values).abs().mean())


def test_a_crop_of_a_ramp_is_a_ramp_not_wider_than_the_picture(ramps, monkeypatch):
    resident = ResidentCrops(ramps, UNMIXED, CPU, side=80)
    monkeypatch.setattr(resident, "_coloured", lambda crops, _random: crops)  # without a change of colours
    batch = resident.batch(3, 60)
    assert batch.crops.shape == (60, CROP, CROP, 3)
    mirrored = 0
    for crop, picture in zip(batch.crops, batch.picture, strict=True):
        assert crop[..., 2].float().mean() == pytest.approx(60 + 50 * int(picture), abs=1)
        slope, middle, error = slopes(crop)
        assert error < 1  # linear, except for rounding and the border
        # Red does not grow downwards, nor green to the right.
        assert slope[0, 0].abs() < 0.5 and slope[1, 1].abs() < 0.5
        height, width = float(slope[0, 1]) / 50, float(slope[1, 0]) / 50  # as shares of the picture's sides
        assert 0.19 < height * abs(width) < 1.02
        mirrored += width < 0
        reach = 50 * torch.tensor([abs(width), height])
        assert ((middle - reach > 58) & (middle + reach < 162)).all()  # inside the picture
    assert 15 < mirrored < 45  # half of 60, within four standard deviations


def test_colours_change_as_much_as_on_the_cpu(ramps):
    """Both draw from the same ranges, so mean and spread of the colours of many crops agree."""
    from model.training.crops import Crops

    device = torch.cat([ResidentCrops(ramps, UNMIXED, CPU, 80).batch(s, 100).crops for s in range(6)]).float()
    workers = next(Crops(ramps, UNMIXED, workers=0).batches([range(600)])).crops.float()
    ours, theirs = device.mean((1, 2)), workers.mean((1, 2))
    error = theirs.std(0) / 600**0.5
    assert ((ours.mean(0) - theirs.mean(0)).abs() < 5 * 1.5 * error).all()
    assert torch.allclose(ours.std(0), theirs.std(0), rtol=0.2)


def test_a_batch_depends_on_nothing_but_its_number_and_mixtures_have_no_label(ramps):
    labelled = dataclasses.replace(ramps, label=np.array([4, 5, 6], np.int16))
    resident = ResidentCrops(labelled, Augmentation(mixup=0.3, cutmix=0.3), CPU, side=80)
    one, again, other = resident.batch(7, 200), resident.batch(7, 200), resident.batch(8, 200)
    assert torch.equal(one.crops, again.crops) and not torch.equal(one.crops, other.crops)
    mixed = one.label == -1
    assert 0.45 < mixed.float().mean() < 0.75  # 0.6, within four standard deviations
    assert torch.equal(one.label[~mixed], one.picture[~mixed] + 4)
    schedule = Schedule(steps=9, batch=4, learning_rate=0.1)
    steps = list(resident.of_steps(100, schedule, 7))
    assert len(steps) == 2
    assert torch.equal(steps[1].crops, resident.batch(108, 4).crops)


def test_packed_parts_contain_every_picture_and_are_small_enough(tmp_path):
    pictures = build(
        [picture_folder(tmp_path / "colours"), picture_folder(tmp_path / "more", 3)], tmp_path / "b"
    )
    known = dataclasses.replace(pictures, label=np.arange(9, dtype=np.int16))
    one = int(pictures.offset[1]) // 4  # smaller than any part of two
    files = pack(known, tmp_path / "parts", side=64, quality=80, part_bytes=200_000 + one)
    assert len(files) > 2
    again = build(files, tmp_path / "again")
    assert [again.groups[g] for g in again.group] == ["colours"] * 6 + ["more"] * 3
    assert again.label.tolist() == list(range(9))
    for i in range(9):
        assert min(again[i].shape[:2]) == 64
        small = np.asarray(Image.fromarray(pictures[i]).resize((64, 64), Image.Resampling.BOX)).astype(float)
        # The tolerance is for a fine grating in WebP of this quality.
        assert np.abs(small - again[i]).mean() < 8


def test_a_run_stops_when_its_time_is_up_and_can_be_continued(tmp_path, monkeypatch):
    schedule = Schedule(steps=8, batch=4, learning_rate=1e-2, save_every=100)

    def net():
        torch.manual_seed(0)
        return torch.nn.Linear(3, 2)

    def losses_of(net, stop_in=None):
        def losses(first):
            for step in range(first, 8):
                if step == stop_in:
                    monkeypatch.setattr(Progress, "stop_at", time.monotonic())
                yield net(torch.randn(4, 3)).square().mean()

        return losses

    whole = net()
    expected = train("s", whole, losses_of(whole), schedule, tmp_path / "whole")
    cut = net()
    with pytest.raises(TimeIsUpError):
        train("s", cut, losses_of(cut, stop_in=3), schedule, tmp_path / "cut")
    monkeypatch.undo()
    resumed = net()
    assert train("s", resumed, losses_of(resumed), schedule, tmp_path / "cut", resume=True) == expected
    assert torch.equal(whole.weight, resumed.weight)
