"""A key of KMS for as long as a check takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from garrison.checks.api import NotRead
from garrison.checks.facts.keys import PROBE
from garrison.checks.probe import Probe
from garrison.checks.stops import Stops


@contextmanager
def throwaway_key(probe: Probe) -> Iterator[str]:
    """Id of a new symmetric key; afterwards it is disabled and deleted as soon as KMS lets it be (seven days). Raises
    `NotRead` where none can be made."""
    with Stops() as stops:
        made = probe.call("kms", "CreateKey", {"Description": f"{PROBE}: a check's, about to go"}, keys=probe.own)
        if not made.ok:
            raise NotRead("kms:CreateKey", f"{made.code}: {made.message}", absent=made.unserved and probe.whole)
        key = str(made.output["KeyMetadata"]["KeyId"])
        try:
            stops.release()
            yield key
        finally:
            stops.holding = True
            probe.call("kms", "ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": 7}, keys=probe.own)
