"""Train on labelled photos. A kill at any moment costs at most the work since the last checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ...alexnet import AlexNet
from ...errors import UserError
from ...replacing import replacing
from . import record
from .photos import LabelledPhotos, Photos
from .record import Epoch
from .settings import RunSettings
from .start import new_network, new_optimizer

CHECKPOINT = "checkpoint.pt"
SHIFT = 4  # augmentation moves a picture by at most so many pixels
PASS = 500  # photos at a time in validation

Progress = Callable[[float, int], object]


@dataclass
class _Done:
    """What a run has done: all of it is in the checkpoint.

    Attributes:
        history: the finished epochs.
        filters: conv1's weights at the start and after each epoch.
        batches: of the epoch that is being trained.
        loss, right: sums over the photos in these batches.
        seconds: that these batches took.
    """

    history: list[Epoch] = field(default_factory=list)
    filters: list[np.ndarray] = field(default_factory=list)
    batches: int = 0
    loss: float = 0.0
    right: int = 0
    seconds: float = 0.0


class Run:
    """A run in a folder.

    Nothing that a step does depends on how often the run was interrupted: random numbers are drawn anew for
    each step from the seed and the step's number.

    Args:
        settings: for a new run; `record.read_settings` returns those of a run to be continued.
        save_every: seconds between two checkpoints. There is one after each epoch, too.
    """

    def __init__(
        self,
        folder: Path,
        settings: RunSettings,
        photos: LabelledPhotos,
        device: torch.device,
        save_every: float = 60.0,
    ) -> None:
        self.folder, self.settings, self.photos, self.device = folder, settings, photos, device
        self.save_every, self.saved = save_every, time.monotonic()
        self.network: AlexNet = new_network(settings, len(photos.classes))
        self.network.to(device).to(memory_format=torch.channels_last)
        self.optimizer = new_optimizer(self.network, settings)
        self.done = _Done()
        self.batches = -(-len(photos.training) // settings.batch_size)  # of an epoch; the last may be smaller

    def begin(self, facts: dict[str, Any]) -> None:
        """Write what is needed to repeat the run.

        Raises:
            UserError: the folder already has a run.
        """
        if (self.folder / CHECKPOINT).exists():
            raise UserError(
                f"{self.folder} already has a run. Continue it with --resume, or choose another --out."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        record.write_settings(self.folder, self.settings, self.photos.classes, facts)
        self._keep_filters()
        self._save()

    def restore(self) -> None:
        """Go on from the folder's last checkpoint.

        Raises:
            UserError: there is none, or it is damaged.
        """
        path = self.folder / CHECKPOINT
        try:
            self._restore(torch.load(path, map_location="cpu", weights_only=True))
        except Exception as error:  # on damaged bytes, PyTorch's unpickler raises almost anything
            raise UserError(f"{path} is missing or damaged. Begin another run in another --out.") from error

    def _restore(self, stored: dict[str, Any]) -> None:
        self.network.load_state_dict(stored["network"])
        self.optimizer.load_state_dict(stored["optimizer"])
        epochs = [Epoch(**row) for row in stored["history"]]
        filters = [one.numpy() for one in stored["filters"]]
        sums = {name: stored[name] for name in ("batches", "loss", "right", "seconds")}
        self.done = _Done(epochs, filters, **sums)

    def train(self, progress: Progress = lambda done, total: None) -> list[Epoch]:
        """Train to the last epoch, write all results, and return the history.

        Args:
            progress: called with (batches done, batches in all). It may raise an error to stop the run, which
                is then saved first.
        """
        total = self.settings.epochs * self.batches

        def report() -> None:
            try:
                progress(len(self.done.history) * self.batches + self.done.batches, total)
            except BaseException:
                self._save()
                raise

        while len(self.done.history) < self.settings.epochs:
            self._train_epoch(report)
            self._end_epoch()
        self._write_results()
        return self.done.history

    def _train_epoch(self, report: Callable[[], object]) -> None:
        self.network.train()
        epoch, size = len(self.done.history), self.settings.batch_size
        order = torch.randperm(len(self.photos.training), generator=self._generator(-1 - epoch))
        while self.done.batches < self.batches:
            began = time.monotonic()
            rows = order[self.done.batches * size :][:size]
            torch.manual_seed(self._seed(epoch * self.batches + self.done.batches))  # for dropout
            loss, right = self._step(rows)
            self.done.loss += loss * len(rows)
            self.done.right += right
            self.done.batches += 1
            self.done.seconds += time.monotonic() - began
            report()
            if time.monotonic() - self.saved > self.save_every:
                self._save()

    def _step(self, rows: Tensor) -> tuple[float, int]:
        """Learn from some training photos. Return their mean loss, and how many were right, before that."""
        x = self.photos.training.pixels[rows]
        x = moved(x) if self.settings.augment else x
        labels = self.photos.training.labels[rows].to(self.device)
        logits = self._logits(x)
        loss = F.cross_entropy(logits, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return float(loss.detach()), int((logits.argmax(1) == labels).sum())

    def _logits(self, pixels: Tensor) -> Tensor:
        """uint8 [n, 3, size, size] -> float32 [n, classes]"""
        x = pixels.to(self.device).float().div_(255).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.precision == "bfloat16"):
            logits = self.network.logits(x)
        return logits.float()

    def _end_epoch(self) -> None:
        n, done = len(self.photos.training), self.done
        logits, labels = self._all_logits(self.photos.validation), self.photos.validation.labels
        done.history.append(
            Epoch(
                len(done.history) + 1,
                done.loss / n,
                done.right / n,
                float(F.cross_entropy(logits, labels)),
                float((logits.argmax(1) == labels).float().mean()),
                done.seconds,
            )
        )
        done.batches, done.loss, done.right, done.seconds = 0, 0.0, 0, 0.0
        self._keep_filters()
        self._save()
        record.write_history(self.folder, done.history)  # for those who watch the run

    @torch.inference_mode()
    def _all_logits(self, photos: Photos) -> Tensor:
        self.network.eval()
        return torch.cat([self._logits(part).cpu() for part in photos.pixels.split(PASS)])

    def _keep_filters(self) -> None:
        self.done.filters.append(self.network.get_parameter("conv1.weight").detach().half().cpu().numpy())

    def _save(self) -> None:
        self.saved = time.monotonic()
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            **vars(self.done),
            "history": [asdict(one) for one in self.done.history],
            "filters": [torch.from_numpy(one) for one in self.done.filters],
        }
        with replacing(self.folder / CHECKPOINT) as partial:
            torch.save(state, partial)

    def _write_results(self) -> None:
        """Write all results. They only need the checkpoint: the run may have been killed in here before."""
        photos = self.photos.validation
        probabilities = self._all_logits(photos).softmax(1).numpy()
        record.write_predictions(self.folder, probabilities, photos.labels.numpy())
        record.write_filters(self.folder, self.done.filters)
        right = self.done.history[-1].validation_accuracy
        record.write_weights(
            self.folder, self.network, self.settings, self.photos.classes, right, len(photos)
        )
        record.write_history(self.folder, self.done.history)
        record.draw_curves(self.folder, self.done.history)

    def _seed(self, number: int) -> int:
        return self.settings.seed * 1_000_000_007 + number

    def _generator(self, number: int) -> torch.Generator:
        return torch.Generator().manual_seed(self._seed(number) % 2**63)


def moved(pixels: Tensor) -> Tensor:
    """Return each picture moved by up to `SHIFT` pixels, with zeros at the edge, and half of them mirrored.

    Random numbers come from PyTorch's global generator. uint8 [n, 3, size, size] -> the same
    """
    n, _, _, size = pixels.shape
    padded = F.pad(pixels, (SHIFT,) * 4)
    top, left = torch.randint(2 * SHIFT + 1, (2, n, 1))
    rows, columns = top + torch.arange(size), left + torch.arange(size)
    columns = torch.where(torch.rand(n, 1) < 0.5, columns.flip(1), columns)
    picked = padded[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2)
