"""Pages open on a channel that responds to the photo, and lead on to other pages about the same channel."""

from __future__ import annotations

from urllib.parse import parse_qs

import numpy as np
import pytest

from model import capture

from .apps import healthy, opened, texts


def strongest(values: np.ndarray) -> int:
    """Return the channel with the largest activation: float [c, h, w] -> int."""
    return int(values.reshape(len(values), -1).max(1).argmax())


@pytest.mark.parametrize(
    ("page", "layer", "key"),
    [("filters", "conv1", "filter"), ("feature_maps", "relu5", "channel"), ("cell", "conv3", "channel")],
)
def test_a_page_opens_on_the_channel_that_responds_most(network, photo, page, layer, key):
    values = capture(network, network.prepare(photo)).numpy()[layer]
    app = opened(page, **({} if key == "filter" else {"layer": layer}))
    assert app.number_input(key=key).value == strongest(values)
    assert not app.query_params.get(key)  # a default is not in the address


def test_a_silent_channel_is_called_silent(network, photo):
    values = capture(network, network.prepare(photo)).numpy()["relu5"]
    silent = int(values.max((1, 2)).argmin())
    assert values[silent].max() == 0
    assert "silent on this photo" in texts(opened("feature_maps", layer="relu5", channel=str(silent)))
    assert "silent on this photo" not in texts(opened("feature_maps", layer="relu5"))


@pytest.mark.parametrize("page", ["feature_maps", "cell", "patches"])
def test_links_lead_to_the_same_channel_on_other_pages(page):
    app = opened(page, layer="relu5", channel="19", picture="coffee")
    assert healthy(app)
    links = {link.proto.page: parse_qs(link.proto.query_string) for link in app.main.get("page_link")}
    found = {name.rpartition("/")[2]: choices for name, choices in links.items() if choices}
    assert page not in found
    for choices in found.values():
        assert choices["picture"] == ["coffee"]
    about = {name: choices for name, choices in found.items() if "channel" in choices}
    assert all((c["layer"], c["channel"]) == (["relu5"], ["19"]) for c in about.values())
    assert found["ablation"]["off_layer"] == ["relu5"]
    app = opened("ablation", **{name: value[0] for name, value in found["ablation"].items()})
    assert "Switch all 1 on again" in [button.label for button in app.button]
