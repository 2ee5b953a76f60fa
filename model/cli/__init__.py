"""The commands of `python -m model`, one file each; `options`, `output` and `network` serve them all."""
