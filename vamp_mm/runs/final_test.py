"""The test at the end of a training: of the weights in the last checkpoint, as vamp_mm test would run it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import barrier, broadcast_object_list, is_distributed, is_main_process
from mmengine.hooks import EarlyStoppingHook, Hook, ProfilerHook
from mmengine.runner import Runner

from vamp_mm.engine import SafeCheckpointHook
from vamp_mm.files import temporary_name
from vamp_mm.registry import HOOKS

#: MMEngine's hooks that need a training loop and do nothing else than watch it.
_TRAINING_HOOKS = (EarlyStoppingHook, ProfilerHook)
_SAFE = dict(type='vamp_mm.SafeCheckpointHook')


def prepare_for_test(cfg: Config) -> None:
    """Give a config the hooks and the model wrapper of a test, in place.

    Loading is safe and strict whatever the training used, hooks that only watch a training are left out, and several
    processes synchronise no gradients.

    Args:
        cfg: A complete config with its ``launcher`` settled.
    """
    cfg.default_hooks = {**(cfg.get('default_hooks') or {}), 'checkpoint': _SAFE}
    cfg.custom_hooks = [hook for hook in cfg.get('custom_hooks') or [] if not _trains_only(hook)]
    if (cfg.get('launcher') or 'none') != 'none':
        cfg.model_wrapper_cfg = dict(type='vamp_mm.EvaluationWrapper')


def test_trained(
    runner: Runner, cfg: Config, hooks: Sequence[Hook]
) -> tuple[dict[str, Any], str | None]:
    """Test what a training left, with a new model that is loaded from its last checkpoint and new hooks.

    Hooks that average or swap weights keep copies of their own, and a model has state that no checkpoint holds; with
    both new, this test and a later one of the same file give the same numbers. Where the settings keep no checkpoint of
    the last weights, a temporary one takes its place.

    Args:
        runner: The runner, trained. Its model and hooks are replaced, its optimizer is dropped.
        cfg: The config that the runner was built from.
        hooks: Hooks besides those of the config, ready made.

    Returns:
        The metrics, and the checkpoint that they describe: relative to the work directory if it is there; None if it
        is not kept.
    """
    cfg = cfg.copy()
    prepare_for_test(cfg)
    with _last_weights(runner) as (file, kept):
        barrier()  # the main process writes the file that all of them read
        _start_again(runner, cfg, hooks)
        runner._load_from, runner._resume, runner._has_loaded = file, False, False
        metrics = runner.test()
    return metrics, _shown(file, runner.work_dir) if kept else None


# not collected by pytest, in whose tests the name may be imported
test_trained.__test__ = False  # type: ignore[attr-defined]


@contextlib.contextmanager
def _last_weights(runner: Runner) -> Iterator[tuple[str, bool]]:
    """The file with the weights that the model has now, and whether it is kept."""
    saver = next((hook for hook in runner.hooks if isinstance(hook, SafeCheckpointHook)), None)
    file = saver.store_last(runner) if saver is not None else None
    if file is not None:
        yield file, True
        return
    if saver is None:  # MMEngine's own hook, whose files are not read, or none
        saver = SafeCheckpointHook()
        saver.before_run(runner)
        runner.register_hook(saver)
    runner.logger.warning(
        'no checkpoint that is kept holds the weights of the last epoch: the numbers of result.json belong to weights '
        "that are lost with this process; default_hooks.checkpoint=dict(type='SafeCheckpointHook', save_last=True) "
        'keeps them'
    )
    names = [temporary_name(Path(runner.work_dir) / 'last_weights.pth').name]
    if is_distributed():
        broadcast_object_list(names)
    path = Path(runner.work_dir) / names[0]
    try:
        runner.save_checkpoint(
            runner.work_dir,
            path.name,
            save_optimizer=False,
            save_param_scheduler=False,
            meta={'epoch': runner.epoch, 'iter': runner.iter},
            backend_args=saver.backend_args,
        )
        yield str(path), False
    finally:
        if is_main_process():
            path.unlink(missing_ok=True)


def _start_again(runner: Runner, cfg: Config, hooks: Sequence[Hook]) -> None:
    """Give the runner the state of one that was just built for a test."""
    runner.model = runner.optim_wrapper = runner.param_schedulers = (
        None  # frees memory for the new model
    )
    randomness = dict(cfg.get('randomness') or {})
    if randomness.get('seed') is None:  # one was drawn when the run began
        randomness |= dict(seed=runner.seed, diff_rank_seed=False)
    runner.set_randomness(**randomness)
    model = dict(cfg.model)
    if cfg.get('data_preprocessor') is not None:
        model.setdefault('data_preprocessor', cfg.data_preprocessor)
    runner.model = runner.wrap_model(cfg.get('model_wrapper_cfg'), runner.build_model(model))
    runner._hooks = []
    runner.register_hooks(cfg.default_hooks, cfg.custom_hooks)
    runner.register_custom_hooks(list(hooks))


def _trains_only(hook: Any) -> bool:
    kind = type(hook)
    if not isinstance(hook, Hook):
        kind = hook['type'] if isinstance(hook['type'], type) else HOOKS.get(hook['type'])
    return isinstance(kind, type) and issubclass(kind, _TRAINING_HOOKS)


def _shown(file: str, work_dir: str) -> str:
    path = os.path.relpath(file, work_dir)
    return file if path.startswith(os.pardir) else path
