"""The folder of this project's files: weights, class names, sample photos, the app's style."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent  # the clone, or the installed package alexnet_explorer
ASSETS = ROOT / "assets"
