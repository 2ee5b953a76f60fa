"""Write loss and accuracy for TensorBoard, if it is installed: tensorboard --logdir RUN/tensorboard"""

from __future__ import annotations

from pathlib import Path

from .record import Epoch, Point

FOLDER = "tensorboard"


class Events:
    """Writes a run's event files while it trains. Without the package tensorboard it does nothing.

    Args:
        folder: the run's.
        step: the first step to come. Events of later steps, from before an interruption, are taken back.
    """

    def __init__(self, folder: Path, step: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            self.writer = None
        else:
            self.writer = SummaryWriter(folder / FOLDER, purge_step=step)

    def add_point(self, step: int, point: Point) -> None:
        """Add the means of a part of an epoch that ends with this step."""
        self._add(step, "training", point.loss, point.accuracy)

    def add_epoch(self, step: int, epoch: Epoch) -> None:
        """Add what validation gave after this step."""
        self._add(step, "validation", epoch.validation_loss, epoch.validation_accuracy)

    def close(self) -> None:
        """Write what has not been written yet."""
        if self.writer is not None:
            self.writer.close()

    def _add(self, step: int, part: str, loss: float, accuracy: float) -> None:
        if self.writer is not None:
            self.writer.add_scalar(f"loss/{part}", loss, step)
            self.writer.add_scalar(f"accuracy/{part}", accuracy, step)
