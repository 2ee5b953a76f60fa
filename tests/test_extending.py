"""Adding a method, a page or an architecture touches only the files that CONTRIBUTING.md names.

Each is added to a copy of the checkout. Then the command line knows them, and the tests in the copy, which
use the same lists, test them on every page, in exported code and in the browser.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
COPIED = ("app.py", "alexnet_explorer", "assets", "model", "tests", "viz_app", ".streamlit", "pyproject.toml")

METHOD = '''"""Dummy method: the sum of the gradient over the colours."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..question import Question
from . import saliency


def _compute(network: AlexNet, x: Tensor, question: Question) -> Tensor:
    x.requires_grad_()
    return torch.autograd.grad(network.logits(x)[0, question.target], x)[0][0].sum(0)


METHOD = replace(
    saliency.METHOD,
    name="dummy-method",
    title="Dummy method",
    signed=True,
    formula="M_{ij}",
    compute=_compute,
)
'''
PAGE = '''"""The name of the chosen photo."""

from __future__ import annotations

import streamlit as st

from viz_app import state
from viz_app.widgets.run import part
from viz_app.widgets.show import heading

heading("Dummy page", "The name of the photo.")


@part
def dummy() -> None:
    st.write(state.photo().name)


dummy()
'''
# Text to add at the end of existing files.
ENTRIES = {
    "model/attribution/__init__.py": """
from . import dummy
METHODS[dummy.METHOD.name] = dummy.METHOD
""",
    "tests/model/references.py": """
def dummy(network: AlexNet, x: Tensor) -> Tensor:
    return gradient(network.logits, x).sum(0)

REFERENCES["dummy-method"] = dummy
""",
    "viz_app/frame/navigation.py": """
from dataclasses import replace
DUMMY = PageEntry("dummy", "Dummy page", "pets", "The name of the photo.")
NAVIGATION = (*NAVIGATION[:-1], replace(NAVIGATION[-1], pages=(*NAVIGATION[-1].pages, DUMMY)))
PAGES = tuple(page for group in NAVIGATION for page in group.pages)
""",
    "model/architectures.py": """
ARCHITECTURES["dummy-net"] = Architecture(
    name="dummy-net",
    title="Dummy network",
    summary="Two convolutions.",
    input_size=40,
    resize_to=40,
    classes="cifar10",
    layers=(
        Conv("conv1", 32, 5, stride=2),
        ReLU("relu1"),
        MaxPool("pool1"),
        Conv("conv2", 48, 3, padding=1),
        ReLU("relu2"),
        Flatten("flatten"),
        Linear("fc6", 64),
        ReLU("relu6"),
        Linear("fc8", 10),
        Softmax("prob"),
    ),
)
""",
}


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the checkout with a new method, a new page and a new architecture."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    (copy / "model/attribution/dummy.py").write_text(METHOD)
    text = copy / "model/attribution/text"
    shutil.copy(text / "saliency.md", text / "dummy-method.md")
    (copy / "viz_app/pages/dummy.py").write_text(PAGE)
    for name, entry in ENTRIES.items():
        with (copy / name).open("a") as file:
            file.write(entry)
    return copy


def run(folder: Path, *command: str, **variables: str) -> str:
    """Run a Python module in a folder, which must succeed, and return what it prints."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_XDIST")} | variables
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done.stdout


def test_the_command_line_knows_a_new_architecture_and_a_new_method(extended, tmp_path):
    layers = json.loads(run(extended, "model", "describe", "--architecture", "dummy-net", "--format", "json"))
    assert [layer["name"] for layer in layers][:2] == ["conv1", "relu1"]
    assert "Dummy method" in run(extended, "model", "methods", "dummy-method")
    photo, out, archive = "assets/samples/cat.png", tmp_path / "map.npy", tmp_path / "all.zip"
    question = ("--architecture", "dummy-net", "--method", "dummy-method", "--target", "3", "--device", "cpu")
    run(extended, "model", "explain", photo, *question, "--out", str(out))
    assert np.load(out).shape == (40, 40)
    run(extended, "model", "explain", photo, *question, "--out", str(archive))
    said = run(extended, "model", "explain", "--from", str(archive), "--out", str(tmp_path / "again.zip"))
    assert "dummy" in said.lower()


@pytest.mark.skipif(os.environ.get("MATRIX") != "all", reason="runs many other tests: `make matrix` does")
def test_all_tests_that_use_the_lists_pass(extended, tmp_path):
    pytest_ = ("pytest", "tests", "-k", "dummy", "--ignore", "tests/test_extending.py")
    said = run(extended, *pytest_, "-v", MATRIX="", ALEXNET_CACHE=str(tmp_path))
    for test in (
        "tests/model/test_export.py::test_an_exported_architecture_computes_what_the_network_computes[dummy-net]",
        "tests/model/test_references.py::test_a_method_equals_its_formula[dummy-method]",
        "tests/viz_app/test_every_page.py::test_every_page_shows_every_architecture[dummy-alexnet-2012]",
        "tests/viz_app/test_pages.py::test_every_method_is_shown[dummy-method]",
        "tests/e2e/test_every_page.py::test_a_page_fits_the_screen[dummy-alexnet-2012-1280-1-light]",
        "tests/e2e/test_inside.py::test_every_method_shows_a_heat_map_of_a_real_photo[dummy-method]",
    ):
        assert f"{test} PASSED" in said


def test_the_full_matrix_has_a_new_row_and_a_new_column(extended):
    files = ("tests/e2e/test_every_page.py", "tests/viz_app/test_every_page.py")
    pytest_ = ("pytest", *files, "--collect-only")
    cells = run(extended, *pytest_, MATRIX="all").splitlines()
    for cell in (
        "dummy-alexnet-2012-390-1-light",
        "health-dummy-net-1280-1.5-dark",
        "dummy-dummy-net-1920-1-light",
    ):
        assert f"tests/e2e/test_every_page.py::test_a_page_fits_the_screen[{cell}]" in cells
    for cell in ("dummy-alexnet-2012", "prediction-dummy-net", "dummy-dummy-net"):
        assert f"tests/viz_app/test_every_page.py::test_every_page_shows_every_architecture[{cell}]" in cells
