"""How a resource type's ARN is filled where no rule of ours says so: by the names of the parameters.

Of the operations that act on a resource, nearly all name it in a parameter called like the placeholder of the ARN
(`FunctionName`), like the type (`ClusterArn`, `VolumeIds`), or, where the operation's name says what it acts on, just
`Name` or `Id`. Names are a heuristic, so whatever it gives is only ever one more way to fill a template of AWS's own:
it cannot make the ARN of another kind of resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from garrison.aws.reference.data import ResourceType

if TYPE_CHECKING:
    from botocore.model import StructureShape

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_CALL = {"partition": "{partition}", "region": "{region}", "account": "{account}"}
_CREATES = re.compile(r"^(Batch)?(Create|Run|Import|Copy|Allocate|Register|Request|Restore|Start|Put|Upload)(?=[A-Z])")
_GENERIC = ("name", "id", "identifier")
_SCALARS = ("string", "integer", "long")


class Inferred(msgspec.Struct, frozen=True):
    """A template and, where a list names several resources, the member it is filled from once per element."""

    template: str
    each: str | None = None


def infer(kind: ResourceType, operation: str, shape: StructureShape | None, *, alone: bool = False) -> list[Inferred]:
    """Ways to fill the ARN of `kind` for an operation, best first. `alone`: its action knows no other type."""
    members: dict[str, tuple[str, Any]] = {}
    for name, member_shape in shape.members.items() if shape else ():
        members[_norm(name)] = (name, member_shape)
    own = [p for p in _PLACEHOLDER.findall(kind.arn) if p.lower() not in _CALL]
    type_name = _norm(kind.key)
    named = type_name in operation.lower() or type_name.rstrip("s") in operation.lower()
    found: list[Inferred] = []
    wholes = [type_name + "arn", *(_stem(p) + "arn" for p in own[-1:]), "resourcearn", "resource", "arn"]
    for candidate in dict.fromkeys(wholes):
        found.extend(_whole(candidate, members))
    if own:
        filled: dict[str, str] = {}
        for placeholder in own:
            last = placeholder == own[-1]
            generic = named or alone
            if not generic and _norm(placeholder) in _GENERIC:
                break  # the name or id of something, but of what?
            for candidate in _names(placeholder, type_name if last else "", generic and last):
                member = members.get(candidate)
                if member and member[1].type_name in _SCALARS and "{" + member[0] + "}" not in filled.values():
                    filled[placeholder] = "{" + member[0] + "}"
                    break
                plural = members.get(candidate + "s") if last else None
                if plural and plural[1].type_name == "list" and plural[1].member.type_name in _SCALARS:
                    filled[placeholder] = "{item}"
                    found.append(Inferred("{item}", plural[0]))
                    found.append(Inferred(_fill(kind.arn, filled), plural[0]))
                    break
        if len(filled) == len(own) and "{item}" not in filled.values():
            if re.fullmatch(r"\{[^}]*\}", filled[own[-1]]):
                found.append(Inferred(filled[own[-1]]))
            found.append(Inferred(_fill(kind.arn, filled)))
        elif named and _CREATES.match(operation) and own[-1] not in filled and len(filled) == len(own) - 1:
            # A thing that is still to be made, and whose id the service will choose, is asked for as `volume/*`:
            # so RunInstances' decoded denials read (EC2 user guide, "Supported resource-level permissions"). For
            # services other than EC2 this is a guess.
            found.append(Inferred(_fill(kind.arn, filled | {own[-1]: "*"})))
    else:
        found.append(Inferred(_fill(kind.arn, {})))
    return [i for i in found if "\0" not in i.template]


def _whole(candidate: str, members: dict[str, tuple[str, Any]]) -> Iterator[Inferred]:
    member = members.get(candidate)
    if member and member[1].type_name == "string":
        yield Inferred("{" + member[0] + "}")
    plural = members.get(candidate + "s")
    if plural and plural[1].type_name == "list" and plural[1].member.type_name == "string":
        yield Inferred("{item}", plural[0])


def _names(placeholder: str, type_name: str, generic: bool) -> list[str]:
    stem = _stem(placeholder)
    names = [_norm(placeholder), stem + "name", stem + "id", stem + "identifier", stem]
    if type_name:
        names += [
            type_name + _norm(placeholder),
            type_name + "name",
            type_name + "id",
            type_name + "identifier",
            type_name,
        ]
    if generic:
        names += _GENERIC
    return list(dict.fromkeys(n for n in names if n))


def _fill(arn: str, filled: dict[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        return _CALL.get(found[1].lower()) or filled.get(found[1]) or "\0"

    return _PLACEHOLDER.sub(one, arn)


def _norm(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _stem(placeholder: str) -> str:
    return re.sub(r"(withpath|name|id|identifier|arn)+$", "", _norm(placeholder))
