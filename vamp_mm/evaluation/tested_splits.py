"""The splits of a test loop with their images and class names, built and checked before the first one is tested."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmengine.runner import Runner
from torch.utils.data import DataLoader

from vamp_mm.structures import Vocabulary

from .split_configs import SplitError, check_distinct, shared_labels, split_dataset


@dataclass(frozen=True, eq=False)
class TestedSplit:
    """One split.

    Args:
        name: Its name, before the metrics.
        loader: Its images.
        metainfo: ``classes`` and ``templates`` of its dataset.
        seen: Whether the model was trained on its classes.
        answered_as: The split whose class names the model gets: another one for OOD images, else itself.
        left_out: Labels whose images do not count, since that split has the class too or it is excluded.
    """

    __test__ = False  # not a test of pytest

    name: str
    loader: DataLoader
    metainfo: Mapping[str, Any]
    seen: bool
    answered_as: str
    left_out: tuple[int, ...] = ()

    @property
    def is_ood(self) -> bool:
        """Whether no image has a class whose name the model gets."""
        return self.answered_as != self.name

    @property
    def size(self) -> tuple[int, int]:
        """Number of images and of classes."""
        return len(self.loader.dataset), len(self.metainfo['classes'])  # type: ignore[arg-type]

    @property
    def vocabulary(self) -> Vocabulary:
        """The class names that the model answers about."""
        return Vocabulary(
            names=self.metainfo['classes'],
            templates=self.metainfo['templates'],
            seen=self.seen,
            homonyms=self.metainfo.get('homonyms', ()),
        )


def build_splits(
    runner: Runner,
    dataloader: Mapping[str, Any],
    splits: Mapping[str, Mapping[str, Any]],
    templates: Sequence[str] | None,
) -> dict[str, TestedSplit]:
    """Build the dataloaders of all splits.

    Args:
        runner: The runner.
        dataloader: Config of a test dataloader.
        splits: Name -> entry, checked.
        templates: For datasets whose ``metainfo`` has no ``templates``.

    Returns:
        Name -> split, OOD splits last: they are compared with splits that have been tested.

    Raises:
        SplitError: If a split has no images or class names, or two are the same.
    """
    ordered = dict(sorted(splits.items(), key=lambda item: 'outside' in item[1]))
    configs = {
        name: {**dataloader, 'dataset': split_dataset(dataloader['dataset'], entry)}
        for name, entry in ordered.items()
    }
    check_distinct(ordered, configs)
    # all lists of images are read before the first split is tested
    loaders = {
        name: runner.build_dataloader(config, seed=runner.seed) for name, config in configs.items()
    }
    metainfo = {
        name: _metainfo(name, loader, templates, 'outside' in ordered[name])
        for name, loader in loaders.items()
    }
    return {
        name: _split(name, entry, ordered, loaders[name], metainfo)
        for name, entry in ordered.items()
    }


def announce(split: TestedSplit, logger: logging.Logger) -> None:
    """Log what is tested, and which images of an OOD split do not count.

    Args:
        split: The split.
        logger: Of the run.
    """
    images, classes = split.size
    logger.info(f'Testing split {split.name!r}: {images} images of {classes} classes')
    if not split.is_ood:
        return
    logger.info(
        f'{split.name!r} is answered with the names of {split.answered_as!r}: how well does uncertainty separate '
        'the two?'
    )
    if split.left_out:
        names = [split.metainfo['classes'][label] for label in split.left_out]
        logger.warning(
            f'{split.name!r}: images of {len(names)} classes do not count, which {split.answered_as!r} has too or '
            f'which are excluded: {", ".join(names)}'
        )


def _split(
    name: str,
    entry: Mapping[str, Any],
    splits: Mapping[str, Mapping[str, Any]],
    loader: DataLoader,
    metainfo: Mapping[str, Mapping[str, Any]],
) -> TestedSplit:
    asked = entry.get('outside')
    if asked is None:
        return TestedSplit(name, loader, metainfo[name], entry['seen'], name)
    left_out = shared_labels(
        name, metainfo[name]['classes'], metainfo[asked]['classes'], entry.get('exclude', ())
    )
    return TestedSplit(name, loader, metainfo[name], splits[asked]['seen'], asked, left_out)


def _metainfo(
    name: str, loader: DataLoader, templates: Sequence[str] | None, ood: bool
) -> dict[str, Any]:
    meta = dict(getattr(loader.dataset, 'metainfo', {}))
    if templates is not None:
        meta.setdefault('templates', tuple(templates))
    needed = ('classes',) if ood else ('classes', 'templates')
    missing = [key for key in needed if not meta.get(key)]
    if missing:
        raise SplitError(
            f'the metainfo of split {name!r} ({type(loader.dataset).__name__}) lacks {missing}; '
            'SplitTestLoop takes class names from the dataset, and templates too unless it is '
            'given some itself'
        )
    if not len(loader.dataset):  # type: ignore[arg-type]
        raise SplitError(f'split {name!r} has no images; check its overrides')
    return meta
