"""Find the few channels of each layer that contribute most to the target's score.

A channel's contribution is activation times gradient, summed over its positions: how far the score would fall
without the channel, to first order. An experiment then shows whether these channels matter: they are switched
off, and the result is compared with switching off as many other channels that are about as active. Integrated
gradients at the first layer choose worse: on three of fifteen photos their channels lost to others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .activations import check_input
from .alexnet import AlexNet
from .architectures import Architecture
from .attribution.base import Progress
from .errors import UserError
from .layer_specs import ReLU

SHARE = 0.05  # at most this share of a layer's channels is marked
DRAWN = 10  # channels of each layer whose connections are drawn
ALIKE = 8  # the replacement of a marked channel is one of so many channels with similar mean activations


@dataclass(frozen=True)
class Carriers:
    """The channels, or units, of a layer that contribute most to the target's score.

    Attributes:
        layer: name of a ReLU.
        contributions: contribution of each channel, [C].
        channels: the marked channels, the largest contribution first.
    """

    layer: str
    contributions: np.ndarray
    channels: tuple[int, ...]

    @property
    def share(self) -> float:
        """Return the marked channels' share of all positive contributions, from 0 to 1."""
        positive = self.contributions.clip(min=0)
        return float(positive[list(self.channels)].sum() / positive.sum()) if positive.any() else 0.0


@dataclass(frozen=True)
class Trial:
    """The target's logit and probability, with and without some channels of a layer.

    Attributes:
        logit, probability: with all channels.
        without: (logit, probability) with the marked channels switched off.
        without_others: (logit, probability) with as many other channels switched off, for each random draw.
    """

    layer: str
    logit: float
    probability: float
    without: tuple[float, float]
    without_others: tuple[tuple[float, float], ...]

    @property
    def draws_won(self) -> int:
        """Return in how many draws switching off the marked channels lowers the logit more."""
        return sum(self.without[0] < other for other, _ in self.without_others)


@dataclass(frozen=True)
class DecisionPath:
    """The channels of each layer that contribute most to the target's score, with an experiment.

    Attributes:
        carriers: the marked channels of every ReLU, in the order of the layers.
        flows: for each two successive layers, how much each of the first `DRAWN` channels of the earlier
            layer adds to the score through each of those of the later one, [sources, destinations].
        trials: the experiment for each layer.
    """

    carriers: tuple[Carriers, ...]
    flows: tuple[np.ndarray, ...]
    trials: tuple[Trial, ...]


def rectified_layers(architecture: Architecture) -> tuple[str, ...]:
    """Return the names of all ReLUs."""
    return tuple(layer.name for layer in architecture.layers if isinstance(layer, ReLU))


def carriers(network: AlexNet, x: Tensor, target: int, layer: str) -> Carriers:
    """Return the channels of a layer that contribute most to the target's score.

    Args:
        x: [1, 3, H, W].
        layer: usually one of the `rectified_layers`.

    Raises:
        UserError: there is no such class or layer, or the layer has the scores itself.
    """
    output = _output(network, x, target, layer)
    return _marked(layer, output, _gradient(network, target, layer, output))


def _gradient(network: AlexNet, target: int, layer: str, output: Tensor) -> Tensor:
    """Return the gradient of the target's score with respect to the layer's output, [C, ...]."""
    with torch.inference_mode(False), torch.enable_grad():
        output = output.clone().requires_grad_()
        logits = network.run(output, after=layer, until=network.architecture.logits_layer)
        (gradient,) = torch.autograd.grad(logits[0, target], output)
    return gradient[0]


def _marked(layer: str, output: Tensor, gradient: Tensor) -> Carriers:
    contributions = _per_channel(gradient * output[0])
    order = contributions.argsort(descending=True)[: int(SHARE * len(contributions))].tolist()
    marked = tuple(channel for channel in order if contributions[channel] > 0)
    return Carriers(layer, contributions.cpu().numpy(), marked)


def _per_channel(values: Tensor) -> Tensor:
    """Return the sum over all positions of each channel: [C, ...] -> [C]."""
    return values.reshape(len(values), -1).sum(1)


