from .predictor import Predictor
from .results import Candidate, Prediction

__all__ = [
    'Candidate',
    'Prediction',
    'Predictor',
]
