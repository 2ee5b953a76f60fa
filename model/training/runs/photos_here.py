"""The photos that need no folder of the user's, and whether they are here. Nothing here imports PyTorch."""

from __future__ import annotations

from pathlib import Path

from ...weights.files import cache_directory

GENERATED = "generated"  # --data for drawn shapes
CIFAR10 = "cifar-10-batches-py"  # torchvision's name for the folder of CIFAR-10's own files


def cifar10_folder() -> Path:
    """Return the folder that CIFAR-10 is downloaded to."""
    return cache_directory() / "cifar-10"


def cifar10_is_here() -> bool:
    """Return whether CIFAR-10 has been downloaded."""
    return (cifar10_folder() / CIFAR10 / "test_batch").exists()
