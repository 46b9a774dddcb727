"""Threat intelligence: lists of addresses and names, read once and asked for every event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from garrison.aws.generations import Generations
from garrison.detect.addresses import public
from garrison.detect.context import Match
from garrison.detect.intel.builtin import CANARIES, RESOLVERS
from garrison.detect.intel.formats import FORMATS, Entries, ListError, form, read
from garrison.detect.intel.lists import CATEGORIES, IndicatorList, indicators
from garrison.detect.intel.names import NameSuffixes
from garrison.detect.intel.ranges import AddressRanges

__all__ = ["CATEGORIES", "FORMATS", "Entries", "IndicatorList", "ListError", "Lists", "built_in", "from_files"]
__all__ += ["indicators", "read"]

_TRUSTED = Match("", "trusted", "")
_REMEMBERED = 65536


class Lists:
    """All active lists, as `context.Intel`. It never changes: when a list does, a new one is made.

    What a trusted list has is on no list. Lists count for publicly routable addresses alone (user guide, "Important
    considerations for GuardDuty lists").
    """

    def __init__(self, lists: Iterable[IndicatorList] = (), *, canaries: bool = True, everywhere: bool = False) -> None:
        """`canaries`: with the names AWS keeps for trials. `everywhere`: also for addresses that are not publicly
        routable, for a rehearsal on one machine."""
        self.lists = tuple(lists)
        every = (*self.lists, RESOLVERS, *(CANARIES if canaries else ()))
        self._everywhere = everywhere
        self._addresses = AddressRanges((a, _match(each, a)) for each in every for a in each.addresses)
        self._names = NameSuffixes((n, _match(each, n)) for each in every for n in each.names)
        self._categories = {each.category for each in self.lists if not each.trusted} | {RESOLVERS.category}
        self._asked: Generations[str, list[Match]] = Generations(_REMEMBERED)

    def address(self, address: str) -> list[Match]:
        found = self._asked.get(address)
        if found is None:
            here = self._addresses.at(address) if self._everywhere or public(address) else ()
            found = [] if _TRUSTED in here else list(here)
            self._asked.put(address, found)
        return found

    def name(self, name: str) -> list[Match]:
        found = self._names.at(name)
        return [] if _TRUSTED in found else found

    def has(self, category: str) -> bool:
        return category in self._categories

    def stale(self, now: float) -> list[str]:
        """Lists of threats too old to be relied on, by name."""
        return [each.name for each in self.lists if each.stale(now)]


def _match(each: IndicatorList, entry: str) -> Match:
    return _TRUSTED if each.trusted else Match(each.name, each.category, entry, each.digest)


def built_in() -> Lists:
    """What is there without any list of the user's own."""
    return Lists()


def from_files(files: Sequence[str], *, everywhere: bool = False) -> Lists:
    """Lists in files, each given as `[CATEGORY=]PATH`: `tor=exits.txt`, `trusted=ours.csv`, `feed.json`.

    Without a category an entry is `custom`. The form is found by trying; a list is as old as its file. Raises
    `ListError`.
    """
    lists = []
    for text in files:
        category, given, rest = text.partition("=")
        if not given or category not in CATEGORIES | {"trusted"}:
            category, rest = "custom", text
        path = Path(rest)
        try:
            data, time = path.read_bytes(), path.stat().st_mtime
        except OSError as e:
            hint = "" if given else "; a list is given as CATEGORY=FILE, such as tor=exits.txt"
            raise ListError(f"{path}: {e.strerror}{hint}") from None
        trusted = category == "trusted"
        kind = "custom" if trusted else category
        lists.append(indicators(path.name, data, form(data), category=kind, trusted=trusted, time=time))
    return Lists(lists, everywhere=everywhere)
