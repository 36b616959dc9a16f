"""Result files of a comparison that was never run, for tests of reports; the same numbers each time."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest import mock

from vamp_mm.evaluation.harmonic import harmonic_mean
from vamp_mm.report import read_results
from vamp_mm.report.make import tables_of
from vamp_mm.report.table import Table

SPLITS = {'base-to-novel': ('base', 'novel'), 'few-shot': ('all',)}


def without_pdfs() -> AbstractContextManager:
    """Reports without PDF files, which take most of their time: for tests that write many."""
    return mock.patch('vamp_mm.report.figures.pdf.write_pdfs', return_value=[])


def curves(generator: random.Random, accuracy: float, images: int = 150) -> dict[str, Any]:
    """Reliability (15 bins) and risk-coverage (20 points) of a classifier that is a little too sure of itself."""
    confidence, right, count = [0.0] * 15, [0.0] * 15, [0] * 15
    answers = []
    for _ in range(images):
        sure = min(0.999, max(0.05, generator.gauss(accuracy / 100 + 0.05, 0.2)))
        bin_ = int(sure * 15)
        correct = generator.random() < sure - 0.06
        answers.append((sure, correct))
        confidence[bin_], right[bin_], count[bin_] = (
            confidence[bin_] + sure,
            right[bin_] + correct,
            count[bin_] + 1,
        )
    answers.sort(reverse=True)
    coverage = [round(0.05 * (step + 1), 2) for step in range(20)]
    risk = []
    for part in coverage:
        chosen = answers[: round(part * images)]
        risk.append(sum(not correct for _, correct in chosen) / len(chosen))
    return {
        'reliability': {
            'confidence': [a / max(n, 1) for a, n in zip(confidence, count)],
            'accuracy': [a / max(n, 1) for a, n in zip(right, count)],
            'count': count,
        },
        'risk_coverage': {'coverage': coverage, 'risk': risk},
    }


def write(
    folder: Path, metrics: dict[str, float], content: dict[str, Any] | None = None, **run: Any
) -> Path:
    """One result file in a folder of its own."""
    labels = dict(method='mmrl', dataset='dtd', protocol=None, shots=16, seed=1, overrides={}) | run
    text = dict(
        config_hash=str(sorted(labels.items(), key=str)),
        run=labels,
        metrics=metrics,
        seconds=10.0,
        seconds_per_epoch=2.0,
        trainable_parameters=7,
        peak_memory_mb=100.0,
        peak_memory_of='process',
        finished='2026-01-01T00:00:00+00:00',
        hardware={'device': 'cpu', 'devices': 1, 'machine': 'x86_64', 'cores': 2, 'threads': 1},
        versions={'python': '3.11.4', 'torch': '2.8.0', 'vamp_mm': '0.1.0'},
        resumed_at_epoch=0,
    ) | (content or {})
    path = folder / str(len(list(folder.glob('*')))) / 'result.json'
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(text))
    return path


def comparison(
    folder: Path,
    methods: Sequence[str] = ('clip', 'mmrl', 'vamp'),
    datasets: Sequence[str] = ('caltech101', 'dtd', 'eurosat'),
    shots: Sequence[int] = (1, 2, 4, 8, 16),
    seeds: Sequence[int] = (1, 2, 3),
    with_curves: bool = True,
) -> None:
    """Base-to-novel and few-shot runs of each method (the first is not trained), and cross-dataset ones at the most shots."""
    generator = random.Random(0)
    for place, method in enumerate(methods):
        settings = (
            [(number, seed) for number in shots for seed in seeds] if place else [(None, None)]
        )
        for dataset in datasets:
            level = 55 + 12 * datasets.index(dataset) % 37
            for number, seed in settings:
                for protocol, splits in SPLITS.items():
                    gain = 0 if number is None else 4 * (1 + 0.1 * place) * (number**0.3)
                    values = {
                        split: min(
                            99.5,
                            level + generator.gauss(0, 0.8) + (0 if split == 'novel' else gain),
                        )
                        for split in splits
                    }
                    _write_one(
                        folder,
                        generator,
                        values,
                        with_curves,
                        method=method,
                        dataset=dataset,
                        protocol=protocol,
                        shots=number,
                        seed=seed,
                        place=place,
                    )
        for number, seed in settings[-len(seeds) :]:
            metrics = {
                f'{name}/all/accuracy': 60 + generator.gauss(place, 0.5)
                for name in ('imagenet', *datasets)
            }
            metrics['average/all/accuracy'] = sum(
                metrics[f'{name}/all/accuracy'] for name in datasets
            ) / len(datasets)
            write(
                folder,
                metrics,
                method=method,
                dataset='imagenet',
                protocol='cross-dataset',
                shots=number,
                seed=seed,
            )


def _write_one(
    folder: Path,
    generator: random.Random,
    values: dict[str, float],
    with_curves: bool,
    place: int,
    **run: Any,
) -> None:
    time = 20 if run['shots'] is None else 30 + 25 * place * run['shots'] + generator.gauss(0, 2)
    content: dict[str, Any] = dict(
        seconds=time,
        peak_memory_mb=900 + 160 * place + generator.gauss(0, 5),
        trainable_parameters=0 if run['shots'] is None else 10**place * 36,
        seconds_per_epoch=None if run['shots'] is None else time / 10,
    )
    if with_curves:
        content['curves'] = {
            split: curves(generator, accuracy) for split, accuracy in values.items()
        }
    write(
        folder,
        {f'{split}/accuracy': accuracy for split, accuracy in values.items()},
        content,
        **run,
    )


def pair(base: float, novel: float) -> dict[str, float]:
    """Metrics of a base-to-novel run."""
    return {'base/accuracy': base, 'novel/accuracy': novel, 'H': harmonic_mean(base, novel)}


def table_of(folder: Path, key: str) -> Table:
    """One of the tables of all runs in a folder."""
    return {table.key: table for table in tables_of(read_results([folder]))}[key]


def cells(table: Table, *words: str) -> dict[str, Any]:
    """Column -> cell of the only row that begins with some words."""
    [row] = [row for row in table.rows if tuple(row[: len(words)]) == words]
    return dict(zip(table.columns, row))