def decision_path(
    network: AlexNet, x: Tensor, target: int, progress: Progress = lambda done, total: None
) -> DecisionPath:
    """Return the marked channels of every ReLU, the flows between them, and what happens without them.

    Args:
        x: [1, 3, H, W].
        progress: called with (layers done, all layers).

    Raises:
        UserError: there is no such class.
    """
    check_input(network, x)
    network.architecture.check_target(target)
    layers = rectified_layers(network.architecture)
    with torch.no_grad():  # one pass gives the outputs of all layers
        outputs = {name: output for name, output in network.walk(x.detach().clone()) if name in layers}
    found: list[Carriers] = []
    flows: list[np.ndarray] = []
    trials: list[Trial] = []
    for number, layer in enumerate(layers):
        output = outputs[layer]
        gradient = _gradient(network, target, layer, output)
        found.append(_marked(layer, output, gradient))
        if number:
            below = outputs[layers[number - 1]]
            flows.append(_flow(network, below, found[-2], found[-1], gradient))
        trials.append(_trial(network, output, target, found[-1]))
        progress(number + 1, len(layers))
    return DecisionPath(tuple(found), tuple(flows), tuple(trials))


def _flow(
    network: AlexNet,
    output: Tensor,
    source: Carriers,
    destination: Carriers,
    gradient: Tensor,
    most: int = DRAWN,
) -> np.ndarray:
    """Return how much each source channel adds to the score through each destination channel.

    It is activation times gradient: to first order, the destination's contribution would fall by this amount
    if the source were zero.

    Args:
        output: output of the source's layer, [1, C, ...].
        gradient: gradient of the score with respect to the destination's layer, [D, ...].
        most: largest number of channels of each layer.
    """
    sources, destinations = source.channels[:most], destination.channels[:most]
    flows = np.zeros((len(sources), len(destinations)), np.float32)
    with torch.inference_mode(False), torch.enable_grad():
        output = output.clone().requires_grad_()
        above = network.run(output, after=source.layer, until=destination.layer)
        contributions = _per_channel(above[0] * gradient)
        for column, channel in enumerate(destinations):
            (slope,) = torch.autograd.grad(contributions[channel], output, retain_graph=True)
            flows[:, column] = _per_channel((slope * output).detach()[0])[list(sources)].cpu().numpy()
    return flows


def try_without(
    network: AlexNet, x: Tensor, target: int, found: Carriers, draws: int = 10, seed: int = 0
) -> Trial:
    """Return the logit with the marked channels switched off, and with as many other channels switched off.

    In each draw, every marked channel is replaced by a random one of the `ALIKE` channels whose mean
    activation on this photo is most similar.

    Raises:
        UserError: for the same reasons as `carriers`.
    """
    return _trial(network, _output(network, x, target, found.layer), target, found, draws, seed)


def _trial(
    network: AlexNet, output: Tensor, target: int, found: Carriers, draws: int = 10, seed: int = 0
) -> Trial:
    """Return the trial of `try_without` for the output of the layer, [1, C, ...]."""
    activity = output.reshape(output.shape[1], -1).mean(1).cpu().numpy()
    generator = np.random.default_rng(seed)
    sets = [(), found.channels, *(_alike(activity, found.channels, generator) for _ in range(draws))]
    variants = output.repeat(len(sets), *[1] * (output.ndim - 1))
    for number, channels in enumerate(sets):
        variants[number, list(channels)] = 0.0
    with torch.inference_mode():
        logits = network.run(variants, after=found.layer, until=network.architecture.logits_layer)
    scores = logits[:, target].tolist()
    probabilities = logits.softmax(1)[:, target].tolist()
    whole, without, *others = zip(scores, probabilities, strict=True)
    return Trial(found.layer, *whole, without, tuple(others))


def _output(network: AlexNet, x: Tensor, target: int, layer: str) -> Tensor:
    """Return a layer's output for x."""
    check_input(network, x)
    architecture = network.architecture
    architecture.check_target(target)
    architecture.check_layers(layer)
    if layer in architecture.layer_names[-2:]:
        raise UserError(f"{layer} is the result itself. Choose a layer before it.")
    with torch.no_grad():
        return network.run(x.detach().clone(), until=layer)


def _alike(activity: np.ndarray, marked: Sequence[int], generator: np.random.Generator) -> tuple[int, ...]:
    """Return for each marked channel a random other channel that is about as active."""
    active = {channel for channel, mean in enumerate(activity.tolist()) if mean > 0} - set(marked)
    silent = set(range(len(activity))) - active - set(marked)
    # Where nearly all that is active is marked, silent ones fill up.
    free = active if len(active) >= len(marked) else active | silent
    drawn = []
    for channel in marked:
        nearest = sorted(free, key=lambda other: abs(activity[other] - activity[channel]))[:ALIKE]
        choice = int(generator.choice(nearest))
        free.remove(choice)
        drawn.append(choice)
    return tuple(drawn)
