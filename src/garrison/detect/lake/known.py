"""Which events the lake has: an event that comes again, in another file or from another trail, is left out.

The lake's own files say so. Of a day that events arrive for, the keys (64 bits of a digest of account, region and id)
are held in memory, eight bytes each; days not asked for lately are forgotten and read again when they are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import numpy as np

Place = tuple[str, str, str, str]
"""Table, account, region, day."""
_HELD = 40_000_000
"""Keys in memory, at most."""
_RUNS = 8


def key_of(id: str) -> int:
    """The key of an event's id."""
    return int.from_bytes(blake2b(id.encode(errors="surrogatepass"), digest_size=8).digest(), "little")


class Known:
    """Keys by partition. `load` reads those of a partition from the lake."""

    def __init__(self, load: Callable[[Place], Any]) -> None:
        self._load = load
        self._runs: OrderedDict[Place, list[Any]] = OrderedDict()
        self._held = 0

    def fresh(self, place: Place, keys: Any) -> Any:
        """Which of the keys are new, as a mask; they are known from now on."""
        runs = self._runs.get(place)
        if runs is None:
            loaded = np.unique(self._load(place))
            runs = self._runs[place] = [loaded] if len(loaded) else []
            self._held += len(loaded)
        self._runs.move_to_end(place)
        _, first = np.unique(keys, return_index=True)
        mask = np.zeros(len(keys), bool)
        mask[first] = True
        for run in runs:
            at = np.searchsorted(run, keys)
            at[at == len(run)] = 0
            mask &= run[at] != keys
        new = np.sort(keys[mask])
        if len(new):
            runs.append(new)
            self._held += len(new)
            if len(runs) > _RUNS:
                runs[:] = [np.sort(np.concatenate(runs))]
        while self._held > _HELD and len(self._runs) > 1:
            _, old = self._runs.popitem(last=False)
            self._held -= sum(map(len, old))
        return mask

    def forget(self) -> None:
        """What is known is what the lake has: after a batch that came to nothing."""
        self._runs.clear()
        self._held = 0
