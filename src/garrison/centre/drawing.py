"""Small pictures as SVG, coloured by classes of the style sheet and told in words to who does not see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

_CONTROLS = ("GAP", "NOT_AVAILABLE", "PARTLY", "SATISFIED", "NOT_APPLICABLE", "MANUAL", "NOT_ASSESSED")
_SEVERITIES = ("critical", "high", "medium", "low")
_WIDE = 240


def bar(statuses: Mapping[str, int], order: Sequence[str] = _CONTROLS) -> Markup:
    """How many controls there are of each status, as one bar."""
    counts = [(status, int(statuses.get(status, 0))) for status in order]
    whole = sum(n for _, n in counts)
    told = ", ".join(f"{n} {status.lower().replace('_', ' ')}" for status, n in counts if n) or "none"
    parts, x = [], 0.0
    for status, n in counts:
        if n:
            wide = _WIDE * n / whole
            parts.append(
                Markup('<rect class="{}" x="{:.1f}" y="0" width="{:.1f}" height="12"/>').format(status, x, wide)
            )
            x += wide
    return Markup(
        '<svg class="bar" viewBox="0 0 {} 12" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDE, told, Markup("").join(parts))


def trend(points: Iterable[Mapping[str, Any]]) -> Markup:
    """Failures by severity in one assessment after the other, oldest first, as columns."""
    several = list(points)
    top = max([sum(p["failures"].values()) for p in several] + [1])
    wide, high, low = 400, 130, 108
    step = min(46.0, (wide - 30) / max(1, len(several)))
    parts = [
        Markup('<line class="axis" x1="26" y1="{0}" x2="{1}" y2="{0}"/>').format(low, wide),
        Markup('<text x="20" y="14" text-anchor="end">{}</text>').format(top),
        Markup('<text x="20" y="{}" text-anchor="end">0</text>').format(low),
    ]
    days = {str(point["when"])[:10] for point in several}
    cut = slice(11, 16) if len(days) == 1 else slice(5, 10)
    for n, point in enumerate(several):
        x, y = 30 + n * step, float(low)
        for severity in reversed(_SEVERITIES):
            count = int(point["failures"].get(severity, 0))
            tall = (low - 6) * count / top
            y -= tall
            if count:
                parts.append(
                    Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                        severity, x, y, step - 6, tall
                    )
                )
        if n in (0, len(several) - 1) or len(several) <= 8:
            parts.append(
                Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                    x + (step - 6) / 2, high - 6, str(point["when"])[cut]
                )
            )
    told = "; ".join(f"{p['when']}: {sum(p['failures'].values())} failures" for p in several)
    return Markup('<svg class="trend" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        wide, high, f"Failures by assessment. {told}", Markup("").join(parts)
    )
