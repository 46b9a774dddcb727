"""The bounded memory behind the caches."""

from __future__ import annotations

from garrison.aws.generations import Generations


def test_it_never_holds_much_more_than_its_size() -> None:
    memory: Generations[int, int] = Generations(100)
    for i in range(10_000):
        memory.put(i, i)
        assert len(memory) <= 100
    assert memory.get(9_999) == 9_999
    assert memory.get(0) is None


def test_what_is_used_stays_and_what_is_not_goes() -> None:
    memory: Generations[int, int] = Generations(100)
    memory.put(-1, 1)
    memory.put(-2, 2)
    for i in range(1000):
        memory.put(i, i)
        assert memory.get(-1) == 1
    assert memory.get(-2) is None
    memory.clear()
    assert memory.get(-1) is None
    assert len(memory) == 0
