"""Test a checkpoint, or a method without trained weights."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from vamp_mm.config.errors import ConfigError
from vamp_mm.config.trained_settings import use_trained
from vamp_mm.config.validate import validate_config
from vamp_mm.engine import unwrap_model
from vamp_mm.engine.hooks.test_metrics_hook import TestMetricsHook
from vamp_mm.engine.launch import on_main
from vamp_mm.engine.short_console import ShortConsoleRunner
from vamp_mm.files import write_json
from vamp_mm.prediction.checkpoint import (
    Checkpoint,
    check_fits,
    read_if_any,
    refuse_other_method,
    trained_words,
    warn_of_changes,
)
from vamp_mm.prediction.loading import refuse_untrained
from vamp_mm.prediction.training_data import doubts_of_test
from vamp_mm.runs.data_check import check_lists, say_doubts
from vamp_mm.runs.final_test import prepare_for_test
from vamp_mm.runs.lock import held
from vamp_mm.runs.result import identity, result_of
from vamp_mm.runs.result_file import RESULT

from .running import build_runner, running

_TRAINING = (
    'train_dataloader',
    'train_cfg',
    'optim_wrapper',
    'param_scheduler',
    'auto_scale_lr',
    'val_dataloader',
    'val_cfg',
    'val_evaluator',
)
_LOCK = '.test.lock'


def test(
    cfg: Config,
    checkpoint: str | Path | None,
    hooks: Sequence[Hook] = (),
    labels: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
) -> dict[str, Any]:
    """Run the test loop of a config on the weights of a checkpoint.

    Loading is strict and never executes code from the file. The training data are not needed. Writes
    ``<work_dir>/<time>/result.json``.

    Args:
        cfg: Complete config of a run (see :func:`~vamp_mm.config.compose`); ``work_dir`` must be set.
        checkpoint: Checkpoint file; None or ``'none'`` only for a method without trainable parameters (zero-shot CLIP).
        hooks: Hook objects in addition to those of the config.
        labels: Words for ``run`` in ``result.json`` in place of those that the config gives.
        out: File for the result, instead of the one in ``work_dir``.

    Returns:
        The metrics of the test loop.

    Raises:
        ConfigError: If the config is faulty or tests nothing, or a method with trainable parameters gets no checkpoint.
        FileNotFoundError: If the checkpoint does not exist.
        CheckpointError: If it cannot be read or does not fit.
        WorkDirError: If another test that began in the same second writes into the same folder.
    """
    validate_config(cfg)
    if cfg.get('test_cfg') is None:
        raise ConfigError(['the config has no test_cfg, so there is nothing to test'], cfg.filename)
    stored = read_if_any(checkpoint)
    run = identity(cfg, labels)
    cfg = _test_config(cfg, stored)
    with running(cfg) as stack:
        prepare_for_test(cfg)
        on_main(lambda: check_lists(cfg))
        start = time.perf_counter()
        runner = build_runner(cfg, _TestRunner)
        folder = Path(runner.work_dir) / runner.timestamp
        on_main(
            lambda: stack.enter_context(held(folder, _LOCK))
        )  # a second test of the same second
        if is_main_process():
            say_doubts(cfg, runner.logger)
        runner.register_custom_hooks([TestMetricsHook(), *hooks])
        model = unwrap_model(runner.model)
        changed: list[str] = []
        if stored is None:
            refuse_untrained(model, cfg)
        else:
            check_fits(model, stored)
            changed = warn_of_changes(cfg, stored)
            # what was trained is what the checkpoint says, not the config that tests it
            run['run'].update({**trained_words(stored), **(labels or {})})
            doubts = doubts_of_test(cfg, stored, runner.test_loop.dataloader.dataset)
            for doubt in doubts:
                runner.logger.warning(doubt)
            changed += doubts
        metrics: dict[str, Any] = runner.test()
        if is_main_process():
            result = result_of(runner, run, metrics, time.perf_counter() - start)
            place = folder / RESULT if out is None else Path(out)
            told = {'checkpoint': cfg.load_from, 'changed_since_training': changed}
            write_json(place, {**result, **told})
    return metrics


def _test_config(cfg: Config, stored: Checkpoint | None) -> Config:
    """A copy of a config that only tests, with the settings that the weights were trained with."""
    cfg = cfg.copy()
    if stored is not None:
        refuse_other_method(cfg, stored)
        use_trained(cfg, stored.settings)
    for key in _TRAINING:
        cfg[key] = None
    cfg.resume = False
    cfg.load_from = None if stored is None else stored.source
    return cfg


class _TestRunner(ShortConsoleRunner):
    """A Runner that leaves the config of a training in its folder as it is."""

    def dump_config(self) -> None:
        """Write the config, unless that of a training is there; the log folder has its own copy."""
        name = Path(self.cfg.filename or f'{self.timestamp}.py').name
        if not (Path(self.work_dir) / name).exists():
            super().dump_config()
