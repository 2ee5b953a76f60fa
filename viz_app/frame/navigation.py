"""The pages of the app, in groups that are named after what people want: data for the bar and the tests."""

from __future__ import annotations

from dataclasses import dataclass

APP = "AlexNet Explorer"


@dataclass(frozen=True)
class PageEntry:
    """A page of the app.

    Attributes:
        file: its name in viz_app/pages/<file>.py. It is also the page's address, so a new name breaks old
            links.
        title: its name in the navigation, and its heading unless `own_heading` is given.
        icon: a name from https://fonts.google.com/icons
        sentence: what it shows; written below the title in menus and search.
        words: other words by which the search finds it.
        own_heading: a heading other than the title, for the front page, which invites.
    """

    file: str
    title: str
    icon: str
    sentence: str
    words: str = ""
    own_heading: str = ""

    @property
    def heading(self) -> str:
        """Return the heading of the page."""
        return self.own_heading or self.title


@dataclass(frozen=True)
class Group:
    """Pages for one purpose. The first group has no title: its pages are directly in the bar."""

    title: str
    sentence: str
    pages: tuple[PageEntry, ...]


# The app's address opens the first page.
NAVIGATION = (
    Group(
        "",
        "The photo and the prediction for it.",
        (
            PageEntry(
                "overview",
                "Overview",
                "home",
                "The whole network with the feature maps of your photo.",
                "home start play towers",
                own_heading="Watch a photo turn into a name",
            ),
            PageEntry(
                "prediction",
                "Prediction",
                "label",
                "The five most probable classes for your photo.",
                "top logit",
            ),
        ),
    ),
    Group(
        "Look inside",
        "What the network computes, from the first filter to the last activation.",
        (
            PageEntry(
                "network",
                "Architecture",
                "account_tree",
                "All layers with shapes, parameters and formulas.",
                "size count macs memory",
            ),
            PageEntry("filters", "Filters", "grid_view", "The 96 filters of conv1.", "kernel weights edges"),
            PageEntry(
                "feature_maps",
                "Feature maps",
                "layers",
                "Every channel of every layer, for your photo.",
                "activation channel",
            ),
            PageEntry(
                "cell",
                "Arithmetic",
                "calculate",
                "How one activation is computed.",
                "convolution sum sliding window",
            ),
            PageEntry(
                "patches",
                "Receptive field",
                "frame_inspect",
                "The part of the photo that an activation depends on.",
                "patch",
            ),
            PageEntry(
                "feature_visualization",
                "Feature visualization",
                "auto_awesome",
                "A picture that excites one channel or class.",
                "deep dream optimize",
            ),
            PageEntry(
                "health",
                "Network health",
                "monitor_heart",
                "Dead units, sparsity and weights, on several photos.",
                "dead relu histogram",
            ),
        ),
    ),
    Group(
        "Why this answer",
        "Which parts of the photo, and of the network, led to the prediction.",
        (
            PageEntry(
                "explain",
                "Attribution",
                "center_focus_strong",
                "Heat maps: where the evidence for a class is.",
                "grad-cam saliency explanation",
            ),
            PageEntry(
                "decision",
                "Path of a decision",
                "conversion_path",
                "The few channels that contribute most to the score, tested by switching them off.",
                "circuit evidence connections",
            ),
            PageEntry(
                "ablation",
                "Ablation",
                "toggle_off",
                "Switch channels off, and see what changes.",
                "lesion tower lrn",
            ),
            PageEntry(
                "methods",
                "Attribution methods",
                "school",
                "Fourteen methods: what each asks, and how it misleads.",
                "gradient shap occlusion",
            ),
            PageEntry(
                "believe",
                "Sanity checks",
                "rule",
                "Four checks that a heat map can fail.",
                "trust deletion insertion random",
            ),
        ),
    ),
    Group(
        "Learn",
        "Guided walks through the network, alone or with a class.",
        (
            PageEntry(
                "lessons",
                "Lessons",
                "menu_book",
                "Three guided walks, and your own.",
                "teach course handout yaml quiz",
            ),
            PageEntry(
                "concepts",
                "Concepts",
                "lightbulb",
                "ReLU, pooling, dropout and other ideas, each with a live figure.",
                "relu tanh sigmoid lrn dropout softmax cross-entropy loss augmentation weight decay memory",
            ),
            PageEntry(
                "claims",
                "Claims",
                "fact_check",
                "What is said about AlexNet: predict, run the test, read the verdict.",
                "true false myth fact statement quiz history",
            ),
            PageEntry(
                "quiz",
                "Quiz",
                "quiz",
                "Questions about this network and your photo, with worked answers.",
                "test exercise question score exam",
            ),
            PageEntry(
                "training",
                "Training",
                "model_training",
                "Watch AlexNet learn, step by step, and see its mistakes.",
                "train epoch loss accuracy filters cifar-10 curve confusion matrix overfitting optimizer",
            ),
            PageEntry(
                "teach",
                "Teach it",
                "co_present",
                "Your own classes in a minute, and what the network looks at.",
                "own classes transfer learning teachable machine camera shortcut fine-tuning webcam",
            ),
            PageEntry(
                "comparison",
                "Comparison",
                "compare_arrows",
                "AlexNet beside earlier and later networks: accuracy, cost, time.",
                "lenet vgg resnet history imagenet ilsvrc speed variants",
                own_heading="AlexNet before and after",
            ),
            PageEntry(
                "classes",
                "Class",
                "groups",
                "Students see on their screens what you show.",
                "join follow qr code teacher students",
            ),
        ),
    ),
    Group(
        "Make",
        "Change the network or the photo, and see what follows.",
        (
            PageEntry(
                "shape_lab",
                "Shape lab",
                "straighten",
                "Change the layers: shapes and costs follow.",
                "architecture stride padding export pytorch",
            ),
            PageEntry(
                "stimuli",
                "Stimuli",
                "texture",
                "Gratings, bars and shapes: what does each filter prefer?",
                "orientation frequency tuning",
            ),
        ),
    ),
)

PAGES = tuple(page for group in NAVIGATION for page in group.pages)
