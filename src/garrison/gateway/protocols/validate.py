"""The constraints of a model, and AWS's sentence for each that fails.

`N validation error(s) detected: Value 'v' at 'userName' failed to satisfy constraint: Member must ...; Value ...`
Source: answers of IAM, CodePipeline, DynamoDB and Cognito in public bug reports. Paths lower the first letter of each
member (`tags.1.member.key`); sensitive values are left out (`Value at 'password' failed ...`); constraints on what
lists and maps of scalars hold are reported at the list or map, in brackets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from garrison.aws.errors import AwsError
from garrison.aws.models import trait
from garrison.gateway.protocols.codec import Params, Validate
from garrison.gateway.protocols.organizations_input import invalid_input
from garrison.gateway.protocols.patterns import compile_pattern
from garrison.gateway.protocols.shapes import Compiled
from garrison.gateway.protocols.validation_codes import validation_code

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

Failures = list[tuple[str, str]]
Check = Callable[[Any, str, Failures], None]
"""`check(value, path, failures)` adds (what failed: `Value 'v' at 'path'`, constraint) to failures."""
Broken = Callable[[Any], list[str]]
"""The constraints a scalar breaks."""

_SIZED = frozenset({"string", "blob", "list", "map"})
_NUMBERS = frozenset({"integer", "long", "short", "byte", "float", "double"})


def compile_validate(operation: OperationModel) -> Validate:
    """The validator of an operation's params."""
    shape = operation.input_shape
    check = _Checks().check(shape) if shape is not None and shape.members else None
    if check is None:
        return lambda params: None
    service = operation.service_model.service_name
    code = validation_code(service)
    checked = check

    def validate(params: Params) -> None:
        failures: Failures = []
        checked(params, "", failures)
        if failures:
            # Organizations has its own sentences and a reason for each.
            raise invalid_input(code, failures[0][1]) if service == "organizations" else _error(service, code, failures)

    return validate


_TELL_FIELDS = frozenset({"inspector2", "inspector-scan"})
"""Services whose errors must have a `reason`, and list the fields that are wrong."""


def _error(service: str, code: str, failures: Failures) -> AwsError:
    said = [f"{what} failed to satisfy constraint: {constraint}" for what, constraint in failures]
    noun = "error" if len(said) == 1 else "errors"
    fields: dict[str, Any] = {}
    if service in _TELL_FIELDS:
        listed = [{"name": what.rpartition(" at ")[2].strip("'"), "message": told} for what, told in failures]
        fields = {"reason": "FIELD_VALIDATION_FAILED", "fields": listed}
    return AwsError(code, f"{len(said)} validation {noun} detected: {'; '.join(said)}", status=400, fields=fields)


class _Checks:
    def __init__(self) -> None:
        self._compiled: Compiled[Check] = Compiled(self._compile)

    def check(self, shape: Shape) -> Check | None:
        """The check of a shape; None where the model constrains nothing."""
        return self._compiled(shape) if _constrained(shape, set()) else None

    def _compile(self, shape: Shape) -> Check:
        if shape.type_name == "structure":
            return self._structure(cast("StructureShape", shape))
        if shape.type_name == "list":
            return self._list(cast("ListShape", shape))
        if shape.type_name == "map":
            return self._map(cast("MapShape", shape))
        return _reported(shape, broken(shape))

    def _structure(self, shape: StructureShape) -> Check:
        required = [(name, lower(name)) for name in shape.metadata.get("required", ()) if name in shape.members]
        checks = {
            name: (lower(name), check)
            for name, member in shape.members.items()
            if (check := self.check(member)) is not None
        }

        def run(value: Any, path: str, failures: Failures) -> None:
            for name, said in required:
                if value.get(name) is None:
                    failures.append((f"Value null at '{path}{said}'", "Member must not be null"))
            for name, member in value.items():
                found = checks.get(name)
                if found is not None and member is not None:
                    found[1](member, path + found[0], failures)

        def run_below(value: Any, path: str, failures: Failures) -> None:
            run(value, f"{path}." if path else "", failures)

        return run_below

    def _list(self, shape: ListShape) -> Check:
        own = _reported(shape, broken(shape))
        item = shape.member
        scalar = broken(item) if item.type_name not in ("structure", "list", "map") else None
        below = self.check(item) if scalar is None and item.type_name in ("structure", "list", "map") else None
        sparse = bool(trait(shape, "sparse"))

        def run(value: Any, path: str, failures: Failures) -> None:
            own(value, path, failures)
            for at, member in enumerate(value, 1):
                if member is None:
                    if not sparse:
                        failures.append((f"Value null at '{path}.{at}.member'", "Member must not be null"))
                elif below is not None:
                    below(member, f"{path}.{at}.member", failures)
            if scalar is not None and any(member is not None and scalar(member) for member in value):
                said = f"Member must satisfy constraint: [{', '.join(_all_of(item))}]"
                failures.append((_subject(value, path, shape), said))

        return run

    def _map(self, shape: MapShape) -> Check:
        own = _reported(shape, broken(shape))
        key = broken(shape.key)
        scalar = broken(shape.value) if shape.value.type_name not in ("structure", "list", "map") else None
        below = self.check(shape.value) if shape.value.type_name in ("structure", "list", "map") else None
        sparse = bool(trait(shape, "sparse"))

        def run(value: Any, path: str, failures: Failures) -> None:
            own(value, path, failures)
            if key is not None and any(key(k) for k in value):
                said = f"Map keys must satisfy constraint: [{', '.join(_all_of(shape.key))}]"
                failures.append((_subject(value, path, shape), said))
            if scalar is not None and any(v is not None and scalar(v) for v in value.values()):
                said = f"Map value must satisfy constraint: [{', '.join(_all_of(shape.value))}]"
                failures.append((_subject(value, path, shape), said))
            for k, member in value.items():
                if member is None:
                    if not sparse:
                        failures.append((f"Value null at '{path}.{k}.member'", "Member must not be null"))
                elif below is not None:
                    below(member, f"{path}.{k}.member", failures)

        return run


