"""Whether two methods differ by more than the seeds of each."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from vamp_mm.config.errors import ConfigError, closest
from vamp_mm.evaluation.harmonic import AVERAGE, harmonic_mean
from vamp_mm.evaluation.protocol_table import PROTOCOLS, TARGET_SUFFIX

from .published import in_order, title
from .results import Result, Runs, grouped
from .table import Cell, Stat, Table

_COLUMNS = ('protocol', 'shots', 'metric', 'dataset', 'difference', 't', 'p', 'pairs')
_UNEVEN = (
    'Not all runs were tested on the same targets: each pair is compared on the targets that both runs have; '
    'pairs without a common target are left out.'
)
_NOTES = (
    'Mean difference ± sample standard deviation over the pairs: the seeds that both methods have or, in the row over '
    'datasets, the datasets (one mean each). A method without training has the same number for every seed.',
    'p: two-sided paired t-test, not corrected for the number of rows. With three seeds only large differences are '
    'significant: p > 0.05 does not mean that two methods are equal.',
)


def student_p(t: float, freedom: int) -> float:
    """Two-sided p-value of Student's t (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).

    Args:
        t: Value of the statistic; infinite for equal differences.
        freedom: Degrees of freedom, 1 or more.

    Returns:
        Probability of a value at least as far from 0.

    Raises:
        ValueError: If there are no degrees of freedom.
    """
    if freedom < 1:
        raise ValueError(f'freedom={freedom}: a t-test needs two pairs or more')
    angle = math.atan(abs(t) / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term, total = (cosine if odd else 1.0), 0.0
    for step in range(freedom // 2):
        if step:
            term *= cosine**2 * (2 * step / (2 * step + 1) if odd else (2 * step - 1) / (2 * step))
        total += term
    inside = (angle + sine * total) * 2 / math.pi if odd else sine * total
    return min(max(1 - inside, 0.0), 1.0)


def compare_table(results: Sequence[Result], first: str, second: str) -> Table:
    """Differences of two methods, paired by seed, and over datasets.

    Args:
        results: All results.
        first: Label of a method.
        second: Label of the other.

    Returns:
        Per dataset the mean difference ``first - second`` over seeds that both have, and a paired t-test; the last row
        of each protocol takes one mean per dataset.

    Raises:
        ConfigError: If a label is not among the results.
    """
    _check_labels({result.label for result in results}, first, second)
    table = Table('compare', f'{first} - {second}', list(_COLUMNS), labels=4)
    uneven = False
    for protocol in dict.fromkeys(result.protocol for result in results if measured(result)):
        chosen = [result for result in results if result.protocol == protocol]
        groups = grouped(chosen)
        for shots in sorted({shots for *_, shots in groups}, key=lambda item: item or 0):
            table.section()
            pairs: dict[str, list[Runs]] = {
                dataset: [
                    groups.get((label, dataset, shots)) or groups.get((label, dataset, None), {})
                    for label in (first, second)
                ]
                for dataset in in_order({result.dataset for result in chosen})
            }
            uneven |= any(map(_uneven, pairs.values()))
            if shots is not None:
                table.rows += _rows([protocol, str(shots), PROTOCOLS[protocol].summary], pairs)
    table.notes += [*([_UNEVEN] if uneven else []), *_NOTES]
    return table


def _check_labels(labels: set[str], *chosen: str) -> None:
    unknown = [
        f'--compare {name!r} is not among the results; {closest(name, labels)}'
        for name in chosen
        if name not in labels
    ]
    if unknown:
        raise ConfigError(unknown)


def _uneven(pair: Sequence[Runs]) -> bool:
    """Whether the runs of two methods have different targets."""
    return len({measured(run) for runs in pair for run in runs.values()}) > 1


def _rows(words: Sequence[str], pairs: Mapping[str, Sequence[Runs]]) -> list[list[Cell]]:
    """One row per dataset on which both methods have runs; with several, one over the datasets."""
    found = {
        dataset: differences
        for dataset, (ours, theirs) in pairs.items()
        if (differences := _differences(ours, theirs))
    }
    rows: list[list[Cell]] = [
        [*words, title(dataset), *_test(differences)] for dataset, differences in found.items()
    ]
    if len(found) > 1:
        means = [sum(differences) / len(differences) for differences in found.values()]
        rows.append([*words, 'over datasets', *_test(means)])
    return rows


def measured(result: Result) -> frozenset[str]:
    """The accuracies by which a run is compared: both halves, all classes, or the targets that it was not trained on.

    Args:
        result: Of a run.

    Returns:
        Names of metrics; empty for runs without a protocol.
    """
    protocol = PROTOCOLS.get(result.protocol)
    if protocol is None:
        return frozenset()
    if not protocol.has_targets:
        return frozenset(protocol.metrics)
    own = (f'{AVERAGE}/', f'{result.dataset}/')
    return frozenset(
        name for name in result.metrics if name.endswith(TARGET_SUFFIX) and not name.startswith(own)
    )


def _metric(result: Result, names: frozenset[str]) -> float:
    """The one number of a run: H of the halves, or the mean over what was measured."""
    metrics, halves = result.metrics, PROTOCOLS[result.protocol].halves
    if halves is not None:
        return harmonic_mean(*(metrics[name] for name in halves))
    return statistics.fmean(metrics[name] for name in sorted(names))


def _differences(ours: Runs, theirs: Runs) -> list[float]:
    if not ours or not theirs:
        return []
    seeds = [seed for seed in {**ours, **theirs} if seed is not None]
    pairs = [(ours.get(seed, ours.get(None)), theirs.get(seed, theirs.get(None))) for seed in seeds]
    both = [(a, b, measured(a) & measured(b)) for a, b in pairs if a is not None and b is not None]
    return [_metric(a, names) - _metric(b, names) for a, b, names in both if names]


def _test(differences: Sequence[float]) -> list[Cell]:
    mean, number = sum(differences) / len(differences), len(differences)
    if number < 2:
        return [Stat(mean, signed=True), '', '', str(number)]
    spread = statistics.stdev(differences)
    t = (
        mean / (spread / math.sqrt(number))
        if spread
        else math.copysign(math.inf, mean)
        if mean
        else 0.0
    )
    shown: Cell = Stat(t) if math.isfinite(t) else 'inf' if t > 0 else '-inf'
    return [
        Stat(mean, spread, signed=True),
        shown,
        Stat(student_p(t, number - 1), digits=4),
        str(number),
    ]
