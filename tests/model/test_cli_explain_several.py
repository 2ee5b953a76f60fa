"""`explain` on several photos and folders: into one .zip, or into a folder of pictures."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.attribution import archive, explain
from model.cli.destination import Wanted, files_for
from model.errors import UserError
from model.preprocess import read_photo_file

from .command_line import CAT, TOY
from .pictures import photograph


@pytest.fixture
def photos(tmp_path) -> Path:
    """Return a folder with two different photos of the same name, a broken one and a text."""
    folder = tmp_path / "photos"
    for below, photo in (("home", photograph()), ("work", photograph("coffee.png"))):
        (folder / below).mkdir(parents=True)
        Image.open(photo).save(folder / below / "Photo.png")
    (folder / "work" / "broken.jpg").write_bytes(b"no photo")
    (folder / "notes.txt").write_text("not for us")
    return folder


def picture(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file))


def test_grad_cam_is_the_usual_method(run, tmp_path):
    chosen = ("--target", "3", *TOY, "--out")
    assert run("explain", CAT, *chosen, tmp_path / "usual.npy").status == 0
    assert run("explain", CAT, "--method", "grad-cam", *chosen, tmp_path / "named.npy").status == 0
    assert np.array_equal(np.load(tmp_path / "usual.npy"), np.load(tmp_path / "named.npy"))


def test_a_zip_of_several_photos_contains_the_heat_map_of_each(run, photos, network, tmp_path):
    out = tmp_path / "maps.zip"
    done = run("explain", photos, CAT, "--out", out, "--device", "cpu")
    assert done.status == 2
    left_out, broken = done.error_lines
    assert left_out.startswith(str(photos / "notes.txt"))
    assert broken.startswith(str(photos / "work" / "broken.jpg"))
    files = [photos / "home" / "Photo.png", photos / "work" / "Photo.png", Path(CAT)]
    for file, said in zip(files, done.out.splitlines(), strict=True):
        assert f"on {file} for class" in said
    recorded = archive.read(out).recorded
    for file, item in zip(files, recorded, strict=True):
        photo = read_photo_file(file)
        assert np.array_equal(item.photo.pixels, photo.pixels)
        expected = explain(network, network.prepare(photo), "grad-cam", item.question.target, "relu5")
        assert item.values is not None
        # The same computation is done twice: only the order of sums may differ.
        np.testing.assert_allclose(item.values, expected.values, atol=1e-5 * expected.values.max())
    again = run("explain", "--from", out)
    assert (again.status, again.out.count("same heat map")) == (0, 3)


def test_a_folder_gets_a_picture_for_each_photo_also_for_photos_of_the_same_name(run, photos, tmp_path):
    out = tmp_path / "maps"
    chosen = ("--method", "saliency", "--target", "3", *TOY)
    done = run("explain", photos, *chosen, "--out", f"{out}/")
    assert (done.status, len(done.error_lines)) == (2, 2)  # a text, and a broken photo
    assert sorted(file.name for file in out.iterdir()) == ["Photo-2.png", "Photo.png"]
    for photo, name in (("home", "Photo.png"), ("work", "Photo-2.png")):
        alone = tmp_path / f"{photo}.png"
        assert run("explain", photos / photo / "Photo.png", *chosen, "--out", alone).status == 0
        assert np.array_equal(picture(out / name), picture(alone))
        [said] = [line for line in done.out.splitlines() if line.startswith(f"{out / name} contains ")]
        assert f" on {photos / photo / 'Photo.png'} for class 3, cat" in said


def test_method_and_target_are_in_the_names_where_there_are_several(run, tmp_path):
    out = tmp_path / "maps"
    out.mkdir()
    several = ("--method", "grad-cam", "--method", "saliency", "--target", "3", "--target", "cat", *TOY)
    assert run("explain", CAT, *several, "--out", out).status == 0
    stem = Path(CAT).stem
    # In CIFAR-10, "cat" is class 3: there is only one target.
    names = [f"{stem}-grad-cam.png", f"{stem}-saliency.png"]
    assert sorted(file.name for file in out.iterdir()) == names
    assert run("explain", CAT, *several, "--target", "dog", "--out", f"{tmp_path / 'more'}/").status == 0
    names = [f"{stem}-{method}-{target}.png" for method in ("grad-cam", "saliency") for target in (3, 5)]
    assert sorted(file.name for file in (tmp_path / "more").iterdir()) == names


def test_one_photo_into_a_folder_that_is_made(run, tmp_path):
    done = run("explain", CAT, "--method", "saliency", *TOY, "--out", f"{tmp_path / 'new'}/")
    assert (done.status, done.err) == (0, "")
    assert [file.name for file in (tmp_path / "new").iterdir()] == [f"{Path(CAT).stem}.png"]


def test_photos_are_never_overwritten(run, photos, tmp_path):
    home = photos / "home"
    before = (home / "Photo.png").read_bytes()
    done = run("explain", home, *TOY, "--out", home)
    assert (done.status, done.out) == (2, "")
    assert done.error_lines == [
        f"A picture in --out {home} would overwrite the photo {home / 'Photo.png'}: give another folder."
    ]
    assert (home / "Photo.png").read_bytes() == before
    shutil.copy(home / "Photo.png", tmp_path / "maps.zip")  # a photo under a misleading name
    done = run("explain", tmp_path / "maps.zip", CAT, *TOY, "--out", tmp_path / "maps.zip")
    assert "would overwrite the photo" in done.err
    assert (tmp_path / "maps.zip").read_bytes() == before


def test_pictures_have_different_names_whatever_photos_are_called(tmp_path):
    """The ending of one method may be a part of another's, and names may look numbered already."""
    stems = ("x", "X", "x-2", "x-guided", "x-guided-grad-cam")
    photos = [Path(folder) / f"{stem}.jpg" for folder in "ab" for stem in stems]
    wanted = [
        Wanted(photo, method, target)
        for photo in photos
        for method in ("grad-cam", "guided-grad-cam")
        for target in (1, 11)
    ]
    files = files_for(f"{tmp_path}/", wanted)
    assert len({file.name.casefold() for file in files}) == len(wanted) == 40
    assert {file.parent for file in files} == {tmp_path}


def test_several_heat_maps_in_one_picture_are_refused(tmp_path):
    wanted = [Wanted(Path(name), "grad-cam", None) for name in ("a.jpg", "b.jpg")]
    for name in ("map.png", "map.npy"):
        with pytest.raises(
            UserError, match=r"need a \.zip or a folder: give --out maps\.zip, or --out maps/"
        ):
            files_for(str(tmp_path / name), wanted)


def test_a_photo_without_evidence_is_named(run, black, tmp_path):
    photo, target = black
    out = tmp_path / "maps.zip"
    done = run("explain", photo, CAT, "--target", target, "--out", out)
    assert done.status == 0
    assert any(line.startswith(f"{photo}: There is no positive evidence") for line in done.error_lines)
    with zipfile.ZipFile(out) as zipped:
        assert len(json.loads(zipped.read("settings.json"))["explanations"]) == 2
