"""The one door from the pages to model/, and the only place where results are cached.

Results are shared between all browser sessions and never written to. They are keyed on the photo's
SHA-256 and the choice of network: Streamlit would hash a large array by sampling it. PyTorch is
imported late, so that a page's title is on screen before it has loaded.
"""

from viz_app.cached.ablations import Off, classification_without, importance
from viz_app.cached.checks import cascade, completeness, curves, pointing, yardstick
from viz_app.cached.explanations import (
    agreement,
    archive,
    attribution,
    complete,
    is_slow,
    map_alone,
    map_layers,
    map_over,
    methods,
    slow_attribution,
)
from viz_app.cached.networks import (
    Choices,
    Network,
    device_title,
    devices,
    download,
    kernels,
    layers,
    tuning,
    weights_health,
)
from viz_app.cached.photos import (
    Answer,
    activity,
    answer,
    cell,
    classification,
    effective_field,
    feature_maps,
    sample,
    strongest_patches,
    warm_up,
)
from viz_app.cached.texts import text
from viz_app.cached.unit_pictures import Goal, photo_activation, visualization, visualization_parameters

__all__ = [
    "Answer",
    "Choices",
    "Goal",
    "Network",
    "Off",
    "activity",
    "agreement",
    "answer",
    "archive",
    "attribution",
    "cascade",
    "cell",
    "classification",
    "classification_without",
    "complete",
    "completeness",
    "curves",
    "device_title",
    "devices",
    "download",
    "effective_field",
    "feature_maps",
    "importance",
    "is_slow",
    "kernels",
    "layers",
    "map_alone",
    "map_layers",
    "map_over",
    "methods",
    "photo_activation",
    "pointing",
    "sample",
    "slow_attribution",
    "strongest_patches",
    "text",
    "tuning",
    "visualization",
    "visualization_parameters",
    "warm_up",
    "weights_health",
    "yardstick",
]
