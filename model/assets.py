"""Where this project's own files lie: weights, class names, sample photographs, the app's style."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent  # of a clone; once installed, the package alexnet_explorer
ASSETS = ROOT / "assets"
