"""A checkpoint is tested with the settings of the model that it was trained with."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

from .places import place_of, same, set_at, value_at
from .published_settings import replace_line, word
from .settings_table import DEFAULT

#: No setting of a table is larger; what a file has beyond that is not taken.
_LARGEST = 2**16


def use_trained(cfg: Config, stored: Any) -> None:
    """Take over the published settings of the model that a checkpoint was trained with, in place.

    A model that was trained on one dataset is tested on others as it was trained. Sentences are left: they belong to the
    dataset that is tested. What the config or the command line sets stays too.

    Args:
        cfg: A composed config.
        stored: ``meta['settings']`` of the checkpoint: dotted key -> value as text.
    """
    run: Any = cfg.get('run') or {}
    for dotted in run.get('followed') or () if isinstance(stored, Mapping) and stored else ():
        place = place_of(cfg, dotted)
        if (
            place is None
            or dotted.endswith('.template')
            or isinstance(value_at(cfg, place), (Mapping, list, tuple))
        ):
            continue
        trained = _plain(stored.get(dotted))
        if trained is not None and not same(value_at(cfg, place), trained[0]):
            set_at(cfg, place, trained[0])
            replace_line(
                run.settings_log,
                dotted,
                f'{dotted} = {word(trained[0])}: as the checkpoint was trained',
            )


def _plain(text: Any) -> tuple[Any] | None:
    """A value out of a checkpoint: a word, a small number or nothing; ``DEFAULT`` where it was not set."""
    if text is None:
        return (DEFAULT,)
    try:
        value = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(value, (int, float)):
        return (value,) if abs(value) <= _LARGEST else None
    return (value,) if value is None or isinstance(value, str) else None
