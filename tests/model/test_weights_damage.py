"""For damaged or hostile files of weights, an error names the file, and no code in the file runs."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.architectures import ARCHITECTURES
from model.errors import UserError
from model.training import quantize
from model.weights.formats import read_weights

from .published_layouts import (
    known_weights,
    write_old_caffemodel,
    write_onnx,
    write_torchvision,
)
from .small import shrunk


class Malicious:
    """An object that writes a file when it is unpickled carelessly."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (self.marker,))


@pytest.mark.parametrize("kind", ["bare pickle", "torch archive"])
def test_a_pickle_that_runs_code_is_refused_and_does_not_run(tmp_path, kind):
    path, marker = tmp_path / "weights.pth", tmp_path / "it ran"
    if kind == "bare pickle":
        path.write_bytes(pickle.dumps({"features.0.weight": Malicious(marker)}, protocol=2))
    else:
        torch.save({"features.0.weight": Malicious(marker)}, path)
    with pytest.raises(UserError, match=r"weights\.pth is damaged or not a weights file"):
        read_weights(path)
    assert not marker.exists()
    if kind == "bare pickle":  # a careless reader would run the code
        pickle.loads(path.read_bytes())
        assert marker.exists()


@pytest.fixture(scope="module")
def good_files() -> dict[str, bytes]:
    """Return a valid small file of every format, by its extension."""
    weights = known_weights(shrunk(ARCHITECTURES["alexnet-2012"]))
    writers = {
        ".onnx": write_onnx,
        ".caffemodel": write_old_caffemodel,
        ".pth": write_torchvision,
        ".safetensors": lambda path, weights: quantize.save(
            {name: torch.from_numpy(values) for name, values in weights.items()}, path
        ),
    }
    contents = {}
    with tempfile.TemporaryDirectory() as folder:
        for extension, write in writers.items():
            path = Path(folder) / f"good{extension}"
            write(path, weights)
            contents[extension] = path.read_bytes()
    return contents


every_format = pytest.mark.parametrize("extension", [".onnx", ".caffemodel", ".pth", ".safetensors"])


@every_format
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_named_in_one_sentence(good_files, tmp_path, extension, kept):
    content = good_files[extension]
    path = tmp_path / f"cut{extension}"
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(UserError, match=rf"cut\{extension} is damaged or not a weights file"):
        read_weights(path)


@every_format
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_harmless_or_raises_a_user_error(good_files, tmp_path, extension, data):
    """Half of the damage is at the beginning or end of the file, where these formats have their structure."""
    content = bytearray(good_files[extension])
    edge = min(600, len(content))
    positions = st.integers(0, edge - 1) | st.integers(-edge, -1) | st.integers(0, len(content) - 1)
    for position, value in data.draw(st.lists(st.tuples(positions, st.integers(0, 255)), max_size=6)):
        content[position] = value
    path = tmp_path / f"damaged{extension}"
    path.write_bytes(bytes(content))
    try:
        read_weights(path)
    except UserError as error:
        assert path.name in str(error)


@pytest.mark.parametrize("stored", [[1, 2], {"features.0.weight": 3}, None])
def test_a_checkpoint_of_something_else_is_refused(tmp_path, stored):
    torch.save(stored, tmp_path / "other.pth")
    with pytest.raises(UserError, match=r"other\.pth is damaged or not a weights file"):
        read_weights(tmp_path / "other.pth")


@every_format
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_a_file_that_is_not_weights_is_refused(tmp_path, extension, content):
    path = tmp_path / f"noise{extension}"
    path.write_bytes(content)
    with pytest.raises(UserError, match="noise"):
        read_weights(path)
