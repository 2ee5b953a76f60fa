"""Trained weights: `sources` lists them, `files` downloads and finds them, `formats` reads them, and `load`
puts them into a network.
"""
