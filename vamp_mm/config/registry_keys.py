"""Which registry a key of a config is built from, and which keys MMEngine adds or takes out when it builds."""

from __future__ import annotations

#: Keys that MMEngine passes to a component when it builds it, by registry; a config leaves them out.
INJECTED: dict[str, frozenset[str]] = {
    'LOOPS': frozenset({'runner', 'dataloader', 'evaluator'}),
    'PARAM_SCHEDULERS': frozenset({'optimizer'}),
    'OPTIMIZERS': frozenset({'params'}),
    'OPTIM_WRAPPERS': frozenset({'optimizer'}),
    'DATA_SAMPLERS': frozenset({'dataset', 'sampler', 'batch_size'}),
    'VISBACKENDS': frozenset({'save_dir'}),
    'MODEL_WRAPPERS': frozenset({'module'}),
    'MODELS': frozenset({'clip'}),  # PromptedClassifier passes the frozen backbone to its parts
}
#: Keys that MMEngine takes out of a dict before it builds it.
REMOVED: dict[str, frozenset[str]] = {
    'HOOKS': frozenset({'priority'}),
    'PARAM_SCHEDULERS': frozenset({'convert_to_iter_based'}),
}
#: The same by the key that a dict or the list around it is under: mmcv's and mmpretrain's builders.
REMOVED_BELOW: dict[str, frozenset[str]] = {
    'norm_cfg': frozenset({'requires_grad'}),
    'policies': frozenset({'magnitude_key', 'magnitude_range'}),
}
#: Keys whose value is built from another registry than the dict they are in.
REGISTRY_OF_KEY = {
    'batch_sampler': 'DATA_SAMPLERS',
    'dataset': 'DATASETS',
    'datasets': 'DATASETS',
    'init_cfg': 'WEIGHT_INITIALIZERS',
    'metrics': 'METRICS',
    'optimizer': 'OPTIMIZERS',
    'pipeline': 'TRANSFORMS',
    'sampler': 'DATA_SAMPLERS',
    'source': 'TASK_UTILS',
    'transforms': 'TRANSFORMS',
    'vis_backends': 'VISBACKENDS',
}
#: Registry that the dicts below a top-level key are built from.
_REGISTRY_OF_TOP = {
    'custom_hooks': 'HOOKS',
    'data_preprocessor': 'MODELS',
    'default_hooks': 'HOOKS',
    'log_processor': 'LOG_PROCESSORS',
    'model': 'MODELS',
    'model_wrapper_cfg': 'MODEL_WRAPPERS',
    'optim_wrapper': 'OPTIM_WRAPPERS',
    'param_scheduler': 'PARAM_SCHEDULERS',
    'test_cfg': 'LOOPS',
    'test_evaluator': 'METRICS',
    'train_cfg': 'LOOPS',
    'val_cfg': 'LOOPS',
    'val_evaluator': 'METRICS',
    'visualizer': 'VISUALIZERS',
}


def registry_of(path: str) -> str:
    """Name of MMEngine's root registry that the dict at a dotted path of a Runner config is built from."""
    top, *rest = path.split('.')
    registry = _REGISTRY_OF_TOP.get(top, 'DATASETS')
    for key in rest:
        registry = REGISTRY_OF_KEY.get(key, registry)
    return registry
