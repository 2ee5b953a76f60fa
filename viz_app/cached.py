"""The one door from the pages to model/, and the only place where results are cached.

Results are shared between all browser sessions and never written to. They are keyed on the photo's
SHA-256 and the choice of network: Streamlit would hash a large array by sampling it. PyTorch is
imported late, so that a page's title is on screen before it has loaded.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.architectures import Architecture, get_architecture
from model.layers import LayerInfo, describe
from model.preprocess import Photo, read_photo_file
from model.receptive_field import Box
from viz_app.jobs import DOWNLOADING, Job, Result

if TYPE_CHECKING:
    from model.activations import Activations
    from model.alexnet import AlexNet
    from model.arithmetic import Cell
    from model.attribution import Attribution, Method
    from model.attribution.base import Parameter
    from model.attribution.checks import Completeness, Curves, Randomized
    from model.attribution.pointing import Pointing, Share
    from model.feature_visualization import Place, Visualization
    from model.health import ReLUHealth, WeightsHealth
    from model.predict import Classification
    from model.tuning import Tuning
    from model.units import Patch
    from model.weights.sources import WeightsSource

TEXT = Path(__file__).parent / "text"

SAMPLES = {
    "cat": "chelsea.png",
    "astronaut": "astronaut.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
}

Choices = tuple[tuple[str, float], ...]
"""Values of a method's parameters by name; those left out are at their defaults."""

SLOW = 60  # pictures through the network from which on a page shows progress


@dataclass(frozen=True)
class Network:
    """Which network a page shows: names of an architecture, its weights and a device."""

    architecture: str
    weights: str
    device: str

    @property
    def data(self) -> Architecture:
        return get_architecture(self.architecture)


@st.cache_resource(max_entries=3, show_spinner="Loading the network and its weights…")
def _model(architecture: str, weights: str, device: str) -> AlexNet:
    from model.weights.load import load

    return load(architecture, weights, device)


def _run(
    network: Network, compute: Callable[[AlexNet], Result], notify: Callable[[str], object] = st.warning
) -> Result:
    """Compute on the network's device, or on the CPU with a notice if the GPU's memory runs out."""
    from model.device import choose_device, with_cpu_fallback

    def on(device: str) -> Result:
        return compute(_model(network.architecture, network.weights, device))

    return with_cpu_fallback(on, choose_device(network.device), notify)


def _job(key: tuple, network: Network, work: Callable[[AlexNet, Job[Result]], Result]) -> Job[Result]:
    """Long work on a network, shared by all who ask for the same; nothing begins before someone waits."""
    return _kept_job(key, network, _work=work)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False)
def _kept_job(key: tuple, network: Network, _work: Callable[[AlexNet, Job[Result]], Result]) -> Job[Result]:
    return Job(lambda job: _run(network, lambda model: _work(model, job), job.notes.append))


@st.cache_resource(show_spinner=False)
def download(source: WeightsSource) -> Job[bool]:
    """Fetch weights to this machine, once for all who wait for them."""
    from model.weights.files import download as fetch

    def work(job: Job[bool]) -> bool:
        fetch(source, job.progress)
        return True

    return Job(work, DOWNLOADING)


def warm_up() -> None:
    """Load what the first visitor will see, before they come."""
    from model.weights.sources import DEFAULT_ARCHITECTURE

    classification(sample(next(iter(SAMPLES))), Network(DEFAULT_ARCHITECTURE, "embedded", "auto"))


@st.cache_resource
def devices() -> list[str]:
    from model.device import available_devices

    return ["auto", *available_devices()]


@st.cache_resource
def device_title(device: str) -> str:
    from model import device as devices_

    return devices_.device_title(devices_.choose_device(device))


@st.cache_resource
def sample(name: str) -> Photo:
    """A photograph that scikit-image ships, found without importing it."""
    spec = importlib.util.find_spec("skimage")
    folder = Path(spec.submodule_search_locations[0])  # type: ignore[union-attr,index]
    return read_photo_file(folder / "data" / SAMPLES[name])


@st.cache_data
def layers(architecture: str, input_size: int | None = None) -> list[LayerInfo]:
    return describe(get_architecture(architecture), input_size)


@st.cache_data
def text(name: str) -> str:
    """An explanation from viz_app/text, which a teacher may edit."""
    return (TEXT / f"{name}.md").read_text("utf-8")


