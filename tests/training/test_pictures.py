"""Training pictures are stored unchanged, chosen as often as the rule of their group says, and counted."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES
from model.calibration import best_temperature
from model.training import gate
from model.training.augment import GroupRule, Sampler
from model.training.pictures import KEPT_SIDE, build
from model.training.student import Convolutions

from ..model.small import shrunk
from .generated import picture_folder


def encoded(pixels: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, lossless=True)
    return file.getvalue()


@pytest.fixture
def archive(tmp_path):
    """Return an .npz with twelve small pictures of four formats, and their pixels."""
    rng = np.random.default_rng(0)
    pixels = [rng.integers(0, 256, (30 + i, 40, 3), np.uint8) for i in range(12)]
    files = [encoded(p, "PNG" if i % 2 else "WEBP") for i, p in enumerate(pixels)]
    offset = np.cumsum([0, *map(len, files)])
    path = tmp_path / "archive.npz"
    np.savez(
        path,
        data=np.frombuffer(b"".join(files), np.uint8),
        offset=offset,
        split=np.arange(12) % 2,
        guess=np.arange(12),
        confidence=np.full(12, 0.5, np.float16),
    )
    return path, pixels


def test_pictures_and_facts_are_read_from_an_npz(archive, tmp_path):
    path, pixels = archive
    pictures = build([path], tmp_path / "built")
    assert len(pictures) == 12
    for i, expected in enumerate(pixels):
        assert np.array_equal(pictures[i], expected)
    assert pictures.guess.tolist() == list(range(12))
    assert pictures.label.tolist() == [-1] * 12
    assert gate.sure_rows(pictures).tolist() == [1, 3, 5, 7, 9, 11]


def test_pictures_in_a_folder_are_shrunk_and_damaged_ones_left_out(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    wide = np.zeros((2 * KEPT_SIDE, 3 * KEPT_SIDE, 3), np.uint8)
    wide[:, :KEPT_SIDE] = 200
    Image.fromarray(wide).save(folder / "a.jpg")
    Image.fromarray(np.full((50, 60, 4), (250, 0, 0, 0), np.uint8)).save(folder / "b.png")
    (folder / "c.jpg").write_bytes((folder / "a.jpg").read_bytes()[:300])
    pictures = build([folder], tmp_path / "built")
    assert [pictures[i].shape for i in range(len(pictures))] == [
        (KEPT_SIDE, KEPT_SIDE * 3 // 2, 3),
        (50, 60, 3),
    ]
    assert pictures[0][:, :100].mean() == pytest.approx(200, abs=3)
    # Transparent pixels become grey, whatever their colour.
    assert pictures[1].mean() == pytest.approx(128, abs=3)


def test_groups_are_chosen_by_the_number_and_weight_of_their_pictures(archive, tmp_path):
    many = picture_folder(tmp_path / "many", count=18)
    pictures = build([archive[0], many], tmp_path / "built")
    sampler = Sampler(pictures, {"archive": GroupRule(6.0, 0.5), "many": GroupRule(1.0, 0.2)})
    rng = np.random.default_rng(0)
    drawn = [sampler.draw(rng) for _ in range(4000)]
    of_archive = [index for index, area in drawn if area == 0.5]
    # Six of the archive's pictures are for training, and each is as likely as six of the others: 36 to 18.
    assert len(of_archive) / 4000 == pytest.approx(2 / 3, abs=0.03)
    assert set(of_archive) == {0, 2, 4, 6, 8, 10}


def test_a_cooled_network_s_best_temperature_is_one(archive, tmp_path):
    pictures = build([archive[0]], tmp_path / "built")
    network = AlexNet(shrunk(ARCHITECTURES["alexnet-2012"])).freeze()
    rows = np.arange(12)
    before = gate.logits(network, pictures, rows)
    pictures.guess[:] = before.argmax(1)
    pictures.guess[::3] = before.argmin(1)[::3]
    assert gate.cool(network, pictures) == 1.0  # too few to measure a temperature
    with pytest.raises(AssertionError, match="dropout"):
        gate.logits(AlexNet(shrunk(ARCHITECTURES["alexnet-2012"])), pictures, rows)
    network.get_parameter("fc8.weight").mul_(40)
    found = gate.cool(network, pictures, at_least=6)
    after = gate.logits(network, pictures, gate.sure_rows(pictures))
    truth = pictures.guess[gate.sure_rows(pictures)].astype(int)
    assert best_temperature(after, truth) == pytest.approx(1, abs=0.01)
    assert found != pytest.approx(1, abs=0.01)


def test_centred_logits_have_no_mean_and_give_the_same_probabilities():
    network = AlexNet(shrunk(ARCHITECTURES["alexnet-2012"])).freeze()
    network.get_parameter("fc8.bias").add_(3.0)
    side = network.architecture.input_size
    x = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    before = network.logits(x)
    gate.centre(network)
    after = network.logits(x)
    assert before.mean(1).abs().min() > 1
    assert torch.allclose(after.mean(1), torch.zeros(2), atol=1e-5)
    assert torch.allclose(after.softmax(1), before.softmax(1), rtol=1e-4)


def test_photographs_of_a_class_are_counted_by_label_or_else_by_a_sure_guess(archive, tmp_path):
    pictures = build([archive[0]], tmp_path / "built")
    pictures.split[:] = 0
    pictures.label[:] = [3, 3, 3, -1, -1, -1, -1, 5, 5, -1, -1, -1]
    pictures.guess[:] = [9, 9, 9, 5, 5, 5, 7, 7, 7, 7, -1, 7]
    pictures.confidence[:] = [0.9] * 5 + [0.1] + [0.9] * 4 + [0.0, 0.9]
    pictures.split[11] = 1
    counts = gate.photographs_of_classes(pictures)
    assert {i: int(n) for i, n in enumerate(counts) if n} == {3: 3, 5: 4, 7: 2}


def test_the_layers_after_one_continue_from_its_output():
    torch.manual_seed(0)
    network = AlexNet(ARCHITECTURES["alexnet-2012"]).freeze()
    convolutions = Convolutions(network, ("pool2", "pool5"))
    maps = convolutions(torch.randint(0, 256, (1, 227, 227, 3), dtype=torch.uint8))
    assert torch.equal(convolutions.after("pool2")(maps["pool2"]), maps["pool5"])
