"""The one training loop: every stage is a loss for a numbered step, and everything else is here."""

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

from .muon import KernelMuon, root_mean_square
from .progress import Progress, TimeIsUpError


@dataclass(frozen=True)
class Schedule:
    """How long a stage learns, and how fast.

    Attributes:
        learning_rate: relative: a step of Adam moves a layer's weights by about this share of their
            own root mean square. The layers of a network with LRN differ in scale by orders of magnitude.
        batch: crops a step, over all processes together.
        weight_decay: per step, as a share of the step.
        muon: learn the kernels from conv2 on by Muon, everything else by Adam.
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
        """Linear warm-up, then half a cosine down to zero."""
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
    """Train `net` in place; returns the loss of every step, which folder/NAME.csv also holds.

    Args:
        losses_of_steps: given the first step, yields that step's loss and all later ones'. A step's loss
            may depend on nothing but the net and the step's number: then a run that was cut off
            continues exactly as if it had never stopped. Torch's generator is seeded with the stage's name
            and the number.

    Raises:
        TimeIsUpError: after the step's end, with the checkpoint written.
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
    """Another for each stage, step and process: what one stage drew is no more likely in the next."""
    return (zlib.crc32(f"{name} {schedule.seed}".encode()) + step) * world_size() + rank()


def _optimizers(net: nn.Module, schedule: Schedule) -> list[torch.optim.Optimizer]:
    by_muon: list[nn.Conv2d] = []
    if schedule.muon:
        convolutions = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
        by_muon = convolutions[1:]  # a step in all directions alike would fill conv1's filters with noise
    groups = _groups(net, {layer.weight for layer in by_muon})
    adam = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=schedule.weight_decay, fused=True)
    return [adam, KernelMuon(by_muon)] if by_muon else [adam]


def _groups(net: nn.Module, without: Collection[Tensor]) -> list[dict[str, object]]:
    """One group a tensor; its learning rate is scaled by the root mean square of the layer's weights."""
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
    """This process's number under torchrun; 0 when there is only one."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def wait_for_all() -> None:
    """Until every process is here."""
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
    partial = checkpoint.with_suffix(".partial")
    states = [optimizer.state_dict() for optimizer in optimizers]
    torch.save({"net": net.state_dict(), "optimizers": states, "losses": losses}, partial)
    partial.replace(checkpoint)
    with checkpoint.with_suffix(".csv").open("w", newline="") as file:
        csv.writer(file).writerows([("step", "loss"), *enumerate(losses, start=1)])


def _load(net: nn.Module, optimizers: list[torch.optim.Optimizer], checkpoint: Path) -> list[float]:
    stored = torch.load(checkpoint, weights_only=True, map_location="cpu")
    net.load_state_dict(stored["net"])
    for optimizer, state in zip(optimizers, stored["optimizers"], strict=True):
        optimizer.load_state_dict(state)
    return list(stored["losses"])
