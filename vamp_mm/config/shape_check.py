"""The shape check: a method's parts are built on the outline of its CLIP, before weights are loaded or data are read.

The constructors themselves judge: what does not fit there is reported with its key. Nothing is repeated here.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import torch
from mmengine.config import Config

from vamp_mm.models.clip import CLIPOutline
from vamp_mm.registry import MODELS, SCOPE, build_part
from vamp_mm.structures import Vocabulary

from .image_sizes import misfits
from .signatures import signature_of
from .vocabulary import OF_TRAINING, config_templates


def check_shapes(cfg: Config) -> list[str]:
    """What of a config does not fit its CLIP: image sizes, blocks, token counts, prompts longer than the context.

    Args:
        cfg: A config whose keys and values have been checked.

    Returns:
        One sentence per problem; empty where the architecture is only known from the weights.
    """
    model = cfg.get('model') or {}
    backbone = model.get('backbone') or {}
    arch = backbone.get('arch')
    if (
        _kind(backbone) != 'PromptedCLIPBackbone'
        or not isinstance(arch, str)
        or arch.startswith('hf-hub:')
    ):
        return []
    try:
        outline = outline_of(arch)
    except (ValueError, TypeError, FileNotFoundError) as error:
        return [f'model.backbone: {error}']
    except Exception:  # an architecture that only its own loading can judge
        return []
    problems = misfits(dict(cfg.items()), outline.image_size, f'model.backbone.arch={arch!r}')
    if _kind(model) == 'PromptedClassifier':
        with torch.random.fork_rng(devices=[]), torch.device('meta'):
            problems += _check_parts(cfg, model, outline)
    return problems


@functools.lru_cache(maxsize=4)
def outline_of(arch: str) -> CLIPOutline:
    """The shapes of an architecture (:class:`~vamp_mm.models.clip.CLIPOutline`), kept for the next question."""
    return CLIPOutline(arch)


def _check_parts(cfg: Config, model: Mapping[str, Any], outline: CLIPOutline) -> list[str]:
    problems: list[str] = []
    prompter = _built('model.prompter', model['prompter'], outline, problems)
    head = _built('model.head', model['head'], outline, problems)
    if problems or prompter is None or head is None:
        return problems
    try:
        head.bind_prompter(prompter.provides)
    except ValueError as error:
        return [f'model.head: {error}']
    dataset: Mapping[str, Any] = next(
        (cfg[loader]['dataset'] for loader in OF_TRAINING if cfg.get(loader)), {}
    )
    return _check_prompts(prompter, outline, dataset)


def _check_prompts(prompter: Any, outline: CLIPOutline, dataset: Mapping[str, Any]) -> list[str]:
    """The sentences of a class whose name is one token; longer names are looked at when the classes are known."""
    try:
        templates = config_templates(dataset)
        templates = (templates,) if isinstance(templates, str) else tuple(templates)
        prompter.bind(outline, Vocabulary(('x',), templates))
    except ValueError as error:
        return (
            [f'model.prompter: even for a class name of one token, {error}']
            if 'tokens' in str(error)
            else []
        )
    except Exception:  # what needs more than shapes is judged when it is built
        return []
    return []


def _built(path: str, config: Mapping[str, Any], outline: CLIPOutline, problems: list[str]) -> Any:
    """Build a part, those inside it first, so that a problem is reported where it is; None if that is not possible."""
    before = len(problems)
    for key, value in config.items():
        if isinstance(value, Mapping) and 'type' in value:
            _built(f'{path}.{key}', value, outline, problems)
    if len(problems) > before:
        return None
    kind = config['type']
    with MODELS.switch_scope_and_registry(SCOPE) as registry:
        target = registry.get(kind) if isinstance(kind, str) else kind
    given = {'clip': outline} if 'clip' in signature_of(target).keys else {}
    try:
        return build_part(config, **given)
    except ValueError as error:
        problems.append(f'{path}: {error}')
    except Exception:  # what needs more than shapes is judged when it is built
        pass
    return None


def _kind(config: Mapping[str, Any]) -> str:
    kind = config.get('type')
    return kind.split('.')[-1] if isinstance(kind, str) else getattr(kind, '__name__', '')
