"""Whether predictions can be trusted: calibration, selective prediction, and images of unknown classes."""

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
#: The same for splits with images of unknown classes.
_AUROC = {
    'confidence': ('auroc_confidence', 3),
    'entropy': ('auroc_predictive_entropy', 3),
    'expected entropy': ('auroc_expected_entropy', 3),
    'mutual information': ('auroc_mutual_information', 3),
    'sample spread': ('auroc_pred_std', 3),
}
#: Scores that need several samples per prediction.
_OF_SAMPLES = ('auroc_expected_entropy', 'auroc_mutual_information', 'auroc_pred_std')
_LABELS = ['dataset', 'method', 'protocol', 'shots', 'tested on']


def uncertainty_tables(results: Sequence[Result]) -> list[Table]:
    """How far predictions can be trusted, and how well images of unknown classes are recognised.

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
        'Lower is better, except for accuracies (in %). ECE and AURC are fractions, NLL is in nats. ECE: mean gap between '
        'confidence and accuracy over 15 bins; ECE L2: root of the mean squared gap; debiased ECE: ECE L2 without the bias '
        'of a finite number of images (Kumar et al. 2019). acc@80: accuracy on the 80 % most certain images.',
        SPREAD,
    ]
    outside.notes += [
        'Probability that the prediction for an image of an unknown class is less certain than for one of a known class: '
        '1 is perfect, 0.5 is chance. One column per uncertainty score; expected entropy, mutual information and sample '
        'spread need predictions that draw samples.',
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
    """Mean over seeds; empty if a run lacks the metric, or if the metric needs samples and none were drawn."""
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
    """Whether predictions of a run differed between samples at all."""
    return any(value > 0 for name, value in run.metrics.items() if name.endswith('/pred_std'))
