"""Who secures what: the shared responsibility model as a function of service, configuration and deployment profile.

An engine: it reads its own tables and nothing else. What is in use, what checks said and which reports are on file
comes from above.
"""

from garrison.responsibility.catalogue import Service, UnknownService, service, services
from garrison.responsibility.cells import CellPart, UnknownCell, cell_part
from garrison.responsibility.layers import BY_ID, LAYERS, Layer
from garrison.responsibility.matrix import Cell, Matrix, Part, Row, matrix
from garrison.responsibility.parties import Party, Profile
from garrison.responsibility.results import Attestation, CheckResult, Standing
from garrison.responsibility.selection import Selection, UnknownSetting, every, read_settings, select

__all__ = [
    "BY_ID",
    "LAYERS",
    "Attestation",
    "Cell",
    "CellPart",
    "CheckResult",
    "Layer",
    "Matrix",
    "Part",
    "Party",
    "Profile",
    "Row",
    "Selection",
    "Service",
    "Standing",
    "UnknownCell",
    "UnknownService",
    "UnknownSetting",
    "cell_part",
    "every",
    "matrix",
    "read_settings",
    "select",
    "service",
    "services",
]
