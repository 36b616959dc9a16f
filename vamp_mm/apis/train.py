"""Train a config, test the weights of the last epoch, and record the result."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from vamp_mm.config.errors import ConfigError
from vamp_mm.config.validate import validate_config

# Importing the engine also makes its checkpoint format known, before any checkpoint is read.
from vamp_mm.engine import AveragedShapesHook, find_latest_checkpoint, unwrap_model
from vamp_mm.engine.hooks.test_metrics_hook import TestMetricsHook, visualizer_kept_open
from vamp_mm.engine.latest import checkpoint_folder, same_folder
from vamp_mm.engine.launch import on_main
from vamp_mm.engine.settings import FROZEN, check_settings, run_settings
from vamp_mm.files import write_json
from vamp_mm.prediction.checkpoint import read_checkpoint
from vamp_mm.runs.against_zero_shot import TrainingCheckHook
from vamp_mm.runs.data_check import check_lists
from vamp_mm.runs.data_record import DataRecordHook
from vamp_mm.runs.final_test import test_trained
from vamp_mm.runs.lock import held
from vamp_mm.runs.result import StartHook, identity, result_of, trainable_parameters
from vamp_mm.runs.result_file import RESULT
from vamp_mm.runs.work_dir import check_work_dir

from .running import build_runner, running


def train(
    cfg: Config,
    resume: bool = False,
    hooks: Sequence[Hook] = (),
    labels: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Train, then test the weights of the last epoch in the same process.

    The test is the same as ``vamp_mm test`` with the last checkpoint: a new model, loaded from that file, and new hooks.

    Writes ``<work_dir>/result.json``: the metrics, the checkpoint that they describe (``tested_checkpoint``; None if it
    is not kept), the time, the memory, the seed, the versions and a hash of the config
    (:func:`~vamp_mm.runs.result.result_of`); and which images the run used
    (:class:`~vamp_mm.runs.data_record.DataRecordHook`).

    Args:
        cfg: Complete config of a run (see :func:`~vamp_mm.config.compose`); ``work_dir`` must be set.
        resume: Continue the run in ``work_dir`` from its last checkpoint; a run that was stopped
            before its first checkpoint starts from the beginning.
        hooks: Hook objects in addition to those of the config.
        labels: Words for ``run`` in ``result.json`` in place of those that the config gives.

    Returns:
        The metrics of the test loop; empty if the config tests nothing.

    Raises:
        ConfigError: If the config has an unknown key or type, or does not train.
        WorkDirError: If ``work_dir`` is in use and ``resume`` is false, or another process writes into it.
        WriteError: If the disk is full or the folder is not writable.
        CheckpointError: If the run to resume had other settings; in that case nothing is written.
    """
    validate_config(cfg, training=True)
    _check_complete(cfg)
    run = identity(cfg, labels)
    cfg = _with_safe_checkpoints(cfg)
    cfg.resume = resume
    checks, begin = TrainingCheckHook(), StartHook()
    hooks = [checks, *hooks]  # in training and in the test after it
    with running(cfg) as stack:
        on_main(lambda: _hold_folders(cfg, resume, stack))
        if resume:
            on_main(lambda: _check_same_run(cfg))
        on_main(lambda: check_lists(cfg))
        start = time.perf_counter()
        runner = build_runner(cfg)
        runner.register_custom_hooks(
            [AveragedShapesHook(), DataRecordHook(), TestMetricsHook(), begin, *hooks]
        )
        _require_trainable(runner)
        metrics, tested = _train_and_test(runner, cfg, hooks)
        result = result_of(runner, run, metrics, time.perf_counter() - start)
        result |= {
            'epochs': runner.epoch,
            'resumed_at_epoch': begin.epoch,
            'tested_checkpoint': tested,
        }
        if is_main_process():
            place = Path(runner.work_dir) / RESULT
            write_json(place, {**result, **checks.found})
            runner.logger.info(
                f'The result is in {place}. Next: vamp_mm predict {runner.work_dir} IMAGES'
            )
    return metrics


