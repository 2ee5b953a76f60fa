"""What every attribution method is, and what it gives back."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..alexnet import AlexNet
from ..errors import UserError
from ..question import Question

# Beside the methods and not with the pages' texts, so that page and shell show the same one.
TEXT = Path(__file__).parent / "text"

Settings = Mapping[str, float]

Compute = Callable[[AlexNet, Tensor, Question], Tensor]
"""(private network, input [1, 3, H, W], complete question) -> map [h, w]."""

Progress = Callable[[float, int], object]
"""Called with (done, total) as the work goes on; an exception that it raises ends the work."""


@dataclass(frozen=True)
class Parameter:
    """A number that a method can be run with; widgets and --set are built from it.

    Attributes:
        title: what it is, with its unit.
        default, low, high, step: the usual value, the limits, and what a slider moves by.
    """

    name: str
    title: str
    default: float
    low: float
    high: float
    step: float = 1


def completed(title: str, parameters: Sequence[Parameter], settings: Settings | None) -> dict[str, float]:
    """The settings of what is called `title`, with every parameter that they leave out at its default.

    Raises:
        UserError: there is no such parameter, or the value is out of its limits.
    """
    known = {parameter.name: parameter for parameter in parameters}
    given = dict(settings or {})
    for name, value in given.items():
        if name not in known:
            has = f"It has: {', '.join(known)}." if known else "It has none."
            raise UserError(f"{title} has no parameter '{name}'. {has}")
        low, high = known[name].low, known[name].high
        if not low <= value <= high:
            raise UserError(f"{name} of {title} must be from {low:g} to {high:g}, not {value:g}.")
    return {name: float(given.get(name, parameter.default)) for name, parameter in known.items()}


@dataclass(frozen=True)
class Method:
    """One way to explain a class score; page, shell and documentation are built from these entries.

    Attributes:
        meaning: one sentence on what a bright place in the map says.
        formula: in LaTeX.
        caveat: one sentence on how it is known to mislead.
        needs_layer: whether it looks at a layer's maps, so that the map has that layer's resolution.
        signed: whether values below zero mean something.
        class_discriminative: whether the map depends on the class more than on the picture alone.
        adds_up: whether the values' sum is the change of the logit from a grey picture to this one.
        cost: "one pass" forward and back, "many passes" (up to a second or two on a CPU), or "slow".
        pictures: how many pictures go through the whole network for a question, given the side of its input;
            for progress.
        parameters: what it can be run with.
        full_strength: percentile of the map's magnitudes from which on it is drawn at full strength.
        compute: gets a network of its own, so it may set hooks; it must not draw.
    """

    name: str
    title: str
    meaning: str
    formula: str
    paper: str
    caveat: str
    needs_layer: bool
    signed: bool
    class_discriminative: bool
    cost: Literal["one pass", "many passes", "slow"]
    compute: Compute
    parameters: tuple[Parameter, ...] = ()
    adds_up: bool = False
    pictures: Callable[[Question, int], int] = lambda question, side: 1
    full_strength: float = 100.0

    @property
    def explanation(self) -> str:
        """What a student should know of it, from text/<name>.md: Markdown that a teacher may edit.

        Paragraphs with a bold word or two in front; asterisks stand for emphasis only.
        """
        return (TEXT / f"{self.name}.md").read_text("utf-8")


@dataclass(frozen=True)
class Attribution:
    """A map of evidence for one class.

    Attributes:
        question: what it answers, complete.
        logit: the quantity explained: the score of the target before the softmax.
        values: float32 [h, w], at the method's own resolution.
        heatmap: float32 [H, W], bilinearly enlarged to the network's input.
        seconds: that it took.
    """

    method: Method
    question: Question
    logit: float
    values: np.ndarray
    heatmap: np.ndarray
    seconds: float = 0.0

    @property
    def has_evidence(self) -> bool:
        """False where the map is zero everywhere: nothing speaks for the class."""
        return bool(np.any(self.values))

    @property
    def peak(self) -> float:
        """The magnitude that is drawn at full strength; 0 where there is no evidence."""
        magnitudes = np.abs(self.heatmap)
        return float(np.percentile(magnitudes, self.method.full_strength)) or float(magnitudes.max())

    @property
    def normalized(self) -> np.ndarray:
        """The heatmap in -1..1, as it is drawn; zeros stay zeros."""
        return scaled(self.heatmap, self.peak)


def scaled(values: np.ndarray, peak: float) -> np.ndarray:
    """Values in units of the peak, cut off at -1 and 1; zeros stay zeros."""
    return np.clip(values / peak, -1.0, 1.0) if peak > 0 else values


# Captum warns that it sets hooks, which is why every method gets a network of its own.
warnings.filterwarnings("ignore", message=r"Setting .*backward hooks", category=UserWarning)

GREY_LEVEL = Parameter("grey", "Baseline: grey level, 0 is black", 118, 0, 255)


def reporting(model: AlexNet, total: int, progress: Progress) -> None:
    """Have a private network report how many of `total` pictures have gone through it."""
    done = 0

    def count(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        nonlocal done
        done = min(done + len(output), total)
        progress(done, total)

    *_, last, _prob = model.architecture.layer_names
    model.get_submodule(last).register_forward_hook(count)


def scores(model: AlexNet) -> nn.Sequential:
    """The network without its softmax, as a module: what Captum sets its hooks on."""
    *layers, _softmax = model.children()
    return nn.Sequential(*layers)


def grey(model: AlexNet, x: Tensor, level: float) -> Tensor:
    """A picture of one grey, 0 to 255, as the network sees it: [1, 3, H, W]."""
    height, width = x.shape[2:]
    pixels = np.full((1, height, width, 3), round(level), np.uint8)
    return model.to_input(pixels).to(x.dtype)


def blurred(x: Tensor) -> Tensor:
    """Without detail: averaged over fields a twelfth of the width, and smoothly enlarged again."""
    small = F.adaptive_avg_pool2d(x, 12)
    return F.interpolate(small, x.shape[2:], mode="bicubic", align_corners=False)


def enlarged(values: Tensor, shape: Sequence[int]) -> Tensor:
    """A map at the size of the picture, linear between its values: [h, w] -> [H, W]."""
    return F.interpolate(values[None, None], tuple(shape), mode="bilinear", align_corners=False)[0, 0]


def strongest_colour(gradient: Tensor) -> Tensor:
    """The magnitude in whichever colour it is largest: [1, 3, H, W] -> [H, W]."""
    return gradient[0].detach().abs().amax(dim=0)


def over_colours(attributions: Tensor) -> Tensor:
    """The sum over colours, where they share out one quantity: [1, 3, H, W] -> [H, W]."""
    return attributions[0].detach().sum(dim=0)


def maps_and_gradients(model: AlexNet, x: Tensor, question: Question) -> tuple[Tensor, Tensor]:
    """Return the layer's feature maps and the target's gradient with respect to them: [C, h, w] each."""
    maps: list[Tensor] = []

    def start_the_graph_here(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        maps.append(output.detach().requires_grad_())
        return maps[0]

    model.get_submodule(question.used_layer).register_forward_hook(start_the_graph_here)
    score = model.logits(x)[0, question.target]
    (gradient,) = torch.autograd.grad(score, maps[0])
    return maps[0].detach()[0], gradient[0]
