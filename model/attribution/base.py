"""The classes `Method` and `Attribution`, and functions that several methods use."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..alexnet import AlexNet
from ..parameters import Number, Parameter
from ..question import Question

# The texts are here and not in viz_app/text, so that pages and shell can show the same texts.
TEXT = Path(__file__).parent / "text"

Compute = Callable[[AlexNet, Tensor, Question], Tensor]
"""(private network, input [1, 3, H, W], complete question) -> attribution [h, w]."""

Progress = Callable[[float, int], object]
"""Called again and again with (done, total). An exception that it raises stops the work."""


@dataclass(frozen=True)
class Method:
    """An attribution method. Pages, shell and documentation are built from these facts.

    Attributes:
        name: used in the shell and in addresses.
        title: its name for people.
        meaning: one sentence that says what bright or coloured places mean.
        formula: in LaTeX.
        caveat: one sentence that says how the method is known to mislead.
        needs_layer: whether it uses the feature maps of a layer. Its result then has their resolution.
        signed: whether negative values are evidence against the target.
        class_discriminative: whether the result depends on the target, not on the photo alone.
        adds_up: whether the sum of all values is the change of the logit from a grey photo to this one.
        cost: "one pass" forward and back, "many passes" (up to a second or two on a CPU), or "slow".
        ends_with_photo: whether the last input of the network is the unchanged photo, so that its logit is
            known without another pass.
        pictures: given a question and the side of the input, returns how many inputs go through the network;
            for progress bars.
        parameters: numbers and choices that the user can set.
        full_strength: percentile of the magnitudes that gets the strongest colour; 100 for the largest.
        compute: computes the attribution. It gets a private network, so it may set hooks.
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
    ends_with_photo: bool = False
    pictures: Callable[[Question, int], int] = lambda question, side: 1
    full_strength: float = 100.0

    @property
    def explanation(self) -> str:
        """Return the method's text for students, text/<name>.md, which a teacher may edit.

        It is Markdown: paragraphs that begin with some bold words, and asterisks for emphasis only.
        """
        return (TEXT / f"{self.name}.md").read_text("utf-8")


@dataclass(frozen=True)
class Attribution:
    """The evidence for and against a target at each position of a photo.

    Attributes:
        question: the question that it answers, complete.
        logit: the target's logit, the quantity that is explained.
        values: float32 [h, w], at the method's own resolution.
        heatmap: float32 [H, W], the values enlarged to the size of the network's input.
        seconds: the time that the computation took.
    """

    method: Method
    question: Question
    logit: float
    values: np.ndarray
    heatmap: np.ndarray
    seconds: float = 0.0

    @property
    def has_evidence(self) -> bool:
        """Return whether any value is not zero."""
        return bool(np.any(self.values))

    @property
    def peak(self) -> float:
        """Return the magnitude that gets the strongest colour; 0 if all values are zero."""
        magnitudes = np.abs(self.heatmap)
        return float(np.percentile(magnitudes, self.method.full_strength)) or float(magnitudes.max())

    @property
    def normalized(self) -> np.ndarray:
        """Return the heat map divided by its peak and limited to -1..1, as it is drawn."""
        return scaled(self.heatmap, self.peak)


def scaled(values: np.ndarray, peak: float) -> np.ndarray:
    """Return the values divided by the peak and limited to -1..1; unchanged if the peak is zero."""
    return np.clip(values / peak, -1.0, 1.0) if peak > 0 else values


# Captum warns that it sets hooks. That is harmless here, since every method gets a private network.
warnings.filterwarnings("ignore", message=r"Setting .*backward hooks", category=UserWarning)

GREY_LEVEL = Number("grey", "Baseline: grey level, 0 is black", 118, 0, 255)


def reporting(network: AlexNet, total: int, progress: Progress) -> None:
    """Make a private network call `progress` with (inputs so far, `total`) after every batch."""
    done = 0

    def count(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        nonlocal done
        done = min(done + len(output), total)
        progress(done, total)

    network.get_submodule(network.architecture.logits_layer).register_forward_hook(count)


def scores(network: AlexNet) -> nn.Sequential:
    """Return the network without its softmax, as a module on which Captum can set hooks."""
    *layers, _softmax = network.children()
    return nn.Sequential(*layers)


def grey(network: AlexNet, x: Tensor, level: float) -> Tensor:
    """Return an input of one grey level, 0 to 255, as large as x: [1, 3, H, W]."""
    height, width = x.shape[2:]
    pixels = np.full((1, height, width, 3), round(level), np.uint8)
    return network.to_input(pixels).to(x.dtype)


def blurred(x: Tensor) -> Tensor:
    """Return the input without details: the means of a grid of 12 x 12 squares, smoothly enlarged."""
    small = F.adaptive_avg_pool2d(x, 12)
    return F.interpolate(small, x.shape[2:], mode="bicubic", align_corners=False)


def enlarged(values: Tensor, shape: Sequence[int]) -> Tensor:
    """Return the values enlarged to a shape by linear interpolation: [h, w] -> [H, W]."""
    return F.interpolate(values[None, None], tuple(shape), mode="bilinear", align_corners=False)[0, 0]


def strongest_colour(gradient: Tensor) -> Tensor:
    """Return the largest magnitude of the three colours: [1, 3, H, W] -> [H, W]."""
    return gradient[0].detach().abs().amax(dim=0)


def over_colours(attributions: Tensor) -> Tensor:
    """Return the sum over the three colours, for methods whose values add up: [1, 3, H, W] -> [H, W]."""
    return attributions[0].detach().sum(dim=0)


def maps_and_gradients(network: AlexNet, x: Tensor, question: Question) -> tuple[Tensor, Tensor]:
    """Return the layer's feature maps and the target's gradient with respect to them: [C, h, w] each."""
    maps: list[Tensor] = []

    def start_the_graph_here(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        maps.append(output.detach().requires_grad_())
        return maps[0]

    network.get_submodule(question.used_layer).register_forward_hook(start_the_graph_here)
    score = network.logits(x)[0, question.target]
    (gradient,) = torch.autograd.grad(score, maps[0])
    return maps[0].detach()[0], gradient[0]
