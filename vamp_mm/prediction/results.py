"""A prediction, its uncertainty, and when it is withheld."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vamp_mm.config.errors import THE_CALL, ConfigError
from vamp_mm.evaluation.uncertainty_fields import OF_SAMPLES, UNCERTAINTIES
from vamp_mm.ops import mean_log_probs, sample_uncertainty


@dataclass(frozen=True)
class Candidate:
    """One class of an answer.

    Args:
        label: Its index among the class names.
        name: Its name.
        score: Its probability, in [0, 1].
    """

    label: int
    name: str
    score: float


@dataclass(frozen=True, eq=False)
class Prediction:
    """The prediction for one image. A rejected one names no class; ``top_k`` still lists the most probable ones.

    Args:
        index: Position of the image among the inputs, from 0; skipped images count.
        path: The image's file, None for an image in memory.
        label: Index of the winning class; None if rejected.
        name: Name of the winning class; None if rejected.
        score: Highest probability, in [0, 1].
        top_k: The most probable classes, the first of them the winner.
        predictive_entropy: Of the averaged probabilities, in nats (0 to ln C).
        expected_entropy: Mean entropy of the samples, in nats.
        mutual_information: Their difference: what the samples disagree about, in nats.
        pred_std: Standard deviation over samples of the winner's probability.
        rejected: Whether the uncertainty exceeds the threshold.
        scores: ``(C,)`` probabilities of all classes, averaged over samples.
        samples: ``(S, C)`` probabilities of each sample, if asked for.
    """

    index: int
    path: str | None
    label: int | None
    name: str | None
    score: float
    top_k: tuple[Candidate, ...]
    predictive_entropy: float
    expected_entropy: float
    mutual_information: float
    pred_std: float
    rejected: bool
    scores: np.ndarray
    samples: np.ndarray | None = None

    @property
    def least_confidence(self) -> float:
        """1 minus the score."""
        return 1.0 - self.score

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: all but ``scores`` and ``samples``."""
        plain = ('index', 'path', 'label', 'name', 'score', *UNCERTAINTIES, 'rejected')
        content = {key: getattr(self, key) for key in plain}
        content['top_k'] = [asdict(candidate) for candidate in self.top_k]
        return content


#: Uncertainties with a largest value that does not depend on the number of classes.
_LARGEST = {
    'least_confidence': (1.0, '1 minus a probability'),
    'pred_std': (0.5, 'the standard deviation of probabilities'),
}


@dataclass(frozen=True)
class Rejection:
    """Withhold answers whose uncertainty is above a threshold.

    Args:
        by: One of :data:`UNCERTAINTIES`, or None to answer always.
        threshold: The largest uncertainty at which a class is still named.

    Raises:
        ConfigError: If only one of both is given, the name is unknown, or the threshold is not a number of at least 0.
    """

    by: str | None = None
    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.by is not None and self.by not in UNCERTAINTIES:
            raise ConfigError(
                [f'reject={self.by!r} is not an uncertainty; allowed: {UNCERTAINTIES}'], THE_CALL
            )
        if self.by is not None and self.threshold is None:
            raise ConfigError(
                [
                    f'reject={self.by!r} needs a threshold: the largest uncertainty at which a class is still named '
                    '(--threshold)'
                ],
                THE_CALL,
            )
        if self.by is None and self.threshold is not None:
            raise ConfigError(
                [
                    f'threshold={self.threshold!r} needs an uncertainty to be compared with: reject (--reject), one of '
                    f'{UNCERTAINTIES}'
                ],
                THE_CALL,
            )
        number = isinstance(self.threshold, (int, float)) and not isinstance(self.threshold, bool)
        if self.threshold is not None and not (
            number and math.isfinite(self.threshold) and self.threshold >= 0
        ):
            raise ConfigError(
                [f'threshold={self.threshold!r} must be a number of at least 0'], THE_CALL
            )
        largest, why = _LARGEST.get(self.by or '', (math.inf, ''))
        if self.threshold is not None and self.threshold > largest:
            raise ConfigError(
                [f'threshold={self.threshold!r}: {self.by!r} is {why}, so at most {largest:g}'],
                THE_CALL,
            )

    def check_samples(self, count: int) -> None:
        """Refuse a threshold on the spread of samples where there is one sample only.

        Args:
            count: Number of samples S that the model averages.

        Raises:
            ConfigError: If nothing could ever be rejected.
        """
        if self.by in OF_SAMPLES and count == 1:
            others = [name for name in UNCERTAINTIES if name not in OF_SAMPLES]
            raise ConfigError(
                [
                    f'reject={self.by!r}: this model computes one sample per image, so it is 0 for all images and '
                    f'nothing would be rejected; choose one of {others}'
                ],
                THE_CALL,
            )

    def applies(self, uncertainty: float) -> bool:
        """Whether an answer of this uncertainty is withheld."""
        return self.threshold is not None and not uncertainty <= self.threshold

    def judge(self, prediction: Prediction) -> Prediction:
        """The same prediction, withheld or not by this rule instead of the one before.

        Args:
            prediction: Any prediction.

        Returns:
            A copy, with or without its class.
        """
        rejected = self.by is not None and self.applies(getattr(prediction, self.by))
        winner = prediction.top_k[0]
        return replace(
            prediction,
            rejected=rejected,
            label=None if rejected else winner.label,
            name=None if rejected else winner.name,
        )


def predictions_of(
    logits: Tensor,
    names: Sequence[str],
    where: Sequence[tuple[int, str | None]],
    top_k: int,
    rejection: Rejection,
    keep_samples: bool,
) -> list[Prediction]:
    """Average the samples and compute uncertainties.

    Args:
        logits: ``(S, N, C)``.
        names: The C class names.
        where: Index and path of the N images.
        top_k: Number of classes to list.
        rejection: When to withhold an answer.
        keep_samples: Whether to keep the probabilities of each sample.

    Returns:
        N predictions.

    Raises:
        FloatingPointError: If a logit is not finite.
    """
    finite = torch.isfinite(logits).flatten(2).all(dim=2).all(dim=0)  # (N,)
    if not finite.all():
        index, path = where[int((~finite).nonzero()[0])]
        raise FloatingPointError(
            f'the model gives {path or f"image {index}"} scores that are not finite numbers; are its weights or the '
            'pixels damaged?'
        )
    rejection.check_samples(len(logits))
    scores = mean_log_probs(logits).exp()  # (N, C)
    # stable: of equal scores the lower label comes first, as with argmax
    order = scores.sort(dim=-1, descending=True, stable=True).indices[:, :top_k].tolist()
    uncertainty = {name: values.tolist() for name, values in sample_uncertainty(logits).items()}
    each = _sample_scores(logits) if keep_samples else None  # (N, S, C)
    table = scores.float().cpu().numpy()
    found = []
    for row, (index, path) in enumerate(where):
        top = tuple(
            Candidate(label, names[label], float(table[row, label])) for label in order[row]
        )
        fields = {name: values[row] for name, values in uncertainty.items()}
        found.append(
            rejection.judge(
                Prediction(
                    index=index,
                    path=path,
                    label=top[0].label,
                    name=top[0].name,
                    score=top[0].score,
                    top_k=top,
                    rejected=False,
                    scores=table[row],
                    samples=None if each is None else each[row],
                    **fields,
                )
            )
        )
    return found


def _sample_scores(logits: Tensor) -> np.ndarray:
    return logits.float().softmax(dim=-1).transpose(0, 1).cpu().numpy()