def classification(photo: Photo, network: Network, ten_crop: bool = False) -> Classification:
    return _classification(photo.sha256, network, ten_crop, _photo=photo)


@st.cache_resource(max_entries=256, show_spinner="Classifying…")
def _classification(sha256: str, network: Network, ten_crop: bool, _photo: Photo) -> Classification:
    from model.predict import classify, classify_ten_crop

    compute = classify_ten_crop if ten_crop else classify
    return _run(network, lambda model: compute(model, _photo))


def feature_maps(photo: Photo, network: Network) -> dict[str, np.ndarray]:
    """Every layer's output, by name: float32 [C, H, W] or [units], read-only."""
    return _activations(photo.sha256, network, _photo=photo)[1]


def cell(photo: Photo, network: Network, layer: str, channel: int, row: int, column: int) -> Cell:
    """One number of a layer, taken apart."""
    from model.arithmetic import take_apart

    activations, _ = _activations(photo.sha256, network, _photo=photo)
    return _run(network, lambda model: take_apart(model, activations, layer, channel, row, column))


@st.cache_resource(max_entries=32, ttl="30m", show_spinner="Running the photo through every layer…")
def _activations(sha256: str, network: Network, _photo: Photo) -> tuple[Activations, dict[str, np.ndarray]]:
    """On the CPU, and the same memory as arrays."""
    from model.activations import Activations, capture

    found = _run(network, lambda model: capture(model, model.prepare(_photo)))
    found = Activations(found.input.cpu(), {name: values.cpu() for name, values in found.items()})
    arrays = found.numpy()
    for values in arrays.values():
        values.flags.writeable = False
    return found, arrays


@st.cache_resource(max_entries=4, show_spinner=False)
def kernels(network: Network, layer: str) -> np.ndarray:
    """A convolution's weights: float32 [out, in per group, height, width]."""
    return _run(network, lambda model: model.get_parameter(f"{layer}.weight")).cpu().numpy()


def methods() -> dict[str, Method]:
    from model.attribution import METHODS

    return METHODS


@st.cache_data
def map_layers(architecture: str) -> tuple[list[str], str]:
    """The layers that a class activation map can be made of, and the usual one."""
    from model.attribution import default_layer, spatial_layers

    data = get_architecture(architecture)
    return spatial_layers(data), default_layer(data)


def is_slow(network: Network, method: str, settings: Choices) -> bool:
    """Whether a method takes so long with these settings that its progress is worth showing."""
    from model.attribution import complete, get_method

    found = get_method(method)
    return found.pictures(complete(found, dict(settings)), network.data.input_size) > SLOW


def attribution(
    photo: Photo, network: Network, method: str, target: int, layer: str | None, settings: Choices = ()
) -> Attribution:
    """A method's map, however long it takes."""
    if is_slow(network, method, settings):
        return slow_attribution(photo, network, method, target, layer, settings).finish()
    return _attribution(photo.sha256, network, method, target, layer, settings, _photo=photo)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner="Explaining…")
def _attribution(
    sha256: str,
    network: Network,
    method: str,
    target: int,
    layer: str | None,
    settings: Choices,
    _photo: Photo,
) -> Attribution:
    from model.attribution import explain

    def compute(model: AlexNet) -> Attribution:
        return explain(model, model.prepare(_photo), method, target, layer, dict(settings))

    return _run(network, compute)


def map_over(
    photo: Photo,
    architecture: Architecture,
    found: Attribution,
    side: int | None,
    opacity: float,
    peak: float,
) -> np.ndarray:
    """A map laid over the photo: uint8 [side, side, 3]; None for the very pixels that the network sees."""
    from model.attribution.picture import over_photo

    return over_photo(photo, architecture, found, side=side, opacity=opacity, peak=peak)


def map_alone(found: Attribution, side: int, peak: float) -> np.ndarray:
    """A map's own values as squares, at least `side` pixels in all: uint8 [h, w, 3]."""
    from model.attribution.picture import alone

    return alone(found, side=side, peak=peak)


def archive(
    maps: Sequence[tuple[Photo, Attribution, str]], network: Network, side: int, opacity: float
) -> bytes:
    """Maps with their photos and the names of their classes, and what makes them again, as a ZIP."""
    from model.attribution.archive import Explained, write

    buffer = io.BytesIO()
    explained = [Explained(*each) for each in maps]
    write(buffer, network.architecture, network.weights, explained, side, opacity)
    return buffer.getvalue()


