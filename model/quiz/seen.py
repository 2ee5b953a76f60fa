"""Questions about what the network computes for the photo: its prediction, feature maps and heat maps."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..overlay import colorize, outlined, overlay
from .asked import CHOICES, Asked, Chance, Subject, shuffled

RIVALS = 20  # wrong classes are drawn from among so many of the most probable ones
HEAT_MAPS = 6  # a rival of the heat map is drawn from among so many of the most probable classes
ALIKE = 0.8  # two heat maps with a higher correlation are too similar to be asked for
SIDE = 220  # smallest side of a map or filter in pixels, as it is drawn
FULL_STRENGTH = 99.5  # percentile of a map's values that gets the strongest colour
LETTERS = "ABCD"


def first_guess(subject: Subject, chance: Chance) -> Asked | None:
    """Ask which class the network finds most probable."""
    order = _ranking(subject)
    if len(order) < 2 or subject.probabilities[order[0]] <= subject.probabilities[order[1]]:
        return None
    rivals = [index for index in order[1:RIVALS] if subject.labels[index] != subject.labels[order[0]]]
    drawn = chance.sample(rivals, min(CHOICES - 1, len(rivals)))
    right = subject.labels[order[0]]
    choices, answer = shuffled(right, [subject.labels[index] for index in drawn], chance)
    lines = [
        f"- {subject.labels[index]}: {_percent(float(subject.probabilities[index]))}"
        for index in order
        if index == order[0] or index in drawn
    ]
    return Asked(
        "first guess",
        "easy",
        "The network sees this part of the photo. Which of these classes is its first guess?",
        choices,
        answer,
        "The network's probabilities for this photo are:\n\n" + "\n".join(lines),
        (_enlarged(subject.crop),),
        ("what the network sees",),
    )


def filter_of_map(subject: Subject, chance: Chance) -> Asked | None:
    """Ask which of four feature maps belongs to a filter. The maps are as different as possible."""
    positive = np.maximum(subject.maps, 0).reshape(len(subject.maps), -1)
    strength = positive.std(axis=1)
    live = np.flatnonzero(strength > np.median(strength))
    if len(live) < CHOICES:
        return None
    correlations = np.corrcoef(positive[live])
    chosen = [chance.pick(range(len(live)))]
    while len(chosen) < CHOICES:  # next comes the map that is least like those already chosen
        likeness = np.abs(correlations[chosen]).max(axis=0)
        likeness[chosen] = np.inf
        chosen.append(int(likeness.argmin()))
    likest = round(float(correlations[chosen[0], chosen[1:]].max()), 2) + 0.0  # never -0.0
    if likest > ALIKE:
        return None
    of, order = chosen[0], chosen[:]
    chance.shuffle(order)
    answer, name = order.index(of), subject.convolutions[0].name
    maps = [_painted(np.maximum(subject.maps[live[one]], 0)) for one in order]
    named = ", ".join(f"{LETTERS[place]} to filter {live[one]}" for place, one in enumerate(order))
    worked = (
        f"The map of filter {live[of]} is **{LETTERS[answer]}**. It is bright where the photo looks like the "
        f"filter. Its correlation with the three other maps is {likest:.2f} or less. The maps "
        f"belong to these filters: {named}."
    )
    text = (
        f"This is filter {live[of]} of **{name}**, and these are four feature maps for your photo. They are "
        "bright where a filter responds, and dark where it does not. Which of them belongs to this filter?"
    )
    return Asked(
        "map of a filter",
        "medium",
        text,
        tuple(LETTERS),
        answer,
        worked,
        (_filter_picture(subject.filters[live[of]]), *maps),
        (f"filter {live[of]}", *(f"map {letter}" for letter in LETTERS)),
    )


def heat_map_of(subject: Subject, chance: Chance) -> Asked | None:
    """Ask which of two heat maps is for a class; None if no other class has a clearly different one."""
    found = _different_heat_maps(subject, chance)
    if found is None:
        return None
    likeness, *pair = found
    shown = pair[:]
    chance.shuffle(shown)
    asked, _ = chance.choice(pair)
    answer = [one for one, _ in shown].index(asked)
    names = [subject.labels[one] for one, _ in shown]
    shares = [_percent(float(subject.probabilities[one])) for one, _ in shown]
    worked = (
        f"Heat map A is for **{names[0]}** and B for **{names[1]}**. Each shows where Grad-CAM "
        f"finds evidence for its class. Their correlation is {likeness:.2f}. The network's probabilities are "
        f"{shares[0]} for {names[0]} and {shares[1]} for {names[1]}."
    )
    one, other = (subject.labels[index] for index, _ in pair)
    text = (
        f"These are Grad-CAM's heat maps for two classes, **{one}** and **{other}**. Which of them is for "
        f"**{subject.labels[asked]}**?"
    )
    return Asked(
        "class of a heat map",
        "hard",
        text,
        tuple(LETTERS[:2]),
        answer,
        worked,
        tuple(_over(subject.crop, values) for _, values in shown),
        ("heat map A", "heat map B"),
    )


def _different_heat_maps(
    subject: Subject, chance: Chance
) -> tuple[float, tuple[int, np.ndarray], tuple[int, np.ndarray]] | None:
    """Return the correlation of two heat maps, and each with its class: the first guess and another class."""
    first, *rivals = _ranking(subject)[:HEAT_MAPS]
    rivals = [index for index in rivals if subject.labels[index] != subject.labels[first]]
    if not rivals:
        return None
    start, heat_map = chance.pick(range(len(rivals))), subject.heat_map(first)
    for index in rivals[start:] + rivals[:start]:
        likeness = correlation(heat_map, other := subject.heat_map(index))
        if likeness is not None and likeness <= ALIKE:
            return likeness, (first, heat_map), (index, other)
    return None


def correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    """Return the correlation of two maps of one shape, or None if one is the same everywhere."""
    if one.std() == 0 or other.std() == 0:
        return None
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _ranking(subject: Subject) -> list[int]:
    return [int(index) for index in np.argsort(-subject.probabilities, kind="stable")]


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


def _painted(values: np.ndarray) -> np.ndarray:
    """Return a feature map in colour. Its strongest values share one colour, so that weaker ones are seen."""
    top = float(np.percentile(values, FULL_STRENGTH)) or float(values.max()) or 1.0
    return _large(colorize(values / top))


def _filter_picture(weights: np.ndarray) -> np.ndarray:
    """Return a filter as a picture in which grey stands for zero: float [3, h, w] -> uint8 [H, W, 3]."""
    unit = weights / (float(np.abs(weights).max()) or 1.0)
    return _large(np.rint((unit * 0.5 + 0.5) * 255).astype(np.uint8).transpose(1, 2, 0))


def _over(crop: np.ndarray, values: np.ndarray) -> np.ndarray:
    strength = values / (float(values.max()) or 1.0)
    large = _enlarged(crop)
    spread = np.asarray(Image.fromarray(strength.astype(np.float32)).resize(large.shape[1::-1]))
    return outlined(overlay(large, spread, 0.55), spread)


def _enlarged(crop: np.ndarray) -> np.ndarray:
    side = max(SIDE, len(crop))
    return np.asarray(Image.fromarray(crop).resize((side, side), Image.Resampling.BICUBIC))


def _large(pixels: np.ndarray) -> np.ndarray:
    """Return a small picture enlarged with sharp edges: a browser would blur them."""
    factor = -(-SIDE // len(pixels))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)
