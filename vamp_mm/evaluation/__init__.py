"""Metrics, the test loop over class splits, and base-to-novel arithmetic.

The pictures of :mod:`vamp_mm.evaluation.figures` are not imported here: they need matplotlib.
"""

from .calibration import CalibrationMetric
from .harmonic import BaseNovel, aggregate, harmonic_mean
from .loops import SplitTestLoop
from .prediction_dump import PredictionDump, read_predictions
from .samples import UNCERTAINTY_FIELDS
from .selective import aurc
from .uncertainty import UncertaintyMetric

__all__ = [
    'UNCERTAINTY_FIELDS',
    'BaseNovel',
    'CalibrationMetric',
    'PredictionDump',
    'SplitTestLoop',
    'UncertaintyMetric',
    'aggregate',
    'aurc',
    'harmonic_mean',
    'read_predictions',
]