def slow_attribution(
    photo: Photo, network: Network, method: str, target: int, layer: str | None, settings: Choices = ()
) -> Job[Attribution]:
    def work(model: AlexNet, job: Job[Attribution]) -> Attribution:
        from model.attribution import explain

        x = model.prepare(photo)
        return explain(model, x, method, target, layer, dict(settings), job.progress)

    return _job(("attribution", photo.sha256, method, target, layer, settings), network, work)


def agreement(one: Attribution, other: Attribution) -> float:
    """How alike two maps are, whatever their scales: the rank correlation of their magnitudes."""
    from model.attribution.checks import rank_correlation

    return rank_correlation(one.values, other.values)


def effective_field(
    photo: Photo, network: Network, layer: str, channel: int, row: int, column: int
) -> np.ndarray:
    """How strongly each pixel of the network's input moves one number: float32 [H, W]."""
    return _effective_field(photo.sha256, network, layer, channel, row, column, _photo=photo)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False)
def _effective_field(
    sha256: str, network: Network, layer: str, channel: int, row: int, column: int, _photo: Photo
) -> np.ndarray:
    from model.units import effective_receptive_field

    return _run(
        network,
        lambda model: effective_receptive_field(model, model.prepare(_photo), layer, channel, row, column),
    )


def strongest_patches(
    photos: Sequence[Photo], network: Network, layer: str, channel: int, count: int = 9
) -> list[Patch]:
    """Where a channel fires most over some photos."""
    from model.units import strongest_patches as find

    maps = [feature_maps(photo, network)[layer] for photo in photos]
    return find(maps, network.data, layer, channel, count)


@dataclass(frozen=True)
class Off:
    """What is switched off: channels by layer, towers by number, LRN, the maximum in max pooling."""

    channels: tuple[tuple[str, tuple[int, ...]], ...] = ()
    towers: tuple[int, ...] = ()
    lrn: bool = False
    max_pooling: bool = False


def classification_without(photo: Photo, network: Network, off: Off) -> Classification:
    return _classification_without(photo.sha256, network, off, _photo=photo)


@st.cache_resource(max_entries=256, ttl="30m", show_spinner=False)
def _classification_without(sha256: str, network: Network, off: Off, _photo: Photo) -> Classification:
    from model.ablation import Ablation, ablated, tower
    from model.predict import classify

    channels = off.channels + tuple(part for number in off.towers for part in tower(network.data, number))
    ablation = Ablation(channels, off.lrn, off.max_pooling)
    return _run(network, lambda model: classify(ablated(model, ablation), _photo))


def importance(photo: Photo, network: Network, layer: str, target: int) -> Job[np.ndarray]:
    """How far a class's probability falls without each channel of a layer: float32 [C]."""

    def work(model: AlexNet, job: Job[np.ndarray]) -> np.ndarray:
        from model.ablation import rank_channels

        return rank_channels(model, model.prepare(photo), layer, target, job.progress).numpy()

    return _job(("importance", photo.sha256, layer, target), network, work)


@dataclass(frozen=True)
class Answer:
    """A stimulus in a network: conv1's output, float32 [C, H, W] and read-only, and the classes."""

    conv1: np.ndarray
    classification: Classification


def answer(stimulus: Photo, network: Network) -> Answer:
    return _answer(stimulus.sha256, network, _stimulus=stimulus)


# Apart from the photos' feature maps: a slider makes many stimuli, which would crowd those out.
@st.cache_resource(max_entries=32, ttl="10m", show_spinner=False)
def _answer(sha256: str, network: Network, _stimulus: Photo) -> Answer:
    from model.predict import classify

    def compute(model: AlexNet) -> Answer:
        conv1 = model.get_submodule("conv1")(model.prepare(_stimulus))[0].cpu().numpy()
        conv1.flags.writeable = False
        return Answer(conv1, classify(model, _stimulus))

    return _run(network, compute)


@st.cache_resource(max_entries=4, show_spinner="Working out the tuning of all filters…")
def tuning(network: Network) -> Tuning:
    """To which orientation, frequency and colour each filter of conv1 is tuned."""
    from model.tuning import tuning as compute

    return _run(network, compute)


def activity(photos: Sequence[Photo], network: Network) -> tuple[ReLUHealth, ...]:
    """What the units of every ReLU did on some photos."""
    return _activity(tuple(photo.sha256 for photo in photos), network, _photos=photos)


