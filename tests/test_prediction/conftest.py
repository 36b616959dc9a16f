"""Shared by the tests of vamp_mm.prediction."""

from runner_state import own_runner_state  # noqa: F401 -- a fixture
