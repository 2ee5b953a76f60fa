"""Train the built-in weights: `python -m model train distill`.

The app does not need this package. It needs more packages than the app: see requirements-train.txt. `main`
starts a run, `recipe` says what is learned for how long, `distill` runs the stages, `loop` trains one stage,
and `evaluate` measures the result.

Three networks take part. The source network is torchvision's AlexNet, whose feature maps are to be matched.
The teacher is EfficientNet-Lite, whose predictions are to be matched. The student is the AlexNet that learns.
"""
