"""A run begins and steps as Keras does, and a kill at any moment does not change what it learns."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.nn import functional as F

from model.architectures import ARCHITECTURES
from model.errors import UserError
from model.layer_specs import Dropout
from model.training.runs import record
from model.training.runs.events import FOLDER
from model.training.runs.labelled import LabelledPhotos, Photos
from model.training.runs.loop import CHECKPOINT, Run
from model.training.runs.main import prepare
from model.training.runs.settings import RunSettings
from model.training.runs.start import KerasAdam, new_network
from model.training.runs.watch import Progress
from model.weights.formats import read_weights

from ..patience import patience
from .generated import BRIEF

os.environ["KERAS_BACKEND"] = "torch"
CPU = torch.device("cpu")


def test_the_network_is_the_keras_adaptation_with_glorot_s_weights():
    network = new_network(RunSettings(), 10)
    assert network.architecture == ARCHITECTURES["alexnet-cifar10"]
    assert sum(p.numel() for p in network.parameters()) == 29_585_290
    for name, inputs, outputs in (("conv1", 27, 864), ("conv4", 3456, 3456), ("fc6", 2304, 4096)):
        weight = network.get_parameter(f"{name}.weight")
        bound = (6 / (inputs + outputs)) ** 0.5
        assert bound * 0.99 < float(weight.detach().abs().max()) <= bound
        # A uniform variable has a variance of bound^2 / 3; of 2592 of them it varies by 2 % (sqrt(0.8 / n)).
        assert float(weight.var()) == pytest.approx(bound**2 / 3, rel=0.1)
        assert not network.get_parameter(f"{name}.bias").any()


def test_settings_change_the_network():
    network = RunSettings(activation="tanh", dropout=0.2).architecture(3)
    kinds = {layer.name: type(layer).__name__ for layer in network.layers}
    assert kinds["relu1"] == "Tanh"
    assert [layer.p for layer in network.layers if isinstance(layer, Dropout)] == [0.2, 0.2]
    assert network.class_count == 3


def test_adam_steps_as_keras_states_it():
    """Keras' formula in NumPy, with gradients so small that epsilon counts."""
    rng = np.random.default_rng(1)
    start, gradients = rng.normal(size=50), rng.normal(size=(6, 50)) * 10.0 ** rng.uniform(-9, 0, 50)
    w, m, v = start.copy(), np.zeros(50), np.zeros(50)
    parameter = torch.nn.Parameter(torch.tensor(start))
    adam = KerasAdam([parameter])
    for t, gradient in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        w -= 1e-3 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t) * m / (v**0.5 + 1e-7)
        parameter.grad = torch.tensor(gradient)
        adam.step()
        np.testing.assert_allclose(parameter.detach().numpy(), w, rtol=0, atol=1e-12)


def keras_adaptation(keras, architecture):
    """Return the same network in Keras, without dropout; channels first, as in PyTorch."""
    layers = keras.layers
    made = [layers.Input((3, 32, 32))]
    for layer in architecture.layers:
        match type(layer).__name__:
            case "Conv":
                padding = "same" if layer.padding else "valid"
                made.append(
                    layers.Conv2D(layer.channels, layer.kernel_size, padding=padding, name=layer.name)
                )
            case "MaxPool":
                made.append(layers.MaxPooling2D(layer.kernel_size, layer.stride))
            case "ReLU":
                made.append(layers.Activation("relu"))
            case "Flatten":
                made.append(layers.Reshape((-1,)))  # Keras' Flatten would put the channels last
            case "Linear":
                made.append(layers.Dense(layer.units, name=layer.name))
            case "Softmax":
                made.append(layers.Softmax())
    return keras.Sequential(made)


