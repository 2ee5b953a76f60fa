"""After `pip install .` the command works in any folder, and Python has one new module."""

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from .serving import answers, free_port

ROOT = Path(__file__).parents[1]
TAKEN = ("model.py", "viz_app.py", "assets.py")  # modules of a user that have the names of our folders


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Return the scripts of an environment with the wheel and the packages of this environment."""
    folder = tmp_path_factory.mktemp("package")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", str(ROOT), "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*pip, *build], check=True)
    venv.create(folder / "env", with_pip=False)
    base = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    paths = sysconfig.get_paths("venv", vars=base)
    (wheel,) = folder.glob("*.whl")
    into = ["--python", str(Path(paths["scripts"], "python"))]
    subprocess.run([*pip, *into, "install", "--no-deps", str(wheel)], check=True)
    Path(paths["purelib"], "others.pth").write_text(sysconfig.get_path("purelib"))
    return Path(paths["scripts"])


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """Return a folder with a user's modules that have the names of this project's folders."""
    for name in TAKEN:
        (tmp_path / name).write_text("raise RuntimeError('not this one')")
    return tmp_path


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}  # many users set it
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_command_describes_the_network(installed, elsewhere):
    done = run(elsewhere, installed / "alexnet", "describe", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert sum(layer["parameters"] for layer in json.loads(done.stdout)) == 60_965_224


def test_the_command_names_a_photo(installed, elsewhere):
    shutil.copy(ROOT / "assets" / "samples" / "cat.png", elsewhere / "mine.png")
    done = run(elsewhere, installed / "alexnet", "predict", "mine.png", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)[0]["predictions"]) == 5


def test_python_gets_one_new_name(installed, elsewhere):
    program = "import alexnet_explorer as a; print(a.describe.__module__, a.load.__module__)"
    done = run(elsewhere, installed / "python", "-c", program)
    assert done.stdout.split() == ["alexnet_explorer.model.layers", "alexnet_explorer.model.weights.load"]


def test_the_app_starts_from_any_folder(installed, tmp_path):
    port = free_port()
    options = ["--server.headless", "true", "--server.port", str(port)]
    with subprocess.Popen(
        [installed / "alexnet", "app", *options],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as server:
        try:
            assert answers(f"http://localhost:{port}", server), "the app did not start"
        finally:
            server.terminate()
    with socket.socket() as client:  # nothing is left behind that still listens
        assert client.connect_ex(("localhost", port)) != 0
    assert not list(tmp_path.iterdir())


def test_without_the_packages_one_line_says_what_to_do():
    """`-S` hides all installed packages. The system's Python has none of them either."""
    done = subprocess.run([sys.executable, "-S", "-m", "model"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install" in done.stderr and len(done.stderr.splitlines()) == 1
