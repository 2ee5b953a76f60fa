"""Turn a trained network into the file of weights that comes with the app."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ..alexnet import AlexNet
from ..weights.formats import State
from . import quantize
from .crops import CLOSING, CROP, Crops
from .engine import compile_frozen
from .filters import smoothed_within
from .kept import BATCH, SideBySide
from .student import Convolutions
from .towers import patches_at


def write(
    network: AlexNet, path: Path, crops: Crops, count: int, smoothing: float, device: torch.device
) -> None:
    """Smooth conv1 and write the compact file.

    Args:
        network: on the CPU, without gradients; conv1 is changed in place.
        count: number of crops that are used for rounding fc6 and fc7.
        smoothing: how much conv1's outputs may change, as a share of their variance.
    """
    conv1 = network.get_parameter("conv1.weight")
    patches = _conv1_patches(crops)
    conv1.copy_(smoothed_within(conv1, patches.T @ patches / len(patches), smoothing))
    quantize.save(network.state_dict(), path, _moments(network, crops, count, device))


def _conv1_patches(crops: Crops) -> Tensor:
    x = crops.some(CLOSING, 100).permute(0, 3, 1, 2).float() - torch.tensor(Convolutions.MEAN)[:, None, None]
    cells = torch.randint(x.shape[-1] - 11, (2, 60), generator=torch.Generator().manual_seed(0))
    return patches_at(x, 11, 0, cells[0], cells[1])


def _moments(network: AlexNet, crops: Crops, count: int, device: torch.device) -> State:
    """Return the mean of x x^T over `count` crops, where x is what goes into fc6, and into fc7.

    Returns:
        {"fc6": [9216, 9216], "fc7": [4096, 4096]}
    """
    pool5 = compile_frozen(SideBySide(Convolutions(network), "pool5"), BATCH, CROP, device)
    starts = range(CLOSING, CLOSING + count, BATCH)
    fc6, sums = network.get_submodule("fc6"), {"fc6": torch.zeros(()), "fc7": torch.zeros(())}
    for batch in crops.batches([range(start, start + BATCH) for start in starts]):
        x = pool5(batch.crops).cpu()
        sums["fc6"] = sums["fc6"] + x.T @ x
        x = fc6(x).relu()
        sums["fc7"] = sums["fc7"] + x.T @ x
    return {name: total / (BATCH * len(starts)) for name, total in sums.items()}
