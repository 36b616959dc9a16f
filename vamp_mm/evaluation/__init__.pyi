from .calibration import CalibrationMetric
from .harmonic import BaseNovel, aggregate, harmonic_mean, summary
from .loops import SplitTestLoop
from .ood import OODMetric
from .open_accuracy import OpenAccuracy
from .prediction_dump import PredictionDump, read_predictions
from .selective import aurc
from .split_configs import SplitError
from .uncertainty import UncertaintyMetric
from .uncertainty_fields import UNCERTAINTY_FIELDS

__all__ = [
    'BaseNovel',
    'CalibrationMetric',
    'OODMetric',
    'OpenAccuracy',
    'PredictionDump',
    'SplitError',
    'SplitTestLoop',
    'UNCERTAINTY_FIELDS',
    'UncertaintyMetric',
    'aggregate',
    'aurc',
    'harmonic_mean',
    'read_predictions',
    'summary',
]
