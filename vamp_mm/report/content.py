"""Whether a report can use the content of a result file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vamp_mm.runs.result_file import is_number

from .names import printable

#: Numbers besides the metrics; a damaged one is left out, but the run counts.
_COSTS = (
    'trainable_parameters',
    'seconds',
    'seconds_per_epoch',
    'train_images_per_second',
    'test_images_per_second',
    'peak_memory_mb',
)
_OBJECTS = ('hardware', 'versions', 'setup', 'compared_with_zero_shot')


def wrong_content(content: Mapping[str, Any]) -> str | None:
    """Why a file cannot be used for tables.

    Args:
        content: Of the file.

    Returns:
        The reason; None if there is none.
    """
    run, metrics = content.get('run'), content.get('metrics')
    if not isinstance(run, Mapping) or 'metrics' not in content:
        return 'it is not the result of a run, or is of an older version'
    missing = [
        key
        for key in ('method', 'dataset')
        if not isinstance(run.get(key), str) or not run[key].strip()
    ]
    if missing:
        return f'its run names no {" and no ".join(missing)}'
    for key in ('shots', 'seed'):
        value = run.get(key)
        if value is not None and (type(value) is not int or abs(value) > 2**63):
            return f'its run has {key}={shown(value)}, which must be an integer or null'
    overrides = run.get('overrides')
    if overrides is not None and not isinstance(overrides, Mapping):
        return f'its run has overrides={shown(overrides)}, which must be an object or null'
    if not isinstance(metrics, Mapping):
        return 'it is not the result of a run: it holds no metrics'
    for name, value in metrics.items():
        if name.endswith('accuracy') and not (is_number(value) and 0 <= value <= 100 + 1e-3):
            return f'{printable(name)} is {shown(value)}, not a finite number from 0 to 100'
    return None


def settle_content(content: dict[str, Any]) -> list[str]:
    """Make a result fit for tables, in place: names that can be printed, numbers where numbers belong.

    Args:
        content: Of a file in which :func:`wrong_content` finds nothing wrong.

    Returns:
        One sentence per damaged value that is left out.
    """
    remarks = []
    run = content['run'] = dict(content['run'])
    for key in ('method', 'dataset'):
        run[key] = printable(run[key])
    if run.get('protocol') is not None:
        run['protocol'] = printable(run['protocol'])
    run['overrides'] = {
        printable(key): printable(value) if isinstance(value, str) else value
        for key, value in (run.get('overrides') or {}).items()
    }
    metrics = content['metrics']
    damaged = {name: value for name, value in metrics.items() if not _is_metric(value)}
    content['metrics'] = {
        printable(name): value for name, value in metrics.items() if name not in damaged
    }
    remarks += [
        f'{printable(name)} is left out: {shown(value)} is not a number'
        for name, value in damaged.items()
    ]
    remarks += _settle_rest(content)
    for key in ('finished', 'peak_memory_of', 'config_hash'):
        content[key] = printable(content[key]) if isinstance(content.get(key), str) else None
    return remarks


def _settle_rest(content: dict[str, Any]) -> Iterator[str]:
    for key in _COSTS:
        value = content.get(key)
        if value is not None and not is_number(value):
            content[key] = None
            if value == value:  # runs that could not measure it write NaN
                yield f'{key} is left out: {shown(value)} is not a number'
    for key in _OBJECTS:
        if content.get(key) is not None and not isinstance(content[key], Mapping):
            yield f'{key} is left out: {shown(content[key])} is not an object'
            content[key] = None
        elif isinstance(content.get(key), Mapping):
            content[key] = {
                printable(name): printable(value) if isinstance(value, str) else value
                for name, value in content[key].items()
            }


def _is_metric(value: Any) -> bool:
    """A number, or null, NaN or infinity in place of one that could not be computed."""
    return (
        value is None
        or is_number(value)
        or (isinstance(value, float) and not abs(value) < float('inf'))
    )


def shown(value: Any) -> str:
    """The beginning of any value, in at most 60 characters."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**20:
        return 'an integer of more than 20 digits'
    if isinstance(value, (dict, list)):
        return f'a {"list" if isinstance(value, list) else "object"} of {len(value)}'
    text = printable(repr(value))
    return text if len(text) <= 60 else text[:57] + '...'
