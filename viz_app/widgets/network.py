"""Show the diagram of the network on a page: with a photo, with the path of a decision, or slim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.architectures import Architecture
from model.layers import LayerInfo
from viz_app import cached, state
from viz_app.components.network import network_drawing
from viz_app.draw.network.facts import facts
from viz_app.draw.network.forms import ACROSS, DOWN, SLIM
from viz_app.draw.network.pictures import NONE, Pictures
from viz_app.draw.network.svg import draw
from viz_app.samples import SAMPLES

if TYPE_CHECKING:
    from model.decision import DecisionPath


def whole_network() -> str | None:
    """Show the network with the photo's feature maps. Return the layer or channel just clicked, or None."""
    network = state.network()
    infos = cached.layers(network.architecture)
    parameters, learned = sum(info.parameters for info in infos), sum(info.parameters > 0 for info in infos)
    return _with_photo(
        cached.network_pictures(state.photo(), network),
        key="network",
        start=f"{network.data.title}: {parameters:,} parameters in {learned} layers. "
        "Point at a layer to read about it; click it to open its page.",
        plays=True,
    )


def path_drawing(target: int, path: DecisionPath) -> str | None:
    """Show the network with the path of a decision marked. Return the layer just clicked, or None."""
    return _with_photo(
        cached.path_pictures(state.photo(), state.network(), target, path),
        key="path",
        start="Framed channels contribute most to the score. Thicker lines are larger contributions.",
        suffix="-path",
    )


def _with_photo(
    pictures: Pictures, *, key: str, start: str, suffix: str = "", plays: bool = False
) -> str | None:
    """Show the chosen network with these pictures, wide and narrow. Return what was just clicked, or None.

    Args:
        suffix: ends the name of a saved file.
    """
    network = state.network()
    infos = cached.layers(network.architecture)
    about = cached.network_facts(state.photo(), network)
    # A shared photo's name is the key to it: no file may spread it.
    photo = state.picture_name() if state.picture_name() in SAMPLES else "photo"
    return network_drawing(
        [draw(network.data, infos, about, form, pictures) for form in (ACROSS, DOWN)],
        pictures.uris,
        about,
        key=key,
        name=f"{network.architecture}-{photo}{suffix}",
        start=start,
        plays=plays,
    )


def network_diagram(key: str, architecture: Architecture, infos: list[LayerInfo], layer: str) -> None:
    """Show a slim diagram in which a click chooses the layer.

    It contains feature maps if the architecture is that of the chosen network, with the usual input size.
    """
    network = state.network()
    pictures, about = NONE, facts(architecture, infos)
    if architecture == network.data and infos == cached.layers(network.architecture):
        pictures = cached.network_pictures(state.photo(), network)
    network_drawing(
        [draw(architecture, infos, about, SLIM, pictures)],
        pictures.uris,
        about,
        key=key,
        name=architecture.name,
        selected=layer,
        on_pick=lambda name: state.choose("layer", name),
    )
