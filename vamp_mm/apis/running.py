"""Code shared by training and testing: the environment of their processes, and building the Runner."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mmengine.config import Config
from mmengine.runner import Runner

from vamp_mm.config.image_check import say_if_images_differ
from vamp_mm.config.published_settings import settings_text
from vamp_mm.datasets import reading_once
from vamp_mm.engine import unwrap_model
from vamp_mm.engine.launch import launched, settle_launcher
from vamp_mm.engine.run_config import RunConfig
from vamp_mm.engine.short_console import ShortConsoleRunner, log_file
from vamp_mm.runs.write_errors import explained_writes, stop_on_write_error


@contextlib.contextmanager
def running(cfg: Config) -> Iterator[contextlib.ExitStack]:
    """Start the processes' common environment, and leave it at the end.

    Args:
        cfg: Config of the run; its launcher and what follows from it are set in place.

    Yields:
        contextlib.ExitStack: Its contexts, such as locks, end before the process group is left.
    """
    settle_launcher(cfg)
    with (
        reading_once(),
        explained_writes(cfg.work_dir),
        launched(cfg),
        contextlib.ExitStack() as stack,
    ):
        yield stack


def build_runner(cfg: Config, kind: type[Runner] = ShortConsoleRunner) -> Runner:
    """Build the Runner of a config, and log the published settings in use and images that do not suit the weights.

    Args:
        cfg: Config of the run.
        kind: Class of the Runner.

    Returns:
        The Runner; a log that cannot be written stops it.
    """
    runner = kind.from_cfg(RunConfig.of(cfg))
    stop_on_write_error(runner.logger)
    if file := log_file(runner.logger):
        runner.logger.info(f'environment, config and hooks of this run are in {file}')
    if text := settings_text(cfg):
        runner.logger.info(text)
    say_if_images_differ(cfg, unwrap_model(runner.model))
    return runner
