"""Damaged archives raise a `UserError`, and no two files of an archive have the same name."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.attribution import METHODS, Attribution
from model.attribution.archive import SETTINGS, Explained, read, write
from model.errors import UserError
from model.preprocess import read_photo
from model.question import Question

from .pictures import colours, encoded

MAP = "1-grad-cam-282"
SIDE = 32  # of the photos in pixels; small, so that there are few bytes to damage


def explained(name: str = "cat.png", seed: int = 0, method: str = "grad-cam", target: int = 282) -> Explained:
    """Return an attribution with random values and a photo, both different for every seed."""
    photo = read_photo(encoded(colours(seed=seed)), name)
    values = np.random.default_rng(seed).random((4, 4), np.float32)
    heatmap = np.kron(values, np.ones((8, 8), np.float32))
    chosen = METHODS[method]
    settings = tuple((parameter.name, parameter.default) for parameter in chosen.parameters)
    question = Question(method, target, "relu5", settings)
    found = Attribution(chosen, question, logit=1.5, values=values, heatmap=heatmap)
    return Explained(photo, found, "tiger cat")


def archive(*items: Explained) -> bytes:
    buffer = io.BytesIO()
    write(buffer, "alexnet-cifar10", "random", items or [explained(method="smoothgrad")], side=SIDE)
    return buffer.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as stored:
        return {name: stored.read(name) for name in stored.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as stored:
        for name, content in files.items():
            stored.writestr(name, content)
    return buffer.getvalue()


# --- names ---------------------------------------------------------------------------------------

NAMES = {
    "called like a map's picture": [f"{MAP}.png"],
    "called like a later map's picture": ["cat.png", "2-grad-cam-282.jpg"],
    "counted already": ["cat.png", "cat-3.png", "cat.png"],
    "counted twice": ["cat.png", "cat-2.png", "cat.jpg", "cat-2.gif", "cat.webp"],
    "in capitals, which some disks do not tell apart": ["cat.png", "CAT.PNG", "1-Grad-CAM-282.png"],
    "without letters": ["?.png", "!.png", ""],
}


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES.keys())
def test_every_file_has_a_name_of_its_own(tmp_path, names):
    items = [explained(name, seed) for seed, name in enumerate(names)]
    path = tmp_path / "maps.zip"
    path.write_bytes(archive(*items))
    with zipfile.ZipFile(path) as stored:
        stored_names = [name.casefold() for name in stored.namelist()]
        stored.extractall(tmp_path)
    assert len(stored_names) == len(set(stored_names)) == 3 * len(items) + 1
    for earlier in (path, tmp_path / SETTINGS, tmp_path):
        for recorded, item in zip(read(earlier).recorded, items, strict=True):
            assert np.array_equal(recorded.photo.pixels, item.photo.pixels)
            assert recorded.values is not None
            assert np.array_equal(recorded.values, item.attribution.values)


def test_a_photo_keeps_its_name_if_no_other_file_has_it_and_is_stored_once():
    assert list(members(archive(explained(), explained(target=7)))) == [
        *("cat.png", f"{MAP}.npy", f"{MAP}.png", "2-grad-cam-7.npy", "2-grad-cam-7.png", SETTINGS),
    ]


def test_an_archive_in_which_a_heat_map_has_the_name_of_a_photo_is_refused(tmp_path):
    """Older versions wrote such archives: when they are unpacked, the heat map replaces the photo."""
    files = members(archive(explained()))
    files[SETTINGS] = files[SETTINGS].replace(b'"cat.png"', f'"{MAP}.png"'.encode())
    (tmp_path / "maps.zip").write_bytes(zipped(files))
    for name in (SETTINGS, f"{MAP}.png"):
        (tmp_path / name).write_bytes(files[name])
    for earlier in (tmp_path / "maps.zip", tmp_path / SETTINGS):
        with pytest.raises(UserError, match="as a photo and as a heat map"):
            read(earlier)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_with_two_files_of_the_same_name_is_refused(tmp_path):
    path = tmp_path / "maps.zip"
    path.write_bytes(archive())
    with zipfile.ZipFile(path, "a") as stored:
        stored.writestr("cat.png", encoded(colours(seed=9)))
    with pytest.raises(UserError, match="two files with the same name"):
        read(path)


# --- damage --------------------------------------------------------------------------------------


def npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, values=np.ones((3, 3), np.float32))
    return buffer.getvalue()


def claiming(shape: tuple[int, ...]) -> bytes:
    """Return the beginning of a .npy file that claims to have that shape, without its values."""
    buffer = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue()


MAPS = {
    "empty": b"",
    "cut off": npy(np.ones((3, 3), np.float32))[:-1],
    "a ZIP": npz(),
    "text": b"not a map",
    "a number": npy(np.array(1.0)),
    "a row": npy(np.ones(9)),
    "colours": npy(np.ones((3, 3, 3))),
    "words": npy(np.array([["a", "b"]])),
    "complex": npy(np.ones((3, 3), complex)),
    "larger than any memory": claiming((10**9, 10**9)),
}


@pytest.mark.parametrize("content", MAPS.values(), ids=MAPS.keys())
def test_a_file_that_is_not_an_attribution_raises_a_user_error(tmp_path, content):
    files = members(archive(explained())) | {f"{MAP}.npy": content}
    (tmp_path / "maps.zip").write_bytes(zipped(files))
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for earlier in (tmp_path / "maps.zip", tmp_path / SETTINGS):
        with pytest.raises(UserError, match=rf"^{MAP}\.npy .*Save it again\.$"):
            read(earlier)


NUMBERS = ["Infinity", "NaN", "1e999", "-Infinity", '"x"', "null", "[]", "[" * 100_000]


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: value[:9])
def test_a_target_that_is_not_a_number_raises_a_user_error(tmp_path, value):
    files = members(archive(explained()))
    files[SETTINGS] = files[SETTINGS].replace(b'"target": 282', f'"target": {value}'.encode())
    (tmp_path / "maps.zip").write_bytes(zipped(files))
    with pytest.raises(UserError, match=rf"The {SETTINGS} in .* was not written by this program"):
        read(tmp_path / "maps.zip")


def test_a_missing_or_unreadable_file_is_named(tmp_path, monkeypatch):
    for missing in (tmp_path / "nope.zip", tmp_path / "nope.json"):
        with pytest.raises(UserError) as refused:
            read(missing)
        assert str(refused.value) == f"There is no file {missing}. Check the path."
    with pytest.raises(UserError, match=rf"^There is no file .*{SETTINGS}\. Check the path\.$"):
        read(tmp_path)
    with pytest.raises(UserError, match=r"cannot be read: file name too long\. Check the path\.$"):
        read(tmp_path / ("x" * 300 + ".zip"))

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    for path in (tmp_path / SETTINGS, tmp_path / "maps.zip"):
        path.touch()
        with pytest.raises(UserError, match=r"cannot be read: permission denied\. Check the path\.$"):
            read(path)


def with_flags(data: bytes, position: int, value: int) -> bytes:
    """Return an archive with one byte changed in each file's directory entry and header."""
    changed = bytearray(data)
    for signature, shift in ((b"PK\x01\x02", 2), (b"PK\x03\x04", 0)):
        start = -1
        while (start := data.find(signature, start + 1)) >= 0:
            changed[start + position + shift] = value
    return bytes(changed)


