"""Feature visualizations of channels, units and classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.parameters import Number
from model.preprocess import Photo
from model.question import Settings
from viz_app.cached.networks import Network, job_on
from viz_app.cached.photos import feature_maps
from viz_app.jobs import Job

if TYPE_CHECKING:
    from model.alexnet import AlexNet
    from model.feature_visualization import Place, Visualization


@dataclass(frozen=True)
class Goal:
    """What is to be visualized, and how.

    Attributes:
        layer, channel: the channel or unit that the picture is to excite.
        place: the whole feature map, or only the activation at its centre.
        settings: values of `visualization_parameters()`.
    """

    layer: str
    channel: int
    place: Place
    settings: Settings


def visualization_parameters() -> tuple[Number, ...]:
    from model.feature_visualization import PARAMETERS

    return PARAMETERS


def visualization(network: Network, goal: Goal) -> Job[Visualization]:
    """Return a job: a picture that excites a channel, unit or class. Its preview is (pixels, curve)."""

    def work(alexnet: AlexNet, job: Job[Visualization]) -> Visualization:
        from model.feature_visualization import visualize

        return visualize(
            alexnet,
            goal.layer,
            goal.channel,
            goal.place,
            dict(goal.settings),
            progress=job.progress,
            show=lambda pixels, curve: job.show((pixels, curve)),
        )

    return job_on(("visualization", goal), network, work)


def photo_activation(photo: Photo, network: Network, goal: Goal) -> float:
    """Return for a photo the number that the visualization makes large.

    For a channel's central activation, return the largest activation that the channel has on the photo.
    """
    from model.feature_visualization import activation

    values = feature_maps(photo, network)[goal.layer][goal.channel]
    return float(values.max()) if goal.place == "centre" else activation(values)