def test_keras_has_the_same_losses_on_the_same_batches():
    import keras

    keras.backend.set_image_data_format("channels_first")
    network = new_network(RunSettings(dropout=0.0), 10)
    theirs = keras_adaptation(keras, network.architecture)
    for name in ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"):
        weight = network.get_parameter(f"{name}.weight").detach()
        axes = (2, 3, 1, 0) if weight.ndim == 4 else (1, 0)
        theirs.get_layer(name).set_weights([weight.permute(axes).numpy(), np.zeros(len(weight))])
    theirs.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy")
    optimizer = KerasAdam(network.parameters())
    generator = torch.Generator().manual_seed(3)
    for _ in range(4):
        x = torch.rand(8, 3, 32, 32, generator=generator)
        labels = torch.randint(10, (8,), generator=generator)
        loss = F.cross_entropy(network.logits(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        # The issue of float32: sums in another order differ by 1e-6, and Adam's first steps turn tiny
        # gradients into steps of full size.
        assert float(loss) == pytest.approx(float(theirs.train_on_batch(x.numpy(), labels.numpy())), abs=1e-3)


RUN = """
import sys
from pathlib import Path
from model.training.runs.main import prepare
run = prepare(Path(sys.argv[1]), Path(sys.argv[2]), "cpu", {changes}, resume="--resume" in sys.argv)
run.save_every = 0
run.train(lambda progress: print(progress.done, flush=True))
"""


def command(out: Path, photos: Path, *more: str) -> list[str]:
    return [sys.executable, "-c", RUN.format(changes=BRIEF), str(out), str(photos), *more]


def without_times(folder: Path) -> list[record.Epoch]:
    return [replace(epoch, seconds=0.0) for epoch in record.read_history(folder)]


def test_a_killed_run_that_is_resumed_learns_the_same(tmp_path, photos):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    prepare(whole, photos, "cpu", BRIEF).train()
    killed = subprocess.Popen(command(cut, photos), stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    for line in killed.stdout:
        if int(line) == 2:  # of three batches in the first epoch; the next step may have begun
            killed.kill()
    assert killed.wait(patience()) == -signal.SIGKILL if os.name == "posix" else True
    subprocess.run(command(cut, photos, "--resume"), check=True, capture_output=True, timeout=patience())
    assert without_times(cut) == without_times(whole)
    states = [read_weights(folder / record.WEIGHTS) for folder in (whole, cut)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert record.read_points(cut) == record.read_points(whole)
    snapshots = [record.read_snapshots(folder) for folder in (whole, cut)]
    assert [one.epoch for one in snapshots[0]] == pytest.approx([0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2])
    for one, other in zip(*snapshots, strict=True):
        np.testing.assert_array_equal(one.weight, other.weight)
        np.testing.assert_array_equal(one.bias, other.bias)
    assert torch.equal(states[0]["conv1.weight"].half(), torch.from_numpy(snapshots[0][-1].weight))


def test_a_run_learns_textures_and_its_results_agree(tmp_path, photos):
    run = prepare(tmp_path / "run", photos, "cpu", {**BRIEF, "epochs": 10, "learning_rate": 3e-4})
    history = run.train()
    assert max(epoch.validation_accuracy for epoch in history) == 1.0  # six photos of three plain textures
    assert history[-1].loss < history[0].loss / 2
    found = record.read_predictions(tmp_path / "run")
    assert found is not None
    assert found.probabilities.shape == (6, 3)
    assert (found.guesses == found.labels).mean() == history[-1].validation_accuracy
    assert found.confusion.trace() == round(6 * history[-1].validation_accuracy)
    np.testing.assert_array_equal(found.confusion.sum(1), [2, 2, 2])
    np.testing.assert_allclose(found.probabilities.sum(1), 1, atol=2e-3)  # float16
    pixels = run.photos.validation.pixels.permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(found.pixels, pixels[found.shown])
    stored = read_weights(tmp_path / "run" / record.WEIGHTS)
    assert torch.equal(stored["fc8.weight"], run.network.state_dict()["fc8.weight"])
    assert (tmp_path / "run" / record.CURVES).stat().st_size > 5000


def test_tensorboard_reads_what_history_and_points_say(tmp_path, photos):
    """After an interruption, too: the events of steps that are done again are taken back."""
    run = prepare(tmp_path / "run", photos, "cpu", BRIEF)

    def stop(progress: Progress) -> None:
        if progress.done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.train(stop)
    prepare(tmp_path / "run", None, "cpu", {}, resume=True).train()
    events = EventAccumulator(str(tmp_path / "run" / FOLDER)).Reload()
    history, points = record.read_history(tmp_path / "run"), record.read_points(tmp_path / "run")
    for quantity in ("loss", "accuracy"):
        training, validation = (events.Scalars(f"{quantity}/{part}") for part in ("training", "validation"))
        assert [one.step for one in training] == [round(3 * one.epoch) for one in points]
        assert [one.value for one in training] == pytest.approx([getattr(one, quantity) for one in points])
        expected = [getattr(one, f"validation_{quantity}") for one in history]
        assert [one.value for one in validation] == pytest.approx(expected)


def test_two_runs_do_not_share_a_folder(tmp_path):
    few = Photos(torch.zeros(4, 3, 32, 32, dtype=torch.uint8), torch.tensor([0, 1, 0, 1]))
    run = Run(tmp_path, RunSettings(), LabelledPhotos(few, few, ("a", "b"), "nowhere"), CPU)
    run.begin({})
    with pytest.raises(UserError, match="already has a run"):
        run.begin({})
    (tmp_path / CHECKPOINT).write_bytes(b"damaged")
    with pytest.raises(UserError, match="missing or damaged"):
        run.restore()
    with pytest.raises(UserError, match="has no run"):
        record.read_settings(tmp_path / "elsewhere")


def test_a_run_stopped_by_its_progress_continues_exactly(tmp_path, photos):
    class StopError(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.done == 4:
            raise StopError

    run = prepare(tmp_path / "cut", photos, "cpu", BRIEF)
    with pytest.raises(StopError):
        run.train(stop)
    prepare(tmp_path / "cut", photos, "cpu", {}, resume=True).train()
    prepare(tmp_path / "whole", photos, "cpu", BRIEF).train()
    for missing in (record.HISTORY, record.WEIGHTS):  # as if it had been killed just before the end
        (tmp_path / "cut" / missing).unlink()
    prepare(tmp_path / "cut", photos, "cpu", {}, resume=True).train()
    assert (tmp_path / "cut" / record.WEIGHTS).exists()
    assert without_times(tmp_path / "cut") == without_times(tmp_path / "whole")
    assert len(prepare(tmp_path / "cut", photos, "cpu", {"epochs": 3}, resume=True).train()) == 3
    assert record.read_settings(tmp_path / "cut")[0].epochs == 3
