"""The error of every file that does not hold what it should."""

from __future__ import annotations


class CheckpointError(ValueError):
    """A file is no usable checkpoint or weight file: damaged, unsafe, of another kind, or made for another model."""
