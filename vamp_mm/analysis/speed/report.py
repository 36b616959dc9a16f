"""The benchmark's table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

_MIB = 2**20


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
    lines = [
        f'{row["method"]}, {row["work"]}: C={row["classes"]} N={row["images"]} S={row["samples"]}'
        + (
            f', {row["suffix_tokens"]:.2f} suffix tokens on average'
            if 'suffix_tokens' in row
            else ''
        )
    ]
    lines += [
        f'  {label:<22}{_seconds(row[key])}{_rate(row, key)}'
        for key, label in (
            ('engine_s', 'engine'),
            ('floor_s', 'bare matrix products'),
            ('textbook_s', 'textbook'),
            ('text_s', 'text only'),
            ('images_s', 'images'),
            ('predict_s', 'prediction'),
        )
        if key in row
    ]
    lines += [
        f'  {label:<22}{_ratio(row[key])}'
        for key, label in (
            ('speedup', 'textbook / engine'),
            ('over_floor', 'engine / bare'),
            ('text_in_images', 'text costs, in images'),
        )
        if key in row
    ]
    if row.get('textbook_factor', 1.0) != 1.0:
        lines.append(
            f'  the textbook path ran on 1/{row["textbook_factor"]:.4g} of the sentences; '
            'what depends on it is scaled up'
        )
    for label in ('peak', 'kept'):
        if f'engine_{label}' in row:
            ours, book = row[f'engine_{label}'], row.get(f'textbook_{label}')
            other = (
                ''
                if book is None
                else f', textbook {book / _MIB:.1f} MiB ({book / max(ours, 1):.1f}x)'
            )
            lines.append(f'  {"memory, " + label:<22}engine {ours / _MIB:.1f} MiB{other}')
    for precision in ('float64', 'float32', 'bfloat16'):
        paths = [path for path in ('engine', 'textbook') if f'{path}_{precision}' in row]
        errors = [
            f'{path} {row[f"{path}_{precision}"][0]:.1e} / {row[f"{path}_{precision}"][1]:.1e}'
            for path in paths
        ]
        if errors:
            lines.append(
                f'  {precision:<22}{", ".join(errors)}   relative error of features / gradients'
            )
    if 'predict_images_per_s' in row:
        lines.append(
            f'  {"prediction":<22}{row["predict_images_per_s"]:.2f} images/s with S={row["predict_samples"]}'
        )
    return lines


def _seconds(values: Sequence[float]) -> str:
    return f'{statistics.median(values):9.4f} s  [{min(values):.4f} .. {max(values):.4f}]'


def _ratio(values: Sequence[float]) -> str:
    return f'{values[0]:9.2f} x  [{values[1]:.2f} .. {values[2]:.2f}]'


def _rate(row: dict[str, Any], key: str) -> str:
    if key != 'floor_s':
        return ''
    return f'   {row["tflop"] / statistics.median(row[key]) * 1e3:.1f} GFLOP/s'
