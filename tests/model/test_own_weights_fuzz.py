"""Damaged or invented files of weights and labels end in a sentence, or in the reference's numbers."""

from __future__ import annotations

import io
from functools import cache

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import UserError
from model.own.labels import read_labels
from model.own.opening import open_weights

from .own_files import Plain, Write, caffe, graph, saved, write_safetensors
from .published_layouts import write_new_caffemodel

TINY = Plain(channels=(4, 4, 4, 4, 4), units=(4, 4), classes=3)
WRITERS: dict[str, Write] = {
    "a.pth": saved(),
    "b.safetensors": write_safetensors,
    "c.onnx": graph(),
    "d.caffemodel": caffe(write_new_caffemodel),
}
# A file is written anew for each example, in one folder for all of them.
anew = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@cache
def written(name: str) -> bytes:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        WRITERS[name](path, TINY)
        return path.read_bytes()


@anew
@given(st.sampled_from(sorted(WRITERS)), st.data())
def test_damaged_files_end_in_a_sentence_or_hold_weights_of_the_right_shapes(tmp_path, name, data):
    whole = bytearray(written(name))
    for _ in range(data.draw(st.integers(1, 4), "changes")):
        # Most of a file is numbers; its structure is at the beginning and at the end.
        near = data.draw(st.integers(0, min(len(whole), 3000) - 1), "byte")
        place = near if data.draw(st.booleans(), "at the start") else len(whole) - 1 - near
        whole[place] = data.draw(st.integers(0, 255), "value")
    if data.draw(st.booleans(), "cut"):
        whole = whole[: data.draw(st.integers(0, len(whole)), "length")]
    path = tmp_path / name
    path.write_bytes(whole)
    try:
        opened = open_weights(path)
    except UserError as error:
        assert "delete" not in str(error)
        return
    assert all(torch.isfinite(tensor).all() for tensor in opened.state.values())
    opened.network()


@anew
@given(
    st.lists(
        st.sampled_from(["features.0", "features.3", "conv1", "head", "classifier.6", "bn", "fc.1"]),
        min_size=1,
        max_size=9,
    ),
    st.data(),
)
def test_invented_state_dicts_end_in_a_sentence(tmp_path, modules, data):
    shapes = st.lists(st.sampled_from([1, 2, 3, 4, 10]), max_size=4)
    state = {
        f"{module}.{kind}": torch.zeros(data.draw(shapes, f"{module}.{kind}"))
        for module in modules
        for kind in data.draw(st.sampled_from([("weight",), ("weight", "bias"), ("running_var",)]))
    }
    torch.save(state, tmp_path / "a.pth")
    try:
        open_weights(tmp_path / "a.pth")
    except UserError as error:
        assert str(error)


@anew
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore")))
def test_labels_are_names_or_end_in_a_sentence(data):
    try:
        names = read_labels(data, "labels.txt")
    except UserError:
        return
    assert names
    assert all(isinstance(name, str) and name for name in names)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


@anew
@given(json_values)
def test_labels_in_json_are_names_or_end_in_a_sentence(value):
    import json

    try:
        names = read_labels(json.dumps(value).encode(), "labels.json")
    except UserError:
        return
    assert all(isinstance(name, str) and name for name in names)


def test_a_checkpoint_that_contains_itself_ends_in_a_sentence(tmp_path):
    stream = io.BytesIO()
    content: dict = {}
    content["model"] = content
    torch.save(content, stream)
    (tmp_path / "a.pth").write_bytes(stream.getvalue())
    try:
        open_weights(tmp_path / "a.pth")
    except UserError as error:
        assert "no state dict" in str(error)
