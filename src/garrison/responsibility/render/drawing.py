"""What every picture of the matrix is drawn with: text, boxes, the marks of parties and standings, the legend.

A party is told by letter, by pattern and by colour, a standing by mark and by colour: either is enough.
"""

from __future__ import annotations

from html import escape

import msgspec

from garrison.responsibility.parties import Party
from garrison.responsibility.render.text import width
from garrison.responsibility.render.titles import STANDING_MEANINGS
from garrison.responsibility.results import Standing

WIDTH = 1200
MARGIN = 24
FONT = "'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
INK = "#1c2530"
SOFT = "#5a6673"
LINE = "#d5dbe1"
PAPER = "#ffffff"


class Paint(msgspec.Struct, frozen=True):
    """How a party looks. `ink` on `fill` has a contrast of 7 to 1 or better."""

    fill: str
    ink: str
    edge: str


PAINTS = {
    Party.PROVIDER: Paint("#e3edf8", "#12395f", "#9db9d6"),
    Party.CUSTOMER: Paint("#fbd58a", "#4d2f00", "#c8932b"),
    Party.SHARED: Paint("url(#shared)", "#33291a", "#b3a078"),
    Party.OPERATOR: Paint("url(#operator)", "#0d4029", "#6fae8c"),
    Party.NOBODY: Paint("none", "#6b7681", "none"),
}
MEANINGS = {
    Party.PROVIDER: "the provider's",
    Party.CUSTOMER: "the customer's: yours",
    Party.SHARED: "shared: both have work",
    Party.OPERATOR: "the operator's: who runs the machines",
    Party.NOBODY: "no such layer",
}
STANDING_INK = {
    Standing.COVERED: "#116329",
    Standing.INHERITED: "#116329",
    Standing.GAP: "#a40e26",
    Standing.EXCEPTED: "#5c3d99",
    Standing.PARTIAL: "#7a4a00",
    Standing.UNKNOWN: "#7a4a00",
    Standing.UNCHECKED: "#4b5661",
    Standing.NOTHING: "#4b5661",
    Standing.UNPROVEN: "#4b5661",
    Standing.NOT_ASSESSED: INK,
}

PATTERNS = """<defs>
<linearGradient id="shared" x1="0" y1="0" x2="1" y2="1" spreadMethod="pad">
<stop offset="0.5" stop-color="#e3edf8"/><stop offset="0.5" stop-color="#fbd58a"/>
</linearGradient>
<pattern id="operator" width="6" height="6" patternUnits="userSpaceOnUse">
<rect width="6" height="6" fill="#ddf1e5"/><circle cx="1.5" cy="1.5" r="0.9" fill="#8cc4a5"/>
</pattern>
</defs>"""


class Drawing:
    """Collects shapes from top to bottom; `finish` makes the document."""

    def __init__(self, title: str, described: str) -> None:
        self._title = title
        self._described = described
        self._shapes: list[str] = []

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 13,
        ink: str = INK,
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """A line of text with its baseline at `y`."""
        weight = ' font-weight="600"' if bold else ""
        at = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self._shapes.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{ink}"{weight}{at}>{escape(text)}</text>'
        )

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        fill: str,
        edge: str = "none",
        round_: float = 4,
        thick: float = 1,
    ) -> None:
        """A rectangle."""
        self._shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{round_:g}" fill="{fill}" stroke="{edge}"'
            f' stroke-width="{thick:g}"/>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, *, ink: str = LINE) -> None:
        """A hairline."""
        self._shapes.append(f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{ink}"/>')

    def open(self, label: str) -> None:
        """Begin a group that screen readers call `label` and browsers show as a tooltip."""
        self._shapes.append(f'<g role="img" aria-label="{escape(label)}"><title>{escape(label)}</title>')

    def close(self) -> None:
        """End a group."""
        self._shapes.append("</g>")

    def link(self, address: str) -> None:
        """Begin a link; `end_link` ends it."""
        self._shapes.append(f'<a href="{escape(address)}" target="_blank" rel="noopener">')

    def end_link(self) -> None:
        """End a link."""
        self._shapes.append("</a>")

    def badge(
        self, x: float, y: float, w: float, h: float, party: Party, standing: Standing = Standing.NOT_ASSESSED
    ) -> None:
        """A cell's box: letter of its party and, once assessed, the mark of how it stands."""
        paint = PAINTS[party]
        gap = standing is Standing.GAP
        self.box(x, y, w, h, fill=paint.fill, edge="#a40e26" if gap else paint.edge, thick=2.5 if gap else 1)
        size = min(15.0, h * 0.62)
        middle = y + h / 2 + size * 0.36
        letter = "–" if party is Party.NOBODY else str(party)
        if standing.sign:
            self.text(x + w / 2 - 12, middle, letter, size=size, ink=paint.ink, bold=True, anchor="middle")
            self.sign(x + w / 2 + 12, middle, standing, size=size)
        else:
            self.text(
                x + w / 2, middle, letter, size=size, ink=paint.ink, bold=party is not Party.NOBODY, anchor="middle"
            )

    def sign(self, x: float, y: float, standing: Standing, *, size: float) -> None:
        """The mark of a standing on a white disc, so that it reads on every pattern."""
        self._shapes.append(f'<circle cx="{x:g}" cy="{y - size * 0.36:g}" r="{size * 0.62:g}" fill="#ffffff"/>')
        self.text(x, y, standing.sign, size=size, ink=STANDING_INK[standing], bold=True, anchor="middle")

    def legend(self, y: float, parties: list[Party], standings: list[Standing]) -> float:
        """What letters and marks mean; returns where the next thing may begin."""
        x = float(MARGIN)
        for party in parties:
            x, y = self._next(x, y, 30 + width(MEANINGS[party], 12))
            self.badge(x, y, 24, 20, party)
            self.text(x + 30, y + 14.5, MEANINGS[party], size=12, ink=SOFT)
            x += 30 + width(MEANINGS[party], 12) + 18
        if standings:
            x, y = float(MARGIN), y + 28
            for standing in standings:
                x, y = self._next(x, y, 22 + width(STANDING_MEANINGS[standing], 12))
                self.sign(x + 9, y + 15, standing, size=14)
                self.text(x + 22, y + 14.5, STANDING_MEANINGS[standing], size=12, ink=SOFT)
                x += 22 + width(STANDING_MEANINGS[standing], 12) + 18
        return y + 34

    def _next(self, x: float, y: float, wide: float) -> tuple[float, float]:
        """Where something of that width goes: here, or at the start of the next line."""
        return (x, y) if x + wide <= WIDTH - MARGIN else (float(MARGIN), y + 28)

    def finish(self, height: float) -> str:
        """The document."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}"'
            f' height="{height:g}" font-family="{FONT}" role="img" aria-labelledby="title description">\n'
            f'<title id="title">{escape(self._title)}</title>\n'
            f'<desc id="description">{escape(self._described)}</desc>\n'
            f"{PATTERNS}\n"
            f'<rect width="{WIDTH}" height="{height:g}" fill="{PAPER}"/>\n' + "\n".join(self._shapes) + "\n</svg>\n"
        )
