"""Each question of the quiz has one right choice, which another computation confirms, such as PyTorch's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from model.alexnet import AlexNet
from model.architectures import ARCHITECTURES
from model.claims.statements import claims
from model.quiz import KINDS, LEVELS, Asked, ask

from .quiz_subjects import invented

SEEDS = range(1, 101)


@cache
def on_meta(name: str, side: int | None = None) -> tuple[AlexNet, dict[str, tuple[int, ...]]]:
    """Return a network without memory for its weights, and the shapes of all its outputs, from PyTorch."""
    architecture = ARCHITECTURES[name]
    side = side or architecture.input_size
    with torch.device("meta"):
        network = AlexNet(architecture)
    x = torch.empty(1, 3, side, side, device="meta")
    shapes: dict[str, tuple[int, ...]] = {"input": (3, side, side)}
    for layer, module in network.named_children():
        if isinstance(module, nn.Linear) and module.in_features != x.shape[1]:
            break
        x = module(x)
        shapes[layer] = tuple(x.shape[1:])
    return network, shapes


def number(text: str) -> int:
    return int(text.replace(",", "").split(" × ")[0])


def layer_in(asked: Asked) -> str:
    [layer] = re.findall(r"\*\*(\w+\d)\*\*", asked.text)
    return layer


# For each kind, the right choice by another way than the question's own; None if there is none here.


def output_size(name: str, asked: Asked) -> int:
    return on_meta(name)[1][layer_in(asked)][1]


def most_parameters(name: str, asked: Asked) -> str:
    network = on_meta(name)[0]
    return max(
        asked.choices, key=lambda layer: sum(p.numel() for p in network.get_submodule(layer).parameters())
    )


def channels(name: str, asked: Asked) -> int:
    return on_meta(name)[1][layer_in(asked)][0]


def parameters(name: str, asked: Asked) -> int:
    return sum(p.numel() for p in on_meta(name)[0].get_submodule(layer_in(asked)).parameters())


def without_padding(name: str, asked: Asked) -> int:
    network, shapes = on_meta(name)
    layer = layer_in(asked)
    conv = network.get_submodule(layer)
    assert isinstance(conv, nn.Conv2d)
    names = list(shapes)
    x = torch.empty(1, *shapes[names[names.index(layer) - 1]], device="meta")
    return F.conv2d(x, conv.weight, None, conv.stride, 0, 1, conv.groups).shape[2]


def receptive_field(name: str, asked: Asked) -> int:
    """Return how many rows of the input one activation in the middle depends on, by gradients."""
    architecture = ARCHITECTURES[name]
    end = architecture.layer_names.index(layer_in(asked))
    side = 4 * architecture.input_size if architecture.input_size < 100 else architecture.input_size + 160
    x = torch.ones(1, 1, side, side, requires_grad=True)
    y = x
    for layer in architecture.layers[: end + 1]:
        # A maximum and a normalization read the same window as a mean.
        if kernel := getattr(layer, "kernel_size", getattr(layer, "size", None)):
            y = F.avg_pool2d(y, kernel, getattr(layer, "stride", 1))
    middle = y.shape[2] // 2
    [gradient] = torch.autograd.grad(y[0, 0, middle, middle], x)
    return int((gradient[0, 0] != 0).any(1).sum())


def multiply_adds(name: str, asked: Asked) -> int:
    network, shapes = on_meta(name)
    layer = layer_in(asked)
    kernel = network.get_parameter(f"{layer}.weight")[0].numel()
    return kernel * int(np.prod(shapes[layer]))


def one_tower(name: str, asked: Asked) -> int:
    out, per_group, *kernel = on_meta(name)[0].get_parameter(f"{layer_in(asked)}.weight").shape
    with torch.device("meta"):
        whole = nn.Conv2d(2 * per_group, out, (kernel[0], kernel[1]))
    return sum(p.numel() for p in whole.parameters())


def wrong_statement(_: str, asked: Asked) -> str:
    known = {claim.said.statement: claim.answer for claim in claims().values()}
    [wrong] = [one for one in asked.choices if known[one] == "false"]
    assert [known[one] for one in asked.choices].count("true") == 3
    return wrong


def other_rounding(name: str, asked: Asked) -> int:
    """Return the size that max pooling with PyTorch's `ceil_mode` has, of which only the size counts."""
    [side] = re.findall(r"input is (\d+) × ", asked.text)
    x = torch.empty(1, 1, int(side), int(side))
    for kernel, stride, padding in re.findall(r"kernel (\d+), stride (\d+), padding (\d+)", asked.text):
        x = F.pad(x, (int(padding),) * 4)
        x = F.max_pool2d(x, int(kernel), int(stride), ceil_mode="rounded **up" in asked.text)
    return x.shape[2]


