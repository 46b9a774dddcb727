"""The model as plain dicts, in the shape the `garrison` API and `-o json` answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from garrison.responsibility.catalogue import Service
from garrison.responsibility.compare import moves
from garrison.responsibility.layers import Layer
from garrison.responsibility.matrix import Cell, Matrix, Part, Row
from garrison.responsibility.results import Attestation, CheckResult, Standing

Moment = Callable[[float], Any]
"""How a time in seconds since the epoch is written."""


def seconds(moment: float) -> Any:
    """As it is."""
    return moment


def matrix_view(matrix: Matrix, moment: Moment = seconds) -> dict[str, Any]:
    """A whole matrix."""
    view: dict[str, Any] = {
        "profile": str(matrix.profile),
        "layers": layers_view(matrix.layers),
        "rows": [row_view(row, moment) for row in matrix.rows],
    }
    if matrix.assessed is not None:
        view["assessedAt"] = moment(matrix.assessed)
    return view


def row_view(row: Row, moment: Moment = seconds) -> dict[str, Any]:
    """One configured service."""
    chosen = row.selection
    return {
        "rowId": chosen.id,
        "serviceId": chosen.service.id,
        "name": chosen.name,
        "category": chosen.service.category,
        "settings": dict(chosen.settings),
        "cells": [cell_view(cell, moment) for cell in row.cells],
    }


def cell_view(cell: Cell, moment: Moment = seconds) -> dict[str, Any]:
    """One cell, with who must do what."""
    view: dict[str, Any] = {
        "layer": cell.layer.id,
        "party": cell.party.word,
        "source": cell.source,
        "parts": [_part(part, moment) for part in cell.parts],
    }
    if cell.because:
        view["because"] = cell.because
    if cell.standing is not Standing.NOT_ASSESSED:
        view["standing"] = str(cell.standing)
    return view


def _part(part: Part, moment: Moment) -> dict[str, Any]:
    view: dict[str, Any] = {"party": part.party, "duties": list(part.duties)}
    if part.standing is not Standing.NOT_ASSESSED:
        view["standing"] = str(part.standing)
        view["checks"] = [_check(check, moment) for check in part.checks]
        if part.party == "provider":
            view["attestations"] = [_attestation(paper, moment) for paper in part.attestations]
    return view


def _check(check: CheckResult, moment: Moment) -> dict[str, Any]:
    view: dict[str, Any] = {"checkId": check.check, "status": check.status}
    if check.when:
        view["collectedAt"] = moment(check.when)
    optional = {
        "title": check.title,
        "severity": check.severity,
        "evidenceId": check.evidence,
        "failed": check.fails,
        "subjects": check.subjects,
        "fix": check.fix,
    }
    return view | {name: value for name, value in optional.items() if value}


def _attestation(paper: Attestation, moment: Moment) -> dict[str, Any]:
    return {
        "attestationId": paper.id,
        "title": paper.title,
        "periodStart": moment(paper.start),
        "periodEnd": moment(paper.end),
    }


def comparison_view(matrix: Matrix, moment: Moment = seconds) -> dict[str, Any]:
    """A matrix, and what moves from each row to the next."""
    return matrix_view(matrix, moment) | {
        "moves": [
            {
                "from": before.selection.id,
                "to": after.selection.id,
                "layers": [
                    {
                        "layer": step.layer.id,
                        "before": step.before.word,
                        "after": step.after.word,
                        "direction": step.direction,
                    }
                    for step in steps
                ],
            }
            for before, after, steps in zip(matrix.rows, matrix.rows[1:], moves(matrix), strict=False)
        ]
    }


def layers_view(layers: Iterable[Layer]) -> list[dict[str, Any]]:
    """The layers, from the building up."""
    return [
        {"layer": layer.id, "title": layer.title, "group": str(layer.group), "means": layer.means} for layer in layers
    ]


def service_view(service: Service) -> dict[str, Any]:
    """A service and what of its configuration moves the line."""
    return {
        "serviceId": service.id,
        "name": service.name,
        "category": service.category,
        "source": service.source,
        "settings": [
            {"setting": name, "title": setting.title, "values": list(setting.values), "default": setting.default}
            for name, setting in service.settings.items()
        ],
    }
