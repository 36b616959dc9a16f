"""One test run over several named class splits, with the vocabulary switched between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Protocol, runtime_checkable

import torch
from mmengine.evaluator import Evaluator
from mmengine.hooks import IterTimerHook
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from mmengine.runner.amp import autocast
from torch.utils.data import DataLoader

from vamp_mm.registry import LOOPS
from vamp_mm.structures import Vocabulary

from .harmonic import AVERAGE, summary


@runtime_checkable
class SpeaksVocabulary(Protocol):
    """A model that answers about any list of class names."""

    vocabulary: Vocabulary | None

    def set_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Answer about these classes from now on."""


@LOOPS.register_module()
class SplitTestLoop(BaseLoop):
    """Test on several splits in one run; for base-to-novel: the base classes, then the novel ones.

    For each split the loop builds the dataset from ``dataloader`` with the split's overrides, gives
    the model the dataset's class names and templates, and evaluates with a fresh evaluator. All
    lists of images are checked before the first one is tested. Metrics are called
    ``<split>/<metric>``; ``accuracy/top1`` is shortened to ``accuracy`` (percent). Splits may be
    called ``<dataset>/<split>``. :func:`~vamp_mm.evaluation.harmonic.summary` adds harmonic means
    and averages over datasets. The hooks ``before_test_epoch`` and ``after_test_epoch`` run once,
    the latter with all metrics. The vocabulary that the model had before is put back at the end,
    also after an error.

    Metrics with a method ``set_context(work_dir, split)`` are told where they are.

    Args:
        runner: The runner.
        dataloader: Config of a test dataloader; its dataset must offer ``metainfo`` with
            ``classes`` and ``templates``.
        evaluator: Config of an evaluator, or an evaluator that is copied for each split.
        splits: Name -> ``dict(seen=..., dataset=dict(...))``. ``seen`` says whether the model was
            trained on these classes; ``dataset`` is merged into ``dataloader.dataset`` (for example
            ``dict(class_split='base')``).
        trained_on: Dataset, out of split names ``<dataset>/<split>``, that the model was trained
            on: it is no target, and averages leave it out.
        templates: Sentences with one ``{}``, for datasets whose ``metainfo`` has no ``templates``.
        fp16: Test under autocast.

    Raises:
        TypeError: If the dataloader is not a config, or the model has no ``set_vocabulary``.
        ValueError: If there are no splits, a split is malformed, empty or equal to another one.
    """

    #: Tells VocabularyHook to leave the vocabulary of a test to this loop.
    sets_vocabulary = True

    def __init__(
        self,
        runner: Runner,
        dataloader: Mapping[str, Any],
        evaluator: Evaluator | Mapping[str, Any] | Sequence[Any],
        splits: Mapping[str, Mapping[str, Any]],
        trained_on: str | None = None,
        templates: Sequence[str] | None = None,
        fp16: bool = False,
    ) -> None:
        if not isinstance(dataloader, Mapping):
            raise TypeError(
                f'SplitTestLoop builds one dataloader per split and needs the config of one, got a '
                f'{type(dataloader).__name__}'
            )
        _check_splits(splits)
        _check_trained_on(trained_on, splits)
        self._trained_on = trained_on
        self._evaluator_cfg = evaluator
        self._seen = {name: bool(entry['seen']) for name, entry in splits.items()}
        configs = {
            name: _merge(dataloader, dict(dataset=entry.get('dataset', {})))
            for name, entry in splits.items()
        }
        _check_distinct(configs, self._seen)
        self._loaders: dict[str, DataLoader] = {
            name: runner.build_dataloader(config, seed=runner.seed)
            for name, config in configs.items()
        }
        self._metainfo = {
            name: _metainfo(name, loader, templates) for name, loader in self._loaders.items()
        }
        first = next(iter(configs))
        super().__init__(runner, self._loaders[first])
        self.evaluator = self._build_evaluator(first)
        self.fp16 = fp16

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """Split -> how many images and classes it has."""
        return {
            name: (len(loader.dataset), len(self._metainfo[name]['classes']))  # type: ignore[arg-type]
            for name, loader in self._loaders.items()
        }

    def run(self) -> dict[str, float]:
        """Test all splits.

        Returns:
            All metrics of all splits in one flat dict.
        """
        model = (
            self.runner.model.module if is_model_wrapper(self.runner.model) else self.runner.model
        )
        if not isinstance(model, SpeaksVocabulary):
            raise TypeError(
                f'{type(model).__name__} has no set_vocabulary(); SplitTestLoop tests models that '
                'answer about any class names. For a fixed classifier use '
                "test_cfg=dict(type='TestLoop')"
            )
        before = model.vocabulary
        self.runner.call_hook('before_test')
        self.runner.call_hook('before_test_epoch')
        self.runner.model.eval()
        metrics: dict[str, float] = {}
        try:
            for name in self._loaders:
                results = self._run_split(name, model)
                metrics.update({f'{name}/{_short(key)}': value for key, value in results.items()})
        finally:
            if before is not None:
                model.set_vocabulary(before)
        metrics.update(summary(metrics, self._trained_on))
        self.runner.call_hook('after_test_epoch', metrics=metrics)
        self.runner.call_hook('after_test')
        return metrics

    def _run_split(self, name: str, model: SpeaksVocabulary) -> dict[str, float]:
        meta = self._metainfo[name]
        self.dataloader = self._loaders[name]
        self.evaluator = self._build_evaluator(name)
        self.runner.visualizer.dataset_meta = meta
        model.set_vocabulary(
            Vocabulary(
                names=meta['classes'],
                templates=meta['templates'],
                seen=self._seen[name],
                homonyms=meta.get('homonyms', ()),
            )
        )
        size, classes = self.sizes[name]
        self.runner.logger.info(f'Testing split {name!r}: {size} images of {classes} classes')
        self._restart_timer()
        for index, data_batch in enumerate(self.dataloader):
            self._run_iter(index, data_batch)
        return self.evaluator.evaluate(size)

    @torch.no_grad()
    def _run_iter(self, index: int, data_batch: Any) -> None:
        self.runner.call_hook('before_test_iter', batch_idx=index, data_batch=data_batch)
        with autocast(enabled=self.fp16):
            outputs = self.runner.model.test_step(data_batch)
        self.evaluator.process(data_samples=outputs, data_batch=data_batch)
        self.runner.call_hook(
            'after_test_iter', batch_idx=index, data_batch=data_batch, outputs=outputs
        )

    def _build_evaluator(self, name: str) -> Evaluator:
        evaluator = self.runner.build_evaluator(deepcopy(self._evaluator_cfg))
        evaluator.dataset_meta = self._metainfo[name]
        for metric in evaluator.metrics:
            if hasattr(metric, 'set_context'):
                metric.set_context(work_dir=self.runner.work_dir, split=name)
        return evaluator

    def _restart_timer(self) -> None:
        # The timer thinks in epochs; without this the ETA of a later split would count the time of
        # earlier ones.
        for hook in self.runner.hooks:
            if isinstance(hook, IterTimerHook):
                hook.after_test_epoch(self.runner)
                hook.before_test_epoch(self.runner)


