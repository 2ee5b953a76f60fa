"""Questions about a photo's journey, with answers computed for its network."""

from __future__ import annotations

from collections.abc import Sequence

from model.layers import LayerInfo
from viz_app.handout.journey import Problem


def problems(infos: Sequence[LayerInfo], label: str) -> tuple[Problem, ...]:
    """Return questions with their answers.

    Args:
        infos: the network's layers.
        label: the photo's most probable class.
    """
    return (
        Problem(
            "Name two things in the photo that the network does not see.",
            "Everything in the pale part of the photo: the input is only a square from its centre.",
        ),
        _another_stride(infos[0]),
        _most_parameters(infos),
        _most_work(infos),
        Problem(
            "Follow the shapes from layer to layer. What decreases, what increases, and what is lost in the "
            "last layers?",
            "Height and width decrease, and the number of channels increases. In the fully connected layers "
            "positions are lost: their units do not belong to any place in the photo.",
        ),
        Problem(
            "Choose one small square of a late convolution. What might this channel respond to, and which "
            "photo would show that you are wrong?",
            "Any guess that a photo can disprove is a good one. Test it in the app, on Receptive field.",
            lines=4,
        ),
        Problem(
            f"Which parts of the photo would you point at for “{label}”? Do the heat maps show the same?",
            "If not, the network uses something else than you do, or the heat map is wrong. The page Sanity "
            "checks helps to find out which.",
            lines=4,
        ),
    )


def _another_stride(first: LayerInfo) -> Problem:
    assert first.kernel_size and first.stride
    stride, padding, size = first.stride + 1, first.padding or 0, first.input_shape[1]
    room = size + 2 * padding - first.kernel_size
    padded = f"{size} + 2 · {padding}" if padding else f"{size}"
    return Problem(
        f"How wide would the feature maps of {first.name} be if its window moved by {stride} pixels instead "
        f"of {first.stride}?",
        f"({padded} − {first.kernel_size}) / {stride} = {room / stride:.4g}, rounded down {room // stride}; "
        f"plus 1 for the first position: {room // stride + 1}.",
    )


def _most_parameters(infos: Sequence[LayerInfo]) -> Problem:
    largest = max(infos, key=lambda info: info.parameters)
    assert largest.weight_shape
    units, *fan_in = largest.weight_shape
    return Problem(
        "Which layer has the most parameters, and why?",
        f"{largest.name}: {largest.parameters:,} of {sum(info.parameters for info in infos):,}. Each of its "
        f"{units:,} units has a weight for every one of {fan_in[0]:,} inputs.",
    )


def _most_work(infos: Sequence[LayerInfo]) -> Problem:
    busiest = max(infos, key=lambda info: info.macs)
    return Problem(
        "Which layer needs the most multiplications? Why is it not the one with the most parameters?",
        f"{busiest.name}: {busiest.macs:,}. A convolution uses each weight again at every position; a fully "
        "connected layer uses each weight once.",
    )
