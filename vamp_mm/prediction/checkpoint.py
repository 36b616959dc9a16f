"""A checkpoint file: finding it, reading it, and loading its weights into a model."""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log
from torch import Tensor, nn

from vamp_mm.config.errors import THE_CALL, ConfigError
from vamp_mm.engine import CheckpointError, load_checkpoint
from vamp_mm.engine.latest import find_latest_checkpoint, is_complete
from vamp_mm.engine.settings import changed_settings, frozen_weights_note, run_settings
from vamp_mm.messages import some
from vamp_mm.weight_files import check_state_dict, without_wrappers

#: Extensions of configs, which are easily confused with checkpoints in a command.
_CONFIGS = ('.py', '.json', '.yaml', '.yml')
#: Settings of the model that are none of its training: where a file is, memory, how a prediction is sped up.
_FREE = ('model.backbone.arch:', 'model.backbone.max_tokens:', 'model.shortlist:')
#: Ends of keys that belong to a test and its data.
_OF_TESTS = ('.template', '.templates', '.test_samples', '.test_noise')
_WHOLE = re.compile(r'-?\d{1,9}')
_NEXT = 'the file is damaged, or was written by another program: copy it again'


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint file holds. Kinds of values were checked when it was read.

    Args:
        source: The file, for messages.
        weights: Name -> tensor.
        meta: What it records of the run that wrote it.
    """

    source: str
    weights: Mapping[str, Tensor]
    meta: Mapping[str, Any]

    @property
    def settings(self) -> Mapping[str, str]:
        """Dotted config key -> value as text: what the run was set to; empty if unknown."""
        return self.meta.get('settings') or {}

    @property
    def classes(self) -> dict[str, Any]:
        """``classes``, ``templates`` and ``homonyms`` of the training data, as far as they are recorded.

        Tuples of strings; ``templates`` may also be the name of a set.
        """
        data = self.meta.get('dataset_meta') or {}
        found = {key: data.get(key) for key in ('classes', 'templates', 'homonyms')}
        return {
            key: value if isinstance(value, str) else tuple(value)
            for key, value in found.items()
            if value is not None
        }


def read_if_any(checkpoint: str | Path | None) -> Checkpoint | None:
    """Read a checkpoint file, unless none is meant: None, or the word ``none`` of the command line.

    Args:
        checkpoint: The file.

    Returns:
        Its content (:func:`read_checkpoint`), or None.
    """
    if checkpoint is None or str(checkpoint).lower() == 'none':
        return None
    return read_checkpoint(checkpoint)


def read_checkpoint(checkpoint: str | Path) -> Checkpoint:
    """Read a checkpoint file. Nothing in it is executed.

    Args:
        checkpoint: The file, with or without metadata (bare weights); or the folder of a run, whose last complete
            checkpoint is taken, which is logged.

    Returns:
        Its content.

    Raises:
        FileNotFoundError: If there is no such file; the message names files with similar names.
        ConfigError: If it is a folder from which none can be chosen, or a config.
        CheckpointError: If it cannot be read as a checkpoint.
    """
    checkpoint = _last_of_run(checkpoint)
    _require_file(Path(checkpoint).expanduser())
    content = load_checkpoint(checkpoint)
    weights = content.get('state_dict')
    if weights is None:
        weights = {name: value for name, value in content.items() if name != 'meta'}
    weights = without_wrappers(weights, checkpoint)
    return Checkpoint(str(checkpoint), weights, content.get('meta') or {})


def check_fits(model: nn.Module, stored: Checkpoint) -> None:
    """Refuse weights that were made for another model, or for another number of classes than the checkpoint names.

    Args:
        model: The model that is to take the weights.
        stored: The checkpoint.

    Raises:
        CheckpointError: If names, shapes or kinds of numbers differ, or a tensor with a row for each class has
            another number of rows.
    """
    check_state_dict(model, stored.weights, stored.source)
    names = stored.classes.get('classes')
    if names is None:
        return
    for prefix, module in model.named_modules():
        for key in getattr(module, 'sized_by_class', ()):
            name = f'{prefix}.{key}' if prefix else key
            value = stored.weights.get(name)
            if value is not None and value.ndim and len(value) not in (0, len(names)):
                raise CheckpointError(
                    f'{stored.source} contradicts itself: {name} has {len(value)} rows, one for each class, '
                    f"and meta['dataset_meta']['classes'] has {len(names)} names; {_NEXT}"
                )


def refuse_other_method(cfg: Config, stored: Checkpoint) -> None:
    """Refuse a config of another method than the one that a checkpoint was trained with.

    Args:
        cfg: The config.
        stored: The checkpoint.

    Raises:
        CheckpointError: If its prompter is of another type.
    """
    prompter = (cfg.get('model') or {}).get('prompter')
    kind = prompter.get('type') if isinstance(prompter, Mapping) else None
    trained = stored.settings.get('model.prompter.type', '').strip("'").rpartition('.')[2]
    if trained and isinstance(kind, str) and kind.rpartition('.')[2] != trained:
        raise CheckpointError(
            f'{stored.source} was trained with model.prompter.type={trained!r} and the config has {kind!r}: another method; '
            "give the config of the checkpoint's own run, which is beside it"
        )


def warn_of_changes(cfg: Config, stored: Checkpoint) -> list[str]:
    """Warn if the model is set up in another way than in the training of a checkpoint: the predictions then differ.

    Args:
        cfg: The config in use.
        stored: The checkpoint; the file of the architecture may have moved, and sentences belong to the data.

    Returns:
        What differs, ``key: before -> now`` each.
    """
    changed = [
        line
        for line in changed_settings(stored.settings, run_settings(cfg))
        if line.startswith('model.') and not line.startswith(_FREE)
        if not line.partition(':')[0].endswith(_OF_TESTS)
    ]
    if changed:
        print_log(
            f'{stored.source} was trained with other settings of the model (before -> now): {some(changed, "; ", 8)}; '
            'set them back, or the predictions are not those of its training',
            'current',
            logging.WARNING,
        )
    return changed


def trained_words(stored: Checkpoint) -> dict[str, Any]:
    """What a checkpoint says of its training, in the words of a result.

    Args:
        stored: The checkpoint.

    Returns:
        ``shots`` and ``seed``, as far as they are recorded.
    """
    places = {'shots': 'train_dataloader.dataset.shots', 'seed': 'randomness.seed'}
    texts = {key: str(stored.settings.get(place, '')) for key, place in places.items()}
    return {key: int(text) for key, text in texts.items() if _WHOLE.fullmatch(text)}


def load_weights(model: nn.Module, stored: Checkpoint) -> None:
    """Load all weights of a checkpoint into a model, in place; warn if it was trained with another CLIP.

    Args:
        model: The model.
        stored: The checkpoint.

    Raises:
        CheckpointError: If they do not fit (:func:`check_fits`).
    """
    check_fits(model, stored)
    model.load_state_dict(stored.weights)
    if note := frozen_weights_note(model, stored.settings, stored.source):
        print_log(note, 'current', logging.WARNING)


def _last_of_run(checkpoint: str | Path) -> str | Path:
    """The last complete checkpoint of a run's folder; what is no such folder as it is."""
    folder = Path(checkpoint).expanduser()
    if not folder.is_dir():
        return checkpoint
    last = find_latest_checkpoint(folder)
    if last is None:  # names without an order
        complete = [path for path in sorted(folder.glob('*.pth')) if is_complete(path)]
        if len(complete) != 1:
            return checkpoint
        last = str(complete[0])
    print_log(f'{str(folder)!r}: its last checkpoint is taken, {Path(last).name}', 'current')
    return last


def _require_file(path: Path) -> None:
    if path.is_file():
        if path.suffix in _CONFIGS:
            raise ConfigError(
                [
                    f'checkpoint {str(path)!r} is a {path.suffix} file, so probably a config; give a checkpoint file, '
                    'or the word none for zero-shot CLIP'
                ],
                THE_CALL,
            )
        return
    folder = path if path.is_dir() else path.parent
    known = sorted(str(item) for item in folder.glob('*.pth')) if folder.is_dir() else []
    near = difflib.get_close_matches(str(path), known, n=3, cutoff=0.0) or known[-3:]
    there = (
        f'; there are {", ".join(near)}'
        if known
        else f', and {str(folder)!r} holds no .pth file; train first: vamp_mm train CONFIG'
    )
    if path.is_dir():
        raise ConfigError(
            [f'checkpoint {str(path)!r} is a folder without a last checkpoint; give a file{there}'],
            THE_CALL,
        )
    if not path.exists():
        raise FileNotFoundError(f'checkpoint {str(path)!r} does not exist{there}')
