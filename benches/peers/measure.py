"""How a figure is taken: curves of recall over ef, and the fastest of alternating rounds."""

from dataclasses import dataclass, field

from .datasets import Truth
from .engines import Engine

# A ratio of about 1.25 from one to the next: between two of them time and recall are near enough to straight.
EFS = [10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256, 320, 384, 512]


@dataclass
class Curve:
    """What one engine reaches: ef → recall, and ef → seconds for all queries where that was timed."""

    engine: Engine
    build_seconds: float = float("inf")
    recalls: dict[int, float] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)

    def bracket(self, recall: float) -> list[int]:
        """The last ef below `recall` and the first at it; one ef when the smallest is enough, none when no ef is."""
        efs = sorted(self.recalls)
        for place, ef in enumerate(efs):
            if self.recalls[ef] >= recall:
                return efs[max(place - 1, 0) : place + 1]
        return []

    def queries_per_second(self, recall: float) -> float | None:
        """Between the two points round `recall`, time is taken as straight in recall."""
        points = self.bracket(recall)
        if not points:
            return None
        low, high = points[0], points[-1]
        part = 1.0 if low == high else (recall - self.recalls[low]) / (self.recalls[high] - self.recalls[low])
        seconds = self.seconds[low] + part * (self.seconds[high] - self.seconds[low])
        return len(self.engine.dataset.queries) / seconds


def build(curves: list[Curve], rounds: int):
    """Builds every index `rounds` times, in turns; the fastest counts."""
    for _ in range(rounds):
        for curve in curves:
            curve.build_seconds = min(curve.build_seconds, curve.engine.build())


def tune(curve: Curve, truth: Truth, recalls: list[float]):
    """Raises ef until the highest of `recalls` is reached."""
    for ef in EFS:
        _, ids = curve.engine.search(ef, truth.k)
        curve.recalls[ef] = truth.recall(ids)
        if curve.recalls[ef] >= max(recalls):
            return


def time(curves: list[Curve], k: int, recalls: list[float], rounds: int, also: tuple[int, ...] = ()):
    """Times the points round each of `recalls`, all engines in turns within a round; the fastest counts."""
    points = [
        (curve, ef)
        for curve in curves
        for ef in sorted({ef for recall in recalls for ef in curve.bracket(recall)} | (set(also) & set(curve.recalls)))
    ]
    for _ in range(rounds):
        for curve, ef in points:
            seconds, _ = curve.engine.search(ef, k)
            curve.seconds[ef] = min(curve.seconds.get(ef, float("inf")), seconds)
