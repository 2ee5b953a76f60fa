"""Pictures made for a channel, a unit or a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.preprocess import Photo
from viz_app.cached.networks import Choices, Network, job_on
from viz_app.cached.photos import feature_maps
from viz_app.jobs import Job

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.attribution.base import Parameter
    from model.feature_visualization import Place, Visualization


@dataclass(frozen=True)
class Goal:
    """What a picture is made for: a channel, a unit or a class, and with which settings."""

    layer: str
    channel: int
    place: Place
    settings: Choices


def visualization_parameters() -> tuple[Parameter, ...]:
    from model.feature_visualization import PARAMETERS

    return PARAMETERS


def visualization(network: Network, goal: Goal) -> Job[Visualization]:
    """The picture that a channel, a unit or a class responds to most; its preview is (pixels, curve)."""

    def work(model: AlexNet, job: Job[Visualization]) -> Visualization:
        from model.feature_visualization import visualize

        return visualize(
            model,
            goal.layer,
            goal.channel,
            goal.place,
            dict(goal.settings),
            progress=job.progress,
            show=lambda pixels, curve: job.show((pixels, curve)),
        )

    return job_on(("visualization", goal), network, work)


def photo_activation(photo: Photo, network: Network, goal: Goal) -> float:
    """What a picture raises, for a photo; of a channel's single cell, the strongest in the photo."""
    from model.feature_visualization import activation

    values = feature_maps(photo, network)[goal.layer][goal.channel]
    return float(values.max()) if goal.place == "centre" else activation(values)
