"""What the speed benchmark runs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from vamp_mm.models import PromptedCLIPBackbone

from .timing import Times, alternate


@dataclass(frozen=True)
class Setting:
    """What the benchmark runs on.

    Args:
        backbone: A CLIP with random weights.
        arch: Its name.
        images: Images N.
        samples: Monte-Carlo samples S of a prediction.
        rounds: Timed rounds.
        precision: Autocast dtype, None for float32.
        textbook_sentences: Most sentences that the textbook path is timed on; its time is scaled up to the rest.
        clock: What time is measured, ``'wall'`` or ``'cpu'``.
    """

    backbone: PromptedCLIPBackbone
    arch: str
    images: int
    samples: int
    rounds: int
    precision: torch.dtype | None
    textbook_sentences: int
    clock: str

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.backbone.device

    def time(
        self, contestants: Mapping[str, Callable[[], Any]], rounds: int | None = None
    ) -> dict[str, Times]:
        """Time contestants in turn.

        Args:
            contestants: Name -> work.
            rounds: Timed rounds; None for those of the setting.

        Returns:
            Name -> times.
        """
        return alternate(contestants, rounds or self.rounds, self.device, self.clock)

    def cast(self, work: Callable[[], Any]) -> Callable[[], Any]:
        """The work under autocast, if that is set."""

        def run() -> Any:
            with torch.autocast(
                self.device.type, self.precision, enabled=self.precision is not None
            ):
                return work()

        return run
