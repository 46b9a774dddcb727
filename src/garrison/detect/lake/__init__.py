"""The lake: every event once, as Parquet by table, account, region and day, and how far each source was read.

    LAKE/
      state.sqlite        which files are part of it, how far each source was read, what detectors remember
      api/account=111122223333/region=eu-central-1/day=2026-11-28/0000000012-0.parquet
      bad.jsonl           what could not be read, with the reason

A Parquet file counts when the state names it. What was written and not named (a process was killed in between) is
removed at the next start, and read again from its source.
"""
