"""Checkpoints that survive a kill, load strictly, and never execute anything."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from mmengine.dist import is_main_process
from mmengine.fileio import register_backend
from mmengine.hooks import CheckpointHook
from mmengine.logging import MMLogger
from mmengine.runner import CheckpointLoader, Runner
from mmengine.runner.base_loop import BaseLoop

from vamp_mm.arguments import NonNegativeInt, PositiveInt
from vamp_mm.files import atomic_write, remove_leftovers
from vamp_mm.registry import HOOKS
from vamp_mm.weight_files import check_state_dict

from ..atomic_backend import ATOMIC_BACKEND, AtomicLocalBackend
from ..checkpoint import CheckpointError, load_checkpoint
from ..latest import POINTER, checkpoint_folder, find_latest_checkpoint, same_folder
from ..plain import same_plain, to_plain
from ..resuming import check_frozen, check_resumable, nothing_to_resume, settings_of
from ..run_config import RunConfig
from ..runner_state import hub_state, make_plain
from ..settings import weights_fingerprint
from ..wrappers import unwrap_model


def load_from_safe_file(filename: str, map_location: Any = None) -> dict[str, Any]:
    """Loader of local files for MMEngine: :func:`vamp_mm.engine.load_checkpoint`."""
    return load_checkpoint(filename, map_location)


@HOOKS.register_module()
class SafeCheckpointHook(CheckpointHook):
    """MMEngine's ``CheckpointHook`` with a plain, atomic and strict checkpoint.

    - Files hold tensors and plain data only (:mod:`vamp_mm.engine.plain`); local files are read by
      :func:`vamp_mm.engine.load_checkpoint` from ``before_run`` on, in the whole process.
    - Each file appears complete or not at all. The new checkpoint is written, then
      ``last_checkpoint``, and only then an old one deleted, so a killed run can always resume from
      :func:`find_latest_checkpoint`; a Runner with ``resume=True`` and no ``load_from`` does that
      by itself.
    - Weights load strictly, whether for a test or a resume
      (:func:`~vamp_mm.weight_files.check_state_dict`).
    - The last checkpoint holds the weights that training ends with: it is written after a training
      that was stopped early, and written again where a hook changed the weights after it.
    - ``last_checkpoint`` holds a file name; a work directory that is copied or moved is resumed
      from its own files only.

    Checkpoints at epoch ends resume bit for bit together with ``EpochSeedHook``; those in the
    middle of an epoch (``by_epoch=False``) do not.

    Args:
        interval: Epochs (or iterations) between checkpoints; -1 for the last one only.
        by_epoch: Whether ``interval`` counts epochs.
        save_optimizer: Keep the optimizer's state; without it a run cannot be resumed.
        save_param_scheduler: Keep the schedulers' state; without it a run cannot be resumed.
        out_dir: Where checkpoints go if not into the work directory.
        max_keep_ckpts: Number of checkpoints kept; -1 keeps all.
        save_last: Save after the last epoch whatever the interval; also where training was stopped
            early.
        save_best: Metric(s) whose best checkpoint is kept as ``best_*.pth``, or 'auto'.
        rule: 'greater' or 'less', if it does not follow from the metric's name.
        greater_keys: Further metric names where more is better.
        less_keys: Further metric names where less is better.
        backend_args: File backend of ``out_dir``; None for atomic files on the local disk.
        published_keys: Keys of the slim copy written after training.
        save_begin: First epoch (or iteration) that is saved.
    """

    # set by MMEngine's hook, which has no annotations
    out_dir: Any
    best_ckpt_path: Any
    keep_ckpt_ids: deque[int]

    def __init__(
        self,
        interval: PositiveInt | Literal[-1] = 1,
        by_epoch: bool = True,
        save_optimizer: bool = True,
        save_param_scheduler: bool = True,
        out_dir: str | Path | None = None,
        max_keep_ckpts: PositiveInt | Literal[-1] = -1,
        save_last: bool = True,
        save_best: str | list[str] | None = None,
        rule: str | list[str] | None = None,
        greater_keys: Sequence[str] | None = None,
        less_keys: Sequence[str] | None = None,
        backend_args: dict | None = None,
        published_keys: str | list[str] | None = None,
        save_begin: NonNegativeInt = 0,
    ) -> None:
        if backend_args is None and '://' not in str(out_dir):
            backend_args = {'backend': ATOMIC_BACKEND}
        super().__init__(
            interval=interval,
            by_epoch=by_epoch,
            save_optimizer=save_optimizer,
            save_param_scheduler=save_param_scheduler,
            out_dir=None if out_dir is None else str(out_dir),
            max_keep_ckpts=max_keep_ckpts,
            save_last=save_last,
            save_best=save_best,
            rule=rule,
            greater_keys=greater_keys,
            less_keys=less_keys,
            backend_args=backend_args,
            published_keys=published_keys,
            save_begin=save_begin,
        )
        self._stored: tuple[str, int, str] | None = None  # file, iteration and weights it holds
        self._given_out_dir = self.out_dir

    def before_run(self, runner: Runner) -> None:
        """Take over reading and writing of local checkpoint files, and choose the one to resume
        from.

        Args:
            runner: The runner.

        Raises:
            CheckpointError: If ``load_from`` is remote: MMEngine's own loaders may execute such a
                file.
        """
        register_backend(ATOMIC_BACKEND, AtomicLocalBackend, force=True)
        CheckpointLoader.register_scheme(prefixes='', loader=load_from_safe_file, force=True)
        _quiet_file_client()
        runner.cfg = RunConfig.of(runner.cfg)
        # MMEngine offers no public access to these two settings of a Runner.
        if runner._load_from is not None and '://' in str(runner._load_from):
            raise CheckpointError(
                f'load_from={runner._load_from!r} is remote and would be loaded without '
                'protection; download the file and give its path'
            )
        if runner._resume and runner._load_from is None:
            folder = checkpoint_folder(runner.work_dir, self._given_out_dir)
            runner._load_from = find_latest_checkpoint(runner.work_dir, folder)
            if runner._load_from is None:
                runner.logger.warning(nothing_to_resume(runner.work_dir, folder))
                runner._resume = False

    def before_train(self, runner: Runner) -> None:
        """Prepare the folder; paths of earlier best checkpoints follow a moved work directory."""
        if self.out_dir is not None and same_folder(self.out_dir, runner.work_dir):
            # MMEngine would add the run's name to another spelling of the work directory
            self.out_dir = None
        super().before_train(runner)
        if is_main_process() and '://' not in str(self.out_dir):
            remove_leftovers(self.out_dir)
            remove_leftovers(runner.work_dir)
        # A stored path is deleted when a better one comes: never trust it to lie elsewhere.
        if getattr(self, 'best_ckpt_path', None):
            self.best_ckpt_path = self._here(runner, 'best_ckpt', self.best_ckpt_path)
        for key, path in getattr(self, 'best_ckpt_path_dict', {}).items():
            here = self._here(runner, f'best_ckpt_{key}', path) if path else None
            self.best_ckpt_path_dict[key] = here
        if runner._resume and runner._load_from is not None:
            self._remember(runner, str(runner._load_from), runner.iter)

    def after_train(self, runner: Runner) -> None:
        """Let the last checkpoint hold what training ended with; then publish it."""
        self.store_last(runner)
        best = getattr(self, 'best_ckpt_path_dict', {})
        for key in [key for key, path in best.items() if path is None]:
            del best[key]  # there is none to publish
        super().after_train(runner)

    def store_last(self, runner: Runner) -> str | None:
        """Make sure that a checkpoint holds the weights of the model as they are, after training.

        Args:
            runner: The runner, after its last epoch.

        Returns:
            The file; None if ``save_last`` is off and no checkpoint holds these weights.
        """
        file, iteration, stored = self._stored or (None, -1, '')
        if iteration == runner.iter:
            if stored == weights_fingerprint(unwrap_model(runner.model)):
                return file
            runner.logger.info(
                f'a hook changed the weights after {file} was written: the last checkpoint is '
                'written again'
            )
        elif not self.save_last:
            return None
        step = runner.epoch if self.by_epoch else runner.iter
        meta = {'epoch': runner.epoch, 'iter': runner.iter}
        self._save_checkpoint_with_step(runner, step, meta)
        return self._stored[0] if self._stored else None

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Turn the checkpoint into plain data, in place, and note what the run was set to."""
        make_plain(checkpoint)
        checkpoint['meta']['settings'] = settings_of(runner)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Check that the checkpoint fits, and restore what ``Runner.resume`` expects, in place.

        Args:
            runner: The runner.
            checkpoint: What was loaded.

        Raises:
            CheckpointError: If it belongs to another model, a run cannot be resumed from it, or this
                run has other settings than the one that wrote it.
        """
        source = str(checkpoint.pop('file', 'the checkpoint'))
        weights = checkpoint.get('state_dict', checkpoint)
        check_state_dict(unwrap_model(runner.model), weights, source)
        if 'state_dict' not in checkpoint and not runner._resume:
            return  # a bare state dict: nothing else to restore
        if runner._resume:
            check_resumable(runner, checkpoint, source)
        else:
            check_frozen(runner, (checkpoint.get('meta') or {}).get('settings') or {}, source)
        checkpoint['message_hub'] = hub_state(checkpoint.get('message_hub'))
        meta = checkpoint.setdefault('meta', {})
        loop = runner._train_loop
        if 'dataset_meta' in meta and isinstance(loop, BaseLoop):
            # Runner.resume compares pickles, which differ for equal objects after a round trip.
            current = getattr(loop.dataloader.dataset, 'metainfo', None)
            if same_plain(to_plain(current, 'metainfo'), meta['dataset_meta']):
                meta['dataset_meta'] = current

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        # MMEngine deletes the old file first; killed in between, a run with one kept file would be
        # lost.
        outdated = self._track(runner, step)
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
        )
        self._remember(runner, str(self.last_ckpt), meta['iter'])
        if not is_main_process():
            return
        atomic_write(name.encode(), Path(runner.work_dir) / POINTER)
        for old in outdated:
            path = self.file_backend.join_path(self.out_dir, self.filename_tmpl.format(old))
            if self.file_backend.isfile(path):
                self.file_backend.remove(path)

    def _track(self, runner: Runner, step: int) -> list[int]:
        """Remember a new checkpoint and return the steps of those to delete once it is written."""
        if self.max_keep_ckpts <= 0:
            return []
        steps = [old for old in self.keep_ckpt_ids if old != step] + [step]
        outdated = steps[: -self.max_keep_ckpts]
        self.keep_ckpt_ids = deque(steps[-self.max_keep_ckpts :], self.max_keep_ckpts)
        # Stored with the outdated ones: should the run be killed before it deletes them, the next
        # one does.
        runner.message_hub.update_info('keep_ckpt_ids', steps)
        return outdated

    def _remember(self, runner: Runner, file: str, iteration: int) -> None:
        self._stored = (file, iteration, weights_fingerprint(unwrap_model(runner.model)))

    def _here(self, runner: Runner, key: str, path: str) -> str | None:
        """Where a file of an earlier part of the run lies now; None if it is gone."""
        here: str | None = self.file_backend.join_path(self.out_dir, Path(path).name)
        if not self.file_backend.isfile(here):
            runner.logger.warning(
                f'the best checkpoint so far, {here}, is not there (deleted or not copied): the '
                'next one is written when its score is better'
            )
            here = None
        runner.message_hub.update_info(key, here)
        return here


def _quiet_file_client() -> None:
    """Leave out warnings of MMEngine of deprecated classes that it uses itself whenever it saves."""
    # A filter, not logging.disable(): a logger of MMEngine remembers that a level was disabled, and all later warnings of
    # the run are lost.
    MMLogger.get_current_instance().addFilter(_not_of_file_client)


def _not_of_file_client(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(
        ('"FileClient" will be deprecated', '"HardDiskBackend" is the alias')
    )
