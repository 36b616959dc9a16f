"""A trained model with a split of the test images of its config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader, Subset

from vamp_mm.config.errors import ConfigError, closest
from vamp_mm.datasets.prompts import dataset_vocabulary
from vamp_mm.evaluation.split_configs import split_dataset
from vamp_mm.models import PromptedClassifier
from vamp_mm.prediction.loading import load_model
from vamp_mm.progress_bar import progress
from vamp_mm.registry import DATASETS
from vamp_mm.structures import Vocabulary

_BATCH = 32


@dataclass(frozen=True, eq=False)
class Opened:
    """What the tools look into.

    Args:
        model: In evaluation mode, with the class names of the split.
        dataset: The images of the split.
        split: Its name.
        batch_size: Images in one forward pass.
        trained_on: Class names of the training in the order of their labels, None if unknown.
    """

    model: PromptedClassifier
    dataset: Any
    split: str
    batch_size: int
    trained_on: tuple[str, ...] | None

    @property
    def names(self) -> tuple[str, ...]:
        """Class names of the split."""
        assert self.model.vocabulary is not None
        return self.model.vocabulary.names

    def batches(self, words: str, indices: Sequence[int] | None = None) -> Iterator[dict[str, Any]]:
        """Preprocessed batches in dataset order.

        Args:
            words: What is done, for the progress bar.
            indices: Images to take; None for all.

        Yields:
            dict[str, Any]: ``inputs (N, 3, H, W)`` and ``data_samples``.
        """
        dataset = self.dataset if indices is None else Subset(self.dataset, list(indices))
        loader = DataLoader(dataset, self.batch_size, shuffle=False, collate_fn=pseudo_collate)
        for batch in progress(loader, len(loader), words):
            yield self.model.data_preprocessor(batch, False)


def open_model(
    cfg: Config, checkpoint: str | Path | None
) -> tuple[PromptedClassifier, tuple[str, ...] | None]:
    """Build the model of a config and load the weights of a checkpoint.

    Args:
        cfg: Complete config.
        checkpoint: The file; None or ``'none'`` for a method that is not trained.

    Returns:
        The model in evaluation mode, and the class names of its training, None if unknown.

    Raises:
        ConfigError: If the model is not one of vamp_mm's, or trained weights are missing.
        CheckpointError: If the checkpoint does not fit.
        FileNotFoundError: If a file is missing.
    """
    loaded = load_model(checkpoint, cfg, None, None)
    if not isinstance(loaded.model, PromptedClassifier):
        raise ConfigError(
            [
                f'{type(loaded.model).__name__} has no prompts to look into; this works for PromptedClassifier'
            ],
            cfg.filename,
        )
    return loaded.model, loaded.classes.names if loaded.classes.trained else None


def open_split(cfg: Config, checkpoint: str | Path | None, split: str | None = None) -> Opened:
    """A model and one split of the test images, whose class names the model is given.

    Args:
        cfg: Complete config.
        checkpoint: See :func:`open_model`.
        split: Name in ``test_cfg.splits``; None for the first.

    Returns:
        Both.

    Raises:
        ConfigError: If there is no such split, or the model cannot answer about its classes.
    """
    found = _splits(cfg)
    name = next(iter(found)) if split is None else split
    if name not in found:
        raise ConfigError(
            [f'--split {name!r} is not in this config; {closest(name, found)}'], cfg.filename
        )
    config, seen = found[name]
    model, trained_on = open_model(cfg, checkpoint)
    dataset = DATASETS.build(dict(config, _scope_=cfg.get('default_scope') or 'vamp_mm'))
    meta = dataset.metainfo
    names = dataset_vocabulary(meta['classes'], meta['templates'], meta.get('homonyms', ()))
    try:
        model.set_vocabulary(Vocabulary(names.names, names.templates, seen, names.homonyms))
    except ValueError as error:
        raise ConfigError([f'split {name!r}: {error}'], cfg.filename) from error
    size = int(cfg.test_dataloader.get('batch_size') or _BATCH)
    return Opened(model, dataset, name, size, trained_on)


def _splits(cfg: Config) -> dict[str, tuple[dict[str, Any], bool]]:
    """Name -> config of the dataset, and whether its classes were trained on."""
    if cfg.get('test_dataloader') is None:
        raise ConfigError(
            ['the config has no test_dataloader: there are no test images to look at'], cfg.filename
        )
    base = cfg.test_dataloader['dataset'].to_dict()
    splits: Mapping[str, Any] = (cfg.get('test_cfg') or {}).get('splits') or {}
    if not splits:
        return {'test': (base, True)}
    return {
        name: (split_dataset(base, entry), bool(entry.get('seen', True)))
        for name, entry in splits.items()
    }