def lower(name: str) -> str:
    """A member's name as AWS prints it: `UserName` is `userName`, `SAMLOptions` is `sAMLOptions`."""
    return name[:1].lower() + name[1:]


def broken(shape: Shape) -> Broken | None:
    """What of a value's own constraints it breaks (not those of what it holds); None if it has none."""
    traits = shape.metadata
    tests: list[tuple[Callable[[Any], bool], str]] = []
    low, high = traits.get("min"), traits.get("max")
    sized = shape.type_name in _SIZED
    if not sized and shape.type_name not in _NUMBERS:
        low = high = None
    texts = iter(_all_of(shape))
    if high is not None:
        tests.append((_longer(int(high)) if sized else _greater(high), next(texts)))
    if low is not None:
        tests.append((_shorter(int(low)) if sized else _less(low), next(texts)))
    pattern = traits.get("pattern")
    if pattern and shape.type_name == "string":
        matches = compile_pattern(pattern)
        said = next(texts)
        if matches is not None:
            tests.append((_not(matches), said))
    if traits.get("enum") and shape.type_name == "string":
        tests.append((_outside(frozenset(traits["enum"])), next(texts)))
    if not tests:
        return None
    if len(tests) == 1:
        test, said = tests[0]
        alone = [said]
        return lambda value: alone if test(value) else []
    return lambda value: [said for test, said in tests if test(value)]


def _all_of(shape: Shape) -> list[str]:
    """The sentences for all constraints of a scalar, list or map, in AWS's order."""
    traits = shape.metadata
    what = "length" if shape.type_name in _SIZED else "value" if shape.type_name in _NUMBERS else ""
    said = []
    if what and traits.get("max") is not None:
        said.append(f"Member must have {what} less than or equal to {traits['max']}")
    if what and traits.get("min") is not None:
        said.append(f"Member must have {what} greater than or equal to {traits['min']}")
    if shape.type_name == "string":
        if traits.get("pattern"):
            said.append(f"Member must satisfy regular expression pattern: {traits['pattern']}")
        if traits.get("enum"):
            said.append(f"Member must satisfy enum value set: [{', '.join(traits['enum'])}]")
    return said


def _longer(limit: int) -> Callable[[Any], bool]:
    return lambda value: len(value) > limit


def _shorter(limit: int) -> Callable[[Any], bool]:
    return lambda value: len(value) < limit


def _greater(limit: float) -> Callable[[Any], bool]:
    return lambda value: value > limit


def _less(limit: float) -> Callable[[Any], bool]:
    return lambda value: value < limit


def _not(matches: Callable[[str], bool]) -> Callable[[Any], bool]:
    return lambda value: not matches(value)


def _outside(allowed: frozenset[str]) -> Callable[[Any], bool]:
    return lambda value: value not in allowed


def _reported(shape: Shape, found: Broken | None) -> Check:
    if found is None:
        return lambda value, path, failures: None
    own = found

    def run(value: Any, path: str, failures: Failures) -> None:
        for constraint in own(value):
            failures.append((_subject(value, path, shape), constraint))

    return run


def _subject(value: Any, path: str, shape: Shape) -> str:
    if _secret(shape, set()):
        return f"Value at '{path}'"
    return f"Value '{said(value)}' at '{path}'"


def _secret(shape: Shape, seen: set[str]) -> bool:
    """Whether a value of the shape may hold something sensitive."""
    if shape.metadata.get("sensitive"):
        return True
    if shape.name in seen:
        return False
    seen.add(shape.name)
    return any(_secret(below, seen) for below in _held(shape))


def said(value: Any) -> str:
    """A value as AWS's Java prints it. That of structures is a guess."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if isinstance(value, list):
        return f"[{', '.join(said(v) for v in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k}={said(v)}' for k, v in value.items())}}}"
    return "null" if value is None else str(value)


def _held(shape: Shape) -> list[Shape]:
    if shape.type_name == "structure":
        return list(cast("StructureShape", shape).members.values())
    if shape.type_name == "list":
        return [cast("ListShape", shape).member]
    if shape.type_name == "map":
        return [cast("MapShape", shape).key, cast("MapShape", shape).value]
    return []


def _constrained(shape: Shape, seen: set[str]) -> bool:
    """Whether the shape or anything it holds has a constraint; lists and maps always do (no nulls)."""
    if shape.type_name in ("list", "map"):
        return True
    traits = shape.metadata
    if shape.type_name == "structure":
        if traits.get("required"):
            return True
        if shape.name in seen or traits.get("document"):
            return False
        seen.add(shape.name)
        return any(_constrained(below, seen) for below in _held(shape))
    return any(traits.get(t) is not None for t in ("min", "max", "pattern", "enum"))
