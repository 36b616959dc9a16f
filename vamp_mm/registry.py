"""Registries of vamp_mm, one node per kind of component, scope ``vamp_mm``.

Each is a child of MMEngine's root registry of the same kind, so ``type='vamp_mm.VaMPHead'`` resolves from any
default scope, and ``type='mmpretrain.Accuracy'`` resolves from ours. ``locations`` are imported on first use.
"""

import inspect
from collections.abc import Mapping
from typing import Any

from mmengine.registry import DATA_SAMPLERS as MMENGINE_DATA_SAMPLERS
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import LOOPS as MMENGINE_LOOPS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import PARAM_SCHEDULERS as MMENGINE_PARAM_SCHEDULERS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import Registry as MMEngineRegistry
from mmengine.registry import root

from .arguments import check_when_built

SCOPE = 'vamp_mm'


class Registry(MMEngineRegistry):
    """A registry whose classes check their arguments against the annotations, however they are built."""

    def _register_module(self, module: type, *args: Any, **kwargs: Any) -> None:
        super()._register_module(module, *args, **kwargs)
        if inspect.isclass(module):
            check_when_built(module)


# backbones, prompters, heads, losses, classifiers
MODELS = Registry('model', parent=MMENGINE_MODELS, scope=SCOPE, locations=['vamp_mm.models'])
# few-shot datasets, class splits
DATASETS = Registry(
    'dataset',
    parent=MMENGINE_DATASETS,
    scope=SCOPE,
    locations=['vamp_mm.datasets.few_shot', 'vamp_mm.datasets.few_shot_wrapper'],
)
# image reading
TRANSFORMS = Registry(
    'transform',
    parent=MMENGINE_TRANSFORMS,
    scope=SCOPE,
    locations=['vamp_mm.datasets.transforms'],
)
# samplers; MMEngine's DefaultSampler is found through the parent
DATA_SAMPLERS = Registry(
    'data sampler',
    parent=MMENGINE_DATA_SAMPLERS,
    scope=SCOPE,
    locations=['vamp_mm.datasets.samplers', 'vamp_mm.datasets.class_batches'],
)
# vocabulary, prototypes, checkpoints, safety
HOOKS = Registry('hook', parent=MMENGINE_HOOKS, scope=SCOPE, locations=['vamp_mm.engine.hooks'])
# test loops over named class splits, training by steps
LOOPS = Registry(
    'loop',
    parent=MMENGINE_LOOPS,
    scope=SCOPE,
    locations=['vamp_mm.evaluation.loops', 'vamp_mm.engine.step_loop'],
)
# calibration and uncertainty
METRICS = Registry(
    'metric',
    parent=MMENGINE_METRICS,
    scope=SCOPE,
    locations=[
        f'vamp_mm.evaluation.{name}'
        for name in ('calibration', 'ood', 'open_accuracy', 'prediction_dump', 'uncertainty')
    ],
)
# learning-rate schedules of the field
PARAM_SCHEDULERS = Registry(
    'parameter scheduler',
    parent=MMENGINE_PARAM_SCHEDULERS,
    scope=SCOPE,
    locations=['vamp_mm.engine.schedulers', 'vamp_mm.engine.stage_schedule'],
)
# where the lists of a dataset come from
TASK_UTILS = Registry(
    'task util',
    parent=root.TASK_UTILS,
    scope=SCOPE,
    locations=[
        f'vamp_mm.datasets.sources.{name}'
        for name in ('catalog_source', 'image_folder', 'split_file', 'table')
    ],
)
# mixed precision on a CPU, projected gradients
OPTIM_WRAPPERS = Registry(
    'optim_wrapper',
    parent=root.OPTIM_WRAPPERS,
    scope=SCOPE,
    locations=['vamp_mm.engine.autocast_wrapper', 'vamp_mm.engine.projected_gradient'],
)
# learning rates of parts of a model
OPTIM_WRAPPER_CONSTRUCTORS = Registry(
    root.OPTIM_WRAPPER_CONSTRUCTORS.name,
    parent=root.OPTIM_WRAPPER_CONSTRUCTORS,
    scope=SCOPE,
    locations=['vamp_mm.engine.optim_groups'],
)
# testing in several processes
MODEL_WRAPPERS = Registry(
    'model_wrapper',
    parent=root.MODEL_WRAPPERS,
    scope=SCOPE,
    locations=['vamp_mm.engine.evaluation_wrapper'],
)

# Kinds of which we have none of our own. The Runner looks for a node of the default scope in every tree and
# warns where there is none; an empty node passes the question on to its parent.
_EMPTY = tuple(
    Registry(parent.name, parent=parent, scope=SCOPE)
    for parent in (root.EVALUATOR, root.FUNCTIONS, root.INFERENCERS, root.LOG_PROCESSORS,
                   root.OPTIMIZERS, root.RUNNERS, root.STRATEGIES,
                   root.VISBACKENDS, root.VISUALIZERS, root.WEIGHT_INITIALIZERS))  # fmt: skip


def build_part(config: Mapping[str, Any], **given: Any) -> Any:
    """Build a part of a model in our own scope, whatever the default scope of the surrounding pipeline.

    Args:
        config: Its config, with a ``type``.
        **given: Arguments that the config may leave out.

    Returns:
        The part.
    """
    return MODELS.build(dict(config, _scope_=SCOPE), default_args=given or None)


__all__ = [
    'DATASETS', 'DATA_SAMPLERS', 'HOOKS', 'LOOPS', 'METRICS', 'MODELS', 'MODEL_WRAPPERS', 'OPTIM_WRAPPERS',
    'OPTIM_WRAPPER_CONSTRUCTORS', 'PARAM_SCHEDULERS', 'SCOPE', 'TASK_UTILS', 'TRANSFORMS', 'build_part'
]  # fmt: skip
