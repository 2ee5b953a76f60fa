"""Read the JavaScript of components."""

from pathlib import Path


def script(*names: str) -> str:
    """Return the scripts <name>.js of this folder as one text."""
    return "".join(Path(__file__).with_name(f"{name}.js").read_text("utf-8") for name in names)
