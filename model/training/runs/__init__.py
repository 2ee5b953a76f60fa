"""Train a network on labelled photos, and record how it learned: `python -m model train cifar10`.

    photos.py      reads CIFAR-10's own files, or folders of class folders
    settings.py    what can be chosen for a run
    start.py       the network with Keras' initial weights, and Keras' Adam
    loop.py        the training itself, which a kill at any moment does not harm
    record.py      the files in the run's folder

What the run learns from and how it begins are those of the Keras adaptation that lessons on AlexNet use.
"""
