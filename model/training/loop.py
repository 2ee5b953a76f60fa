"""The training loop of all stages. A stage only provides the loss of each step."""

from __future__ import annotations

import csv
import math
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ..replacing import replacing
from .muon import KernelMuon, root_mean_square
from .progress import Progress, TimeIsUpError


@dataclass(frozen=True)
class Schedule:
    """How long a stage learns, and how fast.

    Attributes:
        learning_rate: a step of Adam changes a layer's weights by about this share of their root mean
            square. It is relative because, in a network with LRN, the sizes of layers' weights differ by
            orders of magnitude.
        batch: crops in a step, over all processes together.
        weight_decay: each step of Adam subtracts this share of the weights, times the learning rate.
        muon: train the kernels from conv2 on with Muon, everything else with Adam.
    """

    steps: int
    batch: int
    learning_rate: float
    warm_up: int = 20
    weight_decay: float = 0.02
    save_every: int = 100
    seed: int = 0
    muon: bool = False

    def rate(self, step: int) -> float:
        """Return the learning rate of a step: it rises linearly, then falls to zero along half a cosine."""
        warm = min(1.0, (step + 1) / self.warm_up)
        return self.learning_rate * warm * (0.5 + 0.5 * math.cos(math.pi * step / self.steps))


def train(
    name: str,
    net: nn.Module,
    losses_of_steps: Callable[[int], Iterator[Tensor]],
    schedule: Schedule,
    folder: Path,
    resume: bool = False,
) -> list[float]:
    """Train `net` in place, and return the loss of every step; the losses are also in folder/NAME.csv.

    Args:
        losses_of_steps: given the number of the first step, yields the loss of each step. A loss may depend
            on nothing but the net and the number of the step, so that an interrupted run continues exactly as
            if it had not been interrupted. PyTorch's generator is seeded by the stage's name and the number.

    Raises:
        TimeIsUpError: the time is over. The step has been finished and the checkpoint written.
    """
    optimizers = _optimizers(net, schedule)
    checkpoint = folder / f"{name}.pt"
    losses = _load(net, optimizers, checkpoint) if resume and checkpoint.exists() else []
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress(name, schedule.steps, len(losses))
    steps = losses_of_steps(len(losses))
    for step in range(len(losses), schedule.steps):
        torch.manual_seed(_seed(name, schedule, step))
        loss = next(steps)
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        _average_gradients(net)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = schedule.rate(step) * group["scale"]
            optimizer.step()
        losses.append(loss.item())
        at_end = step + 1 == schedule.steps
        try:
            progress.show(step + 1, f"loss {losses[-1]:.4f}")
        except TimeIsUpError:
            _save(net, optimizers, losses, checkpoint)
            raise
        if (step + 1) % schedule.save_every == 0 or at_end:
            _save(net, optimizers, losses, checkpoint)
    return losses


def _seed(name: str, schedule: Schedule, step: int) -> int:
    """Return a seed that is different for each stage, step and process, so that no two draw the same."""
    return (zlib.crc32(f"{name} {schedule.seed}".encode()) + step) * world_size() + rank()


def _optimizers(net: nn.Module, schedule: Schedule) -> list[torch.optim.Optimizer]:
    by_muon: list[nn.Conv2d] = []
    if schedule.muon:
        convolutions = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
        by_muon = convolutions[1:]  # Muon would fill conv1's filters with noise
    groups = _groups(net, {layer.weight for layer in by_muon})
    adam = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=schedule.weight_decay, fused=True)
    return [adam, KernelMuon(by_muon)] if by_muon else [adam]


def _groups(net: nn.Module, without: Collection[Tensor]) -> list[dict[str, object]]:
    """Return a group for each tensor, whose learning rate is scaled by the root mean square of its layer."""
    groups: list[dict[str, object]] = []
    for module in net.modules():
        own = dict(module.named_parameters(recurse=False))
        for kind, parameter in own.items():
            if not parameter.requires_grad or parameter in without:
                continue
            scale = root_mean_square(own.get("weight", parameter) if parameter.ndim == 1 else parameter)
            decay = {} if parameter.ndim > 1 else {"weight_decay": 0.0}
            groups.append({"params": [parameter], "scale": scale, "kind": kind, **decay})
    return groups


def rank() -> int:
    """Return the number of this process under torchrun; 0 if it is the only one."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """Return how many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def wait_for_all() -> None:
    """Wait until every process has reached this point."""
    if dist.is_initialized():
        dist.barrier()


def _average_gradients(net: nn.Module) -> None:
    if world_size() == 1:
        return
    for parameter in net.parameters():
        if parameter.grad is not None:
            dist.all_reduce(parameter.grad)
            parameter.grad /= world_size()


def _save(
    net: nn.Module, optimizers: list[torch.optim.Optimizer], losses: list[float], checkpoint: Path
) -> None:
    if rank():
        return
    states = [optimizer.state_dict() for optimizer in optimizers]
    with replacing(checkpoint) as partial:
        torch.save({"net": net.state_dict(), "optimizers": states, "losses": losses}, partial)
    with checkpoint.with_suffix(".csv").open("w", newline="") as file:
        csv.writer(file).writerows([("step", "loss"), *enumerate(losses, start=1)])


def _load(net: nn.Module, optimizers: list[torch.optim.Optimizer], checkpoint: Path) -> list[float]:
    stored = torch.load(checkpoint, weights_only=True, map_location="cpu")
    net.load_state_dict(stored["net"])
    for optimizer, state in zip(optimizers, stored["optimizers"], strict=True):
        optimizer.load_state_dict(state)
    return list(stored["losses"])
