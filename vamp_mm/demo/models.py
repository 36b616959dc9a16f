"""The models of the page, loaded when they are first used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from vamp_mm.config.errors import ConfigError
from vamp_mm.prediction import Predictor
from vamp_mm.prediction.loading import usable_device

from .offers import Offer


class Models:
    """Offers, of which the one used last is in memory.

    Args:
        offers: At least one.
        device: Where models run; None for a GPU if there is one.
        overrides: Dotted config key -> value, for checkpoints and for a zero-shot config of the user's own.

    Raises:
        ConfigError: If the device cannot be used.
    """

    def __init__(
        self,
        offers: Sequence[Offer],
        device: str | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        self.offers = tuple(offers)
        self._device = device
        self._overrides = overrides
        self._lock = Lock()
        self._at_hand: tuple[int, Predictor] | None = None
        usable_device(device)

    def offer(self, number: int) -> Offer:
        """One of the offers.

        Args:
            number: Which.

        Returns:
            The offer.

        Raises:
            ConfigError: If there is no such offer.
        """
        if not 0 <= number < len(self.offers):
            raise ConfigError(
                [
                    f'model {number} is not among the {len(self.offers)} offered; load the page again'
                ],
                'the call',
            )
        return self.offers[number]

    @contextmanager
    def use(self, number: int) -> Iterator[Predictor]:
        """A model, for one question at a time, since class names are set in it.

        Args:
            number: Which offer.

        Yields:
            Predictor: The model, loaded if another was used before.
        """
        offer = self.offer(number)
        with self._lock:
            if self._at_hand is None or self._at_hand[0] != number:
                self._at_hand = None  # never two of them in memory
                self._at_hand = number, self._load(offer)
            yield self._at_hand[1]

    def _load(self, offer: Offer) -> Predictor:
        overrides = None if offer.embedded else self._overrides
        return Predictor(offer.checkpoint, offer.config, self._device, overrides)
