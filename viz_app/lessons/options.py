"""List what can be chosen on each page, as a lesson's `state` says it.

Pages know this only while they are drawn; a lesson is checked before. tests/viz_app/test_lesson_rules.py
opens every page and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from model.architectures import ARCHITECTURES, Architecture
from model.claims.statements import claims
from model.concepts import concepts
from model.editing import ACTIVATIONS, EDITABLE, POOLINGS, PRESETS, RULE_TITLES, settings
from model.layers import describe
from model.networks import sources_for
from model.parameters import Choice
from model.quiz import LEVELS, NUMBERS, SEEDS
from model.stimuli import COLOURS, SHAPES
from viz_app import cached
from viz_app.address.table import SETTING
from viz_app.samples import SAMPLES

EVERYWHERE = ("picture", "architecture", "weights")
"""What can be chosen on every page."""

OF_PAGE: dict[str, tuple[str, ...]] = {
    "overview": (),
    "prediction": ("logits", "ten_crop"),
    "network": ("layer", "input"),
    "filters": ("filter", "filter_scale"),
    "feature_maps": ("layer", "channel", "order", "map_scale"),
    "explain": (
        *("target", "methods", "cam_layer", "compare_with", "rival", "other_picture", "other_target"),
        *("map_alone", "opacity", "maps_scale", "saved_side"),
    ),
    "cell": ("layer", "channel", "row", "column", "plane"),
    "patches": ("layer", "channel", "row", "column", "patch_scope"),
    "feature_visualization": ("layer", "channel", "target", "place", "made"),
    "ablation": ("off_layer", "target", "off", "off_parts", "ranked"),
    "methods": ("method", "show_maps"),
    "believe": ("doubted", "target", "cam_layer", "beside", "box", "unreadable", "randomise"),
    "shape_lab": ("preset", "input", "rounding", "activation", "pooling", "changes", "layer"),
    "stimuli": (
        *("filter", "stimulus", "orientation", "frequency", "phase", "contrast", "colour", "cell"),
        *("bar_width", "bar_offset", "shape", "diameter", "figure", "ground", "filter_order"),
    ),
    "health": ("health_scope", "health_layer"),
    "concepts": ("concept", "concept_test"),
    "claims": ("claim",),
    "quiz": ("quiz_level", "quiz_seed", "question"),
    "comparison": ("left", "right"),
    "lessons": (),
    "classes": (),
}
"""What else can be chosen on each page, by the names in the address."""

WITH_SETTINGS = ("explain", "feature_visualization", "claims", "concepts")
"""Pages on which settings of methods or tests can be chosen, such as occlusion.window."""

FIRST_LAYER = {"feature_visualization": "conv3"}
"""The layer that a page shows at first, where it is not the first one."""

NOT_HERE: Any = None
"""In place of options, where a choice does not exist in the layer that a lesson names."""

ANYTHING = range(10**9)

_WHOLE_PARTS = ("tower-1", "tower-2", "lrn", "max-pooling")


def options(name: str, page: str, state: Mapping[str, str]) -> Any:
    """Return the options of a choice on a page, as its kind expects them; NOT_HERE without such a choice.

    Args:
        state: what else is chosen there; its architecture, if any, exists.
    """
    architecture = ARCHITECTURES[state.get("architecture", next(iter(ARCHITECTURES)))]
    if SETTING.fullmatch(name):
        return _of_setting(name)
    if name in _OF_ARCHITECTURE:
        return _OF_ARCHITECTURE[name](architecture)
    if name in ("layer", "input", "changes"):
        return _of_page(name, page, PRESETS.get(state.get("preset", ""), architecture))
    if name in ("channel", "row", "column"):
        return _in_layer(name, state.get("layer", FIRST_LAYER.get(page)), architecture)
    return None  # a switch or a colour, which are always possible


def _in_layer(name: str, layer: str | None, architecture: Architecture) -> Any:
    infos = {info.name: info for info in describe(architecture)}
    info = infos[layer] if layer in infos else next(iter(infos.values()))
    if layer is not None and layer not in infos:
        return ANYTHING  # the layer is what has to be changed
    if name != "channel" and not info.is_spatial:
        return NOT_HERE
    return range(info.output_shape[("channel", "row", "column").index(name)])


def _of_page(name: str, page: str, architecture: Architecture) -> Any:
    if name == "input":
        return range(1, 2049 if page == "shape_lab" else 1025)
    if name == "changes":
        return {layer.name: settings(layer) for layer in architecture.layers if type(layer) in EDITABLE}
    return [layer.name for layer in architecture.layers]


def _of_setting(name: str) -> Any:
    """Return the limits of a setting, or its words; NOT_HERE if there is no such setting."""
    owner, _, setting = name.partition(".")
    known = cached.methods()
    if owner in claims():
        there = cached.claim_parameters(owner)
    else:
        there = known[owner].parameters if owner in known else cached.visualization_parameters()
    found = next((parameter for parameter in there if parameter.name == setting), None)
    if found is None:
        return NOT_HERE
    return dict(found.options) if isinstance(found, Choice) else (float(found.low), float(found.high))


def _classes(architecture: Architecture) -> dict[int, str]:
    from model.predict import labels

    return dict(enumerate(labels(architecture)))


def _methods(_: Architecture) -> dict[str, str]:
    return {name: method.title for name, method in cached.methods().items()}


def _cam_layers(architecture: Architecture) -> list[str]:
    return cached.map_layers(architecture.name)[0]


def _of_type(kind: str) -> Callable[[Architecture], list[str]]:
    return lambda architecture: [info.name for info in describe(architecture) if info.type == kind]


def _within(side: Callable[[int], range]) -> Callable[[Architecture], range]:
    return lambda architecture: side(max(architecture.resize_to, architecture.input_size))


def _always(values: Any) -> Callable[[Architecture], Any]:
    return lambda _: values


_OF_ARCHITECTURE: dict[str, Callable[[Architecture], Any]] = {
    "picture": _always({name: name for name in SAMPLES}),
    "other_picture": _always({name: name for name in SAMPLES}),
    "architecture": _always({name: one.title for name, one in ARCHITECTURES.items()}),
    "weights": lambda architecture: {s.name: s.title for s in sources_for(architecture.name)},
    "target": _classes,
    "rival": _classes,
    "other_target": _classes,
    "filter": lambda architecture: range(describe(architecture)[0].output_shape[0]),
    "order": _always(("index", "mean", "maximum")),
    "claim": lambda _: list(claims()),
    "concept": lambda _: list(concepts()),
    "concept_test": lambda _: list(claims()),
    "quiz_level": _always(LEVELS),
    "quiz_seed": _always(SEEDS),
    "question": _always(NUMBERS),
    "left": _always({name: one.title for name, one in ARCHITECTURES.items()}),
    "right": _always({name: one.title for name, one in ARCHITECTURES.items()}),
    "rounding": _always(RULE_TITLES),
    "activation": _always(tuple(ACTIVATIONS)),
    "pooling": _always(tuple(POOLINGS)),
    "methods": _methods,
    "method": _methods,
    "doubted": _methods,
    "beside": _methods,
    "cam_layer": _cam_layers,
    "compare_with": _always(
        {"nothing": "Nothing else", "class": "Another class", "photo": "Another picture"}
    ),
    "opacity": _always((0.0, 1.0)),
    "saved_side": _always((227, 454, 681, 1024, 2048)),
    "plane": lambda architecture: range(
        max(i.output_shape[0] for i in describe(architecture) if i.is_spatial)
    ),
    "place": _always({"mean": "everywhere", "centre": "centre"}),
    "off_layer": _of_type("ReLU"),
    "off": lambda architecture: {i.name: i.output_shape[0] for i in describe(architecture)},
    "off_parts": lambda architecture: _WHOLE_PARTS if architecture.towers == 2 else _WHOLE_PARTS[2:],
    "box": lambda architecture: architecture.input_size,
    "unreadable": _always({"inside": "the box", "outside": "all but the box"}),
    "preset": _always(dict.fromkeys(PRESETS, "")),
    "stimulus": _always(("grating", "checkerboard", "bar", "shape", "uniform")),
    "orientation": _always(range(176)),
    "frequency": _always((0.0125, 0.5)),
    "phase": _always(range(346)),
    "contrast": _always((0.0, 1.0)),
    "colour": _always(list(COLOURS)),
    "cell": _within(lambda side: range(1, side // 4 + 1)),
    "bar_width": _within(lambda side: range(1, side // 2 + 1)),
    "bar_offset": _within(lambda side: range(-(side // 2), side // 2 + 1)),
    "shape": _always(SHAPES),
    "diameter": _within(lambda side: range(1, side + 1)),
    "filter_order": _always(("colourfulness", "preferred orientation", "preferred frequency", "index")),
    "health_scope": _always({"photo": "this picture", "session": "all pictures of this session"}),
    "health_layer": lambda architecture: [i.name for i in describe(architecture) if i.weight_shape],
}
