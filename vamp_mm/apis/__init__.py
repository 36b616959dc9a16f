"""The functions that command-line tools and notebooks call first."""

from vamp_mm.config.compose import compose
from vamp_mm.config.errors import ConfigError, WorkDirError
from vamp_mm.config.validate import check_config, validate_config
from vamp_mm.datasets import reading_once
from vamp_mm.prediction import Prediction, Predictor

from .test import test
from .train import train

__all__ = [
    'ConfigError',
    'Prediction',
    'Predictor',
    'WorkDirError',
    'check_config',
    'compose',
    'reading_once',
    'test',
    'train',
    'validate_config',
]
