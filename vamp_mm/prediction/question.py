"""What one call wants to know about its images, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass, field

from vamp_mm.config.errors import THE_CALL, ConfigError
from vamp_mm.structures import Vocabulary

from .folders import summary
from .results import Rejection
from .stream import Unanswered

#: More classes than any data set has; CSV has columns for all that are listed.
_MOST_LISTED = 100_000
_UNREADABLE = ('error', 'skip')


@dataclass(frozen=True, eq=False)
class Question:
    """The options of one call, and its lists of what has no answer; no other call sees them.

    Args:
        vocabulary: Class names and templates.
        top_k: Number of classes to list.
        rejection: When to withhold an answer.
        batch_size: Images in one forward pass.
        unreadable: ``'error'`` or ``'skip'``: what to do about images that cannot be read.
        keep_samples: Whether to keep the probabilities of each sample.
        skipped: Images that could not be read.
        passed_over: Files in folders that are not images.

    Raises:
        ConfigError: If an option is not one of its values.
    """

    vocabulary: Vocabulary
    top_k: int
    rejection: Rejection
    batch_size: int
    unreadable: str
    keep_samples: bool
    skipped: list[Unanswered] = field(default_factory=list)
    passed_over: list[Unanswered] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_options(self.top_k, self.batch_size, self.unreadable)

    @property
    def skips(self) -> bool:
        """Whether unreadable images are left out."""
        return self.unreadable == 'skip'

    def why_no_image(self) -> str:
        """Why there was nothing to answer about, as the end of a sentence; empty if nothing came in."""
        skipped = self.skipped
        parts = (
            [f'none of {len(skipped)} can be read, {skipped[0].path!r}: {skipped[0].reason}']
            if skipped
            else []
        )
        parts += summary(self.passed_over)
        return f': {"; ".join(parts)}' if parts else ''


def check_options(top_k: int, batch_size: int, unreadable: str) -> None:
    """Refuse options of a call that are not one of their values.

    Args:
        top_k: Number of classes to list.
        batch_size: Images in one forward pass.
        unreadable: What to do about images that cannot be read.

    Raises:
        ConfigError: If one is wrong.
    """
    _check_count('top_k', top_k, _MOST_LISTED)
    _check_count('batch_size', batch_size)
    if unreadable not in _UNREADABLE:
        raise ConfigError(
            [f'unreadable={unreadable!r} is unknown; allowed: {_UNREADABLE}'], THE_CALL
        )


def _check_count(name: str, value: int, most: int | None = None) -> None:
    if type(value) is int and 1 <= value <= (value if most is None else most):
        return
    bound = 'at least 1' if most is None else f'from 1 to {most:,}'
    kind = 'an integer of' if most is None else 'an integer'
    raise ConfigError([f'{name}={value!r} must be {kind} {bound}'], THE_CALL)
