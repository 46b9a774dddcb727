"""Would the tests notice? Plants small faults in the policy engine, one at a time, and runs its tests on each.

    python scripts/mutate_policy.py --sample 200 --seed 1

Faults: comparisons turned, `and`/`or` swapped, conditions negated, constants changed, returns emptied, arithmetic
turned. A sample is drawn by seed, so a run can be repeated. Each mutant runs in a forked child that imports the
mutated module instead of the real one. A mutant that no test notices *survives* and is printed with its line; those
listed in `EQUIVALENT` mean the same as the original and are counted apart. Exit status 1 if more than `--limit`
percent of the others survive.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib.abc
import importlib.machinery
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "garrison" / "policy"
CORE = (
    *("evaluate", "rules", "grant", "glob", "resource", "variables", "statement", "document", "reader"),
    *("conditions", "conditions.operator", "conditions.string", "conditions.numeric", "conditions.date"),
    *("conditions.boolean", "conditions.binary", "conditions.ip", "conditions.arn", "conditions.null"),
)
AROUND = (
    *("explain", "denial", "validate"),
    *("saving.shape", "saving.resources", "saving.actions", "saving.principals"),
)
TESTS = (
    *("test_glob", "test_conditions", "test_statements", "test_layers", "test_decision_table", "test_reading"),
    *("test_validate", "test_explain", "test_lint", "test_against_reference", "test_laws"),
)
SKIP_STARS = 'wanted = [(index, matcher(tokens(segment))) for index, segment in enumerate(head) if segment != "*"]'
ZULU = 'if (zone := parts["zone"]) is not None and zone not in "Zz":'
CLOSED = 'closed = value.find("}", opened) if opened >= 0 else -1'
YEARS = "return len(text) < 12 and _FIRST_YEAR <= int(text) <= _LAST_YEAR"
DECIDED = "if decision.policy is not None and decision.statement is not None:"
NOT_IMPORTED = 77
TIMEOUT = 120
"""Seconds a mutant may run: some of them never end."""

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("conditions.arn", "if colon < 0:", "0  ->  1"): "a text that begins with a colon is no ARN either way",
    ("conditions.arn", "if colon < 0:", "colon < 0  ->  colon <= 0"): "the same",
    (
        "conditions.arn",
        CLOSED,
        "opened >= 0  ->  opened > 0",
    ): "what begins with a variable is no ARN either way",
    ("conditions.date", ZULU, "'Zz'  ->  'Zz~'"): "the pattern lets no such zone through",
    ("explain", DECIDED, f"{DECIDED[3:-1]}  ->  {DECIDED[3:-1].replace(' and ', ' or ')}"): "both are there or neither",
    ("saving.shape", YEARS, "12  ->  13"): "a guard against very long numbers, wider than the years it lets through",
    ("grant", "DIRECT = 3", "3  ->  4"): "only the order of the levels counts",
    ("resource", SKIP_STARS, "'*'  ->  '*~'"): "leaving a segment out when it is `*` only saves time",
}
"""(module, its line, mutation) -> why no test can notice it."""


class Mutant(NamedTuple):
    """One fault: which module, which node, which change."""

    module: str
    node: int
    change: int
    line: int
    text: str
    what: str


COMPARISONS: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.RShift: ast.LShift,
}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Every faulty version of one node."""
    match node:
        case ast.Compare(left, [operator], [right]):
            for other in COMPARISONS.get(type(operator), []):
                yield ast.Compare(left, [other()], [right])
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, op, right) if type(op) in OPERATIONS:
            yield ast.BinOp(left, OPERATIONS[type(op)](), right)
        case ast.If(test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.While(test, body, orelse) if not isinstance(test, ast.Constant):
            yield ast.While(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Return(value) if value is not None:
            if not (isinstance(value, ast.Constant) and not value.value):  # False and None are the same to callers.
                yield ast.Return(ast.Constant(None))
            yield ast.Return(ast.UnaryOp(ast.Not(), value))
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(str() as value):
            yield ast.Constant(value + "~")


def sites(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes worth changing: no annotations, decorators, class options, docstrings, or texts of exceptions."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list", "bases", "keywords") and _declares(tree):
            continue
        if isinstance(tree, (ast.JoinedStr, ast.Raise)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST):
                continue
            if isinstance(child, (ast.Import, ast.ImportFrom, ast.Assert)):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            yield child
            yield from sites(child)


def _declares(node: ast.AST) -> bool:
    return isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.arg, ast.AnnAssign))


