"""The accuracy of zero-shot CLIP beside that of a method, on the same images in the same run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .harmonic import summary

#: Before the last part of the name of a metric, that of zero-shot CLIP: ``base/zero_shot_accuracy``.
ZERO_SHOT = 'zero_shot_'
_ACCURACY = 'accuracy'


def zero_shot_summary(
    metrics: Mapping[str, float], trained_on: str | None = None
) -> dict[str, float]:
    """Harmonic means and averages of zero-shot CLIP, by the rules of :func:`~vamp_mm.evaluation.summary`.

    Args:
        metrics: All metrics of the splits.
        trained_on: Dataset to leave out of the averages.

    Returns:
        ``zero_shot_H``, ``average/<split>/zero_shot_accuracy`` and so on; the new entries only.
    """
    own = {
        _without(name): value
        for name, value in metrics.items()
        if _last(name) == ZERO_SHOT + _ACCURACY
    }
    return {zero_shot_name(name): value for name, value in summary(own, trained_on).items()}


def zero_shot_name(name: str) -> str:
    """What a metric of zero-shot CLIP is called: ``base/zero_shot_accuracy`` for ``base/accuracy``."""
    *place, last = name.split('/')
    return '/'.join([*place, ZERO_SHOT + last])


def compared(metrics: Mapping[str, float]) -> list[str]:
    """One line for each number that zero-shot CLIP has too.

    Args:
        metrics: All metrics of a test.

    Returns:
        Lines such as ``base: zero-shot 72.4 -> 65.2 (-7.2)``, in the order of the metrics; H last.
    """
    lines = []
    for name, zero_shot in metrics.items():
        if _last(name).startswith(ZERO_SHOT):
            own = metrics.get(_without(name))
            words = f'{_title(_without(name))}: zero-shot {zero_shot:.1f}'
            lines.append(words if own is None else f'{words} -> {change(zero_shot, own)}')
    return lines


def made_worse(metrics: Mapping[str, float], seen: Iterable[str]) -> str | None:
    """A sentence that a model is worse than zero-shot CLIP on classes that it was trained on.

    Args:
        metrics: All metrics of a test.
        seen: Splits whose classes the model was trained on.

    Returns:
        A sentence; None if it is worse on none of these splits.
    """
    worse = []
    for name in seen:
        own, zero_shot = (
            metrics.get(f'{name}/{_ACCURACY}'),
            metrics.get(f'{name}/{ZERO_SHOT}{_ACCURACY}'),
        )
        if own is not None and zero_shot is not None and own < zero_shot:
            worse.append(f'{name} {zero_shot:.1f} -> {change(zero_shot, own)}')
    if not worse:
        return None
    return (
        'the trained model is WORSE than zero-shot CLIP on test images of the classes that it was trained on: '
        + ', '.join(worse)
    )


def change(zero_shot: float, own: float) -> str:
    """The accuracy of a method, and in brackets how far it is above zero-shot CLIP: ``65.2 (-7.2)``."""
    return f'{own:.1f} ({own - zero_shot:+.1f})'


def _title(name: str) -> str:
    """``base`` of ``base/accuracy``, ``open base`` of ``open/base_accuracy``, ``H`` of ``H``."""
    words = name.removesuffix(_ACCURACY).rstrip('/_').split('/')
    return (
        ' '.join(words) if name.endswith(('/base_accuracy', '/novel_accuracy')) else '/'.join(words)
    )


def _last(name: str) -> str:
    return name.rsplit('/', 1)[-1]


def _without(name: str) -> str:
    *place, last = name.split('/')
    return '/'.join([*place, last.removeprefix(ZERO_SHOT)])
