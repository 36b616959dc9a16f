"""Whether a run can be resumed from a checkpoint, and with the settings of now."""

from __future__ import annotations

from pathlib import Path

from mmengine.dist import get_world_size
from mmengine.runner import Runner

from .checkpoint import CheckpointError
from .latest import POINTER, read_pointer
from .settings import check_settings, frozen_weights_note, run_settings
from .wrappers import unwrap_model


def nothing_to_resume(work_dir: str, folder: Path) -> str:
    """The warning of a run that was to be resumed and has no checkpoint.

    Args:
        work_dir: Its work directory.
        folder: Where its checkpoints would be.

    Returns:
        The sentence.
    """
    text = (
        f'resume asked for, but {folder} holds no complete checkpoint: training starts from the '
        'beginning'
    )
    pointed = read_pointer(work_dir)
    if not pointed:
        return text
    return (
        f'{text}. {Path(work_dir) / POINTER} names {pointed}, which is not in this folder; to '
        f'continue from such a file set load_from to its path together with --resume'
    )


def check_resumable(runner: Runner, checkpoint: dict, source: str) -> None:
    """Refuse a checkpoint from which a run cannot be resumed; warn of settings that may differ.

    Args:
        runner: The runner.
        checkpoint: What was loaded.
        source: Its file, for messages.

    Raises:
        CheckpointError: If it lacks a part, or is of a run with other settings.
    """
    meta = checkpoint.get('meta', {})
    missing = [f'meta[{key!r}]' for key in ('epoch', 'iter') if not isinstance(meta.get(key), int)]
    missing += [key for key in ('state_dict', 'optimizer') if key not in checkpoint]
    schedulers = runner.param_schedulers
    if schedulers and 'param_schedulers' not in checkpoint:
        missing.append('param_schedulers')
    if missing:
        raise CheckpointError(
            f'{source} cannot be resumed from: it lacks {", ".join(missing)} (a best_*.pth, a '
            'published file or bare weights?). Resume from an epoch_*.pth, or drop '
            'resume to start again from these weights'
        )
    stored = checkpoint.get('param_schedulers', [])
    if isinstance(schedulers, list) and len(schedulers) != len(stored):
        raise CheckpointError(
            f'{source} was trained with {len(stored)} parameter schedulers, this run has '
            f'{len(schedulers)}; resume with the same param_scheduler'
        )
    if warning := check_settings(meta.get('settings') or {}, settings_of(runner), source):
        runner.logger.warning(warning)


def settings_of(runner: Runner) -> dict[str, str]:
    """What a run is set to (:func:`~vamp_mm.engine.settings.run_settings`)."""
    return run_settings(runner.cfg, unwrap_model(runner.model), get_world_size())


def check_frozen(runner: Runner, stored: dict[str, str], source: str) -> None:
    """Warn if the frozen weights are not those of the training.

    Args:
        runner: The runner.
        stored: Settings of the checkpoint.
        source: Its file, for messages.
    """
    if note := frozen_weights_note(unwrap_model(runner.model), stored, source):
        runner.logger.warning(note)
