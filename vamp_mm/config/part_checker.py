"""Checks of one part of a config: components, dicts without a type, values, and keys of a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mmengine.config import Config

from vamp_mm.arguments import as_parameter, fits, shortened

from .components import TypedChecker
from .errors import closest
from .signatures import signature_of

#: What a config holds besides dicts and ready-made objects.
_DATA = str | bool | int | float | Sequence[Any]


class PartChecker:
    """What the checks of all kinds of top-level keys share: the config, and the problems that were found.

    Args:
        cfg: A complete config of a run.
    """

    def __init__(self, cfg: Config) -> None:
        self.cfg = cfg
        scope = cfg.get('default_scope')
        self.types = TypedChecker(scope if isinstance(scope, str) and scope else 'mmengine')
        self.problems = self.types.problems

    def components(self, key: str, value: object, registry: str) -> None:
        """Check a component, or a list of some.

        Args:
            key: Its place in the config.
            value: A dict with a type, a list of such, or ready-made objects.
            registry: Name of MMEngine's root registry that it is built from.
        """
        for path, item in _items(key, value):
            if isinstance(item, Mapping) and 'type' not in item:
                if key == 'data_preprocessor':  # mmpretrain's classifiers fill the type in
                    item = {'type': 'mmpretrain.ClsDataPreprocessor', **item}
                else:
                    self.problems.append(f"{path}: a dict without 'type' builds nothing")
                    continue
            if not isinstance(item, Mapping) and fits(item, _DATA):
                self.problems.append(f"{path}={shortened(item)} must be a dict with the key 'type'")
            self.types.visit(path, item, registry)

    def untyped(self, path: str, value: object, allowed: frozenset[str]) -> None:
        """Report keys of a dict that are not among the allowed ones."""
        for key in value if isinstance(value, Mapping) else ():
            if key not in allowed:
                self.problems.append(f'{path}: unknown key {key!r}; {closest(key, allowed)}')

    def values(
        self, path: str, value: Mapping[str, Any], kinds: Mapping[str, Any], *default: object
    ) -> None:
        """Report values that are not of the kind of their key; ``default`` is one that each key may have too."""
        self.types.values(
            path, value, {key: as_parameter(key, kind, *default) for key, kind in kinds.items()}
        )

    def function(self, path: str, value: object, function: Callable[..., Any]) -> None:
        """Report keys that a function does not take; all but ``enable``."""
        if isinstance(value, Mapping):
            signature = signature_of(function)
            self.types.keys(path, value, signature, f'{path}', frozenset({'enable'}) & set(value))


def _items(path: str, value: object) -> list[tuple[str, object]]:
    if isinstance(value, (list, tuple)):
        return [(f'{path}.{index}', item) for index, item in enumerate(value)]
    return [] if value is None else [(path, value)]
