"""Predictions that a test recorded, checked line by line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vamp_mm.config.errors import ConfigError
from vamp_mm.evaluation import read_predictions
from vamp_mm.report.show import say

#: What a record must hold.
NEEDED = (
    'img_path',
    'gt_class',
    'gt_label',
    'pred_class',
    'pred_label',
    'confidence',
    'predictive_entropy',
    'expected_entropy',
    'mutual_information',
    'pred_std',
)
_NUMBERS = (
    'confidence',
    'predictive_entropy',
    'expected_entropy',
    'mutual_information',
    'pred_std',
)
_TEXTS, _LABELS = ('img_path', 'gt_class', 'pred_class'), ('gt_label', 'pred_label')
_OPTIONAL = ('runner_up_confidence', 'gt_confidence')
_LARGEST = 1e6  # entropies are at most the logarithm of the number of classes
_SAID = 5  # damaged lines that are named one by one


def read_records(path: Path) -> list[dict[str, Any]]:
    """Read the predictions of a test; damaged lines are reported and left out.

    Args:
        path: ``predictions_<split>.jsonl``.

    Returns:
        The records that can be used.

    Raises:
        ConfigError: If no line can be used, or the file cannot be read.
        FileNotFoundError: If it does not exist.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f'{str(path)!r} does not exist; give a config and a checkpoint, or write it in a '
            "test: add dict(type='PredictionDump') to test_evaluator"
        )
    damaged: list[str] = []
    try:
        found = read_predictions(path, damaged)
    except OSError as error:
        raise ConfigError([f'it cannot be read: {error.strerror or error}'], str(path)) from error
    records = []
    for record in found:
        wrong = _wrong(record)
        if wrong:
            damaged.append(
                f'{path}, the record of {str(record.get("img_path", "an image"))[:200]!r}: {wrong}'
            )
        else:
            records.append(record)
    if damaged and not records:
        raise ConfigError(
            [
                f'no line can be used; the first: {damaged[0]}; write the records with PredictionDump and a '
                'model of vamp_mm'
            ],
            str(path),
        )
    for sentence in damaged[:_SAID]:
        say(f'{sentence}; left out')
    if len(damaged) > _SAID:
        say(f'{len(damaged) - _SAID} more lines of {path} are left out')
    return records


def _wrong(record: Mapping[str, Any]) -> str:
    """What makes a record unusable; empty if it can be used."""
    missing = [key for key in NEEDED if key not in record]
    if missing:
        return f'it lacks {missing}'
    for key in (*_NUMBERS, *(key for key in _OPTIONAL if record.get(key) is not None)):
        if not _is_number(record[key]):
            return f'{key} is {repr(record[key])[:60]}, not a finite number'
    for kind, what, keys in ((str, 'a text', _TEXTS), (int, 'a whole number', _LABELS)):
        for key in keys:
            if not isinstance(record[key], kind):
                return f'{key} is {repr(record[key])[:60]}, not {what}'
    return ''


def _is_number(value: Any) -> bool:
    # NaN is not
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST
