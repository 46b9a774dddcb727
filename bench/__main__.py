"""`make bench`, or `python -m bench NAME ...`: every measurement, or the ones named, each beside its peer."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time

import bench


def main() -> None:
    """Run the named benchmarks (all when none is named), one after the other in this process's children."""
    names = [m.name for m in pkgutil.iter_modules(bench.__path__) if not m.name.startswith("_")]
    wanted = sys.argv[1:] or names
    unknown = [n for n in wanted if n not in names]
    if unknown:
        raise SystemExit(f"No benchmark named {', '.join(unknown)}. There are: {', '.join(names)}")
    for name in wanted:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        importlib.import_module(f"bench.{name}").main()
        print(f"   ({time.monotonic() - started:.0f} s)\n", flush=True)


if __name__ == "__main__":
    main()
