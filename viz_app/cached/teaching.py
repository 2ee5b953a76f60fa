"""What a network is taught on a few photos, and what it says with the new classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.preprocess import Photo, network_crop
from viz_app.cached.networks import BY_CONTENT, Network, model, run

if TYPE_CHECKING:
    import torch

    from model.alexnet import AlexNet
    from model.attribution import Attribution
    from model.attribution.checks import Curve
    from model.predict import Classification
    from model.teaching import Taught
    from model.teaching_settings import FeatureLayer, TeachSettings
    from model.textured_things import Thing

Examples = tuple[tuple[str, tuple[Photo, ...]], ...]
"""Names of the classes, each with its photos."""


@st.cache_resource(max_entries=1024, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def _features(photo: Photo, network: Network) -> list[dict[FeatureLayer, torch.Tensor]]:
    """Return the features of a photo and of its mirror image, of each layer [1, features]."""

    def compute(alexnet: AlexNet) -> list[dict[FeatureLayer, torch.Tensor]]:
        from model.teaching import features

        crop = network_crop(photo, alexnet.architecture)
        inputs = (alexnet.to_input(np.ascontiguousarray(pixels[None])) for pixels in (crop, crop[:, ::-1]))
        return [features(alexnet, x) for x in inputs]

    return run(network, compute)


@st.cache_resource(max_entries=64, ttl="30m", show_spinner="Learning…", hash_funcs=BY_CONTENT)
def taught(examples: Examples, network: Network, settings: TeachSettings) -> Taught:
    """Return the new last layer that these examples teach.

    Raises:
        UserError: there are too few classes, or photos of a class, or two classes have the same name.
    """
    import torch

    from model.teaching import teach

    def gathered(side: int) -> list[torch.Tensor]:
        return [
            torch.cat([_features(photo, network)[side][settings.layer] for photo in photos])
            if photos
            else torch.zeros(0, 1)
            for _, photos in examples
        ]

    return teach(gathered(0), gathered(1), [name for name, _ in examples], settings)


def layers_to_teach(network: Network) -> tuple[FeatureLayer, ...]:
    """Return the layers whose features a new last layer can use, the last first."""
    from model.teaching import feature_layers

    return feature_layers(network.data)


@dataclass(frozen=True)
class TaughtAnswer:
    """What the network says about a photo with its new classes.

    Attributes:
        heat_map: Grad-CAM of the target at the last layer of feature maps.
        features: the values that the new layer reads, float32 [features].
        contributions: what each of them adds to the target's logit, float32 [features].
    """

    classification: Classification
    heat_map: Attribution
    features: np.ndarray
    contributions: np.ndarray


def taught_answer(photo: Photo, network: Network, taught: Taught, target: int | None = None) -> TaughtAnswer:
    """Return what the network says about a photo with its new classes.

    Args:
        target: the class that is explained; None for the most probable one.
    """
    from model.attribution import answer
    from model.predict import classify
    from model.question import Question
    from model.teaching import contributions, taught_network

    def compute(alexnet: AlexNet) -> TaughtAnswer:
        own = taught_network(alexnet, taught)
        said = classify(own, photo)
        chosen = said.top(1)[0].class_index if target is None else target
        heat_map = answer(own, own.prepare(photo), Question("grad-cam", chosen))
        vector = _features(photo, network)[0][taught.settings.layer][0]
        return TaughtAnswer(said, heat_map, vector.numpy(), contributions(taught, vector, chosen))

    return run(network, compute)


def keep_taught(taught: Taught, network: Network) -> str:
    """Keep the network with its new classes for this process's lifetime, and return its name."""
    from model.networks import get_source
    from model.private import PrivateNetwork, add_private
    from model.teaching import taught_architecture, taught_network

    names = ", ".join(taught.classes)
    base = network.data
    architecture = replace(
        taught_architecture(base, taught.settings, taught.classes),
        title=f"Yours: {names}",
        summary=f"{base.title} up to {taught.settings.layer}, with a last layer that you taught: {names}.",
    )
    last = taught.history[-1] if taught.history else None
    source = replace(
        get_source(network.weights),
        title="Your classes",
        origin=f"Taught on the page Teach it, on top of {get_source(network.weights).title.lower()}.",
        licence="that of your photos, and of the weights below",
        accuracy="the validation photos on the page Teach it",
        top1=100 * last.validation_accuracy if last else None,
        top5=None,
        channel_order="RGB",
        files=(),
    )

    def make(device: str) -> AlexNet:
        return taught_network(model(network.architecture, network.weights, device), taught)

    base_names = (network.architecture, network.weights)
    return add_private(PrivateNetwork(architecture, source, base_names, make))


def taught_deletion(
    photo: Photo, network: Network, taught: Taught, heat_map: Attribution
) -> tuple[Curve, Curve]:
    """Return the deletion curves of a heat map, and of the same heat map mirrored."""
    from model.attribution.checks import curves
    from model.teaching import taught_network

    def compute(alexnet: AlexNet) -> tuple[Curve, Curve]:
        own, target = taught_network(alexnet, taught), heat_map.question.target
        x = own.prepare(photo)
        values = heat_map.heatmap
        return (
            curves(own, x, values, target).deletion,
            curves(own, x, np.ascontiguousarray(values[:, ::-1]), target).deletion,
        )

    return run(network, compute)


def taught_map(photo: Photo, network: Network, heat_map: Attribution) -> np.ndarray:
    """Return a heat map over the photo: uint8 [side, side, 3]"""
    from model.attribution.picture import over_photo

    return over_photo(photo, network.data, heat_map, side=None, opacity=0.55, peak=None)


@st.cache_resource(max_entries=4, show_spinner="Drawing photos…")
def drawn_things(count: int, shortcut: bool, seed: int) -> list[Thing]:
    """Return drawn photos of textured things; see `model.textured_things.things`."""
    from model.textured_things import things

    return list(things(count, shortcut, seed))


def saved_classes(taught: Taught, network: Network) -> bytes:
    """Return the new layer as a file."""
    from model.teaching import as_file

    return as_file(taught, (network.architecture, network.weights))


def loaded_classes(data: bytes, network: Network) -> Taught:
    """Return the new layer in the bytes of a file.

    Raises:
        UserError: it is no such file, or another network was taught.
    """
    import tempfile
    from pathlib import Path

    from model.teaching import from_file

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "classes.safetensors"
        path.write_bytes(data)
        return from_file(path, (network.architecture, network.weights))


def share_on(thing: Thing, heat_map: Attribution, network: Network) -> tuple[float, float]:
    """Return the shares of a heat map, and of the crop, that lie on a drawn thing."""
    from PIL import Image

    mask = replace(thing.photo, image=Image.fromarray(thing.mask).convert("RGB"))
    inside = network_crop(mask, network.data)[..., 0] > 127
    positive = heat_map.heatmap.clip(0)
    total = float(positive.sum())
    return (float(positive[inside].sum()) / total if total else 0.0), float(inside.mean())
