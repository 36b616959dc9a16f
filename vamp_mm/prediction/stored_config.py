"""The config inside a checkpoint, read as data: nothing of it is ever executed.

A checkpoint may come from anyone. Its config text is parsed, not run; and before anything is built from it, each ``type``
must be a part of vamp_mm or a transform known to be harmless, because MMEngine's registries import any dotted name
(``type='os.system'``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config

from vamp_mm.config.literals import read_literal
from vamp_mm.engine import CheckpointError
from vamp_mm.engine.pipelines import DETERMINISTIC
from vamp_mm.messages import some
from vamp_mm.registry import MODELS, SCOPE

from .limits import (
    MOST_PIXELS,
    MOST_STEPS,
    MOST_TEXT,
    MOST_UNITS,
    batch_size_problems,
    number_problems,
    size_problems,
)

_WANTED = ('model', 'test_dataloader', 'default_scope', 'custom_hooks')
_SCOPES = (SCOPE, 'mmpretrain', 'mmcv', 'mmengine')
_TRANSFORM = re.compile(rf'((mmpretrain|mmcv|mmengine|{SCOPE})\.)?(torchvision/)?(?P<name>\w+)')
_PREPROCESSORS = frozenset(
    {'ClsDataPreprocessor', 'mmpretrain.ClsDataPreprocessor', 'vamp_mm.HostLabelPreprocessor'}
)
#: Prefixes of architectures that open_clip would download.
_REMOTE = ('hf-hub:', 'local-dir:')
_NEXT = 'give the config that it was trained with (--config)'


def stored_config(meta: Mapping[str, Any], source: str) -> Config:
    """Model and test transforms of the run that wrote a checkpoint.

    Args:
        meta: ``checkpoint['meta']``.
        source: The file, for messages.

    Returns:
        A config with ``model``, ``test_dataloader``, ``default_scope`` and ``custom_hooks``, as far as they are stored.

    Raises:
        CheckpointError: If there is no config, it is not plain data, names anything that must not be built from an untrusted
            file, or holds a number above its limit (:mod:`.limits`).
    """
    text = meta.get('cfg_text')
    if not isinstance(text, str) or not text.strip():
        raise CheckpointError(
            f'{source} holds no config (imported, published, or written by another program?): {_NEXT}'
        )
    if len(text) > MOST_TEXT:
        raise CheckpointError(
            f'the config in {source} has {len(text):,} characters, at most {MOST_TEXT:,} are read: '
            f'{_NEXT}'
        )
    found = plain_assignments(text, _WANTED, source)
    if not isinstance(found.get('model'), dict):
        raise CheckpointError(f'the config in {source} has no model: {_NEXT}')
    loader = found.get('test_dataloader')
    pipeline = test_pipeline(loader) if isinstance(loader, dict) else None
    scope = found.get('default_scope') or SCOPE
    size = loader.get('batch_size') if isinstance(loader, dict) else None
    problems = [
        *_model_problems(found['model']),
        *_pipeline_problems(pipeline or ()),
        *batch_size_problems(size),
    ]
    if scope not in _SCOPES:
        problems.append(f'default_scope={scope!r} is not one of {_SCOPES}')
    if problems:
        raise CheckpointError(
            f'the config in {source} is not used: {some(problems, "; ", 5)}. Nothing was built. If you '
            f'trust its origin, {_NEXT}'
        )
    kept: dict[str, Any] = {'model': found['model'], 'default_scope': scope}
    if pipeline is not None:
        kept['test_dataloader'] = {'dataset': {'pipeline': pipeline}}
        if size is not None:
            kept['test_dataloader']['batch_size'] = size
    hooks = found.get('custom_hooks')
    kept['custom_hooks'] = (
        [hook for hook in hooks if isinstance(hook, dict)]
        if isinstance(hooks, (list, tuple))
        else []
    )
    return Config(kept)


def plain_assignments(
    text: str, names: Sequence[str], source: str = 'the config'
) -> dict[str, Any]:
    """Read assignments of literals out of Python text.

    Args:
        text: Text written by ``Config.pretty_text``.
        names: The wanted assignments; others are not read.
        source: Its origin, for messages.

    Returns:
        Name -> value: None, bools, numbers, strings, and lists, tuples and dicts of them, ``dict(...)`` included.

    Raises:
        CheckpointError: If the text is not Python, or a wanted value is not made of literals only.
    """
    found: dict[str, Any] = {}
    try:
        for node in ast.parse(text).body:
            target = (
                node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
            )
            if isinstance(target, ast.Name) and target.id in names:
                found[target.id] = read_literal(node.value)  # type: ignore[attr-defined]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CheckpointError(
            f'the config in {source} is not plain data ({error}): {_NEXT}'
        ) from error
    return found


def test_pipeline(loader: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The transforms of a dataloader's dataset, through wrappers; None if it names none."""
    part: Any = loader.get('dataset')
    while isinstance(part, Mapping):
        if part.get('pipeline') is not None:
            steps = part['pipeline']
            return list(steps) if isinstance(steps, (list, tuple)) else [steps]
        part = part.get('dataset')
    return None


def _model_problems(model: Mapping[str, Any]) -> list[str]:
    MODELS.import_from_location()
    ours = set(MODELS.module_dict)
    problems = []
    for path, part in _dicts(model, 'model'):
        kind = part.get('type')
        if 'type' in part:
            known = isinstance(kind, str) and kind.removeprefix(f'{SCOPE}.') in ours
            known |= path == 'model.data_preprocessor' and kind in _PREPROCESSORS
            if not known:
                problems.append(f'{path}.type={kind!r} is not a part of {SCOPE}')
        problems += [f'{path} has the key {key!r}' for key in part if str(key).startswith('_')]
        arch = part.get('arch')
        if isinstance(arch, str) and arch.startswith(_REMOTE):
            problems.append(f'{path}.arch={arch!r} would be downloaded')
    if 'type' not in model:
        problems.append('model has no type')
    return problems + number_problems(model, 'model', MOST_UNITS)


def _pipeline_problems(pipeline: Sequence[Any]) -> list[str]:
    if len(pipeline) > MOST_STEPS:
        return [
            f'the test pipeline has {len(pipeline):,} transforms, at most {MOST_STEPS} are allowed'
        ]
    problems = number_problems(pipeline, 'the test pipeline', MOST_PIXELS)
    for number, step in enumerate(pipeline):
        kind = step.get('type') if isinstance(step, dict) else None
        match = _TRANSFORM.fullmatch(kind) if isinstance(kind, str) else None
        if match is None or match['name'] not in DETERMINISTIC:
            problems.append(
                f'transform {number} of the test pipeline, {kind!r}, is not one of {sorted(DETERMINISTIC)}'
            )
        elif any(
            str(key).startswith('_') or isinstance(value, dict) for key, value in step.items()
        ):
            problems.append(
                f'transform {number} of the test pipeline, {kind!r}, has arguments that are dicts or private'
            )
        else:
            problems += size_problems(step, f'the test pipeline.{number}')
    return problems


def _dicts(value: Any, path: str) -> list[tuple[str, dict[Any, Any]]]:
    """All dicts in a value, including itself, with their dotted paths."""
    if isinstance(value, dict):
        inner = [found for key, item in value.items() for found in _dicts(item, f'{path}.{key}')]
        return [(path, value), *inner]
    if isinstance(value, (list, tuple)):
        return [
            found for index, item in enumerate(value) for found in _dicts(item, f'{path}.{index}')
        ]
    return []
