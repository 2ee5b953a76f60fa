"""What a network is taught on a few photos, and what it says with the new classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.preprocess import Photo, network_crop
from model.validation import is_for_validation
from model.variations import inputs_of
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
    from model.variations import Variations

Examples = tuple[tuple[str, tuple[Photo, ...]], ...]
"""Names of the classes, each with its photos."""


@st.cache_resource(max_entries=1024, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def _features(photo: Photo, network: Network) -> dict[FeatureLayer, torch.Tensor]:
    """Return the features of a photo, of each layer [1, features]."""
    return _computed(photo, network, "none")


# With all variations, an entry takes 560 kB.
@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False, hash_funcs=BY_CONTENT)
def _varied(
    photo: Photo, network: Network, variations: Variations, seed: int
) -> dict[FeatureLayer, torch.Tensor]:
    """Return the features of a photo and of its variations, of each layer [inputs, features]."""
    return _computed(photo, network, variations, seed)


def _computed(
    photo: Photo, network: Network, variations: Variations, seed: int = 0
) -> dict[FeatureLayer, torch.Tensor]:
    def compute(alexnet: AlexNet) -> dict[FeatureLayer, torch.Tensor]:
        from model.teaching import features

        return features(alexnet, alexnet.to_input(inputs_of(photo, alexnet.architecture, variations, seed)))

    return run(network, compute)


@st.cache_resource(max_entries=64, ttl="30m", show_spinner="Learning…", hash_funcs=BY_CONTENT)
def taught(examples: Examples, network: Network, settings: TeachSettings) -> Taught:
    """Return what the network learns from these examples.

    Raises:
        UserError: there are too few classes, or photos of a class, or two classes have the same name.
    """
    from model.teaching import teach

    def found(photo: Photo, index: int) -> torch.Tensor:
        if settings.variations == "none" or is_for_validation(index):
            return _features(photo, network)[settings.reads]
        return _varied(photo, network, settings.variations, settings.seed)[settings.reads]

    by_class = [[found(photo, index) for index, photo in enumerate(photos)] for _, photos in examples]
    names = [name for name, _ in examples]
    return run(network, lambda alexnet: teach(by_class, names, settings, alexnet))


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
    from model.teaching import contributions, features, taught_network

    def compute(alexnet: AlexNet) -> TaughtAnswer:
        own = taught_network(alexnet, taught)
        said = classify(own, photo)
        chosen = said.top(1)[0].class_index if target is None else target
        heat_map = answer(own, own.prepare(photo), Question("grad-cam", chosen))
        vector = features(own, own.prepare(photo))[taught.settings.layer][0]
        return TaughtAnswer(said, heat_map, vector.numpy(), contributions(taught, vector, chosen))

    return run(network, compute)


def keep_taught(taught: Taught, network: Network) -> str:
    """Keep the network with its new classes for this process's lifetime, and return its name."""
    from model.networks import get_source
    from model.private import PrivateNetwork, add_private
    from model.teaching import taught_network
    from model.teaching_settings import kept_part, taught_architecture

    names = ", ".join(taught.classes)
    base = network.data
    architecture = replace(
        taught_architecture(base, taught.settings, taught.classes),
        title=f"Yours: {names}",
        summary=f"{base.title} {kept_part(taught.settings)}, with a last layer that you taught: {names}.",
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
    size = sum(tensor.nbytes for tensor in taught.tensors().values())
    return add_private(PrivateNetwork(architecture, source, base_names, make, size))


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
    """Return what was learned as a file."""
    from model.teaching import as_file

    return as_file(taught, (network.architecture, network.weights))


def loaded_classes(data: bytes, network: Network) -> Taught:
    """Return what was learned, from the bytes of a file.

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
