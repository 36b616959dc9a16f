"""Few-shot image classification data in the layout of the CoOp family."""

from __future__ import annotations

import os.path as osp
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from mmengine.logging import MMLogger
from mmpretrain.datasets import BaseDataset

from vamp_mm.arguments import Component, NonNegative, PositiveInt, Seed
from vamp_mm.messages import some
from vamp_mm.registry import DATASETS, TRANSFORMS
from vamp_mm.structures import Vocabulary

from .augmentation import SeededAugmentation
from .class_splits import base_classes, check_choice, class_range, class_split
from .errors import DataError
from .image_cache import ImageCache, check_budget
from .near_names import spelt_otherwise
from .prompts import dataset_vocabulary
from .sampling import few_shot_part
from .sources import SplitSource, build_source
from .splits import PARTS, Item, Split
from .transforms import LoadRGBImage, read_rgb

# what is kept in memory unless ``cache_mb`` says otherwise
_FEW_IMAGES, _FEW_SHOT_MB = 4096, 512


@DATASETS.register_module()
class FewShotDataset(SeededAugmentation, BaseDataset):
    """Images of one split, of all, the base or the novel classes, all of them or k a class.

    The few-shot subset is drawn first and the classes are split afterwards, by the rules of the
    CoOp protocol (:mod:`~vamp_mm.datasets.sampling`, :func:`~vamp_mm.datasets.splits.class_split`),
    so a seed names the same images as in the papers of that family.

    In the training split, random augmentation is a pure function of (``augment_seed``, epoch,
    index): the same for any number of workers and processes, and after a resume. Tell the epoch
    with :meth:`set_epoch`.

    ``metainfo`` holds ``classes`` (names in label order), ``homonyms`` (names known to stand for
    several labels), ``base_classes`` (how many leading labels are base classes), ``templates``,
    ``dataset_name``, ``class_split`` and ``split``; it is there before :meth:`full_init`.

    Args:
        data_root: Folder of the dataset.
        source: Where the lists come from: the name of a dataset of the catalog
            (:data:`~vamp_mm.datasets.sources.catalog.CATALOG`), or the config of a source, such as
            ``dict(type='SplitFile', file='split.json', image_folder='images')``.
        split: ``train``, ``val`` or ``test``.
        shots: Training images per class, -1 for all. The validation split draws ``min(shots, 4)``;
            the test split is never sampled.
        seed: Seed of the few-shot subset.
        class_split: ``all``, ``base`` (first half of the labels) or ``novel`` (the rest).
        templates: Sentences with one ``{}`` for the class name, in place of the source's own;
            ``openai-80`` and ``openai-7`` are CLIP's ensembles for ImageNet.
        pipeline: Transforms.
        dataset_name: Name for tables; the last part of ``data_root`` if not given.
        allow_short: Take all images of a class with fewer than ``shots`` instead of raising.
        unreadable: ``error`` raises when an unreadable image is loaded; ``skip`` decodes every
            image once at construction, leaves unreadable ones out, and logs them (they are listed
            in ``skipped``).
        augment_seed: Seed of the augmentation; ``seed`` if not given.
        cache_mb: Keep decoded images in memory, up to so many MiB
            (:class:`~vamp_mm.datasets.ImageCache`, shared by forked loading processes); 0 for none.
            By default 512 for few-shot training sets of up to 4,096 images and 0 for all others.
            The images are the same either way.
        lazy_init: Do not look for the images before :meth:`full_init`.

    Raises:
        FileNotFoundError: If the data root, files of the source or images are missing.
        ValueError: If an argument or the source's lists are wrong, nothing is left, or there is one
            class only to train on.
    """

    def __init__(
        self,
        data_root: str | Path,
        source: str | Component | SplitSource,
        split: Literal['train', 'val', 'test'] = 'train',
        shots: PositiveInt | Literal[-1] = -1,
        seed: Seed = 1,
        class_split: Literal['all', 'base', 'novel'] = 'all',
        templates: str | Sequence[str] | None = None,
        pipeline: Sequence[Component | Callable] = (),
        dataset_name: str | None = None,
        allow_short: bool = False,
        unreadable: Literal['error', 'skip'] = 'error',
        augment_seed: Seed | None = None,
        cache_mb: NonNegative | None = None,
        lazy_init: bool = False,
    ) -> None:
        _check_shots(shots, split)
        if cache_mb is not None:
            check_budget(cache_mb)
        data_root = osp.expanduser(str(data_root))
        self.split, self.shots, self.seed, self.which = split, shots, seed, class_split
        self.allow_short, self.unreadable = allow_short, unreadable
        self.source = build_source(source)
        self.augment_seed = seed if augment_seed is None else augment_seed
        self._cache_mb = cache_mb
        #: Decoded images, None if they are not kept.
        self.image_cache: ImageCache | None = None
        #: Paths left out by ``unreadable='skip'``.
        self.skipped: tuple[str, ...] = ()
        self._start_epochs()
        self.source.require(data_root, 'data root')
        lists = self.source.read(data_root)
        vocabulary = self._vocabulary(lists, templates)
        self._chosen = self._choose(lists)
        super().__init__(
            ann_file='',
            metainfo=dict(classes=vocabulary.names, templates=vocabulary.templates),
            data_root=data_root,
            data_prefix=dict(img_path=self.source.image_folder),
            pipeline=[
                TRANSFORMS.build(step) if isinstance(step, dict) else step for step in pipeline
            ],
            test_mode=split != 'train',
            lazy_init=True,
        )
        # Not handed to the parent: it takes strings in metainfo for names of files to read.
        self._metainfo.update(
            class_split=class_split,
            split=split,
            dataset_name=dataset_name or osp.basename(osp.normpath(data_root)),
            homonyms=vocabulary.homonyms,
            base_classes=base_classes(class_split, len(lists.classes)),
        )
        if not lazy_init:
            self.full_init()

    def set_epoch(self, epoch: int) -> None:
        """Tell all workers which epoch comes next, and say what the image cache holds."""
        if self.image_cache is not None and epoch > self.epoch:
            self.image_cache.log_news()
        super().set_epoch(epoch)

    def load_data_list(self) -> list[dict]:
        """Look for the chosen images on disk.

        Returns:
            One dict per image: ``img_path`` and ``gt_label``.

        Raises:
            FileNotFoundError: If images are missing.
            ValueError: If no image is left, or a class loses all of them.
        """
        paths = [
            (osp.join(self.data_prefix['img_path'], item.path), item.label) for item in self._chosen
        ]
        missing = [path for path, _ in paths if not osp.isfile(path)]
        if missing:
            raise FileNotFoundError(
                f'{len(missing)} of {len(paths)} images of the {self.split} split are missing '
                f'under {osp.abspath(self.data_prefix["img_path"])}: {some(missing)}. '
                f'{spelt_otherwise(missing[:10])}{self.source.hint}'
            )
        self.image_cache = self._make_cache([path for path, _ in paths])
        if self.unreadable == 'skip':
            paths = self._readable(paths)
        present = {label for _, label in paths}
        empty = [
            name for label, name in enumerate(self._metainfo['classes']) if label not in present
        ]
        if empty:
            raise DataError(
                f'{len(empty)} classes have no image in the {self.split} split of '
                f'{self._metainfo["dataset_name"]} (class_split={self.which!r}): {some(empty)}'
            )
        return [dict(img_path=path, gt_label=label) for path, label in paths]

    def extra_repr(self) -> list[str]:
        """Lines that ``repr`` adds."""
        return [
            f'Split: \t{self.split}, classes {self.which}, shots {self.shots}, seed {self.seed}',
            *super().extra_repr(),
        ]

    def _run_pipeline(self, idx: int) -> Any:
        info = self.get_data_info(idx)
        if self.image_cache is not None:
            info['image_cache'] = self.image_cache
        return self.pipeline(info)

    def _make_cache(self, paths: list[str]) -> ImageCache | None:
        few = self.split == 'train' and self.shots > 0 and len(paths) <= _FEW_IMAGES
        budget = (_FEW_SHOT_MB if few else 0) if self._cache_mb is None else self._cache_mb
        reads = any(isinstance(step, LoadRGBImage) for step in self.pipeline.transforms)
        return ImageCache(paths, budget) if budget and reads else None

    def _vocabulary(self, lists: Split, templates: str | Sequence[str] | None) -> Vocabulary:
        labels = class_range(self.which, len(lists.classes))
        names = lists.classes[labels.start : labels.stop]
        check_choice(names, self.split, self.which)
        sentences = self.source.templates if templates is None else templates
        return dataset_vocabulary(names, sentences, lists.homonyms)

    def _choose(self, lists: Split) -> tuple[Item, ...]:
        if not lists.part(self.split):
            raise DataError(
                f'there are no {self.split} images in this dataset ({type(self.source).__name__}); '
                f'it has {[part for part in PARTS if lists.part(part)]}'
            )
        items = (
            few_shot_part(lists, self.split, self.shots, self.seed, self.allow_short)
            if self.shots > 0
            else lists.part(self.split)
        )
        return class_split(items, self.which, len(lists.classes))

    def _readable(self, paths: list[tuple[str, int]]) -> list[tuple[str, int]]:
        kept, skipped = [], []
        for path, label in paths:
            try:
                read_rgb(path) if self.image_cache is None else self.image_cache.read(path)
            except OSError:
                skipped.append(path)
            else:
                kept.append((path, label))
        self.skipped = tuple(skipped)
        if skipped:
            MMLogger.get_current_instance().warning(
                f'left out {len(skipped)} unreadable of {len(paths)} images of the '
                f'{self.split} split: {some(skipped)}'
            )
        return kept


def _check_shots(shots: int, split: str) -> None:
    if split == 'test' and shots != -1:
        raise DataError(
            f"shots={shots} with split='test': the test split is never sampled; leave shots at -1"
        )
