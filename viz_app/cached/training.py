"""What a run's files hold, and what conv1 computed at a moment of the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from model.preprocess import ZERO_TO_ONE, Photo, network_crop, normalize
from model.training.runs import record
from model.training.runs.record import Predictions, Snapshot
from model.training.runs.shelf import StoredRun
from viz_app.cached import with_photo


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def snapshots(run: StoredRun) -> list[Snapshot]:
    """Return conv1 at all moments of a run that were kept."""
    return _snapshots(run.folder, _changed(run.folder / record.FILTERS))


@st.cache_resource(max_entries=16, show_spinner=False)
def _snapshots(folder: Path, changed: int) -> list[Snapshot]:
    return record.read_snapshots(folder)


def run_predictions(run: StoredRun) -> Predictions | None:
    """Return what a run's network says about the validation photos, or None before the run's end."""
    return _predictions(run.folder, _changed(run.folder / record.PREDICTIONS))


@st.cache_resource(max_entries=16, show_spinner=False)
def _predictions(folder: Path, changed: int) -> Predictions | None:
    return record.read_predictions(folder)


def maps_at(photo: Photo, run: StoredRun, snapshot: Snapshot) -> np.ndarray:
    """Return conv1's feature maps of a photo at a moment of a run: float32 [96, 30, 30]."""

    def compute() -> np.ndarray:
        import torch

        crop = network_crop(photo, run.settings.architecture(len(run.classes)))
        x = torch.from_numpy(normalize(crop[None], ZERO_TO_ONE))
        weight, bias = (torch.from_numpy(one).float() for one in (snapshot.weight, snapshot.bias))
        return torch.nn.functional.conv2d(x, weight, bias)[0].numpy()

    return with_photo.kept_with(photo, ("maps_at", run.folder, snapshot.epoch), compute)
