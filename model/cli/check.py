"""The command `check`: measure whether a heat map can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import UserError
from ..weights.sources import DEFAULT_ARCHITECTURE
from . import options
from .method_options import Layer, Method, Settings, Target, complete_settings, find_targets
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
        help="A box in pixels of the crop that the network sees. The upper left pixel is 0,0; right and "
        "bottom are the first pixels beyond the box. Prints how much of the heat map lies in the box, and "
        "what the network predicts without the box.",
    ),
]
RandomWeights = Annotated[
    bool,
    typer.Option(
        "--random-weights",
        help="Compute the heat map again while more and more layers get random weights, from the last to the "
        "first, and print how similar it is to the real one. A heat map that hardly changes cannot have been "
        "about the target. Takes as long as all those heat maps.",
    ),
]


@dataclass(frozen=True)
class Checks:
    """The results of all checks of a heat map; None for a check that does not apply or was not asked for."""

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
    """Test whether a heat map can be believed.

    Deletion turns the strongest pixels of the heat map grey first. This should lower the target's probability
    fast: the area under the curve should be smaller than for the same heat map moved to random places, by
    more than two standard deviations of their areas. Insertion starts with a blurred photo and uncovers the
    strongest pixels first: its area should be larger. If the method promises that its values add up to the
    change of the score, that is checked too.
    """
    values = complete_settings([method], layer, options.settings_by_name(settings, "samples=50"))[method]
    pointed_at = None if box is None else _box(box)

    from ..attribution import explain
    from ..attribution.pointing import check_box
    from ..predict import classify
    from .network import Network
    from .photos import read_photo_file

    photo = read_photo_file(image)
    targets = find_targets(architecture, None if target is None else [target])
    network = Network(architecture, weights, device)

    def compute(alexnet: AlexNet) -> Checks:
        if pointed_at:  # checked first, so that nobody waits for an error
            check_box(pointed_at, alexnet.architecture.input_size, alexnet.architecture.input_size)
        of = targets[0] if targets else int(classify(alexnet, photo).ranking[0])
        attribution = explain(alexnet, alexnet.prepare(photo), method, of, layer, values)
        return _examine(alexnet, photo, attribution, pointed_at, random_weights)

    found = network.run(compute)
    if output_format == "json":
        print_json({"image": str(image), **_plain(found)})
    else:
        _print(found)
    if not found.attribution.has_evidence:
        print_error(f"There is no positive evidence for {found.label}: the heat map is zero everywhere.")


def _box(text: str) -> Box:
    from ..receptive_field import Box

    try:
        left, top, right, bottom = (int(edge) for edge in text.split(","))
    except ValueError:
        raise UserError(f"--box takes LEFT,TOP,RIGHT,BOTTOM, such as 40,30,140,120, not '{text}'.") from None
    return Box(top, left, bottom, right)


def _examine(
    alexnet: AlexNet, photo: Photo, attribution: Attribution, box: Box | None, random_weights: bool
) -> Checks:
    from ..attribution import checks
    from ..attribution.pointing import point, share
    from ..predict import labels

    x, heatmap, target = alexnet.prepare(photo), attribution.heatmap, attribution.question.target
    cascade = None
    if random_weights:
        with progress_bar("Computing heat maps with random weights") as progress:
            cascade = checks.cascade(alexnet, x, attribution, progress)
    return Checks(
        attribution,
        label=labels(alexnet.architecture)[target],
        curves=checks.curves(alexnet, x, heatmap, target),
        by_chance=checks.yardstick(alexnet, x, attribution),
        completeness=checks.completeness(alexnet, x, attribution),
        pointing=(share(heatmap, box), point(alexnet, x, box, target)) if box else None,
        cascade=cascade,
    )


def _plain(found: Checks) -> dict[str, Any]:
    """Return the results as JSON can store them."""
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
    print_table(("area under", "this heat map", "moved", "should be", "verdict"), _rows(found))
    if sums := found.completeness:
        print_out(
            f"\nThe values add up to {sums.total:.4f}; from a grey photo to this one the logit changes by "
            f"{sums.change:.4f}: a gap of {sums.gap:.1%}."
        )
    if found.pointing:
        _print_pointing(*found.pointing)
    if found.cascade:
        steps = [(_span(step.layers), f"{step.correlation:5.2f}") for step in found.cascade]
        print_out("")
        print_table(("random layers", "rank correlation with the real heat map"), steps)


def _rows(found: Checks) -> list[tuple[str, ...]]:
    """Return the areas of deletion and insertion, for the heat map and for the same one moved."""
    from ..attribution.checks import BETTER, verdict

    rows: list[tuple[str, ...]] = []
    for kind, better in BETTER.items():
        ours, chance = getattr(found.curves, kind), getattr(found.by_chance, kind)
        by_chance = f"{chance.area:.4f} ± {chance.spread:.4f}"
        rows.append((kind, f"{ours.area:.4f}", by_chance, better, verdict(kind, ours, chance)))
    return rows


def _print_pointing(share: Share, pointing: Pointing) -> None:
    signs = f" ({share.positive:.1%} for, {share.negative:.1%} against)" if share.negative else ""
    print_out(
        f"\nThe box contains {share.total:.1%} of the heat map{signs}, on {share.area:.1%} of the photo.\n"
    )
    names = {"inside": "the box", "outside": "everything but the box"}
    pictures = [("unchanged", pointing.probability, pointing.logit)]
    pictures += [(f"{names[a.part]} {a.filling}", a.probability, a.logit) for a in pointing.altered]
    rows = [(name, f"{probability:11.2%}", f"{logit:6.2f}") for name, probability, logit in pictures]
    print_table(("photo", "probability", "logit"), rows)


def _span(layers: Sequence[str]) -> str:
    return layers[0] if len(layers) == 1 else f"{layers[-1]} to {layers[0]}"
