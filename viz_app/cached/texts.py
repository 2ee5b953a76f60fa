"""The explanations that stand on the pages."""

from pathlib import Path

TEXT = Path(__file__).parents[1] / "text"


def text(name: str) -> str:
    """An explanation from viz_app/text, which a teacher may edit while the app runs."""
    return (TEXT / f"{name}.md").read_text("utf-8")
