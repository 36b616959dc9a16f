"""Probabilities as bars, samples as dots over them."""

from __future__ import annotations

import html

import numpy as np

from vamp_mm.prediction import Prediction
from vamp_mm.prediction.output import visible

_HEIGHT = 26  # pixels
_MIDDLE = _HEIGHT / 2
#: Heights of neighbouring dots around the middle, so that equal ones stay visible.
_LANES = (0.0, -5.0, 5.0, -2.5, 2.5)
#: More dots than this hide each other.
_DOTS = 200


def escape(text: str) -> str:
    """A text as it is to be read; braces and dollars too, which Gradio's page would take for a template of its own.

    Control characters and halves of surrogate pairs, which no page can hold, are written as Python escapes them.
    """
    text = html.escape(visible(text.encode('utf-8', 'backslashreplace').decode()), quote=True)
    for sign in '{}$`':
        text = text.replace(sign, f'&#{ord(sign)};')
    return text


def spoken(name: str) -> str:
    """A class name as the model reads it: blanks for underscores."""
    return ' '.join(name.replace('_', ' ').split())


def bars(prediction: Prediction) -> str:
    """A bar for each of the most probable classes.

    The bar is the mean probability of S samples, a dot is one of them. Positions are in percent of the width, so that the
    picture fits any screen and circles stay round.

    Args:
        prediction: An answer, with ``samples`` if there are several.

    Returns:
        HTML; dots and deviations only where S > 1.
    """
    samples = (
        prediction.samples
        if prediction.samples is not None and len(prediction.samples) > 1
        else None
    )
    rows = [
        _row(
            candidate.name,
            candidate.score,
            None if samples is None else samples[:, candidate.label],
        )
        for candidate in prediction.top_k
    ]
    scale = '<span></span><div class="vamp-scale" aria-hidden="true"><i>0</i><i>50</i><i>100 %</i></div><span></span>'
    return f'<div class="vamp-bars">{"".join(rows)}{scale}</div>'


def _row(name: str, score: float, samples: np.ndarray | None) -> str:
    spread = '' if samples is None else f'<small>± {100 * samples.std():.1f}</small>'
    label = f'{spoken(name)}: {100 * score:.1f} %'
    if samples is not None:
        label += f', {len(samples)} samples from {100 * samples.min():.1f} % to {100 * samples.max():.1f} %'
    return (
        f'<span class="vamp-name">{escape(spoken(name))}</span>{_svg(score, samples, label)}'
        f'<span class="vamp-score">{100 * score:.1f} %{spread}</span>'
    )


def _svg(score: float, samples: np.ndarray | None, label: str) -> str:
    dots = (
        ''
        if samples is None
        else ''.join(
            f'<circle cx="{100 * value:.2f}%" cy="{_MIDDLE + _LANES[index % len(_LANES)]:g}" r="3"/>'
            for index, value in enumerate(samples[:_DOTS].tolist())
        )
    )
    return (
        f'<svg class="vamp-bar" width="100%" height="{_HEIGHT}" role="img" aria-label="{escape(label)}">'
        f'<rect class="track" width="100%" height="16" y="{_MIDDLE - 8:g}" rx="4"/>'
        f'<rect class="fill" width="{100 * score:.2f}%" height="16" y="{_MIDDLE - 8:g}" rx="4"/>{dots}</svg>'
    )
