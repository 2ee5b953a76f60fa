"""Questions about channels, parameters and multiply-adds."""

from __future__ import annotations

from math import prod

from ..layer_info import LayerInfo
from .asked import CHOICES, Asked, Chance, Subject, among_numbers, shuffled, square, times


def most_parameters(subject: Subject, chance: Chance) -> Asked | None:
    """Ask which of some layers has the most parameters."""
    weighted = [info for info in subject.infos if info.parameters]
    asked = chance.sample(weighted, min(CHOICES, len(weighted)))
    ranked = sorted(asked, key=lambda info: info.parameters, reverse=True)
    if len(ranked) < 2 or ranked[0].parameters == ranked[1].parameters:
        return None
    choices, answer = shuffled(ranked[0].name, [info.name for info in ranked[1:]], chance)
    lines = [f"- {info.name}: {_weights_and_biases(info)} = **{info.parameters:,}**" for info in ranked]
    worked = "Weights and biases, the largest number first:\n\n" + "\n".join(lines)
    return Asked(
        "most parameters", "easy", "Which of these layers has the most parameters?", choices, answer, worked
    )


def channels(subject: Subject, chance: Chance) -> Asked | None:
    """Ask how many channels a convolution's output has, given the shape of its weights."""
    info = chance.pick(subject.convolutions)
    out, per_group, side, _ = _shape(info)
    wrong = [per_group, info.input_shape[0], side, side**2, out // 2, 2 * out]
    choices, answer = among_numbers(out, wrong, chance)
    text = (
        f"The weights of **{info.name}** have the shape {times(_shape(info))}. How many channels does the "
        "layer's output have?"
    )
    worked = (
        f"The first number counts the kernels, and each kernel makes one channel: **{out}**. Each kernel has "
        f"{times((per_group, side, side))} weights"
    )
    worked += (
        f", since it reads {per_group} of the {info.input_shape[0]} channels of its input."
        if per_group != info.input_shape[0]
        else f", since it reads all {per_group} channels of its input."
    )
    return Asked("channels", "easy", text, choices, answer, worked)


def parameters(subject: Subject, chance: Chance) -> Asked | None:
    """Ask for the number of parameters of a convolution."""
    info = chance.pick(subject.convolutions)
    out, per_group, side, _ = _shape(info)
    before = info.input_shape[0]
    weights = prod(_shape(info))
    wrong = [
        weights,  # biases forgotten
        out * before * side**2 + out if info.groups != 1 else weights + before,  # groups forgotten
        out * per_group * side + out,  # a kernel has two sides
        weights + 1,  # one bias for all
        out * (before + 1) * side**2,
    ]
    choices, answer = among_numbers(info.parameters, wrong, chance)
    text = f"{_convolution(info)} How many parameters, weights and biases, does it have?"
    worked = (
        f"Each kernel has {times((per_group, side, side))} = {weights // out:,} weights and one bias.\n\n"
        f"{_weights_and_biases(info)} = **{info.parameters:,}** parameters."
    )
    return Asked("parameters", "medium", text, choices, answer, worked + _groups(info))


def multiply_adds(subject: Subject, chance: Chance) -> Asked | None:
    """Ask for the number of multiply-adds of a convolution for one photo."""
    info = chance.pick(subject.convolutions)
    out, per_group, side, _ = _shape(info)
    weights, positions = prod(_shape(info)), prod(info.output_shape[1:])
    wrong = [
        weights,  # positions forgotten
        info.macs * (info.groups or 1) if info.groups != 1 else info.macs // side,  # groups forgotten
        weights * prod(info.input_shape[1:]),  # positions of the input
        weights * info.output_shape[1],
        2 * info.macs,
    ]
    choices, answer = among_numbers(info.macs, wrong, chance)
    text = (
        f"{_convolution(info)} Its output maps are {square(info.output_shape[1])}. How many multiply-adds "
        "does it need for one photo? Additions of biases are not counted."
    )
    worked = (
        f"The output has {times(info.output_shape)} = {prod(info.output_shape):,} activations. Each needs "
        f"{times((per_group, side, side))} = {weights // out:,} multiply-adds.\n\n"
        f"{out * positions:,} × {weights // out:,} = **{info.macs:,}** multiply-adds."
    )
    return Asked("multiply-adds", "medium", text, choices, answer, worked + _groups(info))


def one_tower(subject: Subject, chance: Chance) -> Asked | None:
    """Ask for the parameters of a grouped convolution if its groups were one; None without groups."""
    grouped = [info for info in subject.convolutions if (info.groups or 1) > 1]
    if not grouped:
        return None
    info = chance.pick(grouped)
    out, per_group, side, _ = _shape(info)
    before, weights = info.input_shape[0], prod(_shape(info))
    groups = before // per_group
    right = weights * groups + out
    wrong = [
        info.parameters,  # nothing changes
        info.parameters * groups,  # biases multiplied, too
        weights * groups**2 + out,
        weights * groups,  # biases forgotten
    ]
    choices, answer = among_numbers(right, wrong, chance)
    text = (
        f"{_convolution(info)} Together that makes {info.parameters:,} parameters. How many would it have if "
        f"its {groups} groups, the towers, were one?"
    )
    worked = (
        f"Then each of the {out} kernels would read all {before} channels, not {per_group}. Each kernel "
        f"would still have one bias.\n\n{out} × ({times((before, side, side))}) + {out} = **{right:,}** "
        f"parameters, {right - info.parameters:,} more than now."
    )
    return Asked("one tower", "hard", text, choices, answer, worked)


def _shape(info: LayerInfo) -> tuple[int, ...]:
    assert info.weight_shape is not None, "the layer has weights"
    return info.weight_shape


def _weights_and_biases(info: LayerInfo) -> str:
    """Return the sum of weights and biases as it is written: "96 × (3 × 11 × 11) + 96"."""
    out, *fan_in = _shape(info)
    inside = times(fan_in)
    return f"{out:,} × {f'({inside})' if len(fan_in) > 1 else inside} + {out:,}"


def _convolution(info: LayerInfo) -> str:
    groups = info.groups or 1
    divided = f" in {groups} groups" if groups > 1 else ""
    return (
        f"**{info.name}** makes {info.output_shape[0]} channels of {info.input_shape[0]}{divided}, with "
        f"kernels of {square(info.kernel_size or 1)}."
    )


def _groups(info: LayerInfo) -> str:
    """Return a sentence about the groups, if there are several."""
    if (groups := info.groups or 1) == 1:
        return ""
    return (
        f" With {groups} groups a kernel reads {info.input_shape[0]} / {groups} = {_shape(info)[1]} channels."
    )
