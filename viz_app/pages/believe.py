"""The page Sanity checks: deletion and insertion, a box drawn by hand, random weights, completeness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.question import Question
from viz_app import address, cached, state
from viz_app.cached import Network
from viz_app.components import box_on_picture
from viz_app.draw import figures, pictures
from viz_app.widgets.choose import choose_class
from viz_app.widgets.run import attribution, part, wait_for
from viz_app.widgets.show import background, chart, heading, picture

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.attribution import Attribution, Method
    from model.attribution.checks import Chance, Curve, Curves, Kind, Verdict, Yardstick
    from model.attribution.pointing import Part, Pointing, Share

heading(
    "Sanity checks",
    "Does a heat map show what the network uses? Four checks that a heat map can fail.",
)


@part
def believe() -> None:
    network, known = state.network(), cached.methods()
    layers, usual = cached.map_layers(network.architecture)
    how, who, where = st.columns([3, 4, 2], gap="medium")
    titles = {name: method.title for name, method in known.items()}
    doubted = address.kept("doubted", titles, next(iter(titles)))
    method = how.selectbox("Method", list(titles), format_func=titles.__getitem__, **doubted)
    with who:
        target = choose_class(state.photo())
    layer = None
    if known[method].needs_layer:
        layer = where.selectbox("Layer", layers, **address.kept("cam_layer", layers, usual))
    found = attribution(state.photo(), Question(method, target, layer))
    if found is not None:
        _curves(found, layer or usual, network)
        _completeness(found, network)
        _pointing(found, network)
        _cascade(found, network)
    background("believe")


def _curves(found: Attribution, layer: str, network: Network) -> None:
    photo, known = state.photo(), cached.methods()
    others = {name: method.title for name, method in known.items() if name != found.method.name}
    beside = st.multiselect(
        "Compare with other methods",
        list(others),
        max_selections=3,
        placeholder="Choose up to three",
        format_func=others.__getitem__,
        **address.kept("beside", others),
    )
    target = found.question.target
    questions = [Question(name, target, layer if known[name].needs_layer else None) for name in beside]
    maps = [found, *(attribution(photo, question) for question in questions)]
    heat_map, deletion, insertion = st.columns([2, 3, 3], gap="medium")
    with heat_map:
        picture(
            cached.map_over(photo, network, found),
            f"{found.method.title} over the photo",
            found.method.title,
        )
    shown = [one for one in maps if one is not None]
    measured = {one.method.title: cached.curves(photo, network, one) for one in shown}
    by_chance = {
        one.method.title: wait_for(
            cached.yardstick(photo, network, one), f"{one.method.title} moved to random places"
        )
        for one in shown
    }
    _chart(deletion, "deletion", "Deletion: the strongest pixels become grey", measured, by_chance)
    _chart(insertion, "insertion", "Insertion: the strongest pixels are uncovered", measured, by_chance)


def _chart(
    place: DeltaGenerator,
    kind: Kind,
    title: str,
    of: dict[str, Curves],
    by_chance: dict[str, Yardstick | None],
) -> None:
    """Show the curves of all methods, and below them each area and the areas with moved heat maps."""
    lines: dict[str, Curve] = {name: getattr(curves, kind) for name, curves in of.items()}
    chances: dict[str, Chance | None] = {
        name: getattr(found, kind, None) for name, found in by_chance.items()
    }
    probabilities = {name: curve.probability for name, curve in lines.items()}
    shares = next(iter(lines.values())).share
    first = next(iter(chances.values()))
    areas = [_area(kind, name, curve, chances[name]) for name, curve in lines.items()]
    with place:
        st.markdown(f"**{title}**")
        by_moved = first.curve.probability if first else None
        chart(figures.curves("share of the pixels", shares, probabilities, by_moved), key=kind, alt=title)
        aim = f"The area should be {cached.better(kind)} than with the heat map moved."
        st.markdown("  \n".join([*areas, aim]))


def _area(kind: Kind, name: str, curve: Curve, chance: Chance | None) -> str:
    """Return the area under a curve and, when the moved heat maps have been computed, the verdict."""
    if chance is None:
        return f":material/hourglass: {name}: **{curve.area:.4f}**"
    found = cached.verdict(kind, curve, chance)
    return (
        f"{MARKS[found]} {name}: **{curve.area:.4f}**, "
        f"moved {chance.area:.4f} ± {chance.spread:.4f}: {found}."
    )


MARKS: dict[Verdict, str] = {
    "better than chance": ":material/check_circle:",
    "no better than chance": ":material/do_not_disturb_on:",
    "worse than chance": ":material/cancel:",
}


def _mark(passed: bool) -> str:
    return ":material/check_circle:" if passed else ":material/cancel:"


def _random(layers: tuple[str, ...]) -> str:
    return layers[0] if len(layers) == 1 else f"{layers[-1]} to {layers[0]}"


def _completeness(found: Attribution, network: Network) -> None:
    sums = cached.completeness(state.photo(), network, found)
    if sums is not None:
        st.markdown(
            f"{_mark(sums.gap < 0.05)} **Completeness.** The values add up to **{sums.total:.4f}**; from "
            f"a grey photo to this one the logit changes by **{sums.change:.4f}**: a gap of {sums.gap:.1%}."
        )


PARTS: dict[Part, str] = {"inside": "the box", "outside": "everything but the box"}


@part
def _pointing(found: Attribution, network: Network) -> None:
    st.subheader("Your own box", anchor=False)
    st.markdown(
        "Drag a box around the part of the photo that should matter for this class. How much of the heat map "
        "is in it, and what does the network predict without it?"
    )
    state.settle_box(network)
    photo, drawn = state.photo(), state.drawn_box(network)
    share, pointing = cached.pointing(photo, network, found, drawn)
    picture = cached.map_over(photo, network, found)
    where, without = st.columns([1, 2], gap="medium")
    with where:
        box_on_picture(
            pictures.png(picture),
            picture.shape[1::-1],
            box=pointing.box,
            key="pointing",
            on_draw=lambda box: state.draw_box(network, box),
            alt=f"{found.method.title} over the photo, with a box to drag",
        )
        st.button(
            "Back to where the heat map is strongest",
            on_click=state.draw_box,
            args=(network, None),
            disabled=drawn is None,
        )
    with without:
        _held(share, found.method)
        _without(pointing, cached.classification(photo, network).labels[found.question.target])


def _held(share: Share, method: Method) -> None:
    """Show how much of the heat map is in the box."""
    if not share.total:
        st.markdown("The box contains **nothing** of the heat map.")
        return
    signs = f" ({share.positive:.1%} for the class, {share.negative:.1%} against it)" if method.signed else ""
    st.markdown(
        f"The box contains **{share.total:.1%}** of the heat map{signs}, on **{share.area:.1%}** of the "
        f"photo: **{share.total / share.area:.1f} times** as much as a constant heat map."
    )


def _without(pointing: Pointing, label: str) -> None:
    """Show the photo with the box, or everything else, made unreadable, and the target's probability."""
    st.markdown(
        f"For the unchanged photo, **{label}** has the probability **{pointing.probability:.1%}** and the "
        f"logit **{pointing.logit:.2f}**."
    )
    part_ = st.segmented_control(
        "Make unreadable",
        list(PARTS),
        format_func=lambda part: PARTS[part].capitalize(),
        required=True,
        **address.kept("unreadable", PARTS, "inside", key="pointing_part"),
    )
    for place, altered in zip(st.columns(2, gap="medium"), pointing.without(part_), strict=True):
        with place:
            picture(
                altered.picture,
                f"The photo with {PARTS[part_]} {altered.filling}",
                f"{PARTS[part_]} {altered.filling}",
            )
            probability, logit = st.columns(2)
            points = 100 * (altered.probability - pointing.probability)
            probability.metric("Probability", f"{altered.probability:.1%}", _change(points, 2, " points"))
            logit.metric("Logit", f"{altered.logit:.2f}", _change(altered.logit - pointing.logit, 3))


