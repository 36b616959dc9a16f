"""Predictions in the order of their uncertainty, each with what makes it uncertain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vamp_mm.config.errors import ConfigError
from vamp_mm.evaluation.uncertainty_fields import OF_SAMPLES, UNCERTAINTIES

from .recorded import NEEDED

# shares at which a reason is named: of the entropy, of the two best classes together, of the second best, of the best
_DISAGREE, _PAIR, _SECOND, _HALF = 0.25, 0.8, 0.2, 0.5


def rank(
    records: Sequence[Mapping[str, Any]], by: str = 'predictive_entropy', only: str | None = None
) -> list[dict[str, Any]]:
    """Order predictions by uncertainty, and give the reason of each.

    Args:
        records: Predictions as ``PredictionDump`` writes them.
        by: One of :data:`~vamp_mm.evaluation.uncertainty_fields.UNCERTAINTIES`.
        only: ``'wrong'`` or ``'right'`` answers only.

    Returns:
        Copies with ``reason``, least certain first; equally uncertain ones in the order of their paths.

    Raises:
        ConfigError: If a choice is unknown, a record lacks a field, or the order needs several samples and there is one.
    """
    if by not in UNCERTAINTIES:
        raise ConfigError([f'--by {by!r} is unknown; allowed: {UNCERTAINTIES}'], 'the call')
    if only not in (None, 'wrong', 'right'):
        raise ConfigError([f"--only {only!r} is unknown; allowed: 'wrong', 'right'"], 'the call')
    for record in records:
        missing = [key for key in NEEDED if key not in record]
        if missing:
            raise ConfigError(
                [
                    f'the record of {record.get("img_path", "an image")} lacks {missing}; write the records with '
                    'PredictionDump and a model of vamp_mm'
                ],
                'the predictions',
            )
    if by in OF_SAMPLES and all(record[by] == 0 for record in records):
        others = [name for name in UNCERTAINTIES if name not in OF_SAMPLES]
        raise ConfigError(
            [
                f'--by {by}: it is 0 for all images, as this model draws one sample per image; choose one of '
                f'{others}'
            ],
            'the call',
        )
    kept = [
        dict(record, reason=reason(record))
        for record in records
        if only is None or (record['gt_label'] == record['pred_label']) == (only == 'right')
    ]
    return sorted(kept, key=lambda record: (-_uncertainty(record, by), str(record['img_path'])))


def reason(record: Mapping[str, Any]) -> str:
    """What makes a prediction uncertain, in one or two words.

    Args:
        record: A prediction.

    Returns:
        ``'samples disagree'`` if mutual information is a quarter of the entropy or more and the answer is open; else
        ``'two classes'`` if two classes share 80 % and the second has 20 % or more; else ``'many classes'`` if the first
        has less than half; else ``'sure'``.
    """
    first, second = record['confidence'], record.get('runner_up_confidence', 0.0)
    torn = first + second >= _PAIR and second >= _SECOND
    if record['mutual_information'] >= _DISAGREE * record['predictive_entropy'] and (
        torn or first < _HALF
    ):
        return 'samples disagree'
    if torn:
        return 'two classes'
    return 'many classes' if first < _HALF else 'sure'


def _uncertainty(record: Mapping[str, Any], by: str) -> float:
    return 1 - record['confidence'] if by == 'least_confidence' else record[by]
