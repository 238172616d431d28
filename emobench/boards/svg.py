"""A small writer of SVG pictures: the same calls give the same bytes. Knows nothing of boards.

Every picture has its own background, so that it reads on light and dark pages alike; text is
escaped, and nothing in a picture can run or load anything.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field

from emobench.boards.text import HEAD, one_line

BACKGROUND = "#ffffff"
INK = "#1f2328"
FAINT = "#59636e"
GRID = "#d8dee4"
FONT = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
LETTER = 0.56
"""Width of a usual letter, as a share of the font size."""

Point = tuple[float, float]


def number(value: float) -> str:
    """A coordinate with one decimal at most."""
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def text_width(text: str, *, size: float = 12) -> float:
    """About how wide the text will be."""
    return LETTER * size * len(text)


def fitting(text: str, *, width: float, size: float = 12) -> str:
    """The text on one line, cut where it would be wider."""
    shown = one_line(text)
    most = max(2, int(width / (LETTER * size)))
    return shown if len(shown) <= most else shown[: most - 1] + "…"


@dataclass(kw_only=True)
class Picture:
    """A picture that is drawn on, then rendered."""

    width: float
    height: float
    title: str
    _parts: list[str] = field(default_factory=list)

    def rectangle(
        self, at: Point, *, width: float, height: float, fill: str, title: str = ""
    ) -> None:
        """A filled rectangle; `title` is what a viewer shows when it is pointed at."""
        self._add(
            f'<rect x="{number(at[0])}" y="{number(at[1])}" width="{number(width)}" '
            f'height="{number(height)}" fill="{fill}"',
            title,
            "rect",
        )

    def line(
        self, start: Point, end: Point, *, colour: str = INK, width: float = 1, dashes: str = ""
    ) -> None:
        """A straight line."""
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._parts.append(
            f'<line x1="{number(start[0])}" y1="{number(start[1])}" x2="{number(end[0])}" '
            f'y2="{number(end[1])}" stroke="{colour}" stroke-width="{number(width)}"{dashed}/>'
        )

    def path(self, points: Sequence[Point], *, colour: str, width: float = 1.5) -> None:
        """Straight lines from point to point."""
        listed = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self._parts.append(
            f'<polyline points="{listed}" fill="none" stroke="{colour}" '
            f'stroke-width="{number(width)}"/>'
        )

    def dot(
        self, at: Point, *, radius: float, fill: str, outline: str = "none", title: str = ""
    ) -> None:
        """A filled circle."""
        self._add(
            f'<circle cx="{number(at[0])}" cy="{number(at[1])}" r="{number(radius)}" '
            f'fill="{fill}" stroke="{outline}"',
            title,
            "circle",
        )

    def text(
        self,
        at: Point,
        text: str,
        *,
        size: float = 12,
        colour: str = INK,
        anchor: str = "start",
        turned: bool = False,
    ) -> None:
        """One line of text, its base line at that height; `turned` reads upwards."""
        x, y = number(at[0]), number(at[1])
        turn = f' transform="rotate(-90 {x} {y})"' if turned else ""
        self._parts.append(
            f'<text x="{x}" y="{y}" font-size="{number(size)}" fill="{colour}" '
            f'text-anchor="{anchor}"{turn}>{_escaped(text)}</text>'
        )

    def render(self) -> str:
        """The picture as a file's content."""
        width, height = number(self.width), number(self.height)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" font-family="{FONT}">'
        )
        lines = [
            head,
            f"<!-- {HEAD} -->",
            f"<title>{_escaped(self.title)}</title>",
            f'<rect width="{width}" height="{height}" fill="{BACKGROUND}"/>',
            *self._parts,
            "</svg>",
        ]
        return "\n".join(lines) + "\n"

    def _add(self, opened: str, title: str, name: str) -> None:
        inside = f"><title>{_escaped(title)}</title></{name}>" if title else "/>"
        self._parts.append(opened + inside)


def _escaped(text: str) -> str:
    return html.escape(one_line(text))
