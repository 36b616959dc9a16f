from .ablation import ablation_table, make_ablation
from .make import make_report
from .results import Result, read_results
from .table import Stat, Table

__all__ = [
    'Result',
    'Stat',
    'Table',
    'ablation_table',
    'make_ablation',
    'make_report',
    'read_results',
]
