"""Few-shot subsets and class splits of any MMEngine dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from mmpretrain.datasets import BaseDataset
from torch.utils.data import Dataset

from vamp_mm.arguments import Component, PositiveInt, Seed
from vamp_mm.messages import some
from vamp_mm.registry import DATASETS, TRANSFORMS

from .augmentation import SeededAugmentation
from .class_splits import base_classes, check_choice, class_range, class_split
from .errors import DataError
from .prompts import dataset_vocabulary
from .sampling import few_shot_part
from .sources.base import DEFAULT_TEMPLATE
from .splits import Item, Split


@DATASETS.register_module()
class FewShotWrapper(SeededAugmentation, BaseDataset):
    """k images a class, of all, the base or the novel classes, of a dataset made by another class.

    The subset and the class split follow the rules of
    :class:`~vamp_mm.datasets.few_shot.FewShotDataset` (the same functions draw both), with the
    order of the wrapped dataset as the order of the list. So does random augmentation: it is a
    function of (``augment_seed``, epoch, index).

    Args:
        dataset: Config of the dataset, or the dataset: it holds ``metainfo['classes']`` and gives
            one integer ``gt_label`` in each ``get_data_info(index)``, as those of mmpretrain do.
        split: ``train``, ``val`` or ``test``: what the dataset serves for here. Test is never
            sampled.
        shots: Training images per class, -1 for all; ``val`` draws ``min(shots, 4)``.
        seed: Seed of the few-shot subset.
        class_split: ``all``, ``base`` (first half of the labels) or ``novel`` (the rest).
        templates: Sentences with one ``{}`` for the class name; by default those in the metainfo of
            the dataset, else 'a photo of a {}.'.
        pipeline: Transforms; by default the dataset's own.
        train_dataset: Config of the training images, for ``split='val'`` with ``shots``: they are
            drawn first, and validation continues with the same random numbers.
        dataset_name: Name for tables; the class of the dataset if not given.
        allow_short: Take all images of a class with fewer than ``shots`` instead of raising.
        augment_seed: Seed of the augmentation; ``seed`` if not given.
        lazy_init: Do not collect the images before :meth:`full_init`.

    Raises:
        DataError: If the dataset has no class names, labels that are not among them, or one class
            only to train on.
        ValueError: If an argument is wrong.
    """

    def __init__(
        self,
        dataset: Component | Dataset,
        split: Literal['train', 'val', 'test'] = 'train',
        shots: PositiveInt | Literal[-1] = -1,
        seed: Seed = 1,
        class_split: Literal['all', 'base', 'novel'] = 'all',
        templates: str | Sequence[str] | None = None,
        pipeline: Sequence[Component | Callable] | None = None,
        train_dataset: Component | Dataset | None = None,
        dataset_name: str | None = None,
        allow_short: bool = False,
        augment_seed: Seed | None = None,
        lazy_init: bool = False,
    ) -> None:
        if split == 'test' and shots != -1:
            raise DataError(
                f"shots={shots} with split='test': the test split is never sampled; leave shots at -1"
            )
        if (train_dataset is not None) != (split == 'val' and shots > 0):
            raise DataError(
                f'train_dataset belongs to split="val" with shots, here split={split!r} and '
                f'shots={shots}: the few-shot rule draws the training images before those of '
                'validation, from the same random numbers'
            )
        #: What is wrapped; not called ``dataset``, which would mean that this is transparent.
        self.wrapped = _build(dataset)
        self.split, self.shots, self.seed, self.which = split, shots, seed, class_split
        self.allow_short = allow_short
        self.augment_seed = seed if augment_seed is None else augment_seed
        self._train = None if train_dataset is None else _build(train_dataset)
        self._start_epochs()
        names = _class_names(self.wrapped)
        labels = class_range(class_split, len(names))
        check_choice(names[labels.start : labels.stop], split, class_split)
        vocabulary = dataset_vocabulary(
            names[labels.start : labels.stop],
            templates or self.wrapped.metainfo.get('templates') or DEFAULT_TEMPLATE,
            self.wrapped.metainfo.get('homonyms', ()),
        )
        super().__init__(
            ann_file='',
            metainfo=dict(classes=vocabulary.names, templates=vocabulary.templates),
            pipeline=_pipeline(self.wrapped, pipeline),
            test_mode=split != 'train',
            lazy_init=True,
        )
        self._metainfo.update(
            class_split=class_split,
            split=split,
            dataset_name=dataset_name or type(self.wrapped).__name__,
            homonyms=vocabulary.homonyms,
            base_classes=base_classes(class_split, len(names)),
        )
        if not lazy_init:
            self.full_init()

    def load_data_list(self) -> list[dict]:
        """Collect the chosen samples.

        Returns:
            What the wrapped dataset says of each, with the label counted among the chosen classes.

        Raises:
            DataError: If a label is none of the classes, or a class is left without an image.
        """
        names = _class_names(self.wrapped)
        items = class_split(self._choose(names), self.which, len(names))
        lacking = set(range(len(self._metainfo['classes']))) - {item.label for item in items}
        if lacking:
            shown = [self._metainfo['classes'][label] for label in sorted(lacking)]
            raise DataError(
                f'{len(shown)} classes have no image in {type(self.wrapped).__name__} '
                f'(class_split={self.which!r}): {some(shown)}'
            )
        return [
            {**self.wrapped.get_data_info(int(item.path)), 'gt_label': item.label} for item in items
        ]

    def few_shot_lists(self) -> dict[str, tuple[Item, ...]]:
        """The chosen images before the class split, by their paths, for the record of a run."""
        names = _class_names(self.wrapped)
        items = self._choose(names)
        infos = [self.wrapped.get_data_info(int(item.path)) for item in items]
        return {
            self.split: tuple(
                item._replace(path=str(info.get('img_path', f'sample {item.path}')))
                for item, info in zip(items, infos, strict=True)
            )
        }

    def extra_repr(self) -> list[str]:
        """Lines that ``repr`` adds."""
        return [
            f'Wraps: \t{type(self.wrapped).__name__}',
            f'Split: \t{self.split}, classes {self.which}, shots {self.shots}, seed {self.seed}',
        ]

    def _choose(self, names: Sequence[str]) -> tuple[Item, ...]:
        """The few-shot subset of all classes; the path of an item is its index."""
        own = _items(self.wrapped, names)
        if self.shots < 1:
            return own
        if self._train is None:
            lists = Split(tuple(names), train=own, val=(), test=())
        else:
            lists = Split(tuple(names), train=_items(self._train, names), val=own, test=())
        return few_shot_part(lists, self.split, self.shots, self.seed, self.allow_short)


def _build(dataset: Any) -> Any:
    built = DATASETS.build(dataset) if isinstance(dataset, Mapping) else dataset
    lacking = [
        name for name in ('metainfo', 'get_data_info', '__len__') if not hasattr(built, name)
    ]
    if lacking:
        raise TypeError(
            f'FewShotWrapper wraps datasets of MMEngine; {type(built).__name__} lacks {lacking}'
        )
    return built


def _class_names(dataset: Any) -> tuple[str, ...]:
    names = dataset.metainfo.get('classes')
    if not names:
        raise DataError(
            f'{type(dataset).__name__} has no class names; give it metainfo=dict(classes=[...]) in '
            'its config'
        )
    return tuple(names)


def _items(dataset: Any, names: Sequence[str]) -> tuple[Item, ...]:
    items, wrong = [], []
    for index in range(len(dataset)):
        label = dataset.get_data_info(index).get('gt_label')
        try:
            number = int(label)
            if not 0 <= number < len(names) or number != label:
                raise ValueError(label)
        except (TypeError, ValueError):
            wrong.append(f'{index} ({label!r})')
            continue
        items.append(Item(str(index), number, names[number]))
    if wrong:
        raise DataError(
            f'{len(wrong)} of {len(dataset)} samples of {type(dataset).__name__} have no label from '
            f'0 to {len(names) - 1}: {some(wrong)}. One class an image is needed'
        )
    return tuple(items)


def _pipeline(dataset: Any, given: Sequence[Component | Callable] | None) -> list:
    if given is not None:
        return [TRANSFORMS.build(step) if isinstance(step, Mapping) else step for step in given]
    if not hasattr(dataset, 'pipeline'):
        raise DataError(
            f'{type(dataset).__name__} has no pipeline of its own; give FewShotWrapper one'
        )
    return list(dataset.pipeline.transforms)
