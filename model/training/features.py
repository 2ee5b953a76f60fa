"""Feature maps kept on disk as one byte a value, so that later stages need not compute them again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from model.training.augment import Mixing, Sampler
from model.training.labels import crop_batches
from model.training.source import SourceConvolutions

MEAN = (123.675, 116.28, 103.53)
UNTIL_POOL2 = ("conv1", "relu1", "norm1", "pool1", "conv2", "relu2", "norm2", "pool2")
AFTER_POOL2 = ("conv3", "relu3", "conv4", "relu4", "conv5", "relu5", "pool5")


def encode(maps: Tensor, top: Tensor) -> Tensor:
    """Non-negative maps [n, c, h, w] as bytes, 255 sqrt(x / top of the channel): small values keep detail."""
    share = (maps / top.view(-1, 1, 1)).clamp(0.0, 1.0)
    return (share.sqrt() * 255.0 + 0.5).to(torch.uint8)


def decode(codes: Tensor, top: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """The maps again, to half a step of the square root. uint8 [n, c, h, w] -> [n, c, h, w]"""
    root = codes.to(dtype) * (1.0 / 255.0)
    return root * root * top.to(dtype).view(-1, 1, 1)


class Sequence(nn.Module):
    """The named layers of a network, one after the other, on uint8 crops [n, 227, 227, 3]."""

    mean: Tensor

    def __init__(self, network: nn.Module, names: tuple[str, ...]) -> None:
        super().__init__()
        self.layers = nn.Sequential(*[network.get_submodule(name) for name in names])
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])

    def forward(self, crops: Tensor) -> Tensor:
        return self.layers(crops.permute(0, 3, 1, 2).float() - self.mean)


class SourceRelu5(nn.Module):
    """The source's last convolution after ReLU, channels in the student's order: [n, 256, 13, 13]."""

    mean: Tensor
    order: Tensor

    def __init__(self, source: SourceConvolutions, order: Tensor) -> None:
        super().__init__()
        self.source = source
        self.register_buffer("order", order)
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None])

    def forward(self, crops: Tensor) -> Tensor:
        x = crops.permute(0, 3, 1, 2).float() - self.mean
        return self.source.preactivations(x)["conv5"].relu()[:, self.order]


class Encoded(nn.Module):
    """Several networks' maps of the same crops, as bytes, flattened and laid side by side."""

    def __init__(self, parts: list[nn.Module], tops: list[Tensor]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        for i, top in enumerate(tops):
            self.register_buffer(f"top{i}", top)

    def forward(self, crops: Tensor) -> Tensor:
        codes = [encode(part(crops), self.get_buffer(f"top{i}")) for i, part in enumerate(self.parts)]
        return torch.cat([code.flatten(1) for code in codes], dim=1)


@torch.inference_mode()
def channel_tops(part: nn.Module, crops: Tensor) -> Tensor:
    """A little more than the largest value of each channel on sample crops: [c]."""
    maps = torch.cat([part(some) for some in crops.split(64)])
    return maps.amax((0, 2, 3)) * 1.1 + 1e-6


def cache(
    path: Path,
    run: Callable[[np.ndarray], np.ndarray],
    sampler: Sampler,
    rows: range,
    width: int,
    batch: int = 64,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """Bytes [rows, width] of the crops with these seeds; goes on where a cut-off run stopped."""
    progress = path.with_suffix(".done")
    start = int(progress.read_text()) if progress.exists() else rows.start
    mode = "r+" if path.exists() else "w+"
    shape = (rows.stop, width)
    codes = np.lib.format.open_memmap(path, mode, np.uint8, shape) if mode == "w+" else np.load(path, "r+")
    for part, crops, _, _ in crop_batches(sampler, range(start, rows.stop), batch, Mixing()):
        codes[part.start : part.stop] = run(crops)
        progress.write_text(str(part.stop))
        report(part.stop, rows.stop)
    return codes
