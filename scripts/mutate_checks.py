"""Would the tests notice if a check were gone? Takes away every check's implementation, in each of five ways.

    python -m scripts.mutate_checks

The deployments of `tests/checks/test_fixtures.py` are made once: real servers, in which each check must fail and must
pass. Then every check is replaced by one that always passes, always fails, raises, says nothing, or does not apply,
and asked of the same deployments; the two tests of each check are run on what came of it. A check that neither of its
tests misses *survives*, and is printed. Exit status 1 if one does.
"""

from __future__ import annotations

import logging
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.checks import mutants
from tests.checks.test_fixtures import asked, askings, survivors

from garrison.checks import CHECKS


def main() -> None:
    """Print the survivors of each way."""
    logging.disable(logging.CRITICAL)  # checks that raise are logged with their tracebacks
    alive = 0
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        began = time.monotonic()
        there = [one for one, _ in asked(askings(place, stack), CHECKS)]
        print(f"{len(CHECKS)} checks in {len(there)} deployments ({time.monotonic() - began:.0f} s)", flush=True)
        for how in mutants.MODES:
            left = survivors(there, how)
            alive += len(left)
            print(f"  {how:16}{len(CHECKS) - len(left):4} killed, {len(left)} survived {' '.join(left)}", flush=True)
    raise SystemExit(bool(alive))


if __name__ == "__main__":
    main()
