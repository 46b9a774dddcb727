"""How wide text will be, before anything has drawn it: on the safe side for any sans-serif font."""

from __future__ import annotations

_NARROW = frozenset("iljI.,:;'|!()[] ")
_SLIM = frozenset('frt-/"')
_WIDE = frozenset("mwMW@%")

# Of DejaVu Sans, the widest of the fonts the pictures name.
_WIDTHS = {"narrow": 0.40, "slim": 0.42, "wide": 0.98, "capital": 0.74, "other": 0.62}


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a line of text in pixels, at least."""
    em = 0.0
    for letter in text:
        if letter in _NARROW:
            em += _WIDTHS["narrow"]
        elif letter in _SLIM:
            em += _WIDTHS["slim"]
        elif letter in _WIDE:
            em += _WIDTHS["wide"]
        elif letter.isupper() or ord(letter) > 0x2000:
            em += _WIDTHS["capital"]
        else:
            em += _WIDTHS["other"]
    return em * size * (1.1 if bold else 1.0)


def wrap(text: str, size: float, available: float, *, bold: bool = False, most: int | None = None) -> list[str]:
    """Lines no wider than `available`; of more than `most` lines the rest becomes an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold=bold) <= available:
            lines[-1] = longer
        else:
            lines.append(word)
    if most is not None and len(lines) > most:
        lines = lines[:most]
        lines[-1] = fit(lines[-1] + " …", size, available, bold=bold)
    return [fit(line, size, available, bold=bold) for line in lines]


def fit(text: str, size: float, available: float, *, bold: bool = False) -> str:
    """The text, shortened with an ellipsis where it is too wide."""
    if width(text, size, bold=bold) <= available:
        return text
    short = text.rstrip("… ")
    while short and width(short + "…", size, bold=bold) > available:
        short = short[:-1].rstrip()
    return short + "…"
