"""A CIS scan as PDF, by typst (the `pdf` extra)."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from typing import Any

from garrison.services.inspector2.cis.resources import Scan

_TEMPLATE = """
#let r = json(bytes(sys.inputs.report))
#set page(paper: "a4", flipped: true, margin: 1.5cm, numbering: "1 / 1")
#set text(size: 8pt)
= #r.name
#r.arn #linebreak() Level: #r.level
#table(columns: (auto, auto, 1fr, auto, 1fr),
  table.header([*Resource*], [*Check*], [*Title*], [*Status*], [*Reason*]),
  ..r.rows.flatten())
"""


def available() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("typst") is not None


def made(scan: Scan, arn: str, rows: Sequence[Sequence[str]]) -> bytes:
    """The file. Raises `ModuleNotFoundError` without the extra."""
    import typst

    shown = [[row[3], row[6], row[7], row[9], row[10]] for row in rows]
    report = {"name": scan.scan_name, "arn": arn, "level": scan.level, "rows": shown}
    content: Any = typst.compile(_TEMPLATE.encode(), format="pdf", sys_inputs={"report": json.dumps(report)})
    return bytes(content)
