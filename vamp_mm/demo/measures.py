"""The uncertainties of the page: their words, units and ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vamp_mm.evaluation.uncertainty_fields import UNCERTAINTIES
from vamp_mm.prediction import Prediction


@dataclass(frozen=True)
class Measure:
    """How the page shows an uncertainty.

    Args:
        key: Field of a prediction.
        title: Its name.
        unit: Its unit, empty for probabilities.
        means: What it is.
        start: Threshold at first, as a part of the range.
        of_samples: Whether one sample leaves it 0.
    """

    key: str
    title: str
    unit: str
    means: str
    start: float = 0.5
    of_samples: bool = False

    def __post_init__(self) -> None:
        if self.key not in UNCERTAINTIES:
            raise ValueError(f'{self.key!r} is none of {UNCERTAINTIES}')

    def limit(self, classes: int) -> float:
        """The largest value with C classes: ln C nats for entropies, 0.5 for a deviation of probabilities, 1.

        Args:
            classes: Number of classes C.

        Returns:
            A number above 0.
        """
        if self.unit:
            return math.log(max(2, classes))
        if self.key == 'pred_std':
            return 0.5
        return 1 - 1 / max(2, classes)  # the winner of C classes has at least 1 / C

    def value(self, prediction: Prediction) -> float:
        """The uncertainty of an answer."""
        return float(getattr(prediction, self.key))

    def text(self, value: float) -> str:
        """A value with its unit."""
        return f'{value:.3f} {self.unit}'.rstrip()


MEASURES = (
    Measure('least_confidence', 'least confidence', '', '1 minus the probability of the winner'),
    Measure('predictive_entropy', 'predictive entropy', 'nats', 'how evenly the mean probabilities are spread'),
    Measure('mutual_information', 'mutual information', 'nats', 'what the samples disagree about', 0.1, True),
    Measure('pred_std', 'standard deviation', '', "of the winner's probability over samples", 0.2, True),
)  # fmt: skip


def measure(key: str | None) -> Measure | None:
    """The measure of that key, None for anything else."""
    return next((item for item in MEASURES if item.key == key), None)
