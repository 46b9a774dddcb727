"""Answering from the connection: what leaves it, and coroutines that come to wait."""

from __future__ import annotations

import asyncio

import pytest

from garrison.gateway.direct import Answer, encoded, go_on
from garrison.gateway.protocols import HttpResponse


@pytest.mark.parametrize(
    "header", [("X-A", "b\r\nX-C: d"), ("X-A\r\nX-C", "d"), ("X-A", "b\0"), ("X A", "b"), ("", "b")]
)
def test_a_header_that_would_be_read_as_another_does_not_leave(header: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="header"):
        encoded(header)


def test_headers_leave_with_lower_case_names_and_values_as_they_are() -> None:
    assert encoded(("X-Amzn-RequestId", "A b\t\xe9")) == b"x-amzn-requestid: A b\t\xe9\r\n"


@pytest.mark.parametrize("fails", [False, True])
def test_a_coroutine_begun_by_hand_goes_on_in_a_task(fails: bool) -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int] = loop.create_future()

        async def answering() -> Answer:
            try:
                status = await future
            except LookupError:
                status = 404
            await asyncio.sleep(0)
            return HttpResponse(status)

        begun = answering()
        awaited = begun.send(None)
        loop.call_soon(future.set_exception, LookupError()) if fails else loop.call_soon(future.set_result, 200)
        return (await asyncio.create_task(_rest(begun, awaited))).status

    async def _rest(begun: object, awaited: object) -> Answer:
        return await go_on(begun, awaited)  # type: ignore[arg-type]

    assert asyncio.run(main()) == (404 if fails else 200)
