"""Checks of what a training takes besides model and data: optimiser, hooks, processes and imports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from mmengine.dist import init_dist
from mmengine.optim import DefaultOptimWrapperConstructor
from mmengine.utils.dl_utils import set_multi_processing

from vamp_mm.arguments import Component
from vamp_mm.engine.optim_groups import PartOptimWrapperConstructor

from .errors import near
from .part_checker import PartChecker
from .signatures import signature_of
from .usual_arguments import PLAIN

_DEFAULT_HOOKS = frozenset(
    {'runtime_info', 'timer', 'sampler_seed', 'logger', 'param_scheduler', 'checkpoint'}
)
_PARAMWISE = frozenset({
    'custom_keys', 'bias_lr_mult', 'bias_decay_mult', 'norm_decay_mult', 'flat_decay_mult',
    'dwconv_decay_mult', 'dcn_offset_lr_mult', 'bypass_duplicate'
})  # fmt: skip


def check_optim_wrapper(checker: PartChecker, path: str, value: Mapping[str, Any]) -> None:
    """Report what is wrong with the wrapper of the optimiser."""
    own = frozenset({'constructor', 'paramwise_cfg'})
    # the type of clip_grad is a word of MMEngine's, 'norm' or 'value', and names no component
    checker.types.bind(
        path,
        {'type': 'OptimWrapper', **value},
        'OPTIM_WRAPPERS',
        also=own,
        skip=frozenset({'clip_grad'}),
    )
    if 'optimizer' not in value and 'constructor' not in value:
        checker.problems.append(f"{path}: needs the key 'optimizer'")
    _check_constructor(checker, path, value)
    _check_clipping(checker, path, value)
    checker.values(path, value, {'paramwise_cfg': Mapping[str, Any] | None})
    for key in ('clip_grad', 'paramwise_cfg'):
        if isinstance(value.get(key), Mapping):
            checker.values(f'{path}.{key}', value[key], PLAIN[f'{path}.{key}'])


def _check_constructor(checker: PartChecker, path: str, value: Mapping[str, Any]) -> None:
    constructor = DefaultOptimWrapperConstructor
    if 'constructor' in value:
        constructor = checker.types.resolve(
            f'{path}.constructor', value['constructor'], 'OPTIM_WRAPPER_CONSTRUCTORS'
        )
    allowed = {
        DefaultOptimWrapperConstructor: _PARAMWISE,
        PartOptimWrapperConstructor: frozenset({'lr_mult'}),
    }
    if constructor in allowed and isinstance(value.get('paramwise_cfg'), Mapping):
        checker.untyped(f'{path}.paramwise_cfg', value['paramwise_cfg'], allowed[constructor])


def _check_clipping(checker: PartChecker, path: str, value: Mapping[str, Any]) -> None:
    clip = value.get('clip_grad')
    if isinstance(clip, Mapping):
        by_value = clip.get('type') == 'value'
        function = torch.nn.utils.clip_grad_value_ if by_value else torch.nn.utils.clip_grad_norm_
        checker.types.keys(
            f'{path}.clip_grad',
            clip,
            signature_of(function),
            function.__name__,
            frozenset({'type'}),
        )


def check_default_hooks(checker: PartChecker, path: str, value: Mapping[str, Any]) -> None:
    """Report unknown names among the default hooks, and what is wrong with a hook."""
    own = {
        name
        for name, hook in value.items()
        if isinstance(hook, Mapping | None) and not near(name, _DEFAULT_HOOKS)
    }
    checker.untyped(path, value, _DEFAULT_HOOKS | own)
    for name, hook in value.items():
        checker.values(path, {name: hook}, {name: Component | None})
        if isinstance(hook, Mapping):
            checker.types.visit(f'{path}.{name}', hook, 'HOOKS')


def check_env_cfg(checker: PartChecker, path: str, value: Mapping[str, Any]) -> None:
    """Report what is wrong with the settings of processes."""
    checker.untyped(
        path, value, frozenset({'cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'})
    )
    mp_cfg, dist_cfg = value.get('mp_cfg'), value.get('dist_cfg')
    if isinstance(mp_cfg, Mapping):
        checker.types.keys(f'{path}.mp_cfg', mp_cfg, signature_of(set_multi_processing), 'mp_cfg')
    for key in ('mp_cfg', 'dist_cfg'):
        if isinstance(value.get(key), Mapping):
            checker.values(f'{path}.{key}', value[key], PLAIN[f'{path}.{key}'])
    known = signature_of(init_dist).keys | {'timeout'}
    group = (
        signature_of(torch.distributed.init_process_group).keys
        if torch.distributed.is_available()
        else frozenset()
    )
    checker.untyped(f'{path}.dist_cfg', dist_cfg, known | group)


def check_custom_imports(checker: PartChecker, path: str, value: Mapping[str, Any]) -> None:
    """Report unknown keys of ``custom_imports``."""
    checker.untyped(path, value, frozenset({'imports', 'allow_failed_imports'}))