def _train_and_test(
    runner: Runner, cfg: Config, hooks: Sequence[Hook]
) -> tuple[dict[str, Any], str | None]:
    """Train, then test; return the metrics and the checkpoint that they describe."""
    if cfg.get('test_cfg') is None:
        runner.train()
        return {}, None
    runner.test_loop  # noqa: B018 -- builds the test sets: what they lack shows before training, not after
    with visualizer_kept_open(runner):
        runner.train()
    return test_trained(runner, cfg, [TestMetricsHook(), *hooks])


def _with_safe_checkpoints(cfg: Config) -> Config:
    """A copy that keeps our checkpoints, unless it names a hook: MMEngine cannot resume its own on torch >= 2.6."""
    cfg = cfg.copy()
    hooks = cfg.get('default_hooks') or {}
    if 'checkpoint' not in hooks:
        cfg.default_hooks = {**hooks, 'checkpoint': dict(type='vamp_mm.SafeCheckpointHook')}
    return cfg


def _require_trainable(runner: Runner) -> None:
    model = unwrap_model(runner.model)
    if not trainable_parameters(runner):
        raise ConfigError(
            [
                f'{type(model).__name__} has no trainable '
                'parameters in this config; use `vamp_mm test` with the checkpoint `none`'
            ],
            runner.cfg.filename,
        )
    losses = getattr(getattr(model, 'head', None), 'losses', None)
    if losses is not None and not len(losses):
        raise ConfigError(
            [
                'model.head.losses=[] gives nothing to train by; name at least one loss term, such as '
                "dict(type='BranchCrossEntropy'), or use `vamp_mm test` with the checkpoint `none`"
            ],
            runner.cfg.filename,
        )


def _check_complete(cfg: Config) -> None:
    """Refuse a config that cannot train."""
    if cfg.get('work_dir') is None:
        raise ConfigError(['work_dir is not set: there is no folder for the results'], cfg.filename)
    if cfg.get('train_cfg') is None:
        raise ConfigError(
            [
                'the config has no train_cfg: this method is not trained; use `vamp_mm test` with '
                'the checkpoint `none`'
            ],
            cfg.filename,
        )
    if cfg.get('train_dataloader') is None:
        raise ConfigError(
            [
                'the config has no train_dataloader: this dataset is for testing only; use '
                '`vamp_mm test`, or train on another dataset and give this one to --targets'
            ],
            cfg.filename,
        )


def _hold_folders(cfg: Config, resume: bool, stack: contextlib.ExitStack) -> None:
    """Hold the folders that the run writes into; they must be new or empty, unless it resumes the run in them."""
    work_dir = Path(os.path.abspath(cfg.work_dir))
    stack.enter_context(held(work_dir))
    check_work_dir(work_dir, resume)
    checkpoints = _checkpoint_folder(cfg)
    if '://' not in str(
        (cfg.default_hooks.get('checkpoint') or {}).get('out_dir')
    ) and not same_folder(checkpoints, work_dir):
        stack.enter_context(held(checkpoints))
        check_work_dir(checkpoints, resume)


def _checkpoint_folder(cfg: Config) -> Path:
    hook = cfg.default_hooks.get('checkpoint') or {}
    return checkpoint_folder(cfg.work_dir, hook.get('out_dir'))


def _check_same_run(cfg: Config) -> None:
    """Refuse to resume a run with other settings, before anything is overwritten; frozen weights are checked later."""
    file = cfg.get('load_from') or find_latest_checkpoint(cfg.work_dir, _checkpoint_folder(cfg))
    if file is not None and '://' not in str(file):
        settings = read_checkpoint(file).settings
        stored = {key: value for key, value in settings.items() if key != FROZEN}
        check_settings(stored, run_settings(cfg, processes=get_world_size()), str(file))
