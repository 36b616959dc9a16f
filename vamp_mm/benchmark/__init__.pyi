from .plan import Job, plan
from .run import run_benchmark
from .spec import Spec
from .spec_file import read_spec

__all__ = [
    'Job',
    'Spec',
    'plan',
    'read_spec',
    'run_benchmark',
]
