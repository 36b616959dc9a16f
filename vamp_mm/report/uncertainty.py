"""When a prediction can be trusted: calibration, selective prediction, and images of unknown classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .few_shot import SPREAD
from .published import in_order, title
from .results import Result, Runs, grouped
from .table import Cell, Table, stat

#: Column -> metric below the split, and its decimals.
_MEASURES = {
    'ECE': ('ece', 4),
    'ECE L2': ('ece_l2', 4),
    'debiased ECE': ('ece_debiased', 4),
    'NLL': ('nll', 3),
    'Brier': ('brier', 3),
    'AURC': ('aurc', 4),
    'acc': ('accuracy', 2),
    'acc@90': ('accuracy_at_90', 2),
    'acc@80': ('accuracy_at_80', 2),
}
#: The same, of the splits that stand outside.
_AUROC = {
    'confidence': ('auroc_confidence', 3),
    'entropy': ('auroc_predictive_entropy', 3),
    'expected entropy': ('auroc_expected_entropy', 3),
    'mutual information': ('auroc_mutual_information', 3),
    'sample spread': ('auroc_pred_std', 3),
}
#: Scores that only a model which draws several samples has, or has apart from others.
_OF_SAMPLES = ('auroc_expected_entropy', 'auroc_mutual_information', 'auroc_pred_std')
_LABELS = ['dataset', 'method', 'protocol', 'shots', 'tested on']


def uncertainty_tables(results: Sequence[Result]) -> list[Table]:
    """How far predictions can be trusted, and how well unknown classes are told.

    Args:
        results: All results.

    Returns:
        ``uncertainty`` and ``outside``; a table without rows is left out.
    """
    trust = Table('uncertainty', 'Uncertainty', [*_LABELS, *_MEASURES, 'n'], labels=len(_LABELS))
    outside = Table(
        'outside',
        'Images of unknown classes (AUROC)',
        [*_LABELS, *_AUROC, 'n'],
        labels=len(_LABELS),
    )
    for table, columns, sign in ((trust, _MEASURES, 'ece'), (outside, _AUROC, 'auroc_confidence')):
        _fill(table, columns, sign, results)
    trust.notes += [
        'Lower is better but for accuracies (%). ECE and AURC are fractions, NLL is in nats. ECE is the mean gap between '
        'confidence and accuracy in 15 bins, ECE L2 the root of its mean square, debiased ECE the latter without what a '
        'finite number of images adds (Kumar et al. 2019). acc@80: accuracy of the 80 % most certain images.',
        SPREAD,
    ]
    outside.notes += [
        'Probability that an image of a class which the model was not asked about looks less certain than one of a class '
        'that it was: 1 is perfect, 0.5 chance. Columns: the score that tells them; expected entropy, mutual '
        'information and sample spread only where predictions draw samples.',
        SPREAD,
    ]
    return [table for table in (trust, outside) if table.rows]


def _fill(
    table: Table, columns: dict[str, tuple[str, int]], sign: str, results: Sequence[Result]
) -> None:
    """One row per dataset, method, protocol, shots and split that has the metric ``sign``."""
    for dataset in in_order({result.dataset for result in results}):
        table.section()
        of_dataset = [result for result in results if result.dataset == dataset]
        for protocol in dict.fromkeys(result.protocol for result in of_dataset):
            chosen = [result for result in of_dataset if result.protocol == protocol]
            for (label, _, shots), runs in sorted(
                grouped(chosen).items(), key=lambda item: (item[0][0], item[0][2] or 0)
            ):
                words = [title(dataset), label, protocol, '-' if shots is None else str(shots)]
                for split in _splits(runs, sign):
                    having = {
                        seed: run for seed, run in runs.items() if f'{split}/{sign}' in run.metrics
                    }
                    cells = [
                        _cell(having, f'{split}/{metric}', digits)
                        for metric, digits in columns.values()
                    ]
                    table.rows.append([*words, split, *cells, str(len(having))])
    table.breaks.discard(len(table.rows))


def _splits(runs: Runs, sign: str) -> list[str]:
    return list(
        dict.fromkeys(
            name.removesuffix(f'/{sign}')
            for run in runs.values()
            for name in run.metrics
            if name.endswith(f'/{sign}')
        )
    )


def _cell(runs: Runs, name: str, digits: int) -> Cell:
    """Mean over seeds; nothing where a run lacks the metric, or it comes from samples that were not drawn."""
    values = [run.metrics.get(name) for run in runs.values()]
    numbers = [
        float(value) for value in values if isinstance(value, (int, float)) and math.isfinite(value)
    ]
    if not numbers or len(numbers) < len(values):
        return ''
    if name.rsplit('/', 1)[-1] in _OF_SAMPLES and not any(map(_draws_samples, runs.values())):
        return ''
    return stat(numbers, digits)


def _draws_samples(run: Result) -> bool:
    """Whether predictions of a run ever differed between samples."""
    return any(value > 0 for name, value in run.metrics.items() if name.endswith('/pred_std'))
