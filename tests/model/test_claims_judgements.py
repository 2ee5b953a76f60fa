"""What the claims about history and about judgements say follows from closed forms and published numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import nn

from model import AlexNet
from model.architectures import ARCHITECTURES
from model.claims.evidence import Bars, Evidence, Lines, Table
from model.claims.history import PICTURES
from model.claims.judgements import fitting_sizes
from model.claims.normalizations import batch_norm
from model.claims.statements import claims_of
from model.claims.tests import run
from model.comparison import compared
from model.errors import UserError
from model.layers import describe, smallest_input_size
from model.predict import classify_ten_crop
from model.preprocess import Photo
from model.question import Setting
from model.weights.load import load

OWN = [claim.name for group in ("history", "judgements") for claim in claims_of(group)]
PAPER = ARCHITECTURES["alexnet-2012"]


def _bars(evidence: Evidence, number: int = 0) -> Mapping[str, float]:
    figure = [one for one in evidence.figures if isinstance(one, Bars)][number]
    return dict(zip(figure.labels, figure.values, strict=True))


def _lines(evidence: Evidence) -> Lines:
    return next(one for one in evidence.figures if isinstance(one, Lines))


def _table(evidence: Evidence) -> Mapping[str, Mapping[str, str | int | float]]:
    table = next(one for one in evidence.figures if isinstance(one, Table))
    return {str(row[0]): dict(zip(table.columns, row, strict=True)) for row in table.rows}


def _run(name: str, network: AlexNet, photo: Photo, **settings: Setting) -> Evidence:
    return run(name, network, photo, settings)


@pytest.mark.parametrize("architecture", ["alexnet-single-tower", "alexnet-torchvision", "alexnet-cifar10"])
def test_other_networks_can_be_tested_or_are_told_what_to_choose(architecture, photo: Photo):
    network = load(architecture, "random", device="cpu")
    refused = set()
    for name in OWN:
        try:
            assert run(name, network, photo).figures
        except UserError as error:
            assert str(error).endswith("Choose AlexNet (2012) in the sidebar.")
            refused.add(name)
    has_lrn = architecture == "alexnet-single-tower"
    assert refused == {"two-gpus-an-innovation"} | (set() if has_lrn else {"lrn-replaced-by-batch-norm"})


@pytest.mark.parametrize("name", [name for name in OWN if name != "teaching-not-production"])
def test_the_same_question_has_the_same_answer(name, network: AlexNet, photo: Photo):
    assert run(name, network, photo).finding == run(name, network, photo).finding


def test_the_mean_prediction_of_ten_crops_is_that_of_the_paper_s_way(network: AlexNet, photo: Photo):
    losses = _bars(_run("won-26-to-15", network, photo, crops=10), 1)
    best = classify_ten_crop(network, photo).top(1)[0]
    # The network rounds in float32; its mean of ten softmaxes is computed again in float64.
    assert losses["mean prediction"] == pytest.approx(-np.log(best.probability), abs=1e-4)


@pytest.mark.parametrize("crops", [2, 5, 10])
def test_the_loss_of_the_mean_is_at_most_the_mean_loss(crops, network: AlexNet, photo: Photo):
    losses = dict(_bars(_run("won-26-to-15", network, photo, crops=crops), 1))
    mean = losses.pop("mean prediction")
    assert len(losses) == crops
    assert min(losses.values()) <= mean <= np.mean(list(losses.values()))
    probabilities = np.exp(-np.array(list(losses.values())))
    assert mean == pytest.approx(-np.log(probabilities.mean()))


def test_the_published_errors_fall_with_the_number_of_networks(network: AlexNet, photo: Photo):
    one, five, seven, second = _bars(_run("won-26-to-15", network, photo)).values()
    assert one == pytest.approx(100 - compared()["alexnet-2012"].published[0].top5)
    assert second == 26.2  # the paper, section 6
    assert seven < five < one < second


def test_days_are_operations_over_speed(network: AlexNet, photo: Photo):
    lines = _lines(_run("six-days-on-two-gpus", network, photo, passes=100, gpus=4))
    operations = 6 * sum(info.macs for info in describe(PAPER)) * PICTURES * 100
    # NVIDIA states 1,581 billion operations a second for a GTX 580.
    days = operations / (4 * 1581e9) / 86400
    assert lines.x[-1] == 100
    assert lines.lines["needed"][-1] == pytest.approx(days, rel=1e-3)  # 1581 is rounded
    np.testing.assert_allclose(lines.lines["needed"] * lines.x, lines.lines["needed"][-1] * 100)


def test_as_many_values_cross_as_layers_without_groups_read(network: AlexNet, photo: Photo):
    evidence = _run("two-gpus-an-innovation", network, photo)
    crossing, reading = _bars(evidence), _bars(evidence, 1)
    # conv3 reads pool2, fc6 reads pool5, fc7 and fc8 read 4096 units each.
    expected = {"conv3": 256 * 13 * 13, "fc6": 256 * 6 * 6, "fc7": 4096, "fc8": 4096}
    assert {name: value for name, value in crossing.items() if value} == expected
    assert all(reading[name] == value for name, value in expected.items())


def test_the_maximum_is_nowhere_below_the_mean(network: AlexNet, photo: Photo):
    for pooling in ("first", "last"):
        maps = _run("like-lenet-5", network, photo, pooling=pooling).figures[1].maps  # type: ignore[union-attr]
        by_maximum, by_mean = maps.values()
        assert (by_maximum >= by_mean - 1e-4).all()  # float32 rounds the mean of nine


def test_outputs_reach_the_weights_where_the_finding_says(network: AlexNet, photo: Photo):
    lines = _lines(_run("large-memory", network, photo)).lines
    first = int(np.argmax(lines["outputs"] >= lines["weights"])) + 1
    assert f"**{first}** photos" in _run("large-memory", network, photo).finding
    assert lines["weights"][0] == pytest.approx(4 * 60_965_224 / 1e6)
    assert lines["outputs"][127] == pytest.approx(128 * 4 * 659_272 / 1e6)  # the paper's 650,000 neurons


def test_bars_of_cost_are_those_of_the_comparison(network: AlexNet, photo: Photo):
    bars = _bars(_run("high-computational-cost", network, photo, quantity="multiply-adds"))
    assert bars["VGG-16"] == compared()["vgg16"].macs / 1e9
    bars = _bars(_run("high-computational-cost", network, photo, quantity="parameters"))
    assert round(bars["VGG-16"]) == 138  # Simonyan and Zisserman 2014, table 2: millions


def test_complexity_is_what_the_papers_say(network: AlexNet, photo: Photo):
    table = _table(_run("complex-or-shallow", network, photo))
    assert table["ResNet-50"]["joins"] == 3 + 4 + 6 + 3  # He et al. 2015, table 1
    assert table["VGG-16"]["kernels"] == "3 × 3"


def test_batch_norm_is_that_of_a_layer_in_training():
    x = torch.randn(4, 6, 5, 5, generator=torch.Generator().manual_seed(0)) * 7 + 3
    torch.testing.assert_close(batch_norm(x), nn.BatchNorm2d(6).train()(x).detach())
    torch.testing.assert_close(batch_norm(x).mean((0, 2, 3)), torch.zeros(6), atol=1e-5, rtol=0)


@pytest.mark.parametrize("layer", ["first", "last"])
@pytest.mark.parametrize("photos", [2, 12])
def test_normalizations_differ_in_every_batch(layer, photos, network: AlexNet, photo: Photo):
    evidence = _run("lrn-replaced-by-batch-norm", network, photo, layer=layer, photos=photos)
    assert evidence.confirms
    # The network's LRN alone does not give equal deviations, batch normalization does, except for channels
    # that are 0 or almost 0 everywhere.
    relative = _lines(evidence).lines["batch normalization"]
    assert np.ptp(relative[len(relative) // 2 :]) < 0.05


@pytest.mark.parametrize(
    ("architecture", "smallest", "first", "last"),
    # conv1 has stride 4 and the three poolings have stride 2. All round down, so 4 * 2 * 2 * 2 sizes have the
    # same outputs of 6 x 6.
    [("alexnet-2012", 67, 227, 258), ("alexnet-224-pad2", 63, 223, 254)],
)
def test_fc6_fits_32_sizes_of_the_input(architecture, smallest, first, last):
    assert smallest_input_size(ARCHITECTURES[architecture]) == smallest
    sizes = fitting_sizes(ARCHITECTURES[architecture])
    assert (sizes[0], sizes[-1], len(sizes)) == (first, last, 4 * 2 * 2 * 2)


def test_the_network_itself_accepts_the_sizes_that_fit_and_no_others(network: AlexNet):
    with torch.inference_mode():
        for size in (227, 258):
            assert network(torch.zeros(1, 3, size, size)).shape == (1, 1000)
        for size in (226, 259):
            assert network.run(torch.zeros(1, 3, size, size), until="flatten").shape[1] != 9216


def test_a_photo_at_full_size_has_the_probability_of_the_prediction(network: AlexNet, photo: Photo):
    lines = _lines(_run("large-input", network, photo, size=256))
    with torch.inference_mode():
        probability = float(network(network.prepare(photo)).max())
    (curve,) = lines.lines.values()
    assert lines.x[-1] == 227
    # One photo and a batch are computed by different matrix products, which round differently.
    assert curve[-1] == pytest.approx(100 * probability, abs=1e-2)


def test_every_published_accuracy_is_in_the_table(network: AlexNet, photo: Photo):
    evidence = _run("surpassed-by-later-networks", network, photo)
    table = next(one for one in evidence.figures if isinstance(one, Table))
    rows = {(row[0], row[2]) for row in table.rows}
    assert {("ResNet-50", "IMAGENET1K_V1"), ("ResNet-50", "IMAGENET1K_V2")} <= rows


def test_a_new_last_layer_cannot_learn_what_fc7_has_lost(network: AlexNet, photo: Photo):
    """fc7 was trained on mirrored photos: it tells textures, but hardly left from right. pool5 tells both."""
    texture, side = (
        _bars(_run("other-classes-by-last-layer", network, photo, classes=classes))
        for classes in ("texture", "side")
    )
    assert texture["fc7"] > 80
    assert side["pool5"] > 85
    # 57 photos, of which half are right by chance: a standard deviation is 7 points.
    assert side["fc7"] < 50 + 3 * 7
