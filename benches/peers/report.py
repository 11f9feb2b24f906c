"""What is written: one object a row to a file, and a table for people."""

import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Row:
    """`ratio` is ours over the peer's. `bar` is what the ratio (or, without a peer, our figure) has to reach;
    it is an upper limit where less is better."""

    case: str
    ours: float | None
    peer_name: str | None = None
    peer: float | None = None
    bar: float | None = None
    less_is_better: bool = False
    note: str = ""
    ratio: float | None = field(init=False)
    met: bool | None = field(init=False)

    def __post_init__(self):
        self.ratio = self.ours / self.peer if self.ours is not None and self.peer else None
        self.met = None if self.bar is None else self._meets()

    def _meets(self) -> bool:
        if self.ours is None:
            return False
        if self.peer_name is not None and self.peer is None:
            return True  # the peer does not get there at all; the note says so
        value = self.ours if self.peer_name is None else self.ratio
        return value <= self.bar if self.less_is_better else value >= self.bar

    def as_object(self) -> dict:
        names = ("case", "ours", "peer_name", "peer", "ratio", "bar", "met", "note")
        return {name: _rounded(getattr(self, name)) for name in names if name != "note" or self.note}


def _rounded(value):
    return float(f"{value:.4g}") if isinstance(value, float) else value


def text(value) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


def _bar(row: Row) -> str:
    if row.bar is None:
        return "–"
    sign = "≤" if row.less_is_better else "≥"
    return f"{sign} {text(float(row.bar))}{'×' if row.peer_name else ''}"


def table(rows: list[Row]) -> str:
    """A Markdown table, padded so that it can be read as it is."""
    cells = [["case", "ours", "peer", "peer's", "ratio", "bar", "met", "note"]]
    for row in rows:
        cells.append(
            [row.case, text(row.ours), text(row.peer_name), text(row.peer), text(row.ratio), _bar(row),
             text(row.met), row.note]
        )  # fmt: skip
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def write(rows: list[Row], path: Path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row.as_object(), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
