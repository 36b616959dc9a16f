"""The config check: every key of a config is alive, or it is an error.

MMEngine accepts an unknown key in silence at the top level, and a misspelt one wherever a constructor swallows
it. The check reads signatures only; nothing is built, no data or weights are needed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from mmengine.config import Config
from mmengine.dist import init_dist
from mmengine.logging import print_log
from mmengine.optim import DefaultOptimWrapperConstructor
from mmengine.runner import Runner
from mmengine.utils.dl_utils import set_multi_processing
from torch.utils.data import DataLoader

from vamp_mm.arguments import Component, as_parameter, fits, shortened
from vamp_mm.engine.hooks import VocabularyHook
from vamp_mm.engine.optim_groups import PartOptimWrapperConstructor
from vamp_mm.evaluation.split_configs import split_dataset

from .components import TypedChecker
from .effect_check import without_effect
from .errors import ConfigError, closest, near
from .helper_variables import unknown_keys
from .shape_check import check_shapes
from .signatures import signature_of, top_level_keys
from .usual_arguments import DATALOADER, PLAIN, SPLIT, TOP_LEVEL

#: Which method a run is of: set in the model's config, completed by compose.
_RUN = frozenset({'method', 'name', 'settings', 'dataset', 'protocol', 'followed', 'settings_log'})
#: What a config holds besides dicts and ready-made objects.
_DATA = str | bool | int | float | Sequence[Any]
_DEFAULT_HOOKS = frozenset(
    {'runtime_info', 'timer', 'sampler_seed', 'logger', 'param_scheduler', 'checkpoint'}
)
#: Whose hooks are known to set no class names, but ours.
_KNOWN_PACKAGES = ('mmengine', 'mmpretrain', 'vamp_mm')
_DATALOADER = frozenset({'num_batch_per_epoch', 'disable_subprocess_warning'})
_PARAMWISE = frozenset({
    'custom_keys', 'bias_lr_mult', 'bias_decay_mult', 'norm_decay_mult', 'flat_decay_mult',
    'dwconv_decay_mult', 'dcn_offset_lr_mult', 'bypass_duplicate'
})  # fmt: skip


def validate_config(cfg: Config, training: bool = False) -> None:
    """Raise if anything is wrong with a config.

    Args:
        cfg: A complete config of a run.
        training: Whether the run trains; then settings without effect are warned of, too.

    Raises:
        ConfigError: With all problems at once.
    """
    problems = check_config(cfg)
    if problems:
        raise ConfigError(problems, cfg.filename)
    for sentence in without_effect(cfg) if training else ():
        print_log(sentence, 'current', logging.WARNING)


def check_config(cfg: Config) -> list[str]:
    """All that is wrong with a config: unknown keys at any depth, types that no registry knows, missing keys.

    Args:
        cfg: A complete config of a run.

    Returns:
        One sentence per problem, each with the place and a suggestion; empty for a sound config.
    """
    return _RunnerCheck(cfg).run() or check_shapes(cfg)


def dataloader_keys() -> frozenset[str]:
    """The keys that a dataloader's dict may have, which names no type."""
    return signature_of(DataLoader).keys | _DATALOADER


