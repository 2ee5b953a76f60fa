"""Run the stages of a recipe. Each stores its result in the run's folder, so that a run can be resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..alexnet import AlexNet
from ..architectures import ARCHITECTURES
from ..layer_specs import PAPER_LRN
from ..weights.formats import State
from . import finish
from .crops import CROP, FEATURES, TOWERS, WHOLE, Crops
from .engine import Run, autocast, compile_frozen
from .gate import centre, cool
from .kept import Tables
from .loop import Schedule, rank, train, wait_for_all, world_size
from .losses import FeatureTargets, class_loss, even_chances, matching_channels
from .pictures import Pictures
from .recipe import Recipe
from .resident import ResidentCrops
from .source import Kernels, SourceMaps
from .student import Convolutions, begin_with, classifier, folded
from .table import Table, decode
from .teacher import Teacher
from .towers import TowerBuilder
from .variation import blended, shifted

MATCHED = ("relu3", "relu4", "relu5")


@dataclass
class Distillation:
    """One run of a recipe.

    Args:
        kernels: the convolutions of the source network.
        teacher: returns an embedding of uint8 crops; its `head` turns embeddings into class scores.
        start: weights to begin with, of an earlier run; or those of the single-tower architecture, of
            which only fc6 to fc8 are used.
        resume: continue an interrupted run from what it has stored in the folder.
        workers: number of processes that make crops; see `Crops`.
    """

    recipe: Recipe
    pictures: Pictures
    kernels: Kernels
    teacher: Teacher
    folder: Path
    device: torch.device
    start: State | None = None
    resume: bool = False
    workers: int | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.crops = Crops(self.pictures, self.recipe.augmentation, self.workers)
        self.tables = Tables(self.folder, self.crops, self.device, self.resume)
        self.network = AlexNet(ARCHITECTURES["alexnet-2012"], PAPER_LRN)
        self.order: dict[str, Tensor] = {}
        self.losses: dict[str, list[float]] = {}

    def run(self) -> Path:
        """Run all stages, and return the path of the file of weights."""
        self.solve_towers()
        self.learn_features()
        self.learn_pool5()
        self.learn_classes()
        self.learn_upper()
        self.learn_whole()
        return self.finish()

    def solve_towers(self) -> None:
        """Compute the convolutions' initial weights by least squares."""
        path = self.folder / "towers.pt"
        if rank() == 0 and not (self.resume and path.exists()):
            order = self._towers_of_start() if self._starts_with_towers else self._new_towers()
            torch.save({"network": self.network.state_dict(), "order": order}, path)
        wait_for_all()
        stored = torch.load(path, weights_only=True)
        self.network.load_state_dict(stored["network"])
        self.order = stored["order"]
        self.network.requires_grad_(True).to(self.device)

    @property
    def _starts_with_towers(self) -> bool:
        own = self.network.get_parameter("conv2.weight").shape
        return self.start is not None and self.start["conv2.weight"].shape == own

    def _new_towers(self) -> dict[str, Tensor]:
        crops = self.crops.some(TOWERS, self.recipe.towers_crops)
        x = crops.permute(0, 3, 1, 2).float() - torch.tensor(Convolutions.MEAN)[:, None, None]
        builder = TowerBuilder(self.network, self.kernels, x, self.recipe.lrn_effect)
        builder.build()
        return builder.order

    @torch.inference_mode()
    def _towers_of_start(self) -> dict[str, Tensor]:
        assert self.start
        self.network.load_state_dict(self.start)
        crops = self.crops.some(TOWERS, 200)
        ours, theirs = Convolutions(self.network, MATCHED)(crops), SourceMaps(self.kernels)(crops)
        return {name: matching_channels(ours[name], theirs[name]) for name in MATCHED}

    def learn_features(self) -> None:
        """Train the convolutions to match the source's feature maps, on ever new crops."""
        schedule = self.recipe.features
        net = self.convolutions
        targets = self._feature_targets(MATCHED)
        run = self._compiled(targets, schedule.batch // world_size())

        def losses(first: int) -> Iterator[Tensor]:
            for batch in self.crops.of_steps(FEATURES, schedule, first):
                crops = batch.crops.to(self.device, non_blocking=True)
                with autocast(self.device):
                    maps = net(crops)
                yield targets.loss(maps, run(batch.crops).to(self.device))

        self.losses["features"] = train("features", net, losses, schedule, self.folder, self.resume)

    def learn_pool5(self) -> None:
        """Train the convolutions to match only the source's pool5; the layers before it are free.

        Crops and pool5 are stored on disk: to make them anew takes half as long as a step of training.
        """
        schedule = self.recipe.pool5
        if not schedule.steps:
            return
        net = self.convolutions
        targets = self._feature_targets(("pool5",))

        def losses(first: int) -> Iterator[Tensor]:
            table, top = self.tables.sharp(self.recipe.pool5_crops, self.kernels, self.order["relu5"])
            n = schedule.batch // world_size()
            while True:
                rows = torch.randint(len(table), (n,)).sort().values.numpy()
                crops = table.rows("crops", rows).to(self.device)
                wanted = decode(table.rows("codes", rows).to(self.device), top)
                with autocast(self.device):
                    maps = net(crops)
                yield targets.loss(maps, targets.scaled({"pool5": wanted}))

        self.losses["pool5"] = train("pool5", net, losses, schedule, self.folder, self.resume)

    def learn_classes(self) -> None:
        """Train fc6 to fc8 to match the teacher's predictions, on crops whose pool5 is stored on disk."""
        table, top = self._labelled
        net = self.classifier
        if self.start:
            sample = table.rows("pool5", np.arange(min(2048, len(table)))).to(self.device)
            begin_with(net, self._start_of_classes(), decode(sample, top["pool5"]).flatten(1))
        net.train()
        self._learn_answers("classes", self.recipe.classes, net, net, "pool5")

    def learn_upper(self) -> None:
        """Train conv3 to fc8 together to match the teacher's predictions, on the stored pool2 of crops.

        To train the first two convolutions as well would take three times as long and improve little.
        """
        if not self.recipe.upper.steps:
            return
        convolutions = self.convolutions.after("pool2")
        net = nn.ModuleDict({"convolutions": convolutions, "classifier": self.classifier.train()})

        def scores(pool2: Tensor) -> Tensor:
            answer: Tensor = self.classifier(convolutions(pool2).flatten(1))
            return answer

        self._learn_answers("upper", self.recipe.upper, net, scores, "pool2")

    def _learn_answers(
        self, stage: str, schedule: Schedule, net: nn.Module, scores: Callable[[Tensor], Tensor], name: str
    ) -> None:
        """Train `net` so that `scores` match the teacher's.

        Args:
            scores: returns class scores, given the stored output of the layer `name`.
        """
        table, tops = self._labelled
        head, n = self._head, schedule.batch // world_size()
        chances = even_chances(self._guesses(table), self.recipe.evenness)

        def losses(first: int) -> Iterator[Tensor]:
            while True:
                rows = torch.multinomial(chances, n, replacement=True).sort().values.numpy()
                maps = decode(table.rows(name, rows).to(self.device), tops[name])
                embedding = table.rows("embedding", rows).to(self.device).float()
                label = table.rows("label", rows).long().to(self.device)
                maps = shifted(maps) if name == "pool2" else maps
                maps, answer = blended(maps, head(embedding))
                with autocast(self.device):
                    given = scores(maps.flatten(1) if name == "pool5" else maps)
                yield class_loss(given.float(), answer, label, temperature=self.recipe.temperature)

        self.losses[stage] = train(stage, net, losses, schedule, self.folder, self.resume)

    @cached_property
    def _labelled(self) -> tuple[Table, dict[str, Tensor]]:
        """Return a table of the student's outputs and the teacher's predictions for crops.

        The second result is each channel's largest value, by layer.
        """
        names = ("pool5", "pool2") if self.recipe.upper.steps else ("pool5",)
        student = Convolutions(self.network, names)
        return self.tables.labelled(self.recipe.labels, student, self.teacher, names)

    @torch.inference_mode()
    def _guesses(self, table: Table) -> Tensor:
        """Return the teacher's first guess for every row of the table."""
        blocks = torch.arange(len(table)).split(8192)
        embeddings = (table.rows("embedding", rows.numpy()).to(self.device) for rows in blocks)
        return torch.cat([self._head(part.float()).argmax(1).cpu() for part in embeddings])

    def _start_of_classes(self) -> State:
        """Return the initial weights of fc6 to fc8, with fc6's inputs in the student's order of channels."""
        assert self.start
        state = {name: tensor.to(self.device) for name, tensor in self.start.items() if name[:2] == "fc"}
        if not self._starts_with_towers:
            weight = state["fc6.weight"].view(-1, 256, 36)
            state["fc6.weight"] = weight[:, self.order["relu5"].to(self.device)].flatten(1)
        return state

    def learn_whole(self) -> None:
        """Train all layers together, to match source and teacher on the same new crops."""
        schedule = self.recipe.whole
        if not schedule.steps:
            return
        net = nn.ModuleDict({"convolutions": self.convolutions, "classifier": self.classifier.train()})
        n = schedule.batch // world_size()
        targets = self._feature_targets(("pool5",))
        source, teacher = self._compiled(targets, n), self._compiled(self.teacher, n)

        def losses(first: int) -> Iterator[Tensor]:
            for batch in self._new_crops.of_steps(WHOLE, schedule, first):
                crops, label = (t.to(self.device, non_blocking=True) for t in (batch.crops, batch.label))
                with autocast(self.device):
                    maps = self.convolutions(crops)
                    scores = self.classifier(maps["pool5"].flatten(1))
                answer = self._head(teacher(batch.crops).to(self.device))
                feature_loss = targets.loss(maps, source(batch.crops).to(self.device))
                loss = class_loss(scores.float(), answer, label, temperature=self.recipe.temperature)
                yield loss + self.recipe.feature_share * feature_loss

        self.losses["whole"] = train("whole", net, losses, schedule, self.folder, self.resume)

    def finish(self) -> Path:
        """Smooth conv1, merge batch normalization into fc6 and fc7, and write the compact file."""
        path = self.folder / "alexnet.safetensors"
        if rank() == 0:
            network = self.network.cpu().freeze()
            recipe = self.recipe
            network.load_state_dict(folded(self.classifier.cpu().eval()), strict=False)
            centre(network)
            cool(network, self.pictures)
            finish.write(network, path, self.crops, recipe.closing_crops, recipe.smoothing, self.device)
        return path

    @cached_property
    def _new_crops(self) -> Crops | ResidentCrops:
        """Return the crops for training all layers; for a GPU, worker processes would be too slow."""
        if self.device.type == "cpu":
            return self.crops
        return ResidentCrops(self.pictures, self.recipe.augmentation, self.device)

    @cached_property
    def convolutions(self) -> Convolutions:
        """Return conv1 to pool5 of the student; they share the network's parameters."""
        return Convolutions(self.network, (*MATCHED, "pool5")).to(self.device)

    @cached_property
    def classifier(self) -> nn.Sequential:
        """Return fc6 to fc8 of the student."""
        torch.manual_seed(self.recipe.classes.seed)
        return classifier().to(self.device)

    @cached_property
    def _head(self) -> nn.Linear:
        """Return the layer that turns the teacher's embedding into class scores."""
        weight, bias = self.teacher.head
        head = nn.Linear(weight.shape[1], weight.shape[0])
        head.load_state_dict({"weight": weight, "bias": bias})
        return head.requires_grad_(False).to(self.device)

    def _feature_targets(self, names: tuple[str, ...]) -> FeatureTargets:
        order = {name: self.order["relu5" if name == "pool5" else name] for name in names}
        return FeatureTargets(SourceMaps(self.kernels), order, self.crops.some(TOWERS, 64)).to(self.device)

    def _compiled(self, module: nn.Module, batch: int) -> Run:
        return compile_frozen(module, batch, CROP, self.device)
