"""The matrix: rows of configured services, a cell for each layer, and in each cell the parts of the parties.

    matrix([select("rds"), select("eks:auto-mode")], Profile.AWS).with_results(results, now)

Pure: what is in use, what checks said and which reports are on file is handed in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from garrison.responsibility.catalogue import Duties, Service
from garrison.responsibility.cells import CellPart, PartyName, cell_part
from garrison.responsibility.layers import LAYERS, Layer
from garrison.responsibility.parties import Party, Profile
from garrison.responsibility.results import (
    FRESH,
    Attestation,
    CheckResult,
    Standing,
    standing_of_attestations,
    standing_of_checks,
    worst,
)
from garrison.responsibility.selection import Selection


class Part(msgspec.Struct, frozen=True):
    """One party's part of a cell: what it must do, and how that stands."""

    party: PartyName
    duties: tuple[str, ...]
    standing: Standing = Standing.NOT_ASSESSED
    checks: tuple[CheckResult, ...] = ()
    """Which checks speak for it, and what they said last."""
    attestations: tuple[Attestation, ...] = ()


class Cell(msgspec.Struct, frozen=True):
    """One layer of one configured service."""

    layer: Layer
    party: Party
    parts: tuple[Part, ...]
    because: str = ""
    """Why, where a setting decides."""
    source: str = ""

    @property
    def standing(self) -> Standing:
        """That of its worst part."""
        return worst(part.standing for part in self.parts)


class Row(msgspec.Struct, frozen=True):
    """One configured service."""

    selection: Selection
    cells: tuple[Cell, ...]

    def cell(self, layer: str) -> Cell:
        """The cell of a layer. Raises `KeyError`."""
        for cell in self.cells:
            if cell.layer.id == layer:
                return cell
        raise KeyError(layer)


class Matrix(msgspec.Struct, frozen=True):
    """Configured services and who is responsible for what in them."""

    profile: Profile
    rows: tuple[Row, ...]
    assessed: float | None = None
    """When the newest result in it was collected, in seconds since the epoch; None if nothing was assessed."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Its columns."""
        return tuple(cell.layer for cell in self.rows[0].cells) if self.rows else LAYERS

    def only(self, layers: Collection[str]) -> Matrix:
        """The same matrix, with these layers alone."""
        rows = tuple(Row(row.selection, tuple(c for c in row.cells if c.layer.id in layers)) for row in self.rows)
        return Matrix(self.profile, rows, self.assessed)

    def with_results(
        self,
        results: Iterable[CheckResult],
        now: float,
        *,
        fresh: float = FRESH,
        attestations: Iterable[Attestation] = (),
    ) -> Matrix:
        """The same matrix, each part with what is known of it.

        A customer's or operator's part stands by its checks; a provider's by attestations, and where none is in date
        it is unproven.
        """
        checks = [(result, [cell_part(cell) for cell in result.cells]) for result in results]
        papers = [(paper, [cell_part(cell) for cell in paper.cells]) for paper in attestations]

        def known(service: str, layer: str, part: Part) -> Part:
            def speaks(names: list[CellPart]) -> bool:
                return any(name.covers(service, layer, part.party) for name in names)

            found = tuple(result for result, names in checks if speaks(names))
            if part.party != "provider":
                return msgspec.structs.replace(part, checks=found, standing=standing_of_checks(found, now, fresh))
            on_file = tuple(paper for paper, names in papers if speaks(names))
            standing = standing_of_attestations(on_file, now)
            return msgspec.structs.replace(part, checks=found, attestations=on_file, standing=standing)

        rows = tuple(
            Row(
                row.selection,
                tuple(
                    msgspec.structs.replace(
                        cell,
                        parts=tuple(known(row.selection.service.id, cell.layer.id, part) for part in cell.parts),
                    )
                    for cell in row.cells
                ),
            )
            for row in self.rows
        )
        newest = max((result.when for result, _ in checks if result.when), default=None)
        return Matrix(self.profile, rows, newest)

    def count(self, standing: Standing) -> int:
        """How many parts of cells stand so."""
        return sum(part.standing is standing for row in self.rows for cell in row.cells for part in cell.parts)


def matrix(selections: Sequence[Selection], profile: Profile = Profile.AWS) -> Matrix:
    """The matrix of these services, before anything is assessed."""
    return Matrix(profile, tuple(Row(chosen, _cells(chosen, profile)) for chosen in selections))


def _cells(chosen: Selection, profile: Profile) -> tuple[Cell, ...]:
    service = chosen.service
    letters = dict(service.cells)
    because: dict[str, str] = {}
    source = dict.fromkeys(letters, service.source)
    duties = dict(service.duties)
    for rule in service.rules:
        if all(chosen.settings[name] == value for name, value in rule.when.items()):
            for layer, letter in rule.cells.items():
                if letter is not letters[layer]:
                    duties.pop(layer, None)  # they were for another division of the work
            letters |= rule.cells
            duties |= rule.duties
            for layer in (*rule.cells, *rule.duties):
                because[layer], source[layer] = rule.because, rule.source
    return tuple(
        Cell(
            layer,
            _party(letters[layer.id], profile),
            _parts(service, layer, letters[layer.id], duties.get(layer.id, Duties()), profile),
            because.get(layer.id, ""),
            source[layer.id],
        )
        for layer in LAYERS
    )


def _party(letter: Party, profile: Profile) -> Party:
    return profile.beside if letter is Party.PROVIDER else letter


def _parts(service: Service, layer: Layer, letter: Party, duties: Duties, profile: Profile) -> tuple[Part, ...]:
    parts = []
    if letter in (Party.CUSTOMER, Party.SHARED):
        parts.append(Part("customer", duties.customer or (layer.customer.format(name=service.name),)))
    if letter in (Party.PROVIDER, Party.SHARED):
        if profile is Profile.AWS:
            parts.append(Part("provider", duties.provider or (layer.provider.format(name=service.name),)))
        else:
            parts.append(Part("operator", layer.operator))
    return tuple(parts)
