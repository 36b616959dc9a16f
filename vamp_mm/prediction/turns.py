"""One model, many callers: class names are set and the model is run without another call in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from vamp_mm.config.errors import ConfigError
from vamp_mm.structures import Vocabulary

from .classes import set_classes
from .locks import OwnLock


class Turns:
    """Gives a model to one call at a time.

    Class names are state of the model, and so are their text features. A turn sets the names of its call and runs the
    model; no other call can come in between. If setting names fails or is interrupted, the next turn sets its own in full.
    They are also set again if autocast differs from the last turn, since the text features have its precision.

    Args:
        model: In evaluation mode.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._lock = OwnLock()
        self._running: int | None = None
        # the conditions under which the names were set; None if they were not set completely
        self._set_in: tuple[Any, ...] | None = None

    def check(self, vocabulary: Vocabulary) -> None:
        """Refuse class names that the model cannot answer about.

        Args:
            vocabulary: Class names and templates.

        Raises:
            DataError: If a name is too long for the text tower, or the method is bound to its training classes.
        """
        with self._turn(vocabulary):
            pass

    @torch.no_grad()
    def logits(self, vocabulary: Vocabulary, batch: dict[str, Any]) -> Tensor:
        """Run the model on images, with some classes.

        Args:
            vocabulary: Class names and templates.
            batch: Collated ``inputs`` and ``data_samples`` of N images.

        Returns:
            ``(S, N, C)`` logits.

        Raises:
            DataError: If the model cannot answer about these classes.
            ConfigError: If the data preprocessor fails on the images.
        """
        with self._turn(vocabulary):
            data = self._preprocessed(batch)
            logits: Tensor = self._model(data['inputs'], mode='tensor')
            return logits

    def _preprocessed(self, batch: dict[str, Any]) -> dict[str, Any]:
        try:
            data: dict[str, Any] = self._model.data_preprocessor(batch, False)
            return data
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, TypeError, ValueError) as error:
            shape = tuple(batch['inputs'][0].shape)
            raise ConfigError(
                [
                    f'model.data_preprocessor fails on images of shape {shape}: {error}; do its mean and '
                    'standard deviation have one value per channel?'
                ],
                'the config',
            ) from error

    @contextmanager
    def _turn(self, vocabulary: Vocabulary) -> Iterator[None]:
        with self._lock:
            if self._running == self._lock.epoch:  # the same thread, from a hook of the model
                raise ConfigError(
                    [
                        'a predictor is called from within its own forward pass (a hook of the model?), whose '
                        'class names it would replace; use another Predictor for the inner call'
                    ],
                    'the call',
                )
            self._running = self._lock.epoch
            try:
                self._set(vocabulary)
                yield
            finally:
                self._running = None

    def _set(self, vocabulary: Vocabulary) -> None:
        """Set the class names where they differ, so that text features are computed once for all batches and calls."""
        kind = self._model.backbone.device.type
        # a copy or a forked process (another epoch) may have been made in the middle of setting them
        present = self._lock.epoch, torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)
        if self._set_in == present and self._model.vocabulary == vocabulary:
            return
        self._set_in = None
        set_classes(self._model, vocabulary)
        self._set_in = present
