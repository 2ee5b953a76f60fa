"""What a stop of a lesson can frame on each page: the key of the element, and what it shows.

The first element of each page is its subject. A test checks that it is in view when the page opens.
"""

from __future__ import annotations

HIGHLIGHTS: dict[str, dict[str, str]] = {
    "overview": {"network": "the drawing of the network"},
    "prediction": {
        "seen": "the photo",
        "crop": "the input",
        "answer": "the top five classes with all that is said about them",
        "top5": "the bars of the top five classes",
    },
    "network": {
        "diagram": "the drawing",
        "arithmetic": "the formulas of the chosen layer",
        "layer_table": "the table of all layers",
    },
    "filters": {
        "filter_mosaic": "all filters",
        "filter_colour": "the chosen filter in colour",
        "planes": "its red, green and blue weights",
        "histogram": "the histogram of its weights",
        "response": "its feature map on the photo",
    },
    "feature_maps": {
        "map_diagram": "the drawing",
        "map_mosaic": "all feature maps of the layer",
        "one_map": "the chosen one",
    },
    "explain": {"maps": "the photo and its heat maps"},
    "cell": {"bench": "the window that slides over the layer's input", "worked": "the calculation"},
    "patches": {
        "cells": "the chosen channel's map",
        "field": "the receptive field",
        "patches": "the strongest patches",
    },
    "feature_visualization": {
        "unit_picture": "the picture",
        "climb": "the activation at every step",
    },
    "ablation": {"switches": "the channels to switch off", "effect": "the classes before and after"},
    "methods": {"all_methods": "the table of all methods"},
    "believe": {
        "deletion": "the deletion curve",
        "insertion": "the insertion curve",
        "pointing": "the box on the photo",
        "random_weights": "the maps with random weights",
    },
    "shape_lab": {
        "lab_settings": "the table of numbers to change",
        "lab_diagram": "the drawing",
        "arithmetic": "the formulas of the chosen layer",
    },
    "stimuli": {
        "stimulus_picture": "the stimulus",
        "stimulus_maps": "conv1's response to it",
        "tuning_surface": "the chosen filter's tuning",
        "sorted_filters": "all filters, sorted",
    },
    "health": {"health_table": "the table of all layers", "weight_counts": "the histogram of the weights"},
    "decision": {"path": "the drawing", "trials": "what happens without the marked channels"},
    "concepts": {
        "concept_text": "the text",
        "concept_figure": "the live figure",
        "concept_question": "the question",
    },
    "claims": {
        "statement": "the statement and your prediction",
        "claim_test": "the test",
        "verdict": "the verdict and its sources",
    },
    "quiz": {"asked": "the question and its choices", "worked": "the worked answer"},
    "comparison": {
        "comparison_chart": "the accuracies and multiply-adds of all networks",
        "comparison_table": "the table of all networks",
        "advice": "when to use AlexNet and when not",
        "measured_here": "the times measured on this machine",
        "two_architectures": "two variants layer by layer",
    },
    "lessons": {"lesson-shapes": "the first lesson"},
    "classes": {"teach": "how to open a class"},
}
