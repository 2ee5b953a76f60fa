"""Questions about the sizes of feature maps and about receptive fields."""

from __future__ import annotations

from dataclasses import replace

from ..architectures import Architecture
from ..editing import with_rule
from ..layer_info import LayerInfo
from ..layers import describe_until_failure
from .asked import Asked, Chance, Subject, among_numbers, square

NEAR = range(-8, 9)  # by so many pixels another input is larger than the network's own
LAYERS_TO_WALK = 4  # a calculation by hand goes over at most so many layers


def output_size(subject: Subject, chance: Chance) -> Asked | None:
    """Ask for the output size of a layer from its input, kernel, stride and padding."""
    info = chance.pick(subject.windows)
    n, k, s, p = info.input_shape[1], info.span, info.stride or 1, info.padding or 0
    wrong = [
        (n - k) // s + 1,  # padding forgotten
        (n + 2 * p - k) // s,  # + 1 forgotten
        (n + p - k) // s + 1,  # padding on one side only
        n // s,
        (n + 2 * p) // s,  # kernel forgotten
        n + 2 * p - k + 1,  # stride forgotten
        info.output_shape[1] + 1,
        info.output_shape[1] + 2,
    ]
    choices, answer = among_numbers(info.output_shape[1], wrong, chance, square)
    text = (
        f"**{info.name}** reads maps of {square(n)} activations. {_numbers(info)} Sizes that are not whole "
        f"are rounded {_way(info)}. How large is each output map?"
    )
    return Asked("output size", "easy", text, choices, answer, f"{info.name}: {worked_size(info)}.")


