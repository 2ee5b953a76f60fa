"""Make crops on the device, from pictures that are all in its memory: thousands a second on a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .augment import GREY, RULES, Augmentation, Rules, Sampler
from .crops import CROP, Batch
from .loop import Schedule, rank, world_size
from .pictures import Pictures


class ResidentCrops:
    """Batches of random crops like those of `augment`.

    Args:
        side: each picture is stored as a square of this side, and a crop of it is stretched back to its
            shape. 100,000 squares of 160 pixels take 7.7 GB.
    """

    def __init__(
        self,
        pictures: Pictures,
        augmentation: Augmentation,
        device: torch.device,
        side: int = 160,
        rules: Rules = RULES,
    ) -> None:
        self.augmentation, self.device = augmentation, device
        sampler = Sampler(pictures, rules)
        rows = np.concatenate(sampler.members)
        groups = [(rule, len(members)) for rule, members in zip(sampler.rules, sampler.members, strict=True)]
        self.picture = torch.from_numpy(rows)
        self.label = torch.from_numpy(pictures.label[rows].astype(np.int64)).to(device)
        self.chances = torch.cat([torch.full((n,), rule.weight) for rule, n in groups]).to(device)
        self.min_area = torch.cat([torch.full((n,), rule.min_area) for rule, n in groups]).to(device)
        self.pixels = torch.empty(len(rows), 3, side, side, dtype=torch.uint8, device=device)
        self.aspect = torch.empty(len(rows), device=device)  # width over height

        def keep(i: int) -> None:
            whole = pictures[int(rows[i])]
            self.aspect[i] = whole.shape[1] / whole.shape[0]
            square = cv2.resize(whole, (side, side), interpolation=cv2.INTER_AREA)
            self.pixels[i] = torch.from_numpy(square).permute(2, 0, 1).to(device)

        with ThreadPoolExecutor() as pool:  # OpenCV releases Python's global lock while it decodes
            list(pool.map(keep, range(len(rows))))

    def of_steps(self, offset: int, schedule: Schedule, first: int) -> Iterator[Batch]:
        """Yield the crops of each step from `first` on. Each process gets its part of them."""
        for step in range(first, schedule.steps):
            yield self.batch(offset + step * world_size() + rank(), schedule.batch // world_size())

    def batch(self, seed: int, n: int) -> Batch:
        """Return the `n` crops of a seed. A mixture of two crops has the label -1."""
        random = torch.Generator(self.device).manual_seed(seed)
        chosen = torch.multinomial(self.chances, n, replacement=True, generator=random)
        crops = self._coloured(self._cut(chosen, random), random)
        crops, mixed = self._mixed(crops, random)
        whole = crops.add_(0.5).clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()
        label = torch.where(mixed, -1, self.label[chosen])
        return Batch(whole, self.picture[chosen.cpu()], label)

    def _uniform(self, random: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(shape, generator=random, device=self.device) * (high - low) + low

    def _cut(self, chosen: Tensor, random: torch.Generator) -> Tensor:
        """Return a rectangle of each picture, like `random_resized_crop`: float32 [n, 3, CROP, CROP]."""
        n, aspect = len(chosen), self.aspect[chosen]
        smallest = self.min_area[chosen].clamp(min=self.augmentation.min_area)
        area = smallest + (1 - smallest) * self._uniform(random, 0, 1, n)
        # Width and height are shares of the picture's sides; `stretch` is the crop's width over height.
        stretch = self._uniform(random, -0.33, 0.33, n).exp()
        width = (area * stretch / aspect).sqrt().clamp(max=1)
        height = (area / stretch * aspect).sqrt().clamp(max=1)
        mirror = torch.where(self._uniform(random, 0, 1, n) < 0.5, -1.0, 1.0)
        transform = torch.zeros(n, 2, 3, device=self.device)  # in the units of grid_sample, -1 to 1
        transform[:, 0, 0], transform[:, 1, 1] = width * mirror, height
        transform[:, 0, 2] = (1 - width) * self._uniform(random, -1, 1, n)
        transform[:, 1, 2] = (1 - height) * self._uniform(random, -1, 1, n)
        grid = F.affine_grid(transform, [n, 3, CROP, CROP], align_corners=False)
        return F.grid_sample(
            self.pixels[chosen].float(), grid, mode="bilinear", padding_mode="border", align_corners=False
        )

    def _coloured(self, crops: Tensor, random: torch.Generator) -> Tensor:
        """Return the crops in other colours, as `augment.jitter`."""
        n, strength = len(crops), self.augmentation.jitter
        brightness, contrast, saturation = self._uniform(random, 1 - strength, 1 + strength, 3, n, 1, 1)
        cast = self._uniform(random, 0.9, 1.1, n, 3, 1)
        grey = torch.from_numpy(GREY).float().to(self.device)
        colours = saturation * torch.eye(3, device=self.device) + (1 - saturation) * grey
        matrix = brightness * contrast * cast * colours
        shift = (brightness * (1 - contrast) * 110.0).unsqueeze(-1)
        return (torch.einsum("nij,njhw->nihw", matrix, crops) + shift).clamp_(0, 255)

    def _mixed(self, crops: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the crops with some blended and some with a rectangle of another, and which these are."""
        n, other = len(crops), torch.randperm(len(crops), generator=random, device=self.device)
        kind = self._uniform(random, 0, 1, n)
        blended = kind < self.augmentation.mixup
        pasted = ~blended & (kind < self.augmentation.mixup + self.augmentation.cutmix)
        share = torch.where(blended, self._uniform(random, 0.25, 0.75, n), 0.0)
        place = torch.arange(CROP, device=self.device)
        inside = pasted.view(n, 1, 1)
        for axis in (1, 2):
            length = CROP * self._uniform(random, 0.45, 0.8, n, 1, 1)
            start = (CROP - length) * self._uniform(random, 0, 1, n, 1, 1)
            line = place.view(1, -1, 1) if axis == 1 else place.view(1, 1, -1)
            inside = inside & (line >= start) & (line < start + length)
        weight = torch.where(inside, 1.0, share.view(n, 1, 1)).unsqueeze(1)
        return crops.lerp(crops[other], weight), blended | pasted
