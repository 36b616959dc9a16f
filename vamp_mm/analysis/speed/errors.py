"""Rounding errors of the engine beside those of the textbook path."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from .workloads import TextWork

_PRECISIONS = {'float32': None, 'bfloat16': torch.bfloat16}


def rounding_errors(work: TextWork) -> dict[str, Any]:
    """Relative errors of features and of token gradients, against the textbook path in float64.

    Args:
        work: A text plan, its tower in float32.

    Returns:
        For ``float64``, ``float32`` and ``bfloat16`` (autocast): ``engine_<precision>`` and ``textbook_<precision>``, each
        the error of the features and the largest error of the gradients of one edit's tokens.
    """
    double = replace(work, backbone=copy.deepcopy(work.backbone).double())
    exact = double.gradients(textbook=True)
    row: dict[str, Any] = {'engine_float64': _errors(double.gradients(), exact)}
    for name, dtype in _PRECISIONS.items():
        for path in ('engine', 'textbook'):
            with torch.autocast(work.backbone.device.type, dtype, enabled=dtype is not None):
                found = work.gradients(textbook=path == 'textbook')
            row[f'{path}_{name}'] = _errors(found, exact)
    return row


def _errors(found: tuple[Tensor, ...], exact: tuple[Tensor, ...]) -> tuple[float, float]:
    relative = [
        float((a.double() - b).norm() / b.norm()) for a, b in zip(found, exact, strict=True)
    ]
    return relative[0], max(relative[1:])
