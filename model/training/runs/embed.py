"""Write a finished run's weights in the compact format, small enough to come with this project.

python -m model.training.runs.embed build/cifar10 assets/cifar10.safetensors
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from ...alexnet import AlexNet
from ...weights.formats import State, read_safetensors
from .. import quantize
from .labelled import Photos
from .loop import PASS
from .main import prepare

# Larger than for the weights of `train distill`: the app should stay small, and ten classes need less.
STEP = 1.5
COUNT = 5000  # training photos from which the sizes of fc6's and fc7's inputs are measured


def embed(run: Path, path: Path, step: float = STEP) -> tuple[float, float]:
    """Write the compact file, and return the accuracy in validation before and after rounding.

    Args:
        run: the run's folder; its photos must still be where they were.
        step: as in `quantize.encode_coarse`.

    Raises:
        UserError: the folder has no run, or its photos are not there.
    """
    trained = prepare(run, None, "cpu", {}, resume=True)
    network, validation = trained.network.freeze(), trained.photos.validation
    before = _accuracy(network, validation)
    quantize.save(network.state_dict(), path, _moments(network, trained.photos.training), step)
    network.load_state_dict(read_safetensors(path))
    return before, _accuracy(network, validation)


@torch.inference_mode()
def _accuracy(network: AlexNet, photos: Photos) -> float:
    """Return the share of photos whose class is the first guess."""
    right = 0
    for pixels, labels in zip(photos.pixels.split(PASS), photos.labels.split(PASS), strict=True):
        right += int((network.logits(pixels.float() / 255).argmax(1) == labels).sum())
    return right / len(photos)


@torch.inference_mode()
def _moments(network: AlexNet, photos: Photos) -> State:
    """Return the mean of x x^T over photos, where x is what goes into fc6, and into fc7."""
    chosen = torch.randperm(len(photos), generator=torch.Generator().manual_seed(0))[:COUNT]
    inputs = {"flatten": "fc6", "relu6": "fc7"}
    sums: dict[str, Tensor] = {}
    for rows in chosen.split(PASS):
        for name, x in network.walk(photos.pixels[rows].float() / 255, until="relu6"):
            if name in inputs:
                sums[inputs[name]] = sums.get(inputs[name], torch.zeros(())) + x.T @ x
    return {name: total / len(chosen) for name, total in sums.items()}


def main(run: Path, path: Path, step: Annotated[float, typer.Option()] = STEP) -> None:
    before, after = embed(run, path, step)
    print(f"{path}: {path.stat().st_size:,} bytes. Accuracy {before:.2%}, after rounding {after:.2%}.")


if __name__ == "__main__":
    typer.run(main)
