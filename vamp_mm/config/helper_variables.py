"""Names at the top level of a config that no part reads: helper variables in the style of OpenMMLab, or misspellings.

MMEngine keeps every variable of a config file. A helper is one whose value is used further down (a pipeline that a
dataloader holds), whose name starts with an underscore, or that configs of mmpretrain leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mmengine.config import Config

from vamp_mm.registry import SCOPE

from .errors import closest, near
from .places import same

#: What files of mmpretrain define for other files, used or not.
_USUAL = frozenset({
    'backend_args', 'bgr_mean', 'bgr_std', 'data_root', 'dataset_type', 'file_client_args', 'img_norm_cfg', 'norm_cfg',
    'policies', 'preprocess_cfg', 'rgb_mean', 'rgb_std', 'test_pipeline', 'train_pipeline', 'tta_model', 'tta_pipeline',
    'val_pipeline', 'vis_backends'
})  # fmt: skip
#: From this similarity on, a name counts as a misspelling of another, whatever its value.
_SLIP = 0.86


def unknown_keys(cfg: Config, known: frozenset[str]) -> list[str]:
    """Names at the top level that may be misspellings.

    Args:
        cfg: The config.
        known: Names that are read.

    Returns:
        One sentence for each.
    """
    problems = []
    for name in cfg:
        if name in known or name.startswith('_'):
            continue
        slip = near(name, known, _SLIP)
        helper = not slip and (
            is_used(cfg, name) or (name in _USUAL and cfg.get('default_scope') != SCOPE)
        )
        if not helper:
            problems.append(
                f'the config: unknown key {name!r}; {closest(name, known)}'
                + (
                    ''
                    if slip
                    else f'; name a helper variable _{name}, or delete it at the end of the file (del {name})'
                )
            )
    return problems


def unused_helpers(cfg: Config, known: frozenset[str]) -> list[str]:
    """Helper variables of a sound config whose value no part holds: changing them has no effect.

    Args:
        cfg: The config.
        known: Names that are read.

    Returns:
        Their names, without those that begin with an underscore.
    """
    return [
        name
        for name in cfg
        if name not in known and not name.startswith('_') and not is_used(cfg, name)
    ]


def is_used(cfg: Config, name: str) -> bool:
    """Whether the value of a name at the top level also is somewhere below the other names.

    Switches and numbers are many: they count only below a key of that name, with or without a prefix (``epochs`` for
    ``max_epochs``), and numbers of pipelines other than ours also where no key has that name.
    """
    value = cfg[name]
    if value in (None, '', [], {}, ()):
        return False
    others = _walk((key, cfg[key]) for key in cfg if key != name and not key.startswith('_'))
    if not isinstance(value, (bool, int, float)):
        return any(same(item, value) for _, item in others)
    found = list(others)
    named = [item for key, item in found if key == name or key.endswith(f'_{name}')]
    if named or isinstance(value, bool) or cfg.get('default_scope') == SCOPE:
        return any(same(item, value) for item in named)
    return any(same(item, value) for _, item in found)


def _walk(items: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, Any]]:
    """Every key and value below, the items of lists under the key of the list."""
    for key, value in items:
        yield str(key), value
        if isinstance(value, Mapping):
            yield from _walk(value.items())
        elif isinstance(value, (list, tuple)):
            yield from _walk((key, item) for item in value)
