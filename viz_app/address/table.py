"""All choices that an address can contain: their names, the kinds of their values, and their defaults.

write("row", 3)              -> "3"
read("row", "3", range(13))  -> Reading(3)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from viz_app.address.compound import Changes, Channels, Rectangle
from viz_app.address.kinds import (
    NOTHING,
    Colour,
    Decimal,
    Kind,
    OneOf,
    Reading,
    Setting,
    SeveralOf,
    Switch,
    Whole,
)


@dataclass(frozen=True)
class Choice:
    """A choice that an address can contain.

    Attributes:
        default: the value that an address leaves out. NOTHING if it depends on photo, network or page; then
            the page gives it.
    """

    kind: Kind
    default: Any = NOTHING

    @property
    def is_list(self) -> bool:
        """Return whether the choice is a list of several options."""
        return isinstance(self.kind, SeveralOf)


CHOICES: dict[str, Choice] = {
    # On every page. The secret of a class is taken out of the address as soon as it has been read.
    "class": Choice(OneOf(), ""),
    "secret": Choice(OneOf(), ""),
    "lesson": Choice(OneOf(), ""),
    "stop": Choice(Whole(), 1),
    "picture": Choice(OneOf()),
    "architecture": Choice(OneOf()),
    "weights": Choice(OneOf()),
    "target": Choice(OneOf()),
    "layer": Choice(OneOf()),
    "channel": Choice(Whole()),
    "row": Choice(Whole()),
    "column": Choice(Whole()),
    "filter": Choice(Whole()),
    # Claims.
    "claim": Choice(OneOf()),
    "concept": Choice(OneOf()),
    "concept_test": Choice(OneOf()),
    # Quiz.
    "quiz_level": Choice(OneOf()),
    "quiz_seed": Choice(Whole()),
    "question": Choice(Whole()),
    # Training.
    "run": Choice(OneOf()),
    "other_runs": Choice(SeveralOf(most=3), []),
    "moment": Choice(Whole()),
    # Teach it.
    "teach_plan": Choice(OneOf()),
    "teach_steps": Choice(Whole()),
    "teach_dropout": Choice(Decimal()),
    "teach_decay": Choice(OneOf()),
    "teach_variations": Choice(OneOf(), "none"),
    # Comparison.
    "left": Choice(OneOf()),
    "right": Choice(OneOf()),
    # Prediction.
    "logits": Choice(Switch(), False),
    "ten_crop": Choice(Switch(), False),
    # Architecture and Shape lab.
    "input": Choice(Whole()),
    "preset": Choice(OneOf()),
    "rounding": Choice(OneOf()),
    "activation": Choice(OneOf()),
    "pooling": Choice(OneOf()),
    "changes": Choice(Changes(), {}),
    # Filters and Feature maps.
    "filter_scale": Choice(Switch(), False),
    "map_scale": Choice(Switch(), False),
    "order": Choice(OneOf()),
    # Attribution and its methods.
    "methods": Choice(SeveralOf(most=4)),
    "method": Choice(OneOf(), None),
    "cam_layer": Choice(OneOf()),
    "compare_with": Choice(OneOf()),
    "rival": Choice(OneOf()),
    "other_picture": Choice(OneOf()),
    "other_target": Choice(OneOf()),
    "map_alone": Choice(Switch(), False),
    "opacity": Choice(Decimal(), 0.55),
    "maps_scale": Choice(Switch(), False),
    "saved_side": Choice(OneOf(), 681),
    "show_maps": Choice(Switch(), False),
    # Sanity checks.
    "doubted": Choice(OneOf()),
    "beside": Choice(SeveralOf(most=3), []),
    "box": Choice(Rectangle(), None),
    "unreadable": Choice(OneOf()),
    "randomise": Choice(Switch(), False),
    # Inside a layer.
    "plane": Choice(OneOf()),
    "patch_scope": Choice(Switch(), True),
    "place": Choice(OneOf()),
    "made": Choice(Switch(), False),
    "off_layer": Choice(OneOf()),
    "off": Choice(Channels(), {}),
    "off_parts": Choice(SeveralOf(), []),
    "ranked": Choice(Switch(), False),
    # Stimuli.
    "stimulus": Choice(OneOf()),
    "orientation": Choice(Whole()),
    "frequency": Choice(Decimal()),
    "phase": Choice(Whole()),
    "contrast": Choice(Decimal()),
    "colour": Choice(OneOf()),
    "cell": Choice(Whole()),
    "bar_width": Choice(Whole()),
    "bar_offset": Choice(Whole()),
    "shape": Choice(OneOf()),
    "diameter": Choice(Whole()),
    "figure": Choice(Colour()),
    "ground": Choice(Colour()),
    "filter_order": Choice(OneOf()),
    # Network health.
    "health_scope": Choice(OneOf()),
    "health_layer": Choice(OneOf()),
}


SETTING = re.compile(r"[a-z0-9+-]+\.[a-z]+")
"""The form of a method's setting, such as occlusion.window."""


@cache
def choice(name: str) -> Choice | None:
    """Return the choice of that name, or None. Any name with the form of a setting is accepted."""
    return Choice(Setting()) if SETTING.fullmatch(name) else CHOICES.get(name)


def write(name: str, value: Any) -> str:
    """Return a choice as an address writes it: write("row", 3) -> "3"."""
    found = choice(name)
    assert found, f"{name} is in the table"
    return found.kind.write(value)


def read(name: str, text: str, among: Any = None) -> Reading:
    """Return the meaning of a text for a choice: read("row", "3", range(13)) -> Reading(3)."""
    found = choice(name)
    assert found, f"{name} is in the table"
    return found.kind.read(text, among)
