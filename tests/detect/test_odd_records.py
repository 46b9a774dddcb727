"""Records are not always what documentation says: whatever stands where a parameter belongs, no detector fails."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgspec

from garrison.detect.events import ApiCall, KubernetesCall
from garrison.detect.registry import EVENT_DETECTORS
from tests.detect import cases
from tests.detect.case import Case
from tests.detect.running import Around

ODD: tuple[Any, ...] = (None, "", "odd", 7, True, [], {}, ["odd"], {"items": [None, 7]}, [[]], {"odd": {"odd": []}})
DEPTH = 7


def _spoiled(value: Any, depth: int = 0) -> Iterator[Any]:
    """The value with one thing in it exchanged, everything once."""
    yield from ODD
    if depth < DEPTH and isinstance(value, dict):
        for name, one in value.items():
            for other in _spoiled(one, depth + 1):
                yield {**value, name: other}
    if depth < DEPTH and isinstance(value, list) and value:
        for other in _spoiled(value[0], depth + 1):
            yield [other, *value[1:]]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _calls(call: ApiCall) -> Iterator[ApiCall]:
    change = msgspec.structs.replace
    for params in _spoiled(call.params):
        yield change(call, params=_mapping(params), record={**call.record, "requestParameters": params})
    for response in _spoiled(call.response):
        yield change(call, response=_mapping(response))
    for name in ("additionalEventData", "vpcEndpointAccountId", "vpcEndpointId"):
        for other in _spoiled(call.record.get(name)):
            yield change(call, record={**call.record, name: other})


def _requests(call: KubernetesCall) -> Iterator[KubernetesCall]:
    for name in ("requestObject", "responseObject", "requestURI", "user"):
        for other in _spoiled(call.record.get(name)):
            yield msgspec.structs.replace(call, record={**call.record, name: other})


def _cases() -> Iterator[Case]:
    for module in pkgutil.iter_modules(cases.__path__):
        if module.name != "ordinary":
            yield from importlib.import_module(f"{cases.__name__}.{module.name}").CASES


def test_no_detector_fails_over_odd_records() -> None:
    failed: dict[str, str] = {}
    for case in _cases():
        around = Around(case)
        event = case.events[0]
        odd: Iterator[Any] = iter(())
        if isinstance(event, ApiCall):
            odd = _calls(event)
        elif isinstance(event, KubernetesCall):
            odd = _requests(event)
        wanted = [
            one
            for one in EVENT_DETECTORS
            if isinstance(event, one.reads) and (one.names is None or getattr(event, "name", "") in one.names)
        ]
        for other in odd:
            for detector in wanted:
                try:
                    for _ in detector.function(other, around):
                        pass
                except Exception as e:
                    failed.setdefault(detector.name, f"{case.name}: {e!r}")
    assert failed == {}
