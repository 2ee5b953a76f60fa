"""Weights of any origin: files that other programs have written, for networks like AlexNet.

`stored` reads the tensors of a file, `mapping` finds out which tensor belongs to which layer, `settings` says
which network that makes and how its photos are prepared, `labels` reads names of classes, and `opening` puts
all this together: `open_weights(path)` returns a network that is ready to be loaded.
"""
