"""Where this project's own files lie: weights, class names, what was measured, the app's style."""

from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "assets"
