"""Weights: `sources` is the list, `files` finds and fetches, `formats` reads, `load` puts together."""
