"""The benchmark's table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

_MIB = 2**20
#: Key of a row with times -> its label.
_TIMES = {
    'engine_s': 'engine',
    'floor_s': 'bare matrix products',
    'textbook_s': 'textbook',
    'text_s': 'text only',
    'images_s': 'images',
    'predict_s': 'prediction',
    'test_s': 'test batch',
}
#: Key of a row with a ratio of times -> its label.
_RATIOS = {
    'speedup': 'textbook / engine',
    'over_floor': 'engine / bare',
    'text_in_images': 'text costs, in images',
    'test_speedup': 'test, textbook / engine',
}


def show(row: dict[str, Any]) -> None:
    """Print one line of the table, or the environment that it was measured in.

    Args:
        row: As :func:`benchmark_speed` returns it.
    """
    print('\n'.join(_lines(row)), flush=True)


def _lines(row: dict[str, Any]) -> list[str]:
    if 'method' not in row:
        return [
            ', '.join(f'{key} {value}' for key, value in row.items()),
            'times: median [fastest .. slowest] of the rounds; ratios: the same, round by round',
        ]
    head = (
        f'{row["method"]}, {row["work"]}: C={row["classes"]} N={row["images"]} S={row["samples"]}'
    )
    if 'suffix_tokens' in row:
        head += f', {row["suffix_tokens"]:.2f} suffix tokens on average'
    lines = [head]
    lines += [
        _line(label, _seconds(row[key]) + _rate(row, key))
        for key, label in _TIMES.items()
        if key in row
    ]
    lines += [_line(label, _ratio(row[key])) for key, label in _RATIOS.items() if key in row]
    if row.get('textbook_factor', 1.0) != 1.0:
        lines.append(
            f'  the textbook path ran on 1/{row["textbook_factor"]:.4g} of the sentences; '
            'what depends on it is scaled up'
        )
    if 'engine_launches' in row:
        words = f'engine {row["engine_launches"]}, textbook {row["textbook_launches"]}'
        lines.append(_line('kernel launches', words))
    lines += [*_memory(row), *_errors(row)]
    if 'predict_images_per_s' in row:
        rate = f'{row["predict_images_per_s"]:.2f} images/s with S={row["predict_samples"]}'
        lines.append(_line('prediction', rate))
    return lines


def _line(label: str, text: str) -> str:
    return f'  {label:<22}{text}'


def _memory(row: dict[str, Any]) -> list[str]:
    lines = []
    for label in ('peak', 'kept'):
        if f'engine_{label}' in row:
            ours, book = row[f'engine_{label}'], row.get(f'textbook_{label}')
            text = f'engine {ours / _MIB:.1f} MiB'
            if book is not None:
                text += f', textbook {book / _MIB:.1f} MiB ({book / max(ours, 1):.1f}x)'
            lines.append(_line(f'memory, {label}', text))
    return lines


def _errors(row: dict[str, Any]) -> list[str]:
    lines = []
    for precision in ('float64', 'float32', 'bfloat16'):
        keys = {path: f'{path}_{precision}' for path in ('engine', 'textbook')}
        errors = [
            f'{path} {row[key][0]:.1e} / {row[key][1]:.1e}'
            for path, key in keys.items()
            if key in row
        ]
        if errors:
            text = f'{", ".join(errors)}   relative error of features / gradients'
            lines.append(_line(precision, text))
    return lines


def _seconds(values: Sequence[float]) -> str:
    return f'{statistics.median(values):9.4f} s  [{min(values):.4f} .. {max(values):.4f}]'


def _ratio(values: Sequence[float]) -> str:
    return f'{values[0]:9.2f} x  [{values[1]:.2f} .. {values[2]:.2f}]'


def _rate(row: dict[str, Any], key: str) -> str:
    if key != 'floor_s':
        return ''
    return f'   {row["tflop"] / statistics.median(row[key]) * 1e3:.1f} GFLOP/s'