@pytest.mark.parametrize(("position", "value"), [(6, 1), (8, 99), (8, 8), (8, 12), (8, 14)])
def test_encrypted_files_and_unknown_compression_raise_a_user_error(tmp_path, position, value):
    """Files claim to be encrypted, to use an unknown compression, or one that their bytes do not have."""
    (tmp_path / "maps.zip").write_bytes(with_flags(archive(), position, value))
    with pytest.raises(UserError, match="is damaged or encrypted"):
        read(tmp_path / "maps.zip")


WHOLE = archive()
FILES = members(WHOLE)
DIRECTORY = WHOLE.index(b"PK\x01\x02")  # the directory begins here; every byte after it matters


def damaged(data: bytes, first: int = 0) -> st.SearchStrategy[bytes]:
    """Return the archive cut off, or with one byte changed, at a position from `first` on."""
    positions, byte = st.integers(first, len(data) - 1), st.binary(min_size=1, max_size=1)
    changed = st.builds(lambda at, new: data[:at] + new + data[at + 1 :], positions, byte)
    return st.one_of(positions.map(lambda at: data[:at]), changed)


damaged_files = st.sampled_from(sorted(FILES)).flatmap(
    lambda name: damaged(FILES[name]).map(lambda content: FILES | {name: content})
)


def reads_or_refuses(path: Path) -> None:
    try:
        found = read(path)
    except UserError as refusal:
        assert str(refusal).endswith(".")
    else:
        assert all(recorded.values is None or recorded.values.ndim == 2 for recorded in found.recorded)


ONE_FOLDER = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ONE_FOLDER
@given(data=st.one_of(damaged(WHOLE), damaged(WHOLE, DIRECTORY), damaged_files.map(zipped)))
def test_any_damage_to_an_archive_is_harmless_or_raises_a_user_error(tmp_path, data):
    (tmp_path / "maps.zip").write_bytes(data)
    reads_or_refuses(tmp_path / "maps.zip")


@ONE_FOLDER
@given(files=damaged_files)
def test_any_damage_to_an_unpacked_archive_is_harmless_or_raises_a_user_error(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    reads_or_refuses(tmp_path / SETTINGS)


def test_the_archive_used_for_these_tests_is_not_damaged_itself(tmp_path):
    (tmp_path / "maps.zip").write_bytes(WHOLE)
    assert read(tmp_path / "maps.zip").architecture == json.loads(FILES[SETTINGS])["architecture"]
