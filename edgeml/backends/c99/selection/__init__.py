"""Kernel selection: for each layer the valid kernels of a machine, their cost, and the choice."""

from edgeml.backends.c99.selection.choose import (
    Candidate,
    Candidates,
    Choice,
    Optimize,
    aim_on,
    candidates,
    check_aim,
    choose,
)
from edgeml.backends.c99.selection.kernel import Cost, Kernel
from edgeml.backends.c99.selection.machine import PORTABLE, Feature, Machine
from edgeml.backends.c99.selection.table import KERNELS

__all__ = [
    "KERNELS",
    "PORTABLE",
    "Candidate",
    "Candidates",
    "Choice",
    "Cost",
    "Feature",
    "Kernel",
    "Machine",
    "Optimize",
    "aim_on",
    "candidates",
    "check_aim",
    "choose",
]
