"""Use what was trained: answers about any images, with any class names, that say how sure they are."""

from .predictor import Predictor
from .results import UNCERTAINTIES, Candidate, Prediction

__all__ = ['UNCERTAINTIES', 'Candidate', 'Prediction', 'Predictor']
