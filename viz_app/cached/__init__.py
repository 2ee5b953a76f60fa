"""All results that pages show: computed by model/, cached, and shared by all browser sessions.

No other package of viz_app calls what needs PyTorch or uses Streamlit's caches. Nobody may write into a
cached result. The cache's keys are the photo's SHA-256 and the names of the network: Streamlit hashes only a
sample of a large array. PyTorch is imported inside functions, so that a page's title is on screen before it
is loaded.
"""

from viz_app.cached.ablations import Off, classification_without, importance
from viz_app.cached.checks import better, cascade, completeness, curves, pointing, verdict, yardstick
from viz_app.cached.claims import claim_evidence, claim_parameters
from viz_app.cached.comparison import Timing, compared, timings
from viz_app.cached.drawings import decision_path, network_facts, network_pictures, path_pictures
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
    Network,
    device_title,
    devices,
    download,
    kernels,
    layers,
    tuning,
    weights_health,
)
from viz_app.cached.own_weights import (
    OpenedFile,
    keep_opened,
    opened_file,
    opened_upload,
    weights_in_folder,
)
from viz_app.cached.photos import (
    Answer,
    activity,
    answer,
    cell,
    classification,
    effective_field,
    feature_maps,
    forget,
    sample,
    strongest_patches,
    warm_up,
)
from viz_app.cached.quiz import quiz_question
from viz_app.cached.teaching import (
    Examples,
    TaughtAnswer,
    drawn_things,
    keep_taught,
    loaded_classes,
    saved_classes,
    share_on,
    taught,
    taught_answer,
    taught_deletion,
    taught_map,
)
from viz_app.cached.texts import lesson_handout, text
from viz_app.cached.training import maps_at, run_predictions, snapshots
from viz_app.cached.unit_pictures import Goal, photo_activation, visualization, visualization_parameters

__all__ = [
    "Answer",
    "Examples",
    "Goal",
    "Network",
    "Off",
    "OpenedFile",
    "TaughtAnswer",
    "Timing",
    "activity",
    "agreement",
    "answer",
    "archive",
    "attribution",
    "better",
    "cascade",
    "cell",
    "claim_evidence",
    "claim_parameters",
    "classification",
    "classification_without",
    "compared",
    "complete",
    "completeness",
    "curves",
    "decision_path",
    "device_title",
    "devices",
    "download",
    "drawn_things",
    "effective_field",
    "feature_maps",
    "forget",
    "importance",
    "is_slow",
    "keep_opened",
    "keep_taught",
    "kernels",
    "layers",
    "lesson_handout",
    "loaded_classes",
    "map_alone",
    "map_layers",
    "map_over",
    "maps_at",
    "methods",
    "network_facts",
    "network_pictures",
    "opened_file",
    "opened_upload",
    "path_pictures",
    "photo_activation",
    "pointing",
    "quiz_question",
    "run_predictions",
    "sample",
    "saved_classes",
    "share_on",
    "slow_attribution",
    "snapshots",
    "strongest_patches",
    "taught",
    "taught_answer",
    "taught_deletion",
    "taught_map",
    "text",
    "timings",
    "tuning",
    "verdict",
    "visualization",
    "visualization_parameters",
    "warm_up",
    "weights_health",
    "weights_in_folder",
    "yardstick",
]
