"""The commands of `python -m model`, one file each. All use `options`, `output` and `network`."""
