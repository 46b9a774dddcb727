"""`house`: one Garrison with two accounts, for the whole of a test module; every test makes its own keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.kms.house import KmsHouse


@pytest.fixture(scope="module")
def one_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KmsHouse]:
    made = KmsHouse(tmp_path_factory.mktemp("house"))
    yield made
    made.close()


@pytest.fixture
def house(one_house: KmsHouse) -> KmsHouse:
    one_house.via = None
    return one_house
