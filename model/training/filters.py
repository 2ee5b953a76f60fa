"""Make new filters for conv1 that differ from the existing ones, compare filters, and smooth them."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor


def correlations(filters: Tensor) -> Tensor:
    """Return the cosine of every pair of filters, with zeros on the diagonal. [n, ...] -> [n, n]"""
    flat = torch.nn.functional.normalize(filters.flatten(1), dim=1)
    return (flat @ flat.T).fill_diagonal_(0.0)


def chroma(filters: Tensor) -> Tensor:
    """Return the share of each filter's energy that no grey photo can excite. [n, 3, h, w] -> [n]"""
    grey = filters.mean(1, keepdim=True)
    return (filters - grey).square().sum((1, 2, 3)) / filters.square().sum((1, 2, 3))


def candidates(filters: Tensor) -> Tensor:
    """Return filters rotated, mirrored, and with exchanged colours: [n, 3, h, w] -> [m, 3, h, w]."""
    found: list[np.ndarray] = []
    for w in filters.numpy():
        angles = (30, 45, 60, 90, 120, 135, 150)
        found.extend(ndimage.rotate(w, angle, axes=(1, 2), reshape=False, order=1) for angle in angles)
        found.append(w[:, :, ::-1])
        found.extend(w[list(order)] for order in itertools.permutations(range(3)))
    return torch.from_numpy(np.stack(found).astype(np.float32))


def new_filters(filters: Tensor, count: int) -> Tensor:
    """Return `count` variants of filters, chosen to be as different as possible from all others.

    Only strong filters are varied: the variant of a filter that is mostly noise would be noise.
    """
    norm = filters.flatten(1).norm(dim=1)
    strong = filters[norm > norm.median() * 0.7]
    pool = candidates(strong)
    pool = pool / pool.flatten(1).norm(dim=1)[:, None, None, None] * norm.median()
    chosen: list[Tensor] = []
    unit = torch.nn.functional.normalize
    closest = (unit(pool.flatten(1), dim=1) @ unit(filters.flatten(1), dim=1).T).abs().amax(1)
    for _ in range(count):
        best = int(closest.argmin())
        chosen.append(pool[best])
        similar = (unit(pool.flatten(1), dim=1) @ unit(pool[best].flatten(), dim=0)).abs()
        closest = torch.maximum(closest, similar)
    return torch.stack(chosen)


def smoothed(weight: Tensor, covariance: Tensor, strength: float) -> Tensor:
    """Return the filters without the patterns that photos never excite: w* = C (C + lambda I)^-1 w.

    Args:
        covariance: C, the covariance of input patches, [3 h w, 3 h w].
        strength: lambda, in the units of C's eigenvalues.
    """
    values, vectors = torch.linalg.eigh(covariance.double())
    shrink = values / (values + strength)
    flat = weight.flatten(1).double()
    return ((flat @ vectors) * shrink @ vectors.T).float().view_as(weight)


def smoothed_within(weight: Tensor, covariance: Tensor, change: float) -> Tensor:
    """Return the smoothest filters whose outputs change by at most `change`, as a share of their variance."""
    low, high = 1e-9, 1e3
    scale = float(covariance.diagonal().mean())
    for _ in range(30):
        middle = (low * high) ** 0.5
        difference = smoothed(weight, covariance, middle * scale) - weight
        is_less = _variance(difference, covariance) < change * _variance(weight, covariance)
        low, high = (middle, high) if is_less else (low, middle)
    return smoothed(weight, covariance, low * scale)


def _variance(weight: Tensor, covariance: Tensor) -> float:
    flat = weight.flatten(1)
    return float((flat @ covariance * flat).sum())
