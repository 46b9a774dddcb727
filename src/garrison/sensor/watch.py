"""When the sensor runs: whenever a GuardDuty detector is enabled, and what it needs is installed."""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec

from garrison.gateway.beside import Child
from garrison.gateway.settings import Settings
from garrison.sensor.status import FOLDER, SensorStatus, write_status
from garrison.store import Reader

log = logging.getLogger("garrison.sensor")

MISSING = "GuardDuty is enabled and detects nothing: it needs DuckDB, ibis and pyarrow: pip install 'garrison[detect]'"
_said: list[str] = []


def _wanted(settings: Settings, reader: Reader) -> bool:
    if not reader.epoch("guardduty", ""):
        return False  # nobody ever had a detector: nothing more is imported for it
    from garrison.services.guardduty.watched import watched

    if not watched(reader):
        return False
    if all(find_spec(name) for name in ("duckdb", "ibis", "pyarrow")):
        return True
    if not _said:
        _said.append(MISSING)
        log.error(MISSING)
        write_status(settings.data_dir / FOLDER, SensorStatus(pid=os.getpid(), problem=MISSING))
    return False


CHILD = Child("threat detection", "garrison.sensor.main", _wanted)
