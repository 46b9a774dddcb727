"""From rules, service reference and botocore model to the `Plan` of one operation.

Layers, the first that speaks wins: our override file, then the action of the operation's own name. On top of either:
roles passed to the service, tags given at creation, condition keys the action lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from garrison.aws import models
from garrison.aws.reference import data
from garrison.aws.reference.check import Unmapped
from garrison.aws.reference.infer import infer
from garrison.aws.reference.pass_role import passed_to, role_paths
from garrison.aws.reference.path import Getter, Params, compile_path, first_member
from garrison.aws.reference.plan import ABSENT, NOT, CompiledCheck, Context, Extractor, Plan, Slot, Way, given
from garrison.aws.reference.rules import CheckRule, ServiceRules, based, rules
from garrison.aws.reference.tags import has_tag_specifications, specified, tag_keys, tags, tags_path
from garrison.aws.reference.template import Template, reference_pattern

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel, StructureShape

_ROLE_ARN = "arn:{partition}:iam::{account}:role/"


@lru_cache(maxsize=512)
def prefix_of(service: str) -> str | None:
    """The prefix of a botocore service's actions, or None where the reference knows none.

    Of the names botocore gives the service, the one whose actions cover most of its operations.
    """
    ruled = rules(service).prefix
    if ruled:
        return ruled
    model = models.service(service)
    operations = {name.lower() for name in model.operation_names}
    best, most = None, 0
    for candidate in (model.signing_name, model.endpoint_prefix, service, *_spellings(model)):
        known = data.service(candidate.lower())
        if known is not None:
            covered = len(operations & known.actions.keys())
            if covered > most:
                best, most = known.prefix, covered
    return best


def _spellings(model: ServiceModel) -> list[str]:
    identity = str(model.service_id).lower()
    return [identity.replace(" ", "-"), identity.replace(" ", ""), model.endpoint_prefix.split(".")[-1]]


def compile_operation(service: str, operation: str) -> Plan:
    """The plan of an operation. Raises `Unmapped`."""
    try:
        model = models.service(service)
    except KeyError:
        raise Unmapped(f"there is no service {service}") from None
    if operation not in model.operation_names:
        raise Unmapped(f"{service} has no operation {operation}")
    ours = rules(service)
    if operation in ours.unmapped:
        raise Unmapped(f"{service} {operation}: {ours.unmapped[operation]}")
    prefix = prefix_of(service)
    if prefix is None:
        raise Unmapped(f"no action prefix is known for {service}")
    return _Compiler(service, prefix, ours, model.operation_model(operation)).plan()


class _Compiler:
    def __init__(self, service: str, prefix: str, ours: ServiceRules, operation: OperationModel) -> None:
        self.service = service
        self.prefix = prefix
        self.rules = ours
        self.operation = operation.name
        self.http: dict[str, str] = operation.http
        self.shape: StructureShape | None = operation.input_shape
        self.members = frozenset(self.shape.members) if self.shape else frozenset()
        self.getters: dict[str, Getter] = {}

    def plan(self) -> Plan:
        entry = self.rules.operations.get(self.operation)
        if entry is None and self.rules.rest_verbs:
            entry = self.rest_verb()
        if entry is None:
            checks = [self.check(CheckRule(), strict=True)]
        elif isinstance(entry, str):
            checks = [self.check(CheckRule(action=entry))]
        elif isinstance(entry, CheckRule):
            checks = [self.check(entry)]
        else:
            checks = [self.check(rule) for rule in entry]
        also = self.rules.tag_on_create.get(self.operation)
        path = tags_path(self.shape)
        if also and path and checks:
            rule = CheckRule(action=also, when=path)
            checks.append(self.check(rule, slots=checks[0].slots))
        if entry != []:
            checks.extend(self.passed_roles())
            if self.service == "ec2" and has_tag_specifications(self.shape):
                checks.append(self.tagged_at_creation())
        if self.operation in self.rules.operations:
            return Plan(checks, "explicit")
        ruled = entry is not None or self.rules.types or also
        return Plan(checks, "rule" if ruled else "default")

    def rest_verb(self) -> CheckRule:
        """The rule of a service whose actions are HTTP methods on ARNs that are its paths."""
        names = {
            member.serialization.get("name", name): name
            for name, member in (self.shape.members.items() if self.shape else ())
            if member.serialization.get("location") == "uri"
        }
        path = self.http["requestUri"].partition("?")[0]
        path = re.sub(r"\{([^}+]*)\+?\}", lambda hole: "{" + names[hole[1]] + "}", path)
        path = path.removeprefix("/v2") or "/"
        method = self.http["method"]
        return CheckRule(action=method, resource="arn:{partition}:apigateway:{region}::" + path)

    def check(self, rule: CheckRule, *, strict: bool = False, slots: list[Slot] | None = None) -> CompiledCheck:
        name = rule.action or self.operation
        prefix, _, bare = name.rpartition(":")
        known = data.service((prefix or self.prefix).lower())
        action = known.actions.get(bare.lower()) if known else None
        if known is None or action is None:
            raise Unmapped(f"the service reference has no action {prefix or self.prefix}:{bare}")
        if slots is None:
            slots = self.slots(rule, known, action)
        extractors, fixed, templated = self.conditions(rule, known, action)
        return CompiledCheck(
            f"{prefix or self.prefix}:{action.name}",
            slots,
            extractors,
            fixed=fixed,
            templated=templated,
            identities=self.identities(action),
            side=rule.side,
            optional=rule.optional,
            when=self.when(rule.when),
            each=self.getter(rule.each) if rule.each else None,
        )

    def slots(self, rule: CheckRule, known: data.Service, action: data.Action) -> list[Slot]:
        wanted = [rule.type] if isinstance(rule.type, str) else rule.type
        if rule.resource is not None:
            sources = [rule.resource] if isinstance(rule.resource, str) else rule.resource
            if sources == ["*"]:
                return []
            kinds: list[str | None] = [*wanted] if wanted else [None]
            ways = []
            for template in (Template(based(self.rules, source)) for source in sources):
                for kind in kinds:
                    accepts = tuple(self.accepted(kind, known)) if kind else ()
                    ways.append(Way(template, kind or _kind_of(template, known), accepts, None))
            return [Slot(ways, True)]
        if wanted is not None:
            uses = [(kind.lower(), True) for kind in wanted]
        else:
            uses = [(use.name.lower(), use.required) for use in action.resource_types]
        each = bool(rule.each)
        alone = len(uses) == 1
        slots = [(kind, Slot(self.ways(kind, known, each, alone), required)) for kind, required in uses]
        found = [slot for _, slot in slots]
        return [_merged(found)] if rule.one_of and found else _by_member(found)

    def ways(self, kind: str, known: data.Service, each: bool, alone: bool) -> list[Way]:
        """The ways the parameters of this operation can name a resource of that type."""
        accepts = tuple(self.accepted(kind, known))
        ours = self.rules.types.get(kind.lower())
        if ours is not None:
            templates = [Template(source) for source in ours]
            return [Way(t, kind, accepts, None) for t in templates if each or t.members <= self.members]
        declared = known.resource_types.get(kind.lower())
        if declared is None:
            return []
        return [
            Way(Template(i.template), kind, accepts, self.getter(i.each) if i.each else None)
            for i in infer(declared, self.operation, self.shape, alone=alone)
        ]

    def accepted(self, kind: str, known: data.Service) -> list[re.Pattern[str]]:
        """The forms an ARN of that type may have."""
        declared = known.resource_types.get(kind.lower())
        patterns = [reference_pattern(declared.arn)] if declared else []
        patterns += [t.pattern() for t in map(Template, self.rules.types.get(kind.lower(), ())) if t.whole is None]
        return patterns

    def conditions(
        self, rule: CheckRule, known: data.Service, action: data.Action
    ) -> tuple[list[Extractor], Context, list[tuple[str, list[Template]]]]:
        kinds: dict[str, frozenset[str] | None] = {}
        spelled: dict[str, str] = {}
        for key in action.condition_keys:
            kinds[key.lower()] = None
            spelled[key.lower()] = key
        for use in action.resource_types:
            for key in use.condition_keys:
                lower = key.lower()
                spelled.setdefault(lower, key)
                before = kinds.get(lower, frozenset())
                kinds[lower] = None if before is None else before | {use.name.lower()}
        found: dict[str, Extractor] = {}
        fixed: Context = {}
        templated: dict[str, list[Template]] = {}
        by_key = {key.lower(): paths for key, paths in self.rules.conditions.items()}
        for lower, key in spelled.items():
            if lower.startswith("aws:requesttag/"):
                self.tags(key, False, kinds[lower], found)
            elif lower == "aws:tagkeys":
                self.tags(key, True, kinds[lower], found)
            elif lower in by_key:
                paths = by_key[lower]
                paths = [paths] if isinstance(paths, str) else paths
                self.extract(key, paths, known, found, fixed, templated, rule, kinds[lower])
        for key, paths in (
            *(self.rules.unlisted if known.prefix == self.prefix else {}).items(),
            *rule.context.items(),
        ):
            paths = [paths] if isinstance(paths, str) else paths
            self.extract(key, paths, known, found, fixed, templated, rule, None)
        return list(found.values()), fixed, list(templated.items())

    def identities(self, action: data.Action) -> dict[str, str]:
        listed = {use.name.lower(): {key.lower() for key in use.condition_keys} for use in action.resource_types}
        return {k: key.lower() for k, key in self.rules.identities.items() if key.lower() in listed.get(k, ())}

    def tags(self, key: str, keys: bool, kinds: frozenset[str] | None, found: dict[str, Extractor]) -> None:
        if kinds is not None and has_tag_specifications(self.shape):
            # Each resource that is created is asked for with its own tags.
            for kind in kinds:
                getter = specified(kind, keys=keys)
                found[f"{key.lower()} {kind}"] = Extractor(key, [getter], keys, frozenset((kind,)))
            return
        any_getter = tag_keys(self.shape) if keys else tags(self.shape)
        if any_getter:
            found[key.lower()] = Extractor(key, [any_getter], keys, kinds)

    def extract(
        self,
        key: str,
        paths: list[str],
        known: data.Service,
        found: dict[str, Extractor],
        fixed: Context,
        templated: dict[str, list[Template]],
        rule: CheckRule,
        kinds: frozenset[str] | None,
    ) -> None:
        if paths[0].startswith(("arn:", "{")) or "/{" in paths[0]:
            templates = [Template(based(self.rules, source)) for source in paths]
            templated[key.lower()] = [t for t in templates if rule.each or t.members <= self.members]
            return
        if len(paths) == 1 and paths[0][0] in "@=":
            fixed[key.lower()] = paths[0] if paths[0][0] == "@" else paths[0][1:]
            return
        usable = [p for p in paths if p[0] in "=%" or rule.each or first_member(p) in self.members]
        if usable:
            declared = known.condition_keys.get(key.lower())
            many = declared is not None and declared.type.startswith("ArrayOf")
            found[key.lower()] = Extractor(key, [self.getter(p) for p in usable], many, kinds)

    def when(self, paths: str | list[str] | None) -> Callable[[Params], bool] | None:
        if paths is None:
            return None
        alternatives = [self.tests(path) for path in ([paths] if isinstance(paths, str) else paths)]
        if all(len(tests) == 1 for tests in alternatives):
            return given([tests[0] for tests in alternatives])
        joined = [[given([test]) for test in tests] for tests in alternatives]
        return lambda params: any(all(test(params) for test in tests) for tests in joined)

    def tests(self, written: str) -> list[tuple[Getter, str | None]]:
        """The conditions of one alternative, which must all hold."""
        found: list[tuple[Getter, str | None]] = []
        for path in written.split(" & "):
            bare, equals, wanted = path.rpartition("=") if "[" not in path else (path, "", "")
            if bare.endswith("!"):
                bare, wanted = bare[:-1], NOT + wanted
            if path.startswith("!"):
                found.append((self.getter(path[1:]), ABSENT))
            else:
                found.append((self.getter(bare), wanted) if equals else (self.getter(path), None))
        return found

    def passed_roles(self) -> list[CompiledCheck]:
        paths = dict.fromkeys(role_paths(self.service, self.operation, self.shape))
        for path in self.rules.pass_role:
            if path != "*" and first_member(path) in self.members:
                paths.setdefault(path)
        checks = []
        accepts = (re.compile(r"arn:[^:]*:iam::[^:]*:role/.+"),)
        for path in paths:
            to = passed_to(self.service, self.prefix, path, self.rules)
            if to is None:
                continue
            each = self.getter(path) if "[]" in path else None
            hole = "item" if each else path
            ways = [
                Way(Template("{" + hole + "}"), "role", accepts, None),
                Way(Template(_ROLE_ARN + "{" + hole + "}"), "role", (), None),
            ]
            checks.append(
                CompiledCheck(
                    "iam:PassRole",
                    [Slot(ways, True)],
                    [],
                    fixed={"iam:passedtoservice": to},
                    side=True,
                    when=None if each else given([(self.getter(path), None)]),
                    each=each,
                )
            )
        return checks

    def tagged_at_creation(self) -> CompiledCheck:
        """EC2 user guide, "Grant permission to tag Amazon EC2 resources during creation"."""
        templates = (
            "arn:{partition}:ec2:{region}::{ResourceType~^(image|snapshot)$}/*",
            "arn:{partition}:ec2::{account}:{ResourceType~^(ipam(?!-pool-allocation).*)$}/*",
            "arn:{partition}:ec2:{region}:{account}:{ResourceType}/*",
        )
        ways = [Way(Template(source), None, (), None) for source in templates]
        return CompiledCheck(
            "ec2:CreateTags",
            [Slot(ways, True)],
            [
                Extractor("aws:RequestTag/${TagKey}", [self.getter("Tags[Key=Value]")], False),
                Extractor("aws:TagKeys", [self.getter("Tags[].Key")], True),
            ],
            fixed={"ec2:createaction": self.operation, "ec2:region": "@region"},
            each=self.getter("TagSpecifications[]"),
        )

    def getter(self, path: str) -> Getter:
        if path not in self.getters:
            self.getters[path] = compile_path(path)
        return self.getters[path]


def _merged(slots: list[Slot]) -> Slot:
    """One resource that may be of several types."""
    ways = [way for slot in slots for way in slot.ways]
    # Whole ARNs first: they say themselves of which kind they are.
    ways.sort(key=lambda way: way.template.whole is None)
    return Slot(ways, any(slot.required for slot in slots))


def _by_member(slots: list[Slot]) -> list[Slot]:
    """Types that are named by one and the same whole-ARN parameter are one resource, of one of these types."""
    groups: list[tuple[set[str], list[Slot]]] = []
    for slot in slots:
        wholes = {way.template.whole for way in slot.ways if way.template.whole and way.each is None}
        for members, group in groups:
            if members & wholes:
                members |= wholes
                group.append(slot)
                break
        else:
            groups.append((wholes, [slot]))
    return [_merged(group) if len(group) > 1 else group[0] for _, group in groups]


def _kind_of(template: Template, known: data.Service) -> str | None:
    """The resource type of a template's ARNs, by the reference's templates."""
    sample = template.sample()
    for kind, declared in known.resource_types.items():
        if reference_pattern(declared.arn).fullmatch(sample):
            return kind
    return None
