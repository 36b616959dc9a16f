"""Metrics, the test loop over class splits, and base-to-novel arithmetic.

The pictures of :mod:`vamp_mm.visualization.figures` are not imported here: they need matplotlib.
"""

from .calibration import CalibrationMetric
from .harmonic import BaseNovel, aggregate, harmonic_mean, summary
from .loops import SplitTestLoop
from .ood import OODMetric
from .open_accuracy import OpenAccuracy
from .prediction_dump import PredictionDump, read_predictions
from .samples import UNCERTAINTY_FIELDS
from .selective import aurc
from .split_configs import SplitError
from .uncertainty import UncertaintyMetric

__all__ = [
    'UNCERTAINTY_FIELDS',
    'BaseNovel',
    'CalibrationMetric',
    'OpenAccuracy',
    'OODMetric',
    'PredictionDump',
    'SplitError',
    'SplitTestLoop',
    'UncertaintyMetric',
    'aggregate',
    'aurc',
    'harmonic_mean',
    'read_predictions',
    'summary',
]
