"""Claims about techniques: closed forms, published numbers, and PyTorch's own functions on the same input."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from torch.nn import functional as F

from model import AlexNet
from model.architectures import ARCHITECTURES
from model.claims import dropout, photo_changes, pooling_and_lrn, probabilities, recorded, techniques
from model.claims.dropout import dropped, masked_logits, without_random_units
from model.claims.evidence import Bars, Table
from model.claims.photo_changes import places, principal_components, shifted_crops, with_colour
from model.claims.pooling_and_lrn import with_lrn, with_separate_windows
from model.claims.statements import claims_of
from model.claims.techniques import FUNCTIONS, gradients, rectification
from model.claims.tests import run
from model.errors import UserError
from model.layer_specs import PAPER_LRN, LRNConstants
from model.preprocess import Photo, network_crop
from model.training.runs import record
from model.training.runs.shelf import RECORDED

from .small import random_input, small_network

OWN = [
    test.claim
    for module in (techniques, dropout, pooling_and_lrn, photo_changes, probabilities, recorded)
    for test in module.TESTS
]


def photo_of(width: int, height: int) -> Photo:
    """Return a photo of that size with random pixels that hardly differ from their neighbours."""
    coarse = np.random.default_rng(0).integers(40, 210, (5, 5, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return Photo("random", image, "", (width, height))


def test_every_claim_of_the_group_is_in_these_modules():
    assert set(OWN) == {claim.name for claim in claims_of("techniques")}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", OWN)
def test_each_test_works_for_every_architecture_or_says_what_to_choose(name, architecture):
    for size in ((120, 90), (40, 300), (256, 256)):
        try:
            evidence = run(name, small_network(architecture), photo_of(*size))
        except UserError as error:
            assert "Choose AlexNet (2012) in the sidebar." in str(error)
        else:
            assert evidence.figures


@pytest.mark.parametrize("name", sorted(set(OWN) - {"relu-cheaper-to-compute"}))
def test_a_second_run_finds_the_same_and_changes_nothing(name, small: AlexNet):
    before = {key: value.clone() for key, value in small.state_dict().items()}
    layers = list(small.children())
    photo = photo_of(120, 90)
    assert run(name, small, photo).finding == run(name, small, photo).finding
    assert list(small.children()) == layers
    assert all(torch.equal(value, before[key]) for key, value in small.state_dict().items())
    assert not any(layer._forward_hooks for layer in small.modules())


def test_a_smoothed_curve_is_the_mean_of_a_fifth_of_an_epoch():
    points = record.read_points(RECORDED / recorded.RELU)
    epochs, means = recorded.smoothed(recorded.RELU, "loss")
    assert len(epochs) == len(means) == len(points) - 9
    assert epochs[0] == points[9].epoch == pytest.approx(0.2, abs=1e-3)
    assert means[7] == pytest.approx(np.mean([point.loss for point in points[7:17]]))


def test_a_curve_is_below_an_error_for_the_first_time():
    epochs, errors = np.arange(1.0, 6.0), np.array([90.0, 40.0, 45.0, 30.0, 20.0])
    assert [recorded.first_below(epochs, errors, target) for target in (41, 40, 20.1, 20)] == [2, 4, 5, None]


def test_tanh_learns_faster_at_first_and_relu_gets_ahead_later():
    """As the verdict says, in the recorded runs. Chance moves a mean of 10,000 photos by 0.5 points."""
    (x, relu), (_, tanh) = (recorded.smoothed(name, "accuracy") for name in (recorded.RELU, recorded.TANH))
    relu = relu[: len(tanh)]
    is_first = x[: len(tanh)] < 1
    assert (tanh[is_first] > relu[is_first] - 0.015).all()
    assert (tanh - relu)[is_first].mean() > 0.03
    assert (relu - tanh)[-10:].mean() > 0.005


def test_weight_decay_shrinks_weights_and_raises_the_training_error_here():
    """As the verdict says, in the recorded runs."""
    histories = [record.read_history(RECORDED / name) for name in (recorded.RELU, recorded.DECAY)]
    last = min(map(len, histories)) - 1
    without, with_decay = (history[last] for history in histories)
    assert with_decay.accuracy < without.accuracy - 0.02
    sizes = [
        next(one for one in record.read_snapshots(RECORDED / name) if one.epoch >= last + 1).weight.std()
        for name in (recorded.RELU, recorded.DECAY)
    ]
    assert sizes[1] < 0.8 * sizes[0]


def test_gradients_are_those_of_autograd():
    values = torch.linspace(-5, 5, 40, dtype=torch.float64, requires_grad=True)  # 0 is not among them
    for name, function in FUNCTIONS.items():
        (expected,) = torch.autograd.grad(function(values).sum(), values)
        torch.testing.assert_close(gradients(values)[name].detach(), expected)


@pytest.mark.parametrize("architecture", ARCHITECTURES.values(), ids=lambda one: one.name)
def test_relu_follows_all_of_the_eight_layers_with_weights_but_the_last(architecture):
    found = rectification(architecture)
    assert len(found) == 8
    assert [name for name, is_rectified in found.items() if not is_rectified] == ["fc8"]


def test_dropout_is_where_the_paper_and_torchvision_have_it():
    assert dropped(ARCHITECTURES["alexnet-2012"]) == {"drop6": ("fc6", 0.5), "drop7": ("fc7", 0.5)}
    assert [source for source, _ in dropped(ARCHITECTURES["alexnet-torchvision"]).values()] == [
        "pool5",
        "fc6",
    ]


def test_torchvisions_own_network_drops_the_inputs_of_its_first_two_linear_layers():
    with torch.device("meta"):
        kinds = [type(layer).__name__ for layer in torchvision.models.alexnet().classifier]
    assert kinds == ["Dropout", "Linear", "ReLU", "Dropout", "Linear", "ReLU", "Linear"]


def test_masks_that_drop_nothing_change_nothing(small: AlexNet):
    x = small.run(random_input(small), until="relu6")
    logits, following = masked_logits(small, x, masks=3, p=0.0)
    torch.testing.assert_close(logits, small.run(x, after="relu6", until="fc8").expand(3, -1))
    torch.testing.assert_close(following, small.run(x, after="relu6", until="fc7").expand(3, -1))


def test_the_mean_input_under_masks_is_the_input_without(small: AlexNet):
    x = small.run(random_input(small), until="relu6")
    whole = small.run(x, after="relu6", until="fc7")[0]
    few, many = (
        float((masked_logits(small, x, masks, 0.5)[1].mean(0) - whole).norm()) for masks in (100, 10_000)
    )
    # The distance falls with the root of the number of masks, by 10 on average; chance makes it more or less.
    assert 4 < few / many < 25


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95, 1.0])
def test_units_that_stay_on_are_scaled_so_that_the_sum_stays(share):
    left = without_random_units(torch.ones(1, 200), share, draws=7)
    assert ((left == 0).sum(1) == min(199, round(200 * share))).all()  # one unit always stays
    torch.testing.assert_close(left.sum(1), torch.full((7,), 200.0))


def test_larger_windows_never_give_less_and_the_sizes_are_the_same(network: AlexNet):
    separate = with_separate_windows(network)
    x = torch.randn(1, 96, 55, 55, generator=torch.Generator().manual_seed(0))
    three, two = network.get_submodule("pool1")(x), separate.get_submodule("pool1")(x)
    assert three.shape == two.shape == (1, 96, 27, 27)
    assert (three >= two).all()
    # The largest of nine random values is one of the four in four of nine windows. Over 70,000 windows, the
    # share is off by about 0.002; it would be less if windows did not overlap.
    assert float((three > two).float().mean()) == pytest.approx(5 / 9, abs=0.01)
    torch.testing.assert_close(two, F.max_pool2d(x, 2))


@pytest.mark.parametrize(("n", "alpha", "k", "beta"), [(5, 1e-4, 2.0, 0.75), (3, 1e-2, 1.0, 0.5)])
def test_lrn_with_other_constants_is_that_of_pytorch(small: AlexNet, n, alpha, k, beta):
    changed = with_lrn(small, LRNConstants(n, k, alpha, beta))
    x = 20 * torch.randn(2, 16, 5, 5, generator=torch.Generator().manual_seed(0))
    # PyTorch divides alpha by n.
    torch.testing.assert_close(
        changed.get_submodule("norm1")(x), F.local_response_norm(x, n, alpha * n, beta, k)
    )


def test_lrn_without_neighbours_does_not_depend_on_their_order(small: AlexNet):
    x = random_input(small)
    alone = replace(PAPER_LRN, n=1)
    torch.testing.assert_close(
        with_lrn(small, alone, shuffled=True).logits(x), with_lrn(small, alone).logits(x)
    )


@pytest.mark.parametrize("size", [(451, 300), (300, 451), (360, 360), (100, 80), (900, 30)])
def test_a_crop_that_is_not_shifted_is_that_of_the_network(size, network: AlexNet):
    photo = photo_of(*size)
    still, moved = shifted_crops(photo, network, [0, 10]).astype(int)
    # Both scale the photo once, and floating-point coordinates may round a value up or down.
    assert abs(still - network_crop(photo, network.architecture)).max() <= 1
    np.testing.assert_array_equal(moved[:, :-10], still[:, 10:])


def test_principal_components_are_those_of_the_singular_value_decomposition():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 20, 3), dtype=np.uint8)
    pixels[..., 1] = pixels[..., 0] // 2 + 20  # or the order of the components would be left to chance
    deviations, components = principal_components(pixels)
    centred = pixels.reshape(-1, 3) - pixels.reshape(-1, 3).mean(0)
    _, values, vectors = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(deviations, values / np.sqrt(len(centred) - 1), atol=1e-6)
    np.testing.assert_allclose(abs((components * vectors).sum(1)), 1, atol=1e-6)  # up to the sign


def test_adding_a_colour_leaves_differences_of_pixels_as_they_are():
    pixels = np.random.default_rng(0).integers(100, 150, (30, 20, 3), dtype=np.uint8)  # none is cut off
    moved = with_colour(pixels, (1.0, -0.5, 0.5)).astype(int) - pixels
    assert (moved == moved[0, 0]).all()
    assert moved.any()


def test_crops_and_mirror_images_are_counted_one_by_one():
    squares = {(top, left) for top in range(256) for left in range(256) if max(top, left) + 224 <= 256}
    assert 2 * places(256, 224) == 2 * len(squares) == 2178


def test_the_loss_and_its_gradient_are_those_of_pytorch(network: AlexNet, photo: Photo):
    table, losses, gradient = run("loss-cross-entropy", network, photo, {"rank": 3}).figures
    assert isinstance(table, Table)
    assert isinstance(losses, Bars)
    assert isinstance(gradient, Bars)
    logits = network.logits(network.prepare(photo)).double().requires_grad_()
    order = logits[0].argsort(descending=True)
    loss = F.cross_entropy(logits, order[2:3])
    (expected,) = torch.autograd.grad(loss, logits)
    np.testing.assert_allclose(
        [float(row[2]) for row in table.rows], float(loss.detach()), atol=1e-6
    )  # six digits
    # Float32 logits of the same photo may differ by the order of the sums.
    np.testing.assert_allclose(losses.values[2], float(loss.detach()), atol=1e-4)
    np.testing.assert_allclose(gradient.values, expected[0, order[:10]], atol=1e-4)


def test_a_network_that_knows_nothing_has_a_loss_of_log_1000(network: AlexNet, photo: Photo):
    assert f"{log(1000):.3f}" in run("loss-cross-entropy", network, photo).finding


def test_a_temperature_of_1_changes_no_probability(network: AlexNet, photo: Photo):
    table = run("softmax-probabilities", network, photo, {"temperature": 1}).figures[0]
    assert isinstance(table, Table)
    assert all(row[2] == row[3] for row in table.rows)


def test_torchvisions_scale_is_the_published_one():
    scale = photo_changes.SCALES["divided by the deviation too"]
    np.testing.assert_allclose(np.array(scale.mean) / 255, (0.485, 0.456, 0.406), atol=1e-6)
    np.testing.assert_allclose(np.array(scale.std) / 255, (0.229, 0.224, 0.225), atol=1e-6)
