"""What `pip install .` gives: a command that works in any folder, and one new name in Python."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
from pathlib import Path

import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[1]
TAKEN = ("model.py", "viz_app.py", "assets.py")  # a user's own modules


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The scripts of an environment that has the wheel, and else only what this one has."""
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
    """A folder with modules of a user's own that are called as this project's folders are."""
    for name in TAKEN:
        (tmp_path / name).write_text("raise RuntimeError('not this one')")
    return tmp_path


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}  # as many keep it
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
            assert _answers(f"http://localhost:{port}/_stcore/health"), "the app did not start"
        finally:
            server.terminate()
    assert not list(tmp_path.iterdir())


def _answers(url: str, within: float = 120.0) -> bool:
    start = time.monotonic()
    while time.monotonic() - start < within:
        try:
            return bool(urllib.request.urlopen(url, timeout=5).read() == b"ok")
        except OSError:
            time.sleep(0.5)
    return False


def test_without_the_packages_one_line_says_what_to_do():
    """`-S` hides all installed packages, as the system's Python has none of them."""
    done = subprocess.run([sys.executable, "-S", "-m", "model"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install" in done.stderr and len(done.stderr.splitlines()) == 1
