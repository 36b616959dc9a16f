"""The answers of one call, and what the call has no answer about."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import NamedTuple

from .results import Prediction


class Unanswered(NamedTuple):
    """Something that came in and has no answer.

    Args:
        path: The file, or ``image 3`` for pixels.
        reason: Why there is no answer.
    """

    path: str
    reason: str


class Predictions(list[Prediction]):
    """The answers of one call, in the order of the images.

    Args:
        answers: One for each image that was read.
        skipped: Images that could not be read (``unreadable='skip'``).
        passed_over: Files below the folders given that are no images, and why.
    """

    def __init__(
        self, answers: list[Prediction], skipped: list[Unanswered], passed_over: list[Unanswered]
    ) -> None:
        super().__init__(answers)
        self.skipped = skipped
        self.passed_over = passed_over


class PredictionStream(Iterator[Prediction]):
    """Answers as they come. Several threads may take from one stream; each answer goes to one of them.

    Args:
        answers: Makes them.
        skipped: Filled as images cannot be read.
        passed_over: Filled as folders are read.
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
        #: Files below the folders read so far that are no images, and why.
        self.passed_over = passed_over

    def __next__(self) -> Prediction:
        with self._lock:
            return next(self._answers)
