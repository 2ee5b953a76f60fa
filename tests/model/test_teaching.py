"""A new last layer learns one's own classes, and its network says what the layer says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from model.alexnet import AlexNet
from model.attribution import explain
from model.errors import UserError
from model.last_layers import Taught
from model.layers import describe
from model.teaching import (
    about,
    as_file,
    contributions,
    features,
    from_file,
    taught_network,
    teach,
)
from model.teaching_settings import LAYERS, TeachSettings
from model.textured_things import NAMES, Thing, things
from model.validation import is_for_validation
from model.variations import Variations

COUNT = 20


@pytest.fixture(
    scope="module",
    params=[(False, "fc8"), (True, "fc8"), (False, "fc7")],
    ids=["shared", "shortcut", "shared-fc7-and-fc8"],
)
def lesson(request, network) -> tuple[bool, Taught]:
    """Return whether each class has a background of its own, and what was learned."""
    is_shortcut, first = request.param
    settings = TeachSettings(first=first)
    by_class: list[list[torch.Tensor]] = [[] for _ in NAMES]
    for thing in things(COUNT, shortcut=is_shortcut):
        by_class[thing.label].append(features(network, network.prepare(thing.photo))[settings.reads])
    return is_shortcut, teach(by_class, NAMES, settings, network)


def new_things() -> list[Thing]:
    """Return photos on shared backgrounds, others than those that were learned."""
    return list(things(4, shortcut=False, seed=99))


def test_textured_things_are_learned(lesson):
    _, taught = lesson
    first, last = taught.history[0], taught.history[-1]
    assert first.loss == pytest.approx(math.log(3))  # weights of zero give every class the same probability
    assert last.validation_accuracy > 0.9
    assert taught.confusion is not None
    np.testing.assert_array_equal(taught.confusion.sum(1), [COUNT // 5] * 3)
    assert taught.confusion.trace() / taught.confusion.sum() == pytest.approx(last.validation_accuracy)


def test_the_heat_map_lies_on_what_tells_the_classes_apart(network, lesson):
    """On shared backgrounds only the thing does; with a background for each class, mostly the background."""
    is_shortcut, taught = lesson
    own = taught_network(network, taught)
    shares, areas = [], []
    for thing in things(4, shortcut=is_shortcut, seed=99):
        heat = explain(own, own.prepare(thing.photo), "grad-cam", thing.label).heatmap.clip(0)
        mask = thing.mask[14:241, 14:241]  # the centre of 256 x 256 that the network gets
        shares.append(heat[mask].sum() / heat.sum())
        areas.append(mask.mean())
    if is_shortcut:
        assert np.mean(shares) < np.mean(areas) / 2
    else:
        assert np.mean(shares) > 2 * np.mean(areas)


def test_a_shortcut_fails_on_other_backgrounds(network, lesson):
    is_shortcut, taught = lesson
    own = taught_network(network, taught)
    right = [int(own(own.prepare(one.photo)).argmax()) == one.label for one in new_things()]
    assert np.mean(right) < 0.7 if is_shortcut else np.mean(right) > 0.9


@pytest.mark.parametrize("layer", LAYERS)
def test_the_network_gives_the_logits_of_the_new_layer(network, layer):
    rng = np.random.default_rng(1)
    shape = {info.name: info.output_shape for info in describe(network.architecture)}[LAYERS[layer]]
    taught = Taught(
        TeachSettings(layer=layer, dropout=0.5),
        ("a", "b"),
        torch.from_numpy(rng.normal(size=(2, *shape)).astype(np.float32)),
        torch.tensor([0.5, -0.5]),
    )
    own = taught_network(network, taught)
    x = own.prepare(new_things()[0].photo)
    vector = features(network, x)[layer]
    np.testing.assert_allclose(own.logits(x), taught.logits(vector), rtol=1e-4, atol=1e-3)
    for target in (0, 1):
        added = contributions(taught, vector[0], target).sum(dtype=np.float64) + float(taught.bias[target])
        assert added == pytest.approx(float(own.logits(x)[0, target]), rel=1e-4, abs=1e-3)
    assert own.get_parameter("conv1.weight") is network.get_parameter(
        "conv1.weight"
    )  # the kept layers are shared, not copied
    assert network.architecture.class_count == 1000 and network.get_parameter("fc8.weight").shape == (
        1000,
        4096,
    )


def test_grad_cam_of_an_own_class_is_pytorch_grad_cams(network, lesson):
    _, taught = lesson
    own = taught_network(network, taught)
    x = own.prepare(new_things()[0].photo)
    target = int(own(x).argmax())
    peer = _peer(own)
    index = own.architecture.layer_names.index("relu5")
    with GradCAM(peer, [peer[index]]) as cam:
        theirs = cam(x.clone(), targets=[ClassifierOutputTarget(target)])[0]
    ours = explain(own, x, "grad-cam", target, "relu5").heatmap
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.999


def _peer(own: AlexNet) -> nn.Sequential:
    """Return the same layers up to the logits as a plain network of PyTorch, whose weights have gradients."""
    names = own.architecture.layer_names[:-1]
    peer = nn.Sequential(*(own.get_submodule(name) for name in names))
    for parameter in peer.parameters():
        parameter.requires_grad_(False)
    # Their hooks need a gradient at the layer's output, for which one parameter with a gradient is enough.
    first = nn.Conv2d(3, 96, 11, 4)
    first.load_state_dict(own.get_submodule("conv1").state_dict())
    peer[0] = first
    return peer.eval()


def test_saved_classes_are_loaded_with_the_same_logits(tmp_path, network, lesson):
    _, taught = lesson
    base = ("alexnet-2012", "embedded")
    path = tmp_path / "classes.safetensors"
    path.write_bytes(as_file(taught, base))
    loaded = from_file(path, base)
    assert loaded.classes == NAMES and loaded.settings == taught.settings
    assert path.stat().st_size < 5_000_000  # though fc7 alone has 16.8 million weights
    x = network.prepare(new_things()[0].photo)
    before, after = (taught_network(network, one).logits(x) for one in (taught, loaded))
    assert torch.equal(before, after)
    with pytest.raises(UserError, match="taught to alexnet-2012 with the weights embedded, and the chosen"):
        from_file(path, ("alexnet-2012", "bvlc"))
    path.write_bytes(b"anything")
    with pytest.raises(UserError, match="no taught classes"):
        from_file(path, base)


def own_rows(by_class: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    """Return each row of features by itself, as if it were of a photo without variations."""
    return [list(one.split(1)) for one in by_class]


def test_weight_decay_shrinks_weights_and_dropout_changes_what_is_learned():
    rng = np.random.default_rng(2)
    by_class = [torch.from_numpy(rng.normal(i, 1, (10, 30)).astype(np.float32)) for i in (0, 1)]

    def size(**changes) -> float:
        return float(teach(own_rows(by_class), ("a", "b"), TeachSettings(**changes)).weight.norm())

    assert size(weight_decay=50.0) < 0.5 * size()
    assert size(dropout=0.5) != size()
    assert size(dropout=0.5, seed=1) == size(dropout=0.5, seed=1) != size(dropout=0.5, seed=2)
    assert size(seed=1) == size(seed=2)  # without dropout nothing is random


def test_every_fifth_photo_is_for_validation():
    """A class that is wrong on its fifth photos is learned by heart, and validation shows it."""
    rng = np.random.default_rng(3)
    a, b = (torch.from_numpy(rng.normal(i, 0.1, (10, 5)).astype(np.float32)) for i in (0, 1))
    for i in range(10):
        if is_for_validation(i):
            a[i], b[i] = b[0], a[0]
    settings = TeachSettings(steps=300, learning_rate=0.05)
    last = teach(own_rows([a, b]), ("a", "b"), settings).history[-1]
    assert last.accuracy == 1 and last.validation_accuracy == 0


def test_variations_of_photos_for_validation_are_not_used():
    rng = np.random.default_rng(4)
    plain = [torch.from_numpy(rng.normal(i, 1, (10, 1, 5)).astype(np.float32)) for i in (0, 1)]

    def learned(what: Callable[[int], bool]) -> Taught:
        """Return what is learned if the photos for which `what` is true have three inputs more."""
        more = [
            [torch.cat([x, x + 1, x - 2, 3 * x]) if what(i) else x for i, x in enumerate(one)]
            for one in plain
        ]
        return teach(more, ("a", "b"), TeachSettings(variations="all"))

    without = learned(lambda index: False)
    assert torch.equal(learned(is_for_validation).weight, without.weight)
    varied = learned(lambda index: True)
    assert not torch.equal(varied.weight, without.weight)
    assert varied.confusion is not None and varied.confusion.sum() == 4  # two photos of each class, once


def test_only_the_layers_that_learn_are_others_than_the_base_s(network, lesson):
    _, taught = lesson
    own = taught_network(network, taught).state_dict()
    different = {name for name, one in network.state_dict().items() if not torch.equal(own[name], one)}
    learned = {"fc8"} if taught.settings.first == "fc8" else {"fc7", "fc8"}
    assert different == {f"{name}.{part}" for name in learned for part in ("weight", "bias")}


def test_fc7_and_fc8_compute_what_they_did_while_they_learned(network):
    """The loss of the network that is made afterwards is the loss of the last step."""
    found = list(things(5))
    x = torch.cat([network.prepare(thing.photo) for thing in found])
    vectors, labels = features(network, x)["fc6"], torch.tensor([thing.label for thing in found])
    by_class = [list(vectors[labels == label].split(1)) for label in range(3)]
    settings = TeachSettings(first="fc7", steps=30, dropout=0.5)
    taught = teach(by_class, NAMES, settings, network)
    again = teach(by_class, NAMES, settings, network)
    assert all(torch.equal(one, again.tensors()[name]) for name, one in taught.tensors().items())
    own = taught_network(network, taught)
    logits = torch.cat([own.logits(x[labels == label]) for label in range(3)])
    is_test = torch.tensor([is_for_validation(i) for i in range(5)] * 3)
    last, y = taught.history[-1], labels.sort().values
    assert float(F.cross_entropy(logits[~is_test], y[~is_test])) == pytest.approx(last.loss, rel=1e-2)
    assert float(F.cross_entropy(logits[is_test], y[is_test])) == pytest.approx(
        last.validation_loss, rel=1e-2
    )


def test_weight_decay_draws_fc7_back_to_what_it_was(network):
    rng = np.random.default_rng(5)
    by_class = [
        list(torch.from_numpy(rng.exponential(size=(6, 1, 4096)).astype(np.float32))) for _ in range(2)
    ]

    def change(decay: float) -> float:
        settings = TeachSettings(first="fc7", steps=50, weight_decay=decay)
        one = teach(by_class, ("a", "b"), settings, network).changes["fc7"]
        return float((one.out @ one.into).norm())

    assert 0 < change(100.0) < change(10.0) < change(0.0)


def test_a_file_from_before_there_were_variations_is_opened(tmp_path):
    base = ("alexnet-2012", "embedded")
    taught = Taught(TeachSettings("fc6"), ("a", "b"), torch.ones(2, 4), torch.zeros(2))
    entry = json.loads(about(taught, base)["taught"])
    assert "mirrored" not in entry
    cases: tuple[tuple[dict, Variations], ...] = (
        ({}, "none"),
        ({"mirrored": False}, "none"),
        ({"mirrored": True}, "mirror"),
    )
    for earlier, variations in cases:
        old = {name: one for name, one in entry.items() if name not in ("variations", "first")} | earlier
        path = tmp_path / "old.safetensors"
        save_file(taught.tensors(), path, {**about(taught, base), "taught": json.dumps(old)})
        assert from_file(path, base).settings == TeachSettings("fc6", variations=variations)


def test_a_layer_that_the_new_one_does_not_read_cannot_go_on_learning():
    photos = [torch.zeros(1, 3)] * 5
    with pytest.raises(UserError, match="fc7 can go on learning only where the new layer reads it"):
        teach([photos, photos], ("a", "b"), TeachSettings("pool5", first="fc7"))


def test_what_cannot_be_learned_is_told():
    few, enough = torch.zeros(4, 3), torch.zeros(5, 3)
    for by_class, names, told in (
        ([few, enough], "ab", "a has 4 photos. Give each class at least 5"),
        ([enough], "a", "Give at least 2 classes, not 1"),
        ([enough, enough], "aa", "Two classes are named a"),
    ):
        with pytest.raises(UserError, match=told):
            teach(own_rows(by_class), list(names), TeachSettings())


def test_the_example_is_the_same_every_time_and_shows_its_things():
    first, again = next(things(1)), next(things(1))
    assert first.photo.sha256 == again.photo.sha256 != next(things(1, seed=1)).photo.sha256
    pixels = np.asarray(first.photo.image).astype(float)
    assert pixels.shape == (256, 256, 3)
    inside, outside = pixels[first.mask], pixels[~first.mask]
    assert np.abs(inside.mean(0) - outside.mean(0)).max() > 20
