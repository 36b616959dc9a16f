"""What was compared: methods, data, seeds, versions and machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from vamp_mm.config.identity import shots_in_words

from ..names import printable
from ..published import in_order, title
from ..results import Result


def newest(results: Iterable[Result]) -> str:
    """When the last run finished; the only date on the page."""
    dates = [date for result in results if isinstance(date := result.content.get('finished'), str)]
    return max(dates, default='unknown').replace('T', ' ').replace('+00:00', ' UTC')


def summary(results: Sequence[Result]) -> dict[str, list[str]]:
    """What was compared.

    Args:
        results: All results.

    Returns:
        Term -> one value or several.
    """
    shots = {result.shots for result in results if result.shots is not None}
    seeds = {result.seed for result in results if result.seed is not None}
    lines = {
        'Methods': ', '.join(sorted({result.label for result in results})),
        'Datasets': ', '.join(map(title, in_order({result.dataset for result in results}))),
        'Protocols': ', '.join(dict.fromkeys(sorted(result.protocol for result in results))),
        'Shots': ', '.join(map(_shots, sorted(shots, key=lambda n: (n < 0, n))))
        or shots_in_words(None),
        'Seeds': ', '.join(map(str, sorted(seeds))) or 'none (no run depends on a seed)',
        'Runs': str(len(results)),
        'Newest run': newest(results),
    }
    return {
        **{term: [line] for term, line in lines.items()},
        'CLIP': _each(results, lambda result: _setup(result, 'clip') or 'unknown'),
        'Data': _each(results, lambda result: _setup(result, 'data') or 'unknown'),
        'Epochs': _epochs(results),
        'Settings that are not the published ones': _changed(results),
        'Hardware': _each(results, lambda result: _hardware(result.content.get('hardware'))),
        'Versions': _versions(results),
    }


def _shots(number: int) -> str:
    return 'all images' if number < 0 else str(number)


def _setup(result: Result, key: str) -> str:
    setup = result.content.get('setup')
    return _plain(setup.get(key) or '') if isinstance(setup, Mapping) else ''


def _lines(setup: Any) -> list[str]:
    lines = setup.get('changed') if isinstance(setup, Mapping) else None
    return [printable(line) for line in lines] if isinstance(lines, list) else []


def _epochs(results: Sequence[Result]) -> list[str]:
    """Epochs of each method, whose runs may differ by dataset."""
    found: dict[str, set[int]] = {}
    for result in results:
        epochs = result.content.get('epochs')
        if type(epochs) is int and epochs > 0:
            found.setdefault(result.label, set()).add(epochs)
    return [
        f'{label}: {", ".join(map(str, sorted(numbers)))}'
        for label, numbers in sorted(found.items())
    ] or ['none']


def _changed(results: Sequence[Result]) -> list[str]:
    """What each method's runs set differently from its authors; a line per method and setting."""
    found = {
        f'{result.label}: {line}'
        for result in results
        for line in _lines(result.content.get('setup'))
    }
    return sorted(found) or ['none that is known']


def _each(results: Sequence[Result], words: Callable[[Result], str]) -> list[str]:
    """What the results record, with the number of runs where it differs."""
    counts = Counter(map(words, results))
    if len(counts) == 1:
        return list(counts)
    return [
        f'{text} ({number} run{"" if number == 1 else "s"})'
        for text, number in sorted(counts.items())
    ]


def _hardware(content: Any) -> str:
    if not isinstance(content, Mapping):
        return 'unknown'
    parts = [_plain(content.get('device', 'unknown device'))]
    if content.get('devices') not in (None, 1):
        parts[0] += f' x {_plain(content["devices"])}'
    parts += [_plain(content['machine'])] if 'machine' in content else []
    parts += [
        f'{_plain(content[key])} {key}'
        for key in ('cores', 'threads')
        if content.get(key) is not None
    ]
    return ', '.join(parts)


def _versions(results: Sequence[Result]) -> list[str]:
    """One line per package whose version differs between runs; one line for all others."""
    found: dict[str, Counter[str]] = {}
    for result in results:
        content = result.content.get('versions')
        for package, version in (content if isinstance(content, Mapping) else {}).items():
            found.setdefault(str(package), Counter())[_plain(version)] += 1
    if not found:
        return ['unknown']
    same = [
        f'{package} {next(iter(counts))}'
        for package, counts in sorted(found.items())
        if len(counts) == 1
    ]
    other = [
        f'{package} '
        + ', '.join(f'{version} ({number} runs)' for version, number in sorted(counts.items()))
        for package, counts in sorted(found.items())
        if len(counts) > 1
    ]
    return [*other, *([', '.join(same)] if same else [])]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
