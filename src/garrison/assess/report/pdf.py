"""A report as PDF/A-2b, by typst (the `pdf` extra): deterministic, and with nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from typing import Any

_TEMPLATE = resources.files("garrison.assess.report") / "report.typ"


class NoTypst(Exception):
    """The extra that makes PDF files is not installed."""

    def __init__(self) -> None:
        super().__init__("PDF needs the pdf extra: pip install 'garrison[pdf]'. HTML needs nothing.")


def pdf(report: Mapping[str, Any]) -> bytes:
    """The file; `report` is what `told` gives. Raises `NoTypst`."""
    try:
        import typst
    except ImportError as e:
        raise NoTypst from e
    text = json.dumps(_sayable(report), sort_keys=True)
    made: bytes = typst.compile(
        _TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"report": text},
        pdf_standards=["a-2b"],
        timestamp=datetime.fromisoformat(report["finished"]),
        ignore_system_fonts=True,
    )
    return made


def _sayable(value: Any) -> Any:
    r"""Text as the embedded fonts can set it: PDF/A refuses characters without a glyph, so others become `\u{65E5}`."""
    if isinstance(value, str):
        return "".join(c if " " <= c < "\u0250" and c != "\x7f" else f"\\u{{{ord(c):X}}}" for c in value)
    if isinstance(value, Mapping):
        return {key: _sayable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_sayable(one) for one in value]
    return value
