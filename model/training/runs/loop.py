"""Train on labelled photos. A kill at any moment costs at most the work since the last checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ...alexnet import AlexNet
from ...errors import UserError
from ...replacing import replacing
from . import record
from .done import Done, Sums
from .events import Events
from .labelled import LabelledPhotos, Photos
from .record import Epoch, Point, Snapshot
from .settings import RunSettings
from .start import new_network, new_optimizer
from .watch import Progress

CHECKPOINT = "checkpoint.pt"
POINTS, SNAPSHOTS = 50, 10  # at most, of each epoch: means of loss and accuracy; copies of conv1
LEAST = 100  # photos for a mean: from fewer, accuracy varies by more than a tenth by chance alone
SHIFT = 4  # augmentation moves a picture by at most so many pixels
PASS = 500  # photos at a time in validation

Tell = Callable[[Progress], object]


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
        self.done = Done()
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
        self._take_snapshot()
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
        self.done = Done.from_state(stored)

    def train(self, tell: Tell = lambda progress: None) -> list[Epoch]:
        """Train to the last epoch, write all results, and return the history.

        Args:
            tell: called after every step. It may raise an error to stop the run, which is then saved first.
        """
        began, before = time.monotonic(), self._steps

        def report() -> None:
            seconds = (time.monotonic() - began) / max(1, self._steps - before)
            try:
                tell(self._progress(seconds))
            except BaseException:
                self._save()
                raise

        self.events = Events(self.folder, self._steps + 1)
        try:
            while len(self.done.history) < self.settings.epochs:
                self._train_epoch(report)
                self._end_epoch()
        finally:
            self.events.close()
        self._write_results()
        return self.done.history

    @property
    def _steps(self) -> int:
        return len(self.done.history) * self.batches + self.done.batches

    def _progress(self, seconds: float) -> Progress:
        """Return where the run stands, which takes so many seconds for a step."""
        total = self.settings.epochs * self.batches
        loss, accuracy = self.done.epoch.means
        return Progress(
            self._steps,
            total,
            loss,
            accuracy,
            self.settings.batch_size / seconds,
            seconds * (total - self._steps),
        )

    def _train_epoch(self, report: Callable[[], object]) -> None:
        self.network.train()
        epoch, size, done = len(self.done.history), self.settings.batch_size, self.done
        order = torch.randperm(len(self.photos.training), generator=self._generator(-1 - epoch))
        while done.batches < self.batches:
            began = time.monotonic()
            rows = order[done.batches * size :][:size]
            torch.manual_seed(self._seed(self._steps))  # for dropout
            loss, right = self._step(rows)
            done.epoch.add(len(rows), loss, right)
            done.part.add(len(rows), loss, right)
            done.batches += 1
            done.seconds += time.monotonic() - began
            self._keep_parts()
            report()
            if time.monotonic() - self.saved > self.save_every:
                self._save()

    def _keep_parts(self) -> None:
        """Keep the mean loss and accuracy, and conv1, if a part of the epoch has ended with this step."""
        done = self.done
        if self._ends_part(min(POINTS, max(1, len(self.photos.training) // LEAST))):
            done.points.append(Point(self._steps / self.batches, *done.part.means))
            done.part = Sums()
            record.write_points(self.folder, done.points)
            self.events.add_point(self._steps, done.points[-1])
        if self._ends_part(SNAPSHOTS):
            self._take_snapshot()

    def _ends_part(self, parts: int) -> bool:
        return self.done.batches * parts // self.batches > (self.done.batches - 1) * parts // self.batches

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
        done = self.done
        logits, labels = self._all_logits(self.photos.validation), self.photos.validation.labels
        done.history.append(
            Epoch(
                len(done.history) + 1,
                *done.epoch.means,
                float(F.cross_entropy(logits, labels)),
                float((logits.argmax(1) == labels).float().mean()),
                done.seconds,
            )
        )
        done.batches, done.epoch, done.seconds = 0, Sums(), 0.0
        self.events.add_epoch(self._steps, done.history[-1])
        self._save()
        record.write_history(self.folder, done.history)  # for those who watch the run

    @torch.inference_mode()
    def _all_logits(self, photos: Photos) -> Tensor:
        self.network.eval()
        return torch.cat([self._logits(part).cpu() for part in photos.pixels.split(PASS)])

    def _take_snapshot(self) -> None:
        weight, bias = (
            self.network.get_parameter(f"conv1.{name}").detach().half().cpu().numpy()
            for name in ("weight", "bias")
        )
        self.done.snapshots.append(Snapshot(self._steps / self.batches, weight, bias))
        record.write_snapshots(self.folder, self.done.snapshots)

    def _save(self) -> None:
        self.saved = time.monotonic()
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            **self.done.as_state(),
        }
        with replacing(self.folder / CHECKPOINT) as partial:
            torch.save(state, partial)

    def _write_results(self) -> None:
        """Write all results. They only need the checkpoint: the run may have been killed in here before."""
        photos = self.photos.validation
        probabilities = self._all_logits(photos).softmax(1).numpy()
        record.write_predictions(self.folder, probabilities, photos.labels.numpy(), photos.pixels)
        record.write_points(self.folder, self.done.points)
        record.write_snapshots(self.folder, self.done.snapshots)
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
