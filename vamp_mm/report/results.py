"""Reading the result files of runs, and grouping them by method, dataset and shots."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vamp_mm.benchmark.jobs import JOB, LOG, read_job
from vamp_mm.config.errors import ConfigError
from vamp_mm.config.identity import shots_in_words
from vamp_mm.evaluation.protocol_guess import protocol_of_metrics
from vamp_mm.evaluation.protocol_table import PROTOCOLS
from vamp_mm.files import RecordError, read_record
from vamp_mm.messages import some
from vamp_mm.runs.result_file import RESULT

from .content import settle_content, wrong_content
from .names import printable


@dataclass(frozen=True)
class Result:
    """One finished run.

    Args:
        path: Its file.
        method: Name of the method.
        label: Its name in tables: the method, and the overrides that distinguish it from other runs of the method.
        dataset: Dataset that it was trained on, or tested on.
        protocol: A name of PROTOCOLS; 'other' if its metrics are those of none.
        shots: Training images per class; None if nothing was trained.
        seed: Seed; None if nothing depends on one.
        metrics: All metrics.
        content: The whole file.
    """

    path: str
    method: str
    label: str
    dataset: str
    protocol: str
    shots: int | None
    seed: int | None
    metrics: Mapping[str, float]
    content: Mapping[str, Any]

    def halves(self) -> tuple[float, float]:
        """Accuracies on base and on novel classes, of a protocol that measures both."""
        base, novel = PROTOCOLS[self.protocol].metrics
        return self.metrics[base], self.metrics[novel]


#: Results of one method, dataset, protocol and number of shots: seed -> result.
Runs = dict[int | None, Result]


def read_results(
    folders: Sequence[str | Path], newest: bool = False, notes: list[str] | None = None
) -> list[Result]:
    """Read all ``result.json`` below some folders.

    Args:
        folders: Where to look.
        newest: Of several runs of the same method, dataset, protocol, shots and seed with different configs, take the
            one that finished last; otherwise they are an error.
        notes: One sentence per file that is left out is added.

    Returns:
        The results, in the order of their paths.

    Raises:
        FileNotFoundError: If a folder does not exist, or there is no result.
        ConfigError: If runs with different configs belong in the same cell.
    """
    notes = [] if notes is None else notes
    found: list[tuple[str, dict[str, Any]]] = []
    for folder in folders:
        if not Path(folder).is_dir():
            raise FileNotFoundError(f'{str(folder)!r} is not a folder (seen from {Path.cwd()})')
        for path in sorted(Path(folder).rglob(RESULT)):
            try:
                content = read_record(path)
            except RecordError as error:
                notes.append(f'{path} is left out: {error}')
                continue
            if wrong := wrong_content(content):
                notes.append(f'{path} is left out: {wrong}')
            elif content.get('checkpoint'):
                notes.append(
                    f'{path} is left out: it is a test of {content["checkpoint"]}, whose own run counts'
                )
            else:
                notes += [f'{path}: {remark}' for remark in settle_content(content)]
                found.append((str(path), content))
    if not found:
        left_out = f' ({some(notes, "; ", 3)})' if notes else ''
        raise FileNotFoundError(
            f'no {RESULT} of a finished run below {", ".join(map(str, folders))}{left_out}; start some with '
            '`vamp_mm benchmark` or `vamp_mm train`'
        )
    notes += _unfinished(folders, [content['run'] for _, content in found])
    labels = _labels([content['run'] for _, content in found])
    results = [
        _result(path, content, label) for (path, content), label in zip(found, labels, strict=True)
    ]
    results = _distinct(results, newest, notes)
    notes[:] = map(printable, notes)
    return results


def _unfinished(folders: Sequence[str | Path], runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the runs of a benchmark without a result, so that a part is not taken for the whole."""
    finished = {_run_key(run) for run in runs}
    missing = {}
    for path in sorted(path for folder in folders for path in Path(folder).rglob(JOB)):
        try:
            job = read_job(path.parent)
            if job.result() is None and _run_key(job.labels) not in finished:
                missing[job.name] = path.parent
        except (
            OSError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ):  # the job itself is damaged
            missing[str(path.parent)] = path.parent
    return [
        f'{name} is not finished and is in no table; see {folder / LOG}'
        for name, folder in missing.items()
    ]


def _run_key(run: Mapping[str, Any]) -> str:
    labels = [
        run.get(key) for key in ('method', 'dataset', 'protocol', 'shots', 'seed', 'overrides')
    ]
    return json.dumps(labels, sort_keys=True, default=str)


