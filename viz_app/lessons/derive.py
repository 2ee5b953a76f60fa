"""Choose the examples of the lessons for the built-in weights: `python -m viz_app.lessons.derive`.

Each example is chosen by a rule that works for any weights, so that new weights get examples that fit the
same texts. This takes about ten seconds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import yaml

from model import capture, classify
from model.ablation import rank_channels
from model.alexnet import AlexNet
from model.attribution import METHODS, answer, checks
from model.networks import get_source
from model.predict import Classification
from model.preprocess import Photo, read_photo_file
from model.question import Question
from model.tuning import Tuning, tuning
from model.weights.load import load
from viz_app.lessons.examples import FILE
from viz_app.samples import SAMPLES

HEADER = """\
# Examples of the lessons, chosen for the embedded weights by `python -m viz_app.lessons.derive`. Do not edit.
"""
ANIMALS = ("cat", "panda", "koala", "polar bear", "crocodile")
# What the sample photos show, in the words of ImageNet's classes. For the other photos no class is certain.
TRUTH = {
    "cat": ("Egyptian cat", "tabby", "tiger cat"),
    "panda": ("giant panda",),
    "koala": ("koala",),
    "polar bear": ("ice bear",),
    "frying pan": ("frying pan",),
    "baseball": ("baseball",),
    "volleyball": ("volleyball",),
    "palace": ("palace",),
}
NOBODY = "astronaut"  # no class of ImageNet is a person, so every prediction for this photo is wrong


def choose(network: AlexNet, photos: Mapping[str, Photo]) -> dict[str, str]:
    """Return all examples by name, for a network and the sample photos."""
    maps = {name: capture(network, network.prepare(photo)).numpy() for name, photo in photos.items()}
    found = filters(tuning(network), maps["cat"]["conv1"])
    found |= answers({name: classify(network, photo) for name, photo in photos.items()})
    sure, target = photos[found["sure.picture"]], found["sure.class"]
    found |= channels(maps, found["sure.picture"])
    found |= needed(network, sure, target)
    found |= doubtful(network, sure, target)
    return {name: str(value) for name, value in found.items()}


def filters(tuned: Tuning, responses: np.ndarray) -> dict:
    """Return an edge filter that responds strongly to a photo, and a filter that no grey photo excites.

    Args:
        responses: conv1's output for the photo, [C, H, W].
    """
    swing = tuned.amplitude.reshape(len(tuned.colours), len(tuned.rest), -1).max((0, 2))
    at_work = responses.max((1, 2)) / responses.max()
    is_clear = (tuned.colourfulness < 0.1) & (swing > np.median(swing))
    edge = int(np.argmax(tuned.selectivity * at_work * is_clear))
    colour = int(np.argmax(tuned.colourfulness * swing * (tuned.colourfulness > 0.8)))
    orientation = round(tuned.preferred_orientation[edge])
    return {
        "edge.filter": edge,
        "edge.orientation": orientation,
        "edge.across": (orientation + 90) % 180,
        "edge.frequency": f"{tuned.preferred_frequency[edge]:g}",
        "colour.filter": colour,
        "colour.pair": tuned.preferred_colour[colour],
    }


def answers(found: Mapping[str, Classification]) -> dict:
    """Return the surest right animal, a wrong prediction, and the cat's two most probable classes."""
    first = {name: result.top(1)[0] for name, result in found.items()}
    right = {name for name in TRUTH if first[name].label in TRUTH[name]}
    wrong = [name for name in TRUTH if name not in right] or [NOBODY]
    sure = max(right.intersection(ANIMALS), key=lambda name: first[name].probability)
    mistaken = max(wrong, key=lambda name: first[name].probability)
    cat, rival = found["cat"].top(2)
    return {
        "sure.picture": sure,
        "sure.label": first[sure].label,
        "sure.class": first[sure].class_index,
        "mistaken.picture": mistaken,
        "mistaken.label": first[mistaken].label,
        "cat.label": cat.label,
        "cat.class": cat.class_index,
        "rival.label": rival.label,
        "rival.class": rival.class_index,
    }


def channels(maps: Mapping[str, Mapping[str, np.ndarray]], sure: str) -> dict:
    """Return a channel active all over the fur, one for a single photo, and one that is zero for the cat.

    Args:
        maps: the output of every layer for every photo, by the names of both.
        sure: the photo to which one channel is to respond much more than to all others.
    """
    names = list(maps)
    of_sure, of_cat = names.index(sure), names.index("cat")

    def peaks(layer: str) -> np.ndarray:
        return np.stack([maps[name][layer].max((1, 2)) for name in names])

    objects, silent = peaks("relu5"), peaks("relu2")
    particular = int(np.argmax(objects[of_sure] - np.delete(objects, of_sure, 0).max(0)))
    where = maps[sure]["relu5"][particular]
    row, column = np.unravel_index(where.argmax(), where.shape)
    quiet = int(np.argmax((silent[of_cat] == 0) * silent.max(0)))
    fur = maps["cat"]["relu3"]
    widespread = (fur > 0.5 * fur.max((1, 2), keepdims=True)).mean((1, 2))
    return {
        "object.channel": particular,
        "object.row": row,
        "object.column": column,
        "texture.channel": int(np.argmax(widespread * fur.max((1, 2)))),
        "silent.channel": quiet,
        "silent.picture": names[int(np.argmax(silent[:, quiet]))],
    }


def needed(network: AlexNet, photo: Photo, target: int) -> dict:
    """Return the channel of relu5 without which the target's probability falls most."""
    falls = rank_channels(network, network.prepare(photo), "relu5", target)
    return {"needed.channel": int(falls.argmax())}


def doubtful(network: AlexNet, photo: Photo, target: int) -> dict:
    """Return the method whose heat map changes least when fc8, fc7 and fc6 have random weights."""
    x, agreement = network.prepare(photo), {}
    for name in ("guided-backprop", "deconvolution"):
        randomized = checks.cascade(network, x, answer(network, x, Question(name, target)))
        agreement[name] = randomized[2].correlation
    unchanged = max(agreement, key=agreement.__getitem__)
    return {"unchanged.method": unchanged, "unchanged.title": METHODS[unchanged].title}


def write() -> None:
    """Write the examples for the built-in weights, with the weights' checksum."""
    photos = {name: read_photo_file(sample.path) for name, sample in SAMPLES.items()}
    content = {
        "weights": get_source("embedded").checksum,
        "examples": choose(load(device="cpu"), photos),
    }
    FILE.write_text(HEADER + yaml.safe_dump(content, sort_keys=False), "utf-8")


if __name__ == "__main__":
    write()
