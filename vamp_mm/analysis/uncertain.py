"""Which test images a model is unsure of, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.config.errors import ConfigError
from vamp_mm.report.show import say, show, write_csv
from vamp_mm.report.table import Stat, Table
from vamp_mm.visualization.reason_sheet import reason_sheet

from .opened import open_split
from .predictions import predict
from .ranking import rank
from .recorded import NEEDED, read_records

_COLUMNS = (*NEEDED, 'runner_up_class', 'runner_up_confidence', 'gt_confidence')
#: Columns of the table in the terminal; the last ones are these numbers.
_SHOWN = (
    'image', 'true', 'predicted', 'runner-up', 'reason', 'p', 'p next', 'p true', 'entropy',
    'mutual inf.', 'std',
)  # fmt: skip
_NUMBERS = (
    'confidence', 'runner_up_confidence', 'gt_confidence', 'predictive_entropy',
    'mutual_information', 'pred_std',
)  # fmt: skip


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
        by: One of :data:`~vamp_mm.evaluation.uncertainty_fields.UNCERTAINTIES`.
        only: ``'wrong'`` or ``'right'`` answers only; None for all.

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
        records = read_records(Path(source))
    ranked = rank(records, by, only)
    if number < 1:
        raise ConfigError([f'--number {number} must be 1 or more'], 'the call')
    if len(ranked) < 2:
        raise ConfigError(
            [
                f'{len(ranked)} of {len(records)} images are left'
                f'{f" with --only {only}" if only else ""}; a sheet needs 2 or more'
            ],
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


def _show(records: Sequence[Mapping[str, Any]], total: int, title: str, by: str) -> None:
    table = Table(
        'uncertain',
        f'{title}: the {len(records)} least certain of {total} by {by}',
        list(_SHOWN),
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
                    for key in _NUMBERS
                ),
            ]
        )
    table.notes.append(
        'p: probability of the predicted class, of the runner-up, of the true class. Entropies in nats; '
        'mutual information is what samples disagree about, std the standard deviation of p over samples.'
    )
    show(table)
