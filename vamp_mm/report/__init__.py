"""Tables in the papers' layout from the result files of runs."""

from .make import make_report
from .results import Result, read_results
from .table import Stat, Table

__all__ = ['Result', 'Stat', 'Table', 'make_report', 'read_results']
