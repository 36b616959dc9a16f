"""Which test images a model is unsure of, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.config.errors import ConfigError
from vamp_mm.evaluation import read_predictions
from vamp_mm.report.show import say, show, write_csv
from vamp_mm.report.table import Stat, Table
from vamp_mm.visualization.reason_sheet import reason_sheet

from .opened import open_split
from .predictions import predict

#: What images can be ordered by.
ORDERS = (
    'predictive_entropy',
    'expected_entropy',
    'mutual_information',
    'pred_std',
    'least_confidence',
)
_OF_SAMPLES = ('mutual_information', 'pred_std')
_NEEDED = (
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
_COLUMNS = (*_NEEDED, 'runner_up_class', 'runner_up_confidence', 'gt_confidence')
# shares at which a reason is named: of the entropy, of the two best classes together, of the second best, of the best
_DISAGREE, _PAIR, _SECOND, _HALF = 0.25, 0.8, 0.2, 0.5


def uncertain_images(
    source: str | Path | Config,
    checkpoint: str | Path | None = None,
    split: str | None = None,
    out: str | Path = 'work_dirs/inside',
    number: int = 8,
    by: str = 'predictive_entropy',
    only: str | None = None,
) -> list[dict[str, Any]]:
    """Print, write and draw the test images from the least certain to the most certain.

    Args:
        source: ``predictions_<split>.jsonl`` of a test with ``PredictionDump``, or a complete config.
        checkpoint: With a config, its checkpoint; ``'none'`` for a method that is not trained.
        split: With a config, name in ``test_cfg.splits``; None for the first.
        out: Folder for ``uncertain_<name>.csv`` (all images) and ``.png``.
        number: Images of the sheet and of the table, at each end.
        by: One of :data:`ORDERS`.
        only: ``'wrong'`` or ``'right'`` answers alone; None for all.

    Returns:
        All records, least certain first, each with ``reason``.

    Raises:
        ConfigError: If the predictions lack what is needed, or an argument is wrong.
        FileNotFoundError: If a file is missing.
    """
    if isinstance(source, Config):
        opened = open_split(source, checkpoint, split)
        name = opened.split.replace('/', '_')
        records, _ = predict(opened)
    else:
        name = Path(source).stem.removeprefix('predictions_')
        records = _read(Path(source))
    ranked = rank(records, by, only)
    if number < 1:
        raise ConfigError([f'--number {number} must be 1 or more'], 'the call')
    if len(ranked) < 2:
        raise ConfigError(
            [f'{len(ranked)} of {len(records)} images are left (--only {only}); a sheet needs two'],
            str(name),
        )
    title = f'What the model is unsure of, {name}' + (f', {only} answers' if only else '')
    stem = Path(out) / '_'.join(['uncertain', name, *([only] if only else [])])
    write_csv(
        stem.with_suffix('.csv'),
        (*_COLUMNS, 'reason'),
        [[record.get(key) for key in (*_COLUMNS, 'reason')] for record in ranked],
    )
    reason_sheet(ranked, stem.with_suffix('.png'), number, title, by.replace('_', ' '))
    _show(ranked[:number], len(ranked), title, by)
    say(f'Written to {stem}.csv and .png')
    return ranked


def rank(
    records: Sequence[Mapping[str, Any]], by: str = 'predictive_entropy', only: str | None = None
) -> list[dict[str, Any]]:
    """Order predictions by uncertainty and say what makes them so.

    Args:
        records: Predictions as ``PredictionDump`` writes them.
        by: One of :data:`ORDERS`.
        only: ``'wrong'`` or ``'right'`` answers alone.

    Returns:
        Copies with ``reason``, least certain first; equally uncertain ones in the order of their paths.

    Raises:
        ConfigError: If a choice is unknown, a record lacks a field, or the order is by samples and there is one only.
    """
    if by not in ORDERS:
        raise ConfigError([f'--by {by!r} is unknown; allowed: {ORDERS}'], 'the call')
    if only not in (None, 'wrong', 'right'):
        raise ConfigError([f"--only {only!r} is unknown; allowed: 'wrong', 'right'"], 'the call')
    for record in records:
        missing = [key for key in _NEEDED if key not in record]
        if missing:
            raise ConfigError(
                [
                    f'the record of {record.get("img_path", "an image")} lacks {missing}; write the records with '
                    'PredictionDump and a model of vamp_mm'
                ],
                'the predictions',
            )
    if by in _OF_SAMPLES and all(record[by] == 0 for record in records):
        others = [name for name in ORDERS if name not in _OF_SAMPLES]
        raise ConfigError(
            [
                f'--by {by}: it is 0 for all images, this model gives one sample an image; choose one of '
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
    """What makes a prediction uncertain, in three words at most.

    Args:
        record: A prediction.

    Returns:
        ``'samples disagree'`` if a quarter of the entropy or more is what samples disagree about; else ``'two classes'`` if
        two classes share 80 % and the second has 20 % or more; else ``'many classes'`` if the first has less than half;
        else ``'sure'``.
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


def _read(path: Path) -> list[dict[str, Any]]:
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
    """What makes a record unusable; empty if nothing does."""
    missing = [key for key in _NEEDED if key not in record]
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


def _show(records: Sequence[Mapping[str, Any]], total: int, title: str, by: str) -> None:
    table = Table(
        'uncertain',
        f'{title}: the {len(records)} least certain of {total} by {by}',
        [
            'image',
            'true',
            'predicted',
            'runner-up',
            'reason',
            'p',
            'p next',
            'p true',
            'entropy',
            'mutual inf.',
            'std',
        ],
        labels=5,
    )
    for record in records:
        table.rows.append(
            [
                Path(str(record['img_path'])).name,
                record['gt_class'],
                record['pred_class'],
                record.get('runner_up_class') or '',
                record['reason'],
                *(
                    Stat(record[key], digits=3) if record.get(key) is not None else ''
                    for key in (
                        'confidence',
                        'runner_up_confidence',
                        'gt_confidence',
                        'predictive_entropy',
                        'mutual_information',
                        'pred_std',
                    )
                ),
            ]
        )
    table.notes.append(
        'p: probability of the predicted class, of the runner-up, of the true class. Entropies in nats; '
        'mutual information is what samples disagree about, std the standard deviation of p over samples.'
    )
    show(table)
