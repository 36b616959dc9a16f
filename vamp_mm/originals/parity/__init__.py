"""Comparison with recorded runs of the original implementations."""

from .case import Case, load_case
from .check import check_case
from .deviation import Deviation, Report
from .run import Backbones, check_parity

__all__ = ['Backbones', 'Case', 'Deviation', 'Report', 'check_case', 'check_parity', 'load_case']
