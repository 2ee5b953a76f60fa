"""The page Ablation: switch parts of the network off, and see how the prediction changes."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from model.layers import LayerInfo
from viz_app import address, cached, state
from viz_app.cached import Network, Off
from viz_app.components import clickable_picture
from viz_app.draw import figures, pictures
from viz_app.widgets.choose import choose_class
from viz_app.widgets.run import part, wait_for
from viz_app.widgets.show import background, chart, heading

heading(
    "Ablation",
    "Click to switch channels, units or whole layers off, and see how the prediction changes.",
)

TOWERS = ("tower-1", "tower-2")
WHOLE_PARTS = {
    "tower-1": "Tower 1",
    "tower-2": "Tower 2",
    "lrn": "LRN",
    "max-pooling": "Max pooling (use the mean)",
}


@part
def ablation() -> None:
    network, photo = state.network(), state.photo()
    infos = {info.name: info for info in cached.layers(network.architecture) if info.type == "ReLU"}
    names = list(infos)
    before = cached.classification(photo, network)
    controls = st.columns([2, 3, 5], vertical_alignment="bottom", gap="medium")
    layer = controls[0].selectbox("Layer", names, **address.kept("off_layer", names, names[0]))
    with controls[1]:
        target = choose_class(photo)
    with controls[2]:
        parts = _parts(network)
    state.settle_switched_off(network)
    off = Off(_channels(network), **parts)
    after = cached.classification_without(photo, network, off)
    maps, effect = st.columns([1, 1], gap="large")
    with maps, st.container(key="switches"):
        _maps(infos[layer], network, parts)
    with effect:
        _effect(before, after, target)
    _ranking(infos[layer], target, network)
    background("ablation")


def _channels(network: Network) -> tuple[tuple[str, tuple[int, ...]], ...]:
    off = state.switched_off(network)
    return tuple((layer, tuple(sorted(channels))) for layer, channels in off.items() if channels)


def _parts(network: Network) -> dict:
    """Show switches for towers, LRN and max pooling, and return the choices as arguments of `Off`."""
    kinds = {type(layer).__name__ for layer in network.data.layers}
    titles = {name: title for name, title in WHOLE_PARTS.items() if name not in TOWERS}
    if network.data.towers == 2:
        titles = WHOLE_PARTS
    if "LocalResponseNorm" not in kinds:
        titles = {name: title for name, title in titles.items() if name != "lrn"}
    chosen = st.pills(
        "Switch off",
        list(titles),
        selection_mode="multi",
        format_func=titles.__getitem__,
        **address.kept("off_parts", titles, key=_parts_key(network)),
    )
    return {
        "towers": tuple(number for number, tower in enumerate(TOWERS) if tower in chosen),
        "lrn": "lrn" in chosen,
        "max_pooling": "max-pooling" in chosen,
    }


def _parts_key(network: Network) -> str:
    return f"off_parts-{network.architecture}"


def _all_on(network: Network) -> None:
    state.switch_all_on(network)
    state.choose(_parts_key(network), [])


def _of_towers(towers: Sequence[int], each: int) -> frozenset[int]:
    """Return the channels of some towers: ([1], each=48) -> {48, ..., 95}."""
    return frozenset(channel for tower in towers for channel in range(tower * each, (tower + 1) * each))


def _noun(info: LayerInfo) -> str:
    return "channel" if info.is_spatial else "unit"


def _maps(info: LayerInfo, network: Network, parts: dict) -> None:
    values, noun = cached.feature_maps(state.photo(), network)[info.name], _noun(info)
    off = state.switched_off(network).get(info.name, frozenset())
    if info.is_spatial:
        tiles, layout = pictures.map_tiles(values, common_scale=False), {"blocks": network.data.towers}
    else:  # a unit has one value, whose colour only says something on a common scale
        tiles, layout = pictures.map_tiles(values[:, np.newaxis, np.newaxis], common_scale=True), {"gap": 0}
    if info.is_spatial:
        off |= _of_towers(parts["towers"], len(tiles) // network.data.towers)
    tiles = pictures.switched_off(tiles, sorted(off))
    clickable_picture(
        pictures.mosaic(tiles, columns=pictures.columns(len(tiles)), **layout),
        key=f"off_maps-{info.name}",
        selected=None,
        on_pick=lambda index: state.switch(network, info.name, [index]),
        alt=f"All {noun}s of {info.name}; a click, or Enter, switches one off or on",
        labels=[f"{noun} {i}" + (" is off" if i in off else "") for i in range(len(values))],
    )
    count = sum(len(channels) for channels in state.switched_off(network).values())
    title = f"Switch all {count} on again" if count else "Everything is switched on"
    if any(parts.values()):
        title = "Switch everything on again"
    st.button(title, disabled=title == "Everything is switched on", on_click=_all_on, args=(network,))


def _effect(before, after, target: int) -> None:
    old, new = before.prediction(target), after.prediction(target)
    probability, logit = st.columns(2)
    change = new.probability - old.probability
    probability.metric(
        f"Probability of {old.label}",
        f"{new.probability:.1%}",
        f"{100 * change:+.2f} points" if change else None,
    )
    logit.metric(
        "Logit",
        f"{new.logit:.3f}",
        f"{new.logit - old.logit:+.4f}" if new.logit != old.logit else None,
    )
    shown = list(dict.fromkeys([*map(int, before.ranking[:5]), *map(int, after.ranking[:5]), target]))[:8]
    chart(
        figures.before_and_after(
            [before.labels[i] for i in shown], before.probabilities[shown], after.probabilities[shown]
        ),
        key="effect",
        alt="The most probable classes before and after",
    )


def _ranking(info: LayerInfo, target: int, network: Network) -> None:
    layer, noun = info.name, _noun(info)
    st.subheader(f"Which {noun}s of {layer} matter most?", anchor=False)
    ranks = address.kept("ranked", key=f"ranked-{layer}")
    if not st.toggle("Rank them: switch off one at a time", **ranks):
        return
    drops = wait_for(
        cached.importance(state.photo(), network, layer, target),
        f"Switching off the {noun}s of {layer}, one at a time",
    )
    if drops is None:
        return
    order = np.argsort(-drops, kind="stable")[:10]
    bars, action = st.columns([3, 2], gap="large")
    with bars:
        chart(
            figures.bars(
                [f"{noun} {c}" for c in order],
                100 * drops[order],
                [f"{100 * drops[c]:.3g} points" for c in order],
                height=440,
            ),
            key="ranking",
            alt=f"The {noun}s without which the probability falls most",
        )
    with action:
        st.markdown(
            f"Without {noun} **{order[0]}** alone, the probability falls by "
            f"**{100 * drops[order[0]]:.3g}** points. For **{int((drops < 0).sum())}** of {len(drops)} "
            f"{noun}s it rises."
        )
        left = [int(c) for c in order if c not in state.switched_off(network).get(layer, ())]
        st.button(
            f"Switch off these {len(left)}",
            disabled=not left,
            on_click=state.switch_off,
            args=(network, layer, left),
        )


ablation()
