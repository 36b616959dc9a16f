"""Every misspelt type and key of whole configs is found, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from vamp_mm.apis import check_config

CONFIGS = Path(__file__).parents[2] / 'configs'
FILES = [
    'vamp/vamp_mmrl_icons.py',
    'bpl/bpl_icons.py',
    'twosfs/twosfs_icons.py',
    'prograd/prograd_icons.py',
    'promptsrc/promptsrc_icons.py',
    'skipt/skipt_icons.py',
]


def _dicts(node: Any, path: str = '') -> Iterator[tuple[str, dict]]:
    if isinstance(node, dict):
        yield path, node
        for key, value in list(node.items()):
            yield from _dicts(value, f'{path}.{key}')
    elif isinstance(node, (list, tuple)):
        for index, value in enumerate(node):
            yield from _dicts(value, f'{path}.{index}')


def _names_only(path: str) -> bool:
    """Whether the keys of a dict are the user's own words: splits, templates, prefixes of parameters."""
    return path.split('.')[-1] in ('splits', 'by_template', 'lr_mult')


@pytest.mark.parametrize('file', FILES)
def test_every_misspelling_is_found(file: str) -> None:
    cfg = Config.fromfile(CONFIGS / file)
    passed, tried = [], 0
    for path, node in list(_dicts(cfg._cfg_dict)):
        for key in list(node):
            if _names_only(path) or key == 'default_scope':
                continue
            value = node.pop(key)
            changes = [(key[:-1] + 'q' + key[-1:], value)]  # the key
            if key == 'type':
                changes.append((key, value[:-1] + 'q' + value[-1:]))  # the name
            for wrong, name in changes:
                node[wrong] = name
                tried += 1
                if not check_config(cfg):
                    passed.append(f'{path}.{wrong}={name!r}')
                del node[wrong]
            node[key] = value
    assert passed == []
    assert tried > 150


def test_a_method_without_its_type_names_the_place() -> None:
    cfg = Config.fromfile(CONFIGS / FILES[0])
    cfg.model.prompter.host = dict(typ='RepresentationTokens', start=3)
    assert check_config(cfg) == [
        "model.prompter.host={'start': 3, 'typ': 'RepresentationTokens'} must be a dict with the key 'type'"
    ]
