"""What runs cost, and the metrics of runs without a protocol."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .few_shot import SPREAD
from .published import title
from .results import Result, Runs, grouped
from .table import Cell, Stat, Table, stat

_COLUMNS = (
    'method',
    'dataset',
    'protocol',
    'shots',
    'device',
    'trainable parameters',
    's/epoch',
    'train and test s',
    'test images/s',
    'peak MiB',
    'n',
)
_MEMORY = {'cuda': 'tensors on the GPU', 'process': 'the whole process (CPU)'}


def cost_table(results: Sequence[Result]) -> Table:
    """Trainable parameters, time and memory.

    Args:
        results: All results.

    Returns:
        One row per method, dataset, protocol and shots; means over seeds.
    """
    table = Table('cost', 'Cost', list(_COLUMNS), labels=5)
    for protocol in dict.fromkeys(result.protocol for result in results):
        chosen = [result for result in results if result.protocol == protocol]
        for (label, dataset, shots), runs in grouped(chosen).items():
            words = [label, title(dataset), protocol, '-' if shots is None else str(shots)]
            table.rows.append([*words, *_costs(runs)])
    table.rows.sort(key=lambda row: tuple(map(str, row[:4])))
    owners = {result.content.get('peak_memory_of') for result in results}
    table.notes += [
        'Means over seeds, measured during the runs and so affected by other jobs on the machine. The total time '
        'leaves out interrupted runs.',
        f'Peak memory: {" or ".join(words for owner, words in _MEMORY.items() if owner in owners)}.',
    ]
    return table


def _costs(runs: Runs) -> list[Cell]:
    """Device, parameters, times and memory of the runs of one row."""
    whole = {seed: run for seed, run in runs.items() if not run.content.get('resumed_at_epoch')}
    devices = {str((run.content.get('hardware') or {}).get('device')) for run in runs.values()}
    return [
        ', '.join(sorted(devices)),
        _mean(runs, 'trainable_parameters', 0),
        _mean(runs, 'seconds_per_epoch', 2),
        _mean(whole, 'seconds', 1),
        _mean(runs, 'test_images_per_second', 1),
        _mean(runs, 'peak_memory_mb', 0),
        str(len(runs)),
    ]


def other_table(results: Sequence[Result]) -> Table:
    """All metrics of runs that follow no protocol.

    Args:
        results: Their results.

    Returns:
        One column per metric.
    """
    names = list(dict.fromkeys(name for result in results for name in result.metrics))
    table = Table('other', 'Other runs', ['method', 'dataset', 'shots', *names, 'n'], labels=3)
    for (label, dataset, shots), runs in grouped(results).items():
        cells: list[Cell] = [_mean(runs, name, 4, metric=True) for name in names]
        table.rows.append(
            [label, title(dataset), '-' if shots is None else str(shots), *cells, str(len(runs))]
        )
    table.notes.append(SPREAD)
    return table


def _mean(runs: Runs, key: str, digits: int, metric: bool = False) -> Cell:
    """Mean of a number over seeds, with its spread if it is a metric; empty if a run lacks it."""
    values = [(run.metrics if metric else run.content).get(key) for run in runs.values()]
    numbers = [
        float(value) for value in values if isinstance(value, (int, float)) and math.isfinite(value)
    ]
    if not numbers or len(numbers) < len(values):
        return ''
    found = stat(numbers, digits)
    return found if metric else Stat(found.mean, None, digits)