class _RunnerCheck:
    """One method per kind of top-level key."""

    def __init__(self, cfg: Config) -> None:
        self._cfg = cfg
        scope = cfg.get('default_scope')
        self._types = TypedChecker(scope if isinstance(scope, str) and scope else 'mmengine')
        self._problems = self._types.problems

    def run(self) -> list[str]:
        """Check all top-level keys."""
        plain = {
            'model': 'MODELS',
            'data_preprocessor': 'MODELS',
            'param_scheduler': 'PARAM_SCHEDULERS',
            'visualizer': 'VISUALIZERS',
            'custom_hooks': 'HOOKS',
        }
        defaults = {
            'log_processor': ('LOG_PROCESSORS', 'LogProcessor'),
            'model_wrapper_cfg': ('MODEL_WRAPPERS', 'MMDistributedDataParallel'),
        }
        functions = {'randomness': Runner.set_randomness, 'compile': torch.compile}
        self._problems += unknown_keys(self._cfg, top_level_keys())
        self._values('', self._cfg, TOP_LEVEL, None)
        self._untyped('run', self._cfg.get('run') or {}, _RUN)
        for key, value in self._cfg.items():
            if value is None or (key in TOP_LEVEL and not fits(value, TOP_LEVEL[key])):
                continue
            if key in PLAIN:
                self._values(key, value, PLAIN[key])
            if key in plain:
                self._plain(key, value, plain[key])
            elif key in defaults:
                registry, default = defaults[key]
                self._types.visit(key, {'type': default, **value}, registry)
            elif key in functions:
                self._function(key, value, functions[key])
            elif key.endswith('_dataloader'):
                self._dataloader(key, value)
            elif key.endswith('_evaluator'):
                self._evaluator(key, value)
            elif key in ('train_cfg', 'val_cfg', 'test_cfg'):
                self._loop(key, value)
            elif key == 'auto_scale_lr':
                self._untyped(key, value, frozenset(PLAIN[key]))
            elif key in ('optim_wrapper', 'default_hooks', 'env_cfg', 'custom_imports'):
                getattr(self, f'_{key}')(key, value)
        for part in ('val', 'test'):
            self._together(f'{part}_cfg', f'{part}_dataloader', f'{part}_evaluator')
        if not self._problems:
            self._class_names()
        return self._problems

    def _class_names(self) -> None:
        """A model that answers about class names must get some: from a hook, or in a test from the loop."""
        model, hooks = self._cfg.get('model') or {}, self._cfg.get('custom_hooks') or ()
        target = self._types.resolve('model.type', model.get('type'), 'MODELS') if model else None
        if not hasattr(target, 'set_vocabulary') or model.get('vocabulary') is not None:
            return
        kinds = [self._types.resolve('custom_hooks', hook['type'], 'HOOKS') for hook in hooks]
        if any(
            (isinstance(kind, type) and issubclass(kind, VocabularyHook))
            or getattr(kind, '__module__', '').split('.')[0] not in _KNOWN_PACKAGES
            for kind in kinds
        ):
            return  # a hook of the user's own may do it
        loop = self._cfg.get('test_cfg')
        of_test = loop is not None and not getattr(
            self._types.resolve('test_cfg', loop.get('type', 'TestLoop'), 'LOOPS'),
            'sets_vocabulary',
            False,
        )
        what = (
            'training'
            if self._cfg.get('train_cfg') is not None
            else 'the test'
            if of_test
            else None
        )
        if what:
            self._problems.append(
                f'custom_hooks: {getattr(target, "__name__", target)} has no class names in {what}, and no hook gives it '
                "those of the data; add dict(type='vamp_mm.VocabularyHook')"
            )

    def _together(self, *keys: str) -> None:
        given = [key for key in keys if self._cfg.get(key) is not None]
        missing = [key for key in keys if key not in given]
        if given and missing:
            self._problems.append(
                f'{" and ".join(given)} without {" and ".join(missing)}: set all of {", ".join(keys)}, '
                'or none of them'
            )

    def _plain(self, key: str, value: object, registry: str) -> None:
        for path, item in _items(key, value):
            if isinstance(item, Mapping) and 'type' not in item:
                if key == 'data_preprocessor':  # mmpretrain's classifiers fill the type in
                    item = {'type': 'mmpretrain.ClsDataPreprocessor', **item}
                else:
                    self._problems.append(f"{path}: a dict without 'type' builds nothing")
                    continue
            if not isinstance(item, Mapping) and fits(item, _DATA):
                self._problems.append(
                    f"{path}={shortened(item)} must be a dict with the key 'type'"
                )
            self._types.visit(path, item, registry)

    def _untyped(self, path: str, value: object, allowed: frozenset[str]) -> None:
        for key in value if isinstance(value, Mapping) else ():
            if key not in allowed:
                self._problems.append(f'{path}: unknown key {key!r}; {closest(key, allowed)}')

    def _values(
        self, path: str, value: Mapping[str, Any], kinds: Mapping[str, Any], *default: object
    ) -> None:
        self._types.values(
            path, value, {key: as_parameter(key, kind, *default) for key, kind in kinds.items()}
        )

    def _function(self, path: str, value: object, function: Callable[..., Any]) -> None:
        if isinstance(value, Mapping):
            signature = signature_of(function)
            self._types.keys(path, value, signature, f'{path}', frozenset({'enable'}) & set(value))

    def _dataloader(self, path: str, value: object) -> None:
        if not isinstance(value, Mapping):
            return
        self._untyped(path, value, dataloader_keys())
        self._values(path, value, DATALOADER)
        for key in ('dataset', 'sampler'):
            if key not in value:
                self._problems.append(f'{path}: needs the key {key!r}')
        self._batches(path, value)
        for key in ('collate_fn', 'worker_init_fn'):
            if isinstance(value.get(key), Mapping):
                # The batch is handed to these functions, so they need more than the config gives.
                self._types.resolve(f'{path}.{key}.type', value[key].get('type'), 'FUNCTIONS')
        for key in ('dataset', 'sampler', 'batch_sampler'):
            registry = 'DATASETS' if key == 'dataset' else 'DATA_SAMPLERS'
            self._plain(f'{path}.{key}', value.get(key), registry)

    def _batches(self, path: str, value: Mapping[str, Any]) -> None:
        """Keys that torch refuses beside a sampler, which every dataloader has, or beside a batch sampler."""
        if value.get('shuffle'):
            self._problems.append(
                f'{path}.shuffle={value["shuffle"]!r} stands beside {path}.sampler: set '
                f'{path}.sampler.shuffle'
            )
        if value.get('batch_sampler') is not None:
            if value.get('drop_last'):
                self._problems.append(
                    f'{path}.drop_last={value["drop_last"]!r} stands beside {path}.batch_sampler: set '
                    f'{path}.batch_sampler.drop_last, if it has that key'
                )
            if 'batch_size' not in value:
                self._problems.append(
                    f"{path}: needs the key 'batch_size', which its batch_sampler gets"
                )

    def _evaluator(self, path: str, value: object) -> None:
        if isinstance(value, Mapping) and 'metrics' in value:
            value = {'type': 'Evaluator', **value}
            self._types.visit(path, value, 'EVALUATOR')
        else:
            self._plain(path, value, 'METRICS')

    def _loop(self, path: str, value: object) -> None:
        if not isinstance(value, Mapping):
            return
        default = {'val_cfg': 'ValLoop', 'test_cfg': 'TestLoop'}.get(path)
        if default is None:
            default = 'EpochBasedTrainLoop' if value.get('by_epoch', True) else 'IterBasedTrainLoop'
        by_epoch = frozenset() if 'type' in value else frozenset({'by_epoch'})
        bound = {'type': default, **value}
        self._types.bind(path, bound, 'LOOPS', also=by_epoch, skip=frozenset({'splits'}))
        if isinstance(value.get('splits'), Mapping):
            self._splits(path, value['splits'])

    def _splits(self, path: str, splits: Mapping[str, Any]) -> None:
        """The class splits of a test loop: overrides of the dataset that the loop's dataloader holds."""
        loader = self._cfg.get(path.replace('_cfg', '_dataloader'))
        dataset = loader.get('dataset') if isinstance(loader, Mapping) else None
        for name, split in splits.items():
            if not isinstance(split, Mapping):
                self._problems.append(f'{path}.splits.{name}={split!r} must be a dict')
                continue
            keys = {'outside', 'dataset', 'exclude'} if 'outside' in split else {'seen', 'dataset'}
            self._untyped(f'{path}.splits.{name}', split, frozenset(keys))
            self._values(f'{path}.splits.{name}', split, SPLIT)
            if 'seen' not in split and 'outside' not in split:
                self._problems.append(f"{path}.splits.{name}: needs the key 'seen'")
            overrides = split.get('dataset')
            if (
                isinstance(overrides, Mapping)
                and isinstance(dataset, Mapping)
                and {*dataset, *overrides} >= {'type'}
            ):
                self._types.visit(
                    f'{path}.splits.{name}.dataset', split_dataset(dataset, split), 'DATASETS'
                )

    def _optim_wrapper(self, path: str, value: Mapping[str, Any]) -> None:
        own = frozenset({'constructor', 'paramwise_cfg'})
        # the type of clip_grad is a word of MMEngine's, 'norm' or 'value', and names no component
        self._types.bind(
            path,
            {'type': 'OptimWrapper', **value},
            'OPTIM_WRAPPERS',
            also=own,
            skip=frozenset({'clip_grad'}),
        )
        if 'optimizer' not in value and 'constructor' not in value:
            self._problems.append(f"{path}: needs the key 'optimizer'")
        constructor = DefaultOptimWrapperConstructor
        if 'constructor' in value:
            constructor = self._types.resolve(
                f'{path}.constructor', value['constructor'], 'OPTIM_WRAPPER_CONSTRUCTORS'
            )
        allowed = {
            DefaultOptimWrapperConstructor: _PARAMWISE,
            PartOptimWrapperConstructor: frozenset({'lr_mult'}),
        }
        if constructor in allowed and isinstance(value.get('paramwise_cfg'), Mapping):
            self._untyped(f'{path}.paramwise_cfg', value['paramwise_cfg'], allowed[constructor])
        clip = value.get('clip_grad')
        if isinstance(clip, Mapping):
            by_value = clip.get('type') == 'value'
            function = (
                torch.nn.utils.clip_grad_value_ if by_value else torch.nn.utils.clip_grad_norm_
            )
            self._types.keys(
                f'{path}.clip_grad',
                clip,
                signature_of(function),
                function.__name__,
                frozenset({'type'}),
            )
        self._values(path, value, {'paramwise_cfg': Mapping[str, Any] | None})
        for key in ('clip_grad', 'paramwise_cfg'):
            if isinstance(value.get(key), Mapping):
                self._values(f'{path}.{key}', value[key], PLAIN[f'{path}.{key}'])

    def _default_hooks(self, path: str, value: Mapping[str, Any]) -> None:
        own = {
            name
            for name, hook in value.items()
            if isinstance(hook, Mapping | None) and not near(name, _DEFAULT_HOOKS)
        }
        self._untyped(path, value, _DEFAULT_HOOKS | own)
        for name, hook in value.items():
            self._values(path, {name: hook}, {name: Component | None})
            if isinstance(hook, Mapping):
                self._types.visit(f'{path}.{name}', hook, 'HOOKS')

    def _env_cfg(self, path: str, value: Mapping[str, Any]) -> None:
        self._untyped(
            path, value, frozenset({'cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'})
        )
        mp_cfg, dist_cfg = value.get('mp_cfg'), value.get('dist_cfg')
        if isinstance(mp_cfg, Mapping):
            self._types.keys(f'{path}.mp_cfg', mp_cfg, signature_of(set_multi_processing), 'mp_cfg')
        for key in ('mp_cfg', 'dist_cfg'):
            if isinstance(value.get(key), Mapping):
                self._values(f'{path}.{key}', value[key], PLAIN[f'{path}.{key}'])
        known = signature_of(init_dist).keys | {'timeout'}
        group = (
            signature_of(torch.distributed.init_process_group).keys
            if torch.distributed.is_available()
            else frozenset()
        )
        self._untyped(f'{path}.dist_cfg', dist_cfg, known | group)

    def _custom_imports(self, path: str, value: Mapping[str, Any]) -> None:
        self._untyped(path, value, frozenset({'imports', 'allow_failed_imports'}))


def _items(path: str, value: object) -> list[tuple[str, object]]:
    if isinstance(value, (list, tuple)):
        return [(f'{path}.{index}', item) for index, item in enumerate(value)]
    return [] if value is None else [(path, value)]