def _change(by: float, digits: int, unit: str = "") -> str | None:
    """Return a change as text: (0.123, 2, " points") -> "+0.12 points"; None if it is rounded to zero."""
    return f"{by:+.{digits}f}{unit}" if round(by, digits) else None


def _cascade(original: Attribution, network: Network) -> None:
    with st.container(key="random_weights"):
        st.subheader("With random weights", anchor=False)
        if st.toggle("Give layers random weights, from the last to the first", **address.kept("randomise")):
            _cascade_maps(original, network)


def _cascade_maps(original: Attribution, network: Network) -> None:
    photo = state.photo()
    job = cached.cascade(photo, network, original)
    found = wait_for(job, "Computing heat maps with random weights")
    if found is None:
        return
    places = [place for _ in range(0, len(found), 4) for place in st.columns(4, gap="medium")]
    for place, step in zip(places, found, strict=False):
        with place:
            picture(
                cached.map_over(photo, network, step.attribution, opacity=0.7),
                f"With {', '.join(step.layers)} random",
                f"{_random(step.layers)} random: {step.correlation:.2f}",
            )
    title, upper = original.method.title, found[min(2, len(found) - 1)]
    verdict = (
        "hardly changes: it cannot have been about the target."
        if upper.hardly_changed
        else "changes, as it should."
    )
    st.markdown(
        f"{_mark(not upper.hardly_changed)} With {', '.join(upper.layers)} random, the rank correlation with "
        f"the real heat map is **{upper.correlation:.2f}**. {title} {verdict}"
    )


believe()