def grouped(results: Iterable[Result]) -> dict[tuple[str, str, int | None], Runs]:
    """Results by label, dataset and shots, then by seed, in order of appearance."""
    groups: dict[tuple[str, str, int | None], Runs] = {}
    for result in results:
        groups.setdefault((result.label, result.dataset, result.shots), {})[result.seed] = result
    return groups


def shots_of(results: Iterable[Result]) -> list[int | None]:
    """Numbers of shots that runs were trained with, in order; only None if nothing was trained."""
    found: list[int | None] = [*sorted({item.shots for item in results if item.shots is not None})]
    return found or [None]


def most_shots_first(results: Iterable[Result]) -> list[int | None]:
    """As :func:`shots_of`, from all images over the largest number down to the smallest."""
    return sorted(
        shots_of(results), key=lambda number: (number is None or number >= 0, -(number or 0))
    )


def _result(path: str, content: Mapping[str, Any], label: str) -> Result:
    run, metrics = content['run'], content['metrics']
    return Result(
        path,
        run['method'],
        label,
        run['dataset'],
        protocol_of_metrics(run.get('protocol'), metrics),
        run.get('shots'),
        run.get('seed'),
        metrics,
        content,
    )


def _labels(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The method, and the overrides that not all runs of the method share."""
    settings = [
        {f'{key}={value}' for key, value in (run.get('overrides') or {}).items()} for run in runs
    ]
    shared: dict[str, set[str]] = {}
    for run, setting in zip(runs, settings, strict=True):
        name = run['method']
        shared[name] = shared[name] & setting if name in shared else set(setting)
    return [
        ' '.join(
            [
                run['method'],
                *(
                    [f'({", ".join(own)})']
                    if (own := sorted(setting - shared[run['method']]))
                    else []
                ),
            ]
        )
        for run, setting in zip(runs, settings, strict=True)
    ]


def _distinct(results: Sequence[Result], newest: bool, notes: list[str]) -> list[Result]:
    kept: dict[tuple[str, str, str, int | None, int | None], Result] = {}
    for result in sorted(results, key=lambda item: str(item.content.get('finished'))):
        key = (result.label, result.dataset, result.protocol, result.shots, result.seed)
        other = kept.pop(key, None)
        if other is not None:
            same = other.content.get('config_hash') == result.content.get('config_hash')
            if not same and not newest:
                shots = shots_in_words(result.shots)
                raise ConfigError(
                    [
                        f'{other.path} and {result.path} are both called {result.label!r} on '
                        f'{result.dataset}, {shots}, seed {result.seed}, and their configs differ. Take the '
                        "newer one with --newest, remove one, or run one with run=dict(method='NAME') in its "
                        'config, which names its row'
                    ],
                    'the runs',
                )
            notes.append(
                f'{other.path} is left out: {result.path} is newer' + (' and equal' if same else '')
            )
        kept[key] = result
    return _of_one_setting(sorted(kept.values(), key=lambda item: item.path), newest, notes)


def _of_one_setting(results: Sequence[Result], newest: bool, notes: list[str]) -> list[Result]:
    """Seeds of one row were run with the same settings; of others the newest with ``newest``."""
    rows: dict[tuple[str, str, str, int | None], list[Result]] = {}
    for result in results:
        key = (result.label, result.dataset, result.protocol, result.shots)
        rows.setdefault(key, []).append(result)
    left_out = set()
    for same_row in rows.values():
        known = [item for item in same_row if isinstance(item.content.get('settings_hash'), str)]
        last = max(known, key=lambda item: str(item.content.get('finished')), default=None)
        other = [
            item
            for item in known
            if last and item.content['settings_hash'] != last.content['settings_hash']
        ]
        if last and len(known) < len(same_row):
            notes.append(
                f'{last.label} on {last.dataset}, {shots_in_words(last.shots)}: some results are older than the record of '
                'their settings; whether all have the same is not known'
            )
        if last and other and not newest:
            raise ConfigError(
                [
                    f'{other[0].path} and {last.path} are both called {last.label!r} on {last.dataset}, '
                    f'{shots_in_words(last.shots)}, and differ in more than their seeds, so they have no mean. Take the '
                    "newer ones with --newest, remove some, or run some with run=dict(method='NAME') in their config, "
                    'which names their row'
                ],
                'the runs',
            )
        notes += [
            f'{item.path} is left out: {last.path} is newer and of other settings'
            for item in other
            if last
        ]
        left_out |= {item.path for item in other}
    return [item for item in results if item.path not in left_out]
