"""What the edge's processes see of a Garrison: its store, and of its secrets as little as may be."""

from __future__ import annotations

import logging

from garrison.access.runtime import Runtime
from garrison.aws.partitions import partition_of
from garrison.gateway.first_start import edge_of
from garrison.gateway.root_key import open_root
from garrison.gateway.settings import Settings
from garrison.keys.root import RootKey
from garrison.keys.seal import Seal
from garrison.store.open import open_store

log = logging.getLogger("garrison.edge")


def edge_runtime(settings: Settings, *, secrets: bool) -> Runtime:
    """Open the store of a Garrison that has been started before.

    With `secrets`, the root key is opened, for the private keys of certificates; processes that read what clients send
    do without. Where the root key waits for a person (a passphrase), such certificates cannot be shown, and listeners
    show the development CA's instead.
    """
    store = open_store(settings.database or settings.data_dir)
    root = open_root(settings, store).root if secrets else RootKey()
    return Runtime(
        store=store,
        seal=Seal(root),
        partition=partition_of(settings.region) or "aws",
        region=settings.region,
        first_account=settings.account_id,
        edge=edge_of(settings),
    )