def path_of(module: str) -> Path:
    plain = PACKAGE / (module.replace(".", "/") + ".py")
    return plain if plain.exists() else PACKAGE / module.replace(".", "/") / "__init__.py"


def mutants(module: str) -> list[Mutant]:
    """Every mutant of a module."""
    source = path_of(module).read_text()
    lines = source.splitlines()
    found: list[Mutant] = []
    for index, node in enumerate(sites(ast.parse(source))):
        for change, other in enumerate(changes(node)):
            line = getattr(node, "lineno", 0)
            before, after = _short(node), _short(ast.fix_missing_locations(copy.deepcopy(other)))
            if "__slots__" not in lines[line - 1] and before != after:
                found.append(Mutant(module, index, change, line, lines[line - 1].strip(), f"{before}  ->  {after}"))
    return found


def _short(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:100]


def mutated(mutant: Mutant) -> ast.Module:
    """The module's tree with the fault in it."""
    tree = ast.parse(path_of(mutant.module).read_text())
    victim = list(sites(tree))[mutant.node]
    other = list(changes(victim))[mutant.change]

    class Plant(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return ast.copy_location(other, node) if node is victim else self.generic_visit(node)

    planted = Plant().visit(tree)
    assert isinstance(planted, ast.Module)
    return ast.fix_missing_locations(planted)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a tree instead of its file."""

    def __init__(self, mutant: Mutant, tree: ast.Module) -> None:
        self.name = f"garrison.policy.{mutant.module}"
        self.path = path_of(mutant.module)
        self.tree = tree
        self.used = False

    def find_spec(
        self, name: str, path: object, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        spec = importlib.machinery.ModuleSpec(
            name, self, origin=str(self.path), is_package=self.path.stem == "__init__"
        )
        if self.path.stem == "__init__":
            spec.submodule_search_locations = [str(self.path.parent)]
        return spec

    def exec_module(self, module: ModuleType) -> None:
        self.used = True
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)


def survives(mutant: Mutant, tests: list[str]) -> bool:
    """Run the tests on a mutant in a child process; True if they all pass."""
    child = os.fork()
    if child == 0:
        os.setsid()
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        finder = Finder(mutant, mutated(mutant))
        sys.meta_path.insert(0, finder)
        # Installed plugins would be marked for assertion rewriting, the engine among them, which reads the real files.
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        status = 1
        with contextlib.suppress(BaseException):
            options = ["-x", "-q", "-m", "not soak", "-p", "no:cacheprovider", "-p", "no:randomly"]
            status = int(pytest.main([*options, *tests]))
        os._exit(NOT_IMPORTED if not finder.used else 0 if status == 0 else 1)
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            if code == NOT_IMPORTED:
                raise SystemExit(f"the tests never imported {mutant.module}")
            return code == 0
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def main() -> None:
    """Draw a sample, run it, print what survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=200, help="mutants to run; 0 runs all of them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=5.0, help="percent that may survive")
    parser.add_argument("--module", action="append", help="only these (evaluate, conditions.ip, ...)")
    parser.add_argument("--around", action="store_true", help="also validation, explanation and denial texts")
    options = parser.parse_args()
    modules = options.module or [*CORE, *(AROUND if options.around else ())]
    everything = [mutant for module in modules for mutant in mutants(module)]
    chosen = everything
    if 0 < options.sample < len(everything):
        chosen = sorted(random.Random(options.seed).sample(everything, options.sample))
    tests = [str(ROOT / "tests" / "policy" / f"{name}.py") for name in TESTS]
    os.chdir(ROOT)
    os.nice(10)
    sys.path.insert(0, str(ROOT / "src"))
    print(f"{len(chosen)} of {len(everything)} mutants (hypothesis {hypothesis.__version__})", flush=True)
    equivalent, alive = 0, 0
    for mutant in chosen:
        if (mutant.module, mutant.text, mutant.what) in EQUIVALENT:
            equivalent += 1
        elif survives(mutant, tests):
            alive += 1
            print(f"  survived  {mutant.module}:{mutant.line}  {mutant.text}  |  {mutant.what}", flush=True)
    tried = len(chosen) - equivalent
    rate = 100 * alive / max(tried, 1)
    print(f"{tried - alive} killed, {alive} survived ({rate:.1f} %), {equivalent} equivalent")
    raise SystemExit(rate > options.limit)


if __name__ == "__main__":
    main()
