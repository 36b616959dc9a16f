"""The predictions of one call, and the inputs without a prediction."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import NamedTuple

from .results import Prediction


class Unanswered(NamedTuple):
    """An input without a prediction.

    Args:
        path: The file, or ``image 3`` for an image in memory.
        reason: Why there is no prediction.
    """

    path: str
    reason: str


class Predictions(list[Prediction]):
    """The predictions of one call, in the order of the images.

    Args:
        answers: One for each image that was read.
        skipped: Images that could not be read (``unreadable='skip'``).
        passed_over: Files in the given folders that are not images, and why.
    """

    def __init__(
        self, answers: list[Prediction], skipped: list[Unanswered], passed_over: list[Unanswered]
    ) -> None:
        super().__init__(answers)
        self.skipped = skipped
        self.passed_over = passed_over


class PredictionStream(Iterator[Prediction]):
    """Predictions, made while they are read. Several threads may read one stream; each prediction goes to one of them.

    Args:
        answers: The predictions.
        skipped: Grows with images that cannot be read.
        passed_over: Grows as folders are read.
    """

    def __init__(
        self,
        answers: Iterator[Prediction],
        skipped: list[Unanswered],
        passed_over: list[Unanswered],
    ) -> None:
        self._answers = answers
        self._lock = Lock()
        #: Images that could not be read so far (``unreadable='skip'``).
        self.skipped = skipped
        #: Files in the folders read so far that are not images, and why.
        self.passed_over = passed_over

    def __next__(self) -> Prediction:
        with self._lock:
            return next(self._answers)
