"""How far our tensor is from the recorded one, and whether that is within the tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

#: What a table row shows, in this order.
KINDS = ('logits', 'features', 'losses', 'gradients', 'step')


@dataclass(frozen=True)
class Deviation:
    """One compared array.

    Args:
        key: Its name in the recording.
        kind: One of :data:`KINDS`.
        error: Largest absolute difference, relative to the largest recorded entry.
        excess: Largest absolute difference over the tolerance; above 1 is a failure, and NaN is.
        note: Why nothing could be compared, if so.
    """

    key: str
    kind: str
    error: float
    excess: float
    note: str = ''

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.excess <= 1


@dataclass
class Report:
    """All that was compared of one file.

    Args:
        name: The file's name without suffix.
        method: Name of the original.
        deviations: One per array.
        problems: What went wrong besides numbers.
    """

    name: str
    method: str
    deviations: list[Deviation] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether something was compared, and all of it agrees."""
        return (
            bool(self.deviations)
            and not self.problems
            and all(item.passed for item in self.deviations)
        )

    def worst(self, kind: str) -> float | None:
        """Largest relative error of a kind, None if nothing of it was recorded."""
        return max((item.error for item in self.deviations if item.kind == kind), default=None)

    def add(
        self, key: str, kind: str, ours: Tensor, recorded: Tensor, tolerance: float | Tensor
    ) -> None:
        """Compare one array.

        Args:
            key: Its name in the recording.
            kind: One of :data:`KINDS`.
            ours: Our values; axes of length 1 may differ.
            recorded: The original's values.
            tolerance: Allowed absolute difference.
        """
        if ours.numel() != recorded.numel():
            self.problems.append(
                f'{key}: ours is {tuple(ours.shape)}, recorded {tuple(recorded.shape)}'
            )
            return
        difference = (ours.detach().reshape(recorded.shape).double() - recorded.double()).abs()
        largest = float(recorded.abs().max()) or 1.0
        allowed = torch.as_tensor(tolerance, dtype=torch.float64)
        self.deviations.append(
            Deviation(
                key, kind, float(difference.max()) / largest, float((difference / allowed).max())
            )
        )


def failures(reports: Sequence[Report]) -> list[str]:
    """One line per problem.

    Args:
        reports: One per file.

    Returns:
        The lines; empty if all agree.
    """
    lines = []
    for report in reports:
        lines += [f'{report.name}: {problem}' for problem in report.problems]
        lines += [
            f'{report.name}: {item.key} is off by {item.error:.2g} of its largest entry, {item.excess:.3g} times '
            'the tolerance'
            for item in report.deviations
            if not item.passed
        ]
        if not report.deviations and not report.problems:
            lines.append(f'{report.name}: nothing in the file could be compared')
    return lines
