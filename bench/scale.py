"""Does a big account decide as fast as a small one? 10 users beside 10,000 users with 50,000 attachments, same run.

The peer is the small account. `hot` asks again for callers whose policies are in memory; `cold` gathers and compiles a
caller's policies from the database each time.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path
from statistics import median

from garrison import services
from garrison.access.authorize import authorize
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller
from garrison.access.runtime import Runtime
from garrison.aws.ids import unique_id
from garrison.gateway.first_start import open_runtime
from garrison.gateway.settings import Settings
from garrison.policy.principal import User as UserPrincipal
from garrison.services.iam.resources import ATTACHED, EPOCH, POLICY, USER, ManagedPolicy, PolicyVersion, User
from garrison.store import Transaction

ACCOUNT = "123456789012"
ATTACHMENTS = 5
CALLERS = 10
_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","s3:Get%d"],"Resource":"*"},'
    '{"Effect":"Deny","Action":"iam:Delete*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}'
)


def populate(runtime: Runtime, users: int) -> None:
    """`users` users with five attached managed policies each, out of a hundred."""
    arns = [f"arn:aws:iam::{ACCOUNT}:policy/p{n}" for n in range(100)]

    def policies(tx: Transaction) -> None:
        for n in range(100):
            version = PolicyVersion("v1", _POLICY % n, 0.0)
            body = ManagedPolicy(default_version="v1", versions=(version,), next_version=2)
            tx.insert(POLICY, ACCOUNT, f"p{n}", body, id=unique_id("ANPA"), created=0.0)

    def some(batch: range) -> None:
        def write(tx: Transaction) -> None:
            for n in batch:
                id = f"AIDA{n:017d}"
                tx.insert(USER, ACCOUNT, f"user{n}", User(), id=id, created=0.0)
                for k in range(ATTACHMENTS):
                    tx.link(ATTACHED, ACCOUNT, id, arns[(n * ATTACHMENTS + k) % 100])

        runtime.store.writing(write)

    runtime.store.writing(policies)
    for start in range(0, users, 1000):
        some(range(start, min(start + 1000, users)))


def decide(runtime: Runtime, users: int, count: int, *, cold: bool) -> float:
    """Median microseconds of one decision, callers in turn."""
    step = users // CALLERS
    callers = []
    for n in range(0, users, step):
        principal = UserPrincipal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/user{n}", f"AIDA{n:017d}")
        callers.append(Caller(principal, f"AKIA{n:016d}"))
    request = HttpRequest("POST", "/", "", (), b"", "127.0.0.1")
    times = []
    for caller in itertools.islice(itertools.cycle(callers), count):
        if cold:
            runtime.store.writing(lambda tx: tx.bump(EPOCH, ACCOUNT))
        name = caller.principal.arn.rsplit("/", 1)[1]
        call = Call(
            "iam", "GetUser", {"UserName": name}, caller, ACCOUNT, "us-east-1", "aws", request, "", time.time(), runtime
        )
        with runtime.store.reading() as reader:
            began = time.perf_counter()
            authorize(call, reader)
            times.append(time.perf_counter() - began)
    return median(times) * 1e6


def main() -> None:
    """Measure and print."""
    services.load()
    found: dict[int, tuple[float, float]] = {}
    for users in (CALLERS, 10_000):
        with tempfile.TemporaryDirectory(prefix="garrison-bench-") as directory:
            runtime = open_runtime(Settings(data_dir=Path(directory)))
            populate(runtime, users)
            decide(runtime, users, 200, cold=False)
            found[users] = (decide(runtime, users, 5000, cold=False), decide(runtime, users, 500, cold=True))
            runtime.store.close()
    print(f"{'':24}{'hot':>12}{'cold':>12}   (microseconds a decision, with its reads)")
    for users, (hot, cold) in found.items():
        print(f"{f'{users:,} users':24}{hot:>12.1f}{cold:>12.1f}")
    ratios = [big / small for big, small in zip(found[10_000], found[CALLERS], strict=True)]
    print(f"{'ratio (aim: under 1.5)':24}{ratios[0]:>12.2f}{ratios[1]:>12.2f}")


if __name__ == "__main__":
    main()