@st.cache_resource(max_entries=64, ttl="30m", show_spinner="Running the pictures through the network…")
def _activity(sha256s: tuple[str, ...], network: Network, _photos: Sequence[Photo]) -> tuple[ReLUHealth, ...]:
    from model.health import activity as compute
    from model.health import batches

    return _run(network, lambda model: compute(model, batches(model, _photos))[1])


@st.cache_resource(max_entries=4, show_spinner="Going through all weights…")
def weights_health(network: Network) -> tuple[WeightsHealth, ...]:
    """The distribution of every layer's weights, and near-duplicate filters of convolutions."""
    from model.health import weights_health as compute

    return _run(network, compute)


def curves(photo: Photo, network: Network, found: Attribution) -> Curves:
    """Deletion and insertion by a map."""
    return _curves(photo.sha256, network, _of(found), found.target, _photo=photo, _heatmap=found.heatmap)


def random_curves(photo: Photo, network: Network, target: int) -> Curves:
    """Deletion and insertion by a map that knows nothing."""
    from model.attribution.checks import random_map

    side = network.data.input_size
    return _curves(
        photo.sha256, network, ("random",), target, _photo=photo, _heatmap=random_map((side, side))
    )


@st.cache_resource(max_entries=256, ttl="30m", show_spinner="Taking pixels away, and giving them back…")
def _curves(
    sha256: str, network: Network, of: tuple, target: int, _photo: Photo, _heatmap: np.ndarray
) -> Curves:
    from model.attribution import checks

    return _run(network, lambda model: checks.curves(model, model.prepare(_photo), _heatmap, target))


def cascade(photo: Photo, network: Network, original: Attribution) -> Job[list[Randomized]]:
    """A map again with more and more layers' weights random."""

    def work(model: AlexNet, job: Job[list[Randomized]]) -> list[Randomized]:
        from model.attribution import checks

        return checks.cascade(model, model.prepare(photo), original, job.progress)

    return _job(("cascade", photo.sha256, *_of(original)), network, work)


def _of(found: Attribution) -> tuple:
    """What tells a picture's maps apart."""
    return found.method.name, found.target, found.layer, tuple(found.settings.items())


def completeness(photo: Photo, network: Network, found: Attribution) -> Completeness | None:
    """What the map's values add up to, for methods where that says something."""
    from model.attribution import checks

    return _run(network, lambda model: checks.completeness(model, model.prepare(photo), found))


def pointing(photo: Photo, network: Network, found: Attribution, box: Box | None) -> tuple[Share, Pointing]:
    """How much of a map lies in a box, and what the network says without the box or without the rest.

    Args:
        box: in pixels of the network's crop; None takes the one where the map is strongest.
    """
    from model.attribution.pointing import share, strongest_box

    box = box or strongest_box(found.heatmap)
    return share(found.heatmap, box), _pointing(photo.sha256, network, found.target, box, _photo=photo)


@st.cache_resource(max_entries=128, ttl="30m", show_spinner=False)
def _pointing(sha256: str, network: Network, target: int, box: Box, _photo: Photo) -> Pointing:
    from model.attribution.pointing import point

    return _run(network, lambda model: point(model, model.prepare(_photo), box, target))


@dataclass(frozen=True)
class Goal:
    """What a picture is made for: a channel, a unit or a class, and with which settings."""

    layer: str
    channel: int
    place: Place
    settings: Choices


def visualization_parameters() -> tuple[Parameter, ...]:
    from model.feature_visualization import PARAMETERS

    return PARAMETERS


def visualization(network: Network, goal: Goal) -> Job[Visualization]:
    """The picture that a channel, a unit or a class responds to most; its preview is (pixels, curve)."""

    def work(model: AlexNet, job: Job[Visualization]) -> Visualization:
        from model.feature_visualization import visualize

        return visualize(
            model, goal.layer, goal.channel, goal.place, dict(goal.settings),
            progress=job.progress, show=lambda pixels, curve: job.show((pixels, curve)),
        )  # fmt: skip

    return _job(("visualization", goal), network, work)


def photo_activation(photo: Photo, network: Network, goal: Goal) -> float:
    """What a picture raises, for a photo; of a channel's single cell, the strongest in the photo."""
    from model.feature_visualization import activation

    values = feature_maps(photo, network)[goal.layer][goal.channel]
    return float(values.max()) if goal.place == "centre" else activation(values)