def without_padding(subject: Subject, chance: Chance) -> Asked | None:
    """Ask for the output size of a padded convolution if its padding is left out."""
    padded = [info for info in subject.convolutions if info.padding and info.span <= info.input_shape[1]]
    if not padded:
        return None
    info = chance.pick(padded)
    n, k, s, p = info.input_shape[1], info.span, info.stride or 1, info.padding or 0
    bare = _alone(subject.architecture, info, padding=0)
    size = bare.output_shape[1]
    wrong = [info.output_shape[1], info.output_shape[1] - p, (n - k) // s, size + 1, size - 1, size + 2]
    choices, answer = among_numbers(size, wrong, chance, square)
    text = (
        f"**{info.name}** reads maps of {square(n)} activations and returns maps of "
        f"{square(info.output_shape[1])}. {_numbers(info)} How large would each output map be "
        "without padding?"
    )
    worked = (
        f"{info.name} with padding: {worked_size(info)}.\n\nWithout padding: {worked_size(bare)}. "
        f"The maps lose {info.output_shape[1] - size} rows and as many columns."
    )
    return Asked("size without padding", "medium", text, choices, answer, worked)


def receptive_field(subject: Subject, chance: Chance) -> Asked | None:
    """Ask for the receptive field of one of the first layers after the first."""
    walk = [info for info in subject.infos if info.is_spatial and info.kernel_size][:LAYERS_TO_WALK]
    if len(walk) < 2:
        return None
    end = chance.pick(range(1, len(walk)))
    info, walk = walk[end], walk[: end + 1]
    before, span, stride = walk[-2], info.span, info.stride or 1
    wrong = [
        before.receptive_field + (span - 1),  # jump forgotten
        before.receptive_field + span * before.jump,  # k in place of k - 1
        before.receptive_field + (span - 1) * before.jump * stride,  # the jump after the layer
        before.receptive_field * span,
        sum(one.span for one in walk),
        info.receptive_field + before.jump,
        info.receptive_field - before.jump,
    ]
    choices, answer = among_numbers(info.receptive_field, wrong, chance, square)
    listed = "\n".join(f"- {one.name}: kernel {one.span}, stride {one.stride or 1}" for one in walk)
    text = (
        f"On how many pixels of the input does one activation of **{info.name}** depend, if it is not near "
        f"the border? These layers are on the way:\n\n{listed}"
    )
    lines, field, jump = [], 1, 1
    for one in walk:
        lines.append(
            f"- {one.name}: {field} + ({one.span} − 1) × {jump} = **{one.receptive_field}** pixels; "
            f"the jump becomes {jump} × {one.stride or 1} = {one.jump}"
        )
        field, jump = one.receptive_field, one.jump
    worked = (
        "Each layer adds (kernel − 1) × jump to the side of the receptive field. The jump is the distance in "
        "the input between two neighbouring activations of the layer before.\n\n" + "\n".join(lines)
    )
    return Asked("receptive field", "medium", text, choices, answer, worked)


def other_rounding(subject: Subject, chance: Chance) -> Asked | None:
    """Ask for the size of a layer's output if sizes were rounded the other way, for an input near its own."""
    rounds_up = all(info.rounding == "ceil" for info in subject.windows)
    usual, other = ("cuda-convnet", "today") if rounds_up else ("today", "cuda-convnet")
    found = []
    for more in NEAR:
        changed = subject.architecture.with_input_size(subject.architecture.input_size + more)
        one, two = (_walk(with_rule(changed, rule)) for rule in (usual, other))
        found += [
            (changed.input_size, index, one, two)
            for index in range(min(len(one), len(two)))
            if one[index].output_shape != two[index].output_shape
        ]
    if not found:
        return None
    side, index, one, two = chance.pick(found)
    size, now = two[index].output_shape[1], one[index].output_shape[1]
    wrong = [now, size + 1, size - 1, 2 * size - now + 1, now - 1, size + 2]
    choices, answer = among_numbers(size, wrong, chance, square)
    listed = "\n".join(
        f"- {info.name}: kernel {info.span}, stride {info.stride or 1}, padding {info.padding or 0}"
        for info in two[: index + 1]
    )
    way = "down, as PyTorch does" if rounds_up else "up, as the authors' program did"
    text = (
        f"Suppose that the input is {square(side)} pixels and that all sizes are rounded **{way}**. How "
        f"large is each output map of **{two[index].name}**?\n\n{listed}"
    )
    steps = "\n".join(f"- {info.name}: {worked_size(info)}" for info in two[: index + 1])
    back = "up" if rounds_up else "down"
    worked = f"{steps}\n\nIf sizes are rounded {back}, {two[index].name} returns maps of {square(now)}."
    return Asked("other rounding", "hard", text, choices, answer, worked)


def other_input(subject: Subject, chance: Chance) -> Asked | None:
    """Ask how many numbers the first fully connected layer would read if the input had another size."""
    flatten = next((info for info in subject.infos if info.type == "Flatten"), None)
    last = subject.windows[-1]
    more = last.jump * chance.pick((1, 2, 3))
    side = subject.architecture.input_size + more
    infos, failure = describe_until_failure(subject.architecture.with_input_size(side))
    if flatten is None or failure:
        return None
    changed = next(info for info in infos if info.type == "Flatten")
    channels, size, _ = changed.input_shape
    pooled = next(info for info in infos if info.name == last.name).output_shape[1]
    right, sizes = changed.output_shape[0], [pooled, flatten.input_shape[1], size + 1, size - 1, size + 2]
    wrong = [channels * one**2 for one in sizes] + [channels * size]
    choices, answer = among_numbers(right, wrong, chance)
    text = (
        f"The input is {square(subject.architecture.input_size)} pixels, and the first fully connected layer "
        f"reads {channels} maps of {square(flatten.input_shape[1])}. How many numbers does it read if the "
        f"input is **{square(side)}** pixels?"
    )
    worked = f"{channels} × {size} × {size} = **{right:,}** numbers. "
    if size == pooled:
        worked += (
            f"Neighbouring activations of {last.name} are {last.jump} pixels of the input apart, so {more} "
            f"more pixels give {more} / {last.jump} = {size - flatten.input_shape[1]} more rows and columns: "
            f"{flatten.input_shape[1]} + {size - flatten.input_shape[1]} = {size}."
        )
    else:
        worked += f"{last.name} returns {square(pooled)}, and average pooling makes {square(size)} of it."
    return Asked("other input", "hard", text, choices, answer, worked)


def worked_size(info: LayerInfo) -> str:
    """Return the calculation of a layer's output size: "(227 + 2 × 0 − 11) / 4 + 1 = **55**"."""
    n, k, s, p = info.input_shape[1], info.span, info.stride or 1, info.padding or 0
    pad = f" + 2 × {p}" if info.type == "Conv" else ""
    exact, size = (n + 2 * p - k) / s + 1, info.output_shape[1]
    formula = f"({n}{pad} − {k}) / {s} + 1"
    if exact == size:
        return f"{formula} = **{size}**"
    return f"{formula} = {exact:g}, rounded {'up' if size > exact else 'down'} to **{size}**"


def _numbers(info: LayerInfo) -> str:
    padding = f", its padding {info.padding or 0}" if info.type == "Conv" else ""
    joint = " and" if not padding else ","
    return f"Its kernel is {square(info.kernel_size or 1)}{joint} its stride {info.stride}{padding}."


def _way(info: LayerInfo) -> str:
    return "up" if info.rounding == "ceil" else "down"


def _alone(architecture: Architecture, info: LayerInfo, **changes: int) -> LayerInfo:
    """Return the facts about one layer with changed settings on the input that it has now."""
    layer = replace(architecture.layers[architecture.layer_names.index(info.name)], **changes)  # type: ignore[arg-type]
    channels, side, _ = info.input_shape
    alone = replace(architecture, layers=(layer,), input_channels=channels, input_size=side)
    return describe_until_failure(alone)[0][0]


def _walk(architecture: Architecture) -> list[LayerInfo]:
    infos, _ = describe_until_failure(architecture)
    return [info for info in infos if info.type in ("Conv", "MaxPool")][:LAYERS_TO_WALK]