def other_input(name: str, asked: Asked) -> int:
    [side] = re.findall(r"\*\*(\d+) × ", asked.text)
    return on_meta(name, int(side))[1]["flatten"][0]


RIGHT = {
    "output size": output_size,
    "most parameters": most_parameters,
    "channels": channels,
    "parameters": parameters,
    "size without padding": without_padding,
    "receptive field": receptive_field,
    "multiply-adds": multiply_adds,
    "one tower": one_tower,
    "wrong statement": wrong_statement,
    "other rounding": other_rounding,
    "other input": other_input,
}
OF_THE_PHOTO = {"first guess", "map of a filter", "class of a heat map"}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_right_choice_is_that_of_another_computation(name: str):
    subject, kinds = invented(ARCHITECTURES[name]), Counter[str]()
    for level in LEVELS:
        for seed in SEEDS:
            asked = ask(subject, level, seed, 1 + seed % 7)
            kinds[asked.kind] += 1
            assert 2 <= len(asked.choices) == len(set(asked.choices)) <= 4
            assert len(asked.pictures) == len(asked.captions)
            if asked.kind in OF_THE_PHOTO:
                continue
            assert not asked.pictures
            assert len(asked.choices) == 4
            expected, right = RIGHT[asked.kind](name, asked), asked.choices[asked.answer]
            assert right == expected or number(right) == expected, asked
            hits = [one for one in asked.choices if one == expected or _is(one, expected)]
            assert hits == [right]
            assert right.split(" × ")[0] in asked.worked
    expected_kinds = set(RIGHT) | OF_THE_PHOTO
    assert set(kinds) == expected_kinds - (set() if ARCHITECTURES[name].towers > 1 else {"one tower"})


def _is(choice: str, expected: int | str) -> bool:
    return not isinstance(expected, str) and number(choice) == expected


@pytest.mark.parametrize("level", LEVELS)
def test_the_same_seed_gives_the_same_question_and_another_one_others(level):
    subject = invented(ARCHITECTURES["alexnet-2012"])

    def seen(seed: int, number: int) -> tuple:
        asked = ask(subject, level, seed, number)
        return asked.text, asked.choices, asked.answer, asked.worked

    assert all(seen(seed, seed % 9 + 1) == seen(seed, seed % 9 + 1) for seed in range(1, 21))
    assert len({seen(seed, 1) for seed in SEEDS}) > 20
    assert len({seen(5, number) for number in range(1, 21)}) > 12


@pytest.mark.parametrize("level", LEVELS)
def test_every_kind_of_a_level_comes_once_in_each_turn(level):
    subject = invented(ARCHITECTURES["alexnet-2012"])
    count = len(KINDS[level])
    for turn in range(4):
        kinds = [ask(subject, level, 3, turn * count + place + 1).kind for place in range(count)]
        assert len(set(kinds)) == count
    assert all(ask(subject, level, 3, one).level == level for one in range(1, count + 1))


def test_the_place_of_the_right_choice_is_even():
    subject = invented(ARCHITECTURES["alexnet-2012"])
    places = Counter(ask(subject, "easy", seed, 1 + seed % 4).answer for seed in range(1, 401))
    # Each place is expected 100 times, with a standard deviation of 8.7.
    assert set(places) == {0, 1, 2, 3}
    assert all(abs(count - 100) < 40 for count in places.values())


def test_the_quiz_needs_no_pytorch():
    code = "import sys, model.quiz; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
