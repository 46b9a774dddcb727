"""The catalogue is whole: every check can be found by its name, and says what it must."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from garrison.checks import CHECKS, load
from garrison.checks import catalogue as catalogue_package
from garrison.checks.check import Check
from garrison.checks.fact import FACTS
from garrison.responsibility.cells import cell_part

load()


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.id)
def test_a_check_is_complete(check: Check) -> None:
    service, _, name = check.id.partition(".")
    function = check.evaluate or check.attempt
    assert function is not None
    where = sys.modules[function.__module__].__file__
    assert where is not None
    assert Path(where).parts[-2:] == (service, name.replace("-", "_") + ".py"), "a check's file has its name"
    assert sys.modules[function.__module__].__doc__
    for cell in check.cells:
        cell_part(cell)
    assert set(check.needs) <= FACTS.keys()
    assert check.title[0].isupper()
    assert not check.title.endswith(".")
    assert check.why.endswith(".")


def test_there_is_one_check_in_each_file() -> None:
    directory = Path(next(iter(catalogue_package.__path__)))
    files = [path for path in directory.rglob("*.py") if path.name != "__init__.py"]
    assert len(files) == len(CHECKS)
