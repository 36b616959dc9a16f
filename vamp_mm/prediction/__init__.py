"""Predictions for any images, with any class names, and their uncertainty, from a trained checkpoint."""

from .predictor import Predictor
from .results import UNCERTAINTIES, Candidate, Prediction

__all__ = ['UNCERTAINTIES', 'Candidate', 'Prediction', 'Predictor']
