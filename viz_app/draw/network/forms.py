"""The three forms of the diagram: from left to right for wide pages, downwards for narrow ones, and slim.

The layers follow each other on one axis ("along"), and the towers are beside each other on the other axis
("across"). On wide pages along is x, on narrow pages it is y: `Format.frame` returns x and y for both.
"""

from __future__ import annotations

from dataclasses import dataclass

CHIP = 28  # height of the name of a layer that keeps the shape, such as relu1; the name can be clicked


@dataclass(frozen=True)
class Frame:
    """A rectangle, in the units of the diagram."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def grown(self, by: float) -> Frame:
        return Frame(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)


@dataclass(frozen=True)
class Format:
    """The sizes of everything in one form of the diagram, in the diagram's units.

    Attributes:
        down: whether the network runs from top to bottom instead of from left to right.
        along: length of the whole diagram; None if the length follows from gaps of `gap`.
        across: breadth of the whole diagram; 0 if it follows from the sizes of the feature maps.
        tile: side of the network's largest feature map.
        most: largest number of feature maps of each tower.
        photo: side of the photo.
        strip: length and breadth of a strip of 4096 units.
        words: space for the name and numbers of a stage: below the towers, or on a narrow page above each
            stage.
        answer: length of the space for the predicted classes.
        filters: side of the filters beside the feature maps of the first convolution; 0 for none.
        gap: space between stages, if `along` is None.
        space: space between feature maps.
        edge: space between the edge of a slab and its feature maps.
        between: space between two towers.
        margin: margin of the whole diagram.
    """

    name: str
    down: bool
    along: float | None
    across: float
    tile: float
    most: int
    photo: float
    strip: tuple[float, float]
    words: float
    answer: float
    filters: float
    gap: float = 44
    space: float = 7
    edge: float = 8
    between: float = 26
    margin: float = 4

    @property
    def top(self) -> float:
        """Return where the first tower begins across; on wide pages, its slabs need room for their depth."""
        return self.margin if self.down else self.margin + 14

    def frame(self, along: float, across: float, length: float, breadth: float) -> Frame:
        """Return the rectangle that begins at `along` and `across` and has this length and breadth."""
        if self.down:
            return Frame(across, along, breadth, length)
        return Frame(along, across, length, breadth)


ACROSS = Format(
    name="across",
    down=False,
    along=1500,
    across=0,
    tile=66,
    most=5,
    photo=124,
    strip=(400, 32),
    words=120,
    answer=196,
    filters=24,
)
DOWN = Format(
    name="down",
    down=True,
    along=None,
    across=400,
    tile=48,
    most=5,
    photo=150,
    strip=(392, 28),
    words=66,
    answer=260,
    filters=0,
    gap=26,
    space=5,
    edge=6,
    between=12,
)
SLIM = Format(
    name="slim",
    down=False,
    along=1320,
    across=0,
    tile=62,
    most=1,
    photo=100,
    strip=(150, 24),
    words=94,
    answer=34,
    filters=0,
    edge=5,
    between=14,
)
