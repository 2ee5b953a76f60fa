"""`check`: whether a map can be believed, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UserError
from ..weights.sources import DEFAULT_ARCHITECTURE
from . import options
from .method_options import Layer, Method, Settings, Target, complete_settings
from .output import print_error, print_json, print_out, print_table, progress_bar

if TYPE_CHECKING:
    from ..alexnet import AlexNet
    from ..attribution import Attribution
    from ..attribution.checks import Chance, Completeness, Curve, Curves, Kind, Randomized, Yardstick
    from ..attribution.pointing import Pointing, Share
    from ..preprocess import Photo
    from ..receptive_field import Box

BoxText = Annotated[
    str | None,
    typer.Option(
        "--box",
        metavar="LEFT,TOP,RIGHT,BOTTOM",
        help="A box in pixels of the crop that the network sees, the upper left one being 0,0; right and "
        "bottom are the first ones beyond it. Says how much of the map it holds, and what the network makes "
        "of the photo without it.",
    ),
]
RandomWeights = Annotated[
    bool,
    typer.Option(
        "--random-weights",
        help="Explain again with more and more layers' weights random, from the last to the first, and say "
        "how like the real map that is: one that hardly changes cannot have been about the class. Takes as "
        "long as all those explanations.",
    ),
]


@dataclass(frozen=True)
class Checks:
    """All that was found out about a map; None for what does not apply, or was not asked for."""

    attribution: Attribution
    label: str
    curves: Curves
    by_chance: Yardstick
    completeness: Completeness | None
    pointing: tuple[Share, Pointing] | None
    cascade: list[Randomized] | None


def check(
    image: options.Image,
    method: Method,
    layer: Layer = None,
    target: Target = None,
    settings: Settings = None,
    box: BoxText = None,
    random_weights: RandomWeights = False,
    architecture: options.Architecture = DEFAULT_ARCHITECTURE,
    weights: options.Weights = None,
    device: options.Device = "auto",
    output_format: options.TableOrJson = "table",
) -> None:
    """Test whether the map that a method makes of a photo can be believed.

    Deletion makes the map's strongest pixels grey first, and should lower the class's probability fast: the
    area under the curve should be smaller than by the same map moved to random places, by more than two
    standard deviations of several of them. Insertion uncovers the strongest pixels first in a blurred
    photo: its area should be larger. Methods that promise to share out the score are added up.
    """
    values = complete_settings([method], layer, options.numbers(settings, "samples=50"))[method]
    pointed_at = None if box is None else _box(box)

    from ..attribution import explain
    from ..attribution.pointing import check_box
    from ..predict import classify
    from .network import Network
    from .photos import read_photo_file

    photo = read_photo_file(image)
    network = Network(architecture, weights, device)

    def compute(model: AlexNet) -> Checks:
        if pointed_at:  # before the work
            check_box(pointed_at, model.architecture.input_size, model.architecture.input_size)
        of = int(classify(model, photo).ranking[0]) if target is None else target
        attribution = explain(model, model.prepare(photo), method, of, layer, values)
        return _examine(model, photo, attribution, pointed_at, random_weights)

    found = network.run(compute)
    if output_format == "json":
        print_json({"image": str(image), **_plain(found)})
    else:
        _print(found)
    if not found.attribution.has_evidence:
        print_error(f"There is no positive evidence for {found.label}: the map is zero everywhere.")


def _box(text: str) -> Box:
    from ..receptive_field import Box

    try:
        left, top, right, bottom = (int(edge) for edge in text.split(","))
    except ValueError:
        raise UserError(f"--box takes LEFT,TOP,RIGHT,BOTTOM, such as 40,30,140,120, not '{text}'.") from None
    return Box(top, left, bottom, right)


def _examine(
    model: AlexNet, photo: Photo, attribution: Attribution, box: Box | None, random_weights: bool
) -> Checks:
    from ..attribution import checks
    from ..attribution.pointing import point, share
    from ..predict import labels

    x, heatmap, target = model.prepare(photo), attribution.heatmap, attribution.question.target
    cascade = None
    if random_weights:
        with progress_bar("Explaining with random weights") as progress:
            cascade = checks.cascade(model, x, attribution, progress)
    return Checks(
        attribution,
        label=labels(model.architecture)[target],
        curves=checks.curves(model, x, heatmap, target),
        by_chance=checks.yardstick(model, x, attribution),
        completeness=checks.completeness(model, x, attribution),
        pointing=(share(heatmap, box), point(model, x, box, target)) if box else None,
        cascade=cascade,
    )


def _plain(found: Checks) -> dict[str, Any]:
    """As JSON can hold it."""
    attribution, completeness = found.attribution, found.completeness
    return {
        "method": attribution.method.name,
        "layer": attribution.question.layer,
        "settings": dict(attribution.question.settings),
        "target": {
            "class_index": attribution.question.target,
            "label": found.label,
            "logit": attribution.logit,
        },
        "deletion": _areas("deletion", found.curves.deletion, found.by_chance.deletion),
        "insertion": _areas("insertion", found.curves.insertion, found.by_chance.insertion),
        "completeness": completeness and {**vars(completeness), "gap": completeness.gap},
        "box": found.pointing and _plain_pointing(*found.pointing),
        "random_weights": found.cascade
        and [{"layers": step.layers, "rank_correlation": step.correlation} for step in found.cascade],
    }


def _areas(kind: Kind, ours: Curve, chance: Chance) -> dict[str, Any]:
    from ..attribution.checks import verdict

    return {
        "area": ours.area,
        "mean_area_of_moved_maps": chance.area,
        "spread_of_moved_maps": chance.spread,
        "verdict": verdict(kind, ours, chance),
    }


def _plain_pointing(share: Share, pointing: Pointing) -> dict[str, Any]:
    kinds = ("part", "filling", "probability", "logit")
    return {
        **vars(pointing.box),
        "share_of_map": share.total,
        "share_for": share.positive,
        "share_against": share.negative,
        "share_of_picture": share.area,
        "probability": pointing.probability,
        "logit": pointing.logit,
        "altered": [{kind: getattr(one, kind) for kind in kinds} for one in pointing.altered],
    }


def _print(found: Checks) -> None:
    attribution = found.attribution
    question = attribution.question
    place = f" of {question.layer}" if question.layer else ""
    print_out(
        f"{attribution.method.title}{place} for class {question.target}, {found.label}, "
        f"whose logit is {attribution.logit:.2f}\n"
    )
    print_table(("area under", "this map", "moved", "should be", "verdict"), _rows(found))
    if sums := found.completeness:
        print_out(
            f"\nThe values add up to {sums.total:.4f}; from the grey picture to this one the logit changes "
            f"by {sums.change:.4f}: a gap of {sums.gap:.1%}."
        )
    if found.pointing:
        _print_pointing(*found.pointing)
    if found.cascade:
        steps = [(_span(step.layers), f"{step.correlation:5.2f}") for step in found.cascade]
        print_out("")
        print_table(("random layers", "rank correlation with the real map"), steps)


def _rows(found: Checks) -> list[tuple[str, ...]]:
    """The areas of deletion and insertion, beside those of the map's values in random places."""
    from ..attribution.checks import BETTER, verdict

    rows: list[tuple[str, ...]] = []
    for kind, better in BETTER.items():
        ours, chance = getattr(found.curves, kind), getattr(found.by_chance, kind)
        by_chance = f"{chance.area:.4f} ± {chance.spread:.4f}"
        rows.append((kind, f"{ours.area:.4f}", by_chance, better, verdict(kind, ours, chance)))
    return rows


def _print_pointing(share: Share, pointing: Pointing) -> None:
    signs = f" ({share.positive:.1%} for, {share.negative:.1%} against)" if share.negative else ""
    print_out(f"\nThe box holds {share.total:.1%} of the map{signs}, on {share.area:.1%} of the picture.\n")
    names = {"inside": "the box", "outside": "all but the box"}
    pictures = [("as it is", pointing.probability, pointing.logit)]
    pictures += [(f"{names[a.part]} {a.filling}", a.probability, a.logit) for a in pointing.altered]
    rows = [(name, f"{probability:11.2%}", f"{logit:6.2f}") for name, probability, logit in pictures]
    print_table(("picture", "probability", "logit"), rows)


def _span(layers: Sequence[str]) -> str:
    return layers[0] if len(layers) == 1 else f"{layers[-1]} to {layers[0]}"