def _check_splits(splits: Mapping[str, Mapping[str, Any]]) -> None:
    example = "dict(base=dict(seen=True, dataset=dict(class_split='base')))"
    if not isinstance(splits, Mapping) or not splits:
        raise ValueError(f'splits={splits!r} names no split to test; for example splits={example}')
    for name, entry in splits.items():
        if not isinstance(name, str) or not all(name.split('/')) or name.count('/') > 1:
            raise ValueError(
                f"split name {name!r} must be '<split>' or '<dataset>/<split>': metrics are called "
                '<split>/<metric>'
            )
        if name.split('/')[0] == AVERAGE:
            raise ValueError(f'split name {name!r}: {AVERAGE!r} is the name of the averages')
        if not isinstance(entry, Mapping) or set(entry) - {'seen', 'dataset'}:
            raise ValueError(
                f'split {name!r} is {entry!r}; allowed keys: seen (bool) and dataset (overrides), '
                f'for example {example}'
            )
        if not isinstance(entry.get('seen'), bool):
            raise ValueError(
                f'split {name!r} must say seen=True (the model was trained on these classes) or '
                f'seen=False, got {entry.get("seen")!r}'
            )
        if not isinstance(entry.get('dataset', {}), Mapping):
            raise ValueError(
                f'split {name!r}: dataset must be a dict of overrides, got {entry["dataset"]!r}'
            )


def _check_trained_on(trained_on: str | None, splits: Mapping[str, Any]) -> None:
    datasets = sorted({name.split('/')[0] for name in splits if '/' in name})
    if trained_on is not None and trained_on not in datasets:
        raise ValueError(
            f'trained_on={trained_on!r} is no dataset of the splits {sorted(splits)}; '
            f'allowed: {datasets}'
        )


def _check_distinct(configs: Mapping[str, Any], seen: Mapping[str, bool]) -> None:
    names = list(configs)
    for index, name in enumerate(names):
        for other in names[:index]:
            if configs[name] == configs[other] and seen[name] == seen[other]:
                raise ValueError(
                    f'splits {other!r} and {name!r} are the same; give them different datasets, or '
                    'remove one'
                )


def _metainfo(name: str, loader: DataLoader, templates: Sequence[str] | None) -> dict[str, Any]:
    meta = dict(getattr(loader.dataset, 'metainfo', {}))
    if templates is not None:
        meta.setdefault('templates', tuple(templates))
    missing = [key for key in ('classes', 'templates') if not meta.get(key)]
    if missing:
        raise ValueError(
            f'the metainfo of split {name!r} ({type(loader.dataset).__name__}) lacks {missing}; '
            'SplitTestLoop takes class names from the dataset, and templates too unless it is '
            'given some itself'
        )
    if not len(loader.dataset):  # type: ignore[arg-type]
        raise ValueError(f'split {name!r} has no images; check its overrides')
    return meta


def _merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in override.items():
        inner = merged.get(key)
        # a dict with a type of its own is another thing, not a change of the one before
        if isinstance(value, Mapping) and isinstance(inner, Mapping) and 'type' not in value:
            merged[key] = _merge(inner, value)
        else:
            merged[key] = deepcopy(value)
    return merged


def _short(key: str) -> str:
    return 'accuracy' if key == 'accuracy/top1' else key
