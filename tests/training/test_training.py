"""Truths about the training tools, on small networks and generated numbers."""

import itertools
import pickle

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from model.training.batch_norm import fold
from model.training.classifier import Samples, Settings, classifier, train
from model.training.features import decode, encode
from model.training.quantize import GROUP, save
from model.training.source import _NumpyOnly
from model.training.towers import ridge, tower_slots
from model.training.widen import widen
from model.weights.formats import read_weights


def run(kernels, x):
    for weight, bias in kernels:
        x = F.relu(F.conv2d(x, weight, bias, padding=1))
    return x


def test_widening_preserves_the_function():
    torch.manual_seed(0)
    widths = (3, 4, 6, 5)
    kernels = [(torch.randn(o, i, 3, 3) / 5, torch.randn(o)) for i, o in itertools.pairwise(widths)]
    x = torch.randn(2, 3, 9, 9)
    assert torch.allclose(run(kernels, x), run(widen(kernels, (7, 9, 5)), x), atol=1e-5)


def test_folding_batch_norm_is_exact():
    torch.manual_seed(0)
    linear, norm = nn.Linear(20, 10), nn.BatchNorm1d(10)
    for _ in range(5):
        norm(linear(torch.randn(64, 20) * 3 + 1))
    norm.eval()
    x = torch.randn(8, 20)
    assert torch.allclose(fold(linear, norm)(x), norm(linear(x)), atol=1e-4)


def test_quantized_weights_round_trip_within_the_bound(tmp_path):
    torch.manual_seed(0)
    state = {
        "conv1.weight": torch.randn(4, 3, 5, 5) * 1000,
        "fc6.weight": torch.randn(6, 2 * GROUP),
        "fc8.weight": torch.randn(5, 6),
        "fc8.bias": torch.randn(5),
    }
    path = tmp_path / "w.safetensors"
    save(state, path)
    loaded = read_weights(path)
    relative = {name: float((loaded[name] - w).norm() / w.norm()) for name, w in state.items()}
    assert relative["conv1.weight"] < 1e-3
    assert relative["fc6.weight"] < 0.12
    assert relative["fc8.weight"] < 0.01
    assert relative["fc8.bias"] == 0


def test_ridge_finds_a_linear_map():
    torch.manual_seed(0)
    x, w, b = torch.randn(500, 8), torch.randn(3, 8), torch.randn(3)
    weight, bias = ridge(x, x @ w.T + b, strength=1e-8)
    assert torch.allclose(weight, w, atol=1e-3) and torch.allclose(bias, b, atol=1e-3)


def test_every_channel_gets_a_tower_and_towers_are_full():
    first, second = tower_slots(torch.rand(2, 10), 8)
    assert len(first) == len(second) == 8
    assert set(first.tolist()) | set(second.tolist()) == set(range(10))


def test_encoded_maps_come_back():
    maps = torch.rand(2, 3, 4, 4) * 5
    top = maps.amax((0, 2, 3))
    assert torch.allclose(decode(encode(maps, top), top), maps, atol=5 / 127)


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    path = tmp_path / "bad.ckpt"
    path.write_bytes(pickle.dumps(np.load))
    with path.open("rb") as file, pytest.raises(pickle.UnpicklingError):
        _NumpyOnly(file).load()


def _small_problem():
    torch.manual_seed(0)
    x = torch.randn(200, 12)
    label = x[:, :5].argmax(1)
    teacher = (torch.randn(200, 5) + 3 * F.one_hot(label, 5)).softmax(1).half()
    return Samples(lambda rows: x[rows], teacher, label)


def _small_net():
    torch.manual_seed(1)
    return classifier(12, 32, 5)


def test_twenty_steps_lower_the_loss(tmp_path):
    settings = Settings(steps=20, batch=64, learning_rate=2e-2, warm_up=2, mixed_share=0.0)
    losses = train(_small_net(), _small_problem(), settings, tmp_path)
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:3])


def test_a_resumed_run_continues_exactly(tmp_path):
    settings = Settings(steps=12, batch=32, warm_up=2, save_every=5)
    whole = train(_small_net(), _small_problem(), settings, tmp_path / "whole")

    class CutError(Exception):
        """What a killed run looks like from the inside."""

    problem, calls = _small_problem(), iter(range(8))

    def cut_off(rows):
        if next(calls, None) is None:
            raise CutError
        return problem.features(rows)

    with pytest.raises(CutError):
        train(_small_net(), Samples(cut_off, problem.teacher, problem.label), settings, tmp_path / "cut")
    resumed = train(_small_net(), problem, settings, tmp_path / "cut", resume=True)
    assert resumed == whole
