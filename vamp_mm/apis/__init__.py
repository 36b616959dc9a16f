"""What the command-line tools and notebooks call."""

from .compose import compose
from .config_check import check_config, validate_config
from .errors import ConfigError, WorkDirError
from .evaluate import test
from .prediction import Prediction, Predictor
from .train import train

__all__ = [
    'ConfigError', 'Prediction', 'Predictor', 'WorkDirError', 'check_config', 'compose', 'test', 'train', 'validate_config'
]
