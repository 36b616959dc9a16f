"""One test run over several named class splits, with the vocabulary switched between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
from mmengine.evaluator import Evaluator
from mmengine.hooks import IterTimerHook
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop, Runner
from mmengine.runner.amp import autocast
from torch.utils.data import DataLoader

from vamp_mm.registry import LOOPS
from vamp_mm.structures import ComparesWithZeroShot, HasVocabulary, Vocabulary

from .harmonic import summary
from .open_accuracy import OpenAccuracy
from .outside import OutsideMetric, ScoreKeeper
from .split_configs import (
    SplitError,
    check_distinct,
    check_splits,
    check_trained_on,
    shared_labels,
    split_dataset,
)
from .zero_shot import (
    ZeroShotAccuracy,
    compared,
    made_worse,
    wants_zero_shot,
    zero_shot_summary,
)


@LOOPS.register_module()
class SplitTestLoop(BaseLoop):
    """Test on several splits in one run; for base-to-novel: the base classes, then the novel ones.

    For each split the loop builds the dataset from ``dataloader`` with the split's overrides, gives
    the model the dataset's class names and templates, and evaluates with a fresh evaluator. All
    lists of images are checked before the first one is tested. Metrics are called
    ``<split>/<metric>``; ``accuracy/top1`` is shortened to ``accuracy`` (percent). Splits may be
    called ``<dataset>/<split>``. ``curves`` then holds, per split, what metrics have under a name of that kind (reliability,
    risk against coverage). :func:`~vamp_mm.evaluation.harmonic.summary` adds harmonic means
    and averages over datasets. The hooks ``before_test_epoch`` and ``after_test_epoch`` run once,
    the latter with all metrics. The vocabulary that the model had before is put back at the end,
    also after an error.

    An *outside* split holds images of none of the classes of another split, and is answered with the names of that one:
    ``unseen=dict(outside='base', dataset=dict(class_split='novel'))``, or another dataset. Such splits are tested after the
    others and have the metrics of :class:`~vamp_mm.evaluation.OutsideMetric` alone. Images whose class the other split
    names too do not count, which the log says.

    Of a method that learns on a frozen CLIP, each split also gets ``<split>/zero_shot_accuracy``: that of the same CLIP with
    the dataset's own templates and nothing learned, on the same images. ``zero_shot_H`` and averages are computed by the
    same rules as the method's own, and the log ends with lines such as ``base: zero-shot 72.4 -> 65.2 (-7.2)``. No other
    number changes.

    Metrics with a method ``set_context(work_dir, split)`` are told where they are.

    Args:
        runner: The runner.
        dataloader: Config of a test dataloader; its dataset must offer ``metainfo`` with
            ``classes`` and ``templates``.
        evaluator: Config of an evaluator, or an evaluator that is copied for each split.
        splits: Name -> ``dict(seen=..., dataset=dict(...))``. ``seen`` says whether the model was
            trained on these classes; ``dataset`` is merged into ``dataloader.dataset`` (for example
            ``dict(class_split='base')``). Or ``dict(outside=..., dataset=dict(...), exclude=[...])`` with the name of
            another split and classes to leave out besides those that it names too.
        trained_on: Dataset, out of split names ``<dataset>/<split>``, that the model was trained
            on: it is no target, and averages leave it out.
        templates: Sentences with one ``{}``, for datasets whose ``metainfo`` has no ``templates``.
        fp16: Test under autocast.
        zero_shot: Whether to compare with zero-shot CLIP. It costs the image blocks from the first one on that the method
            edits, and nothing where it leaves the image tower alone.

    Raises:
        TypeError: If the dataloader is not a config, ``zero_shot`` no truth value, or the model has no ``set_vocabulary``.
        SplitError: If there are no splits, a split is malformed, empty or equal to another one.
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
        zero_shot: bool = True,
    ) -> None:
        if not isinstance(zero_shot, bool):
            raise TypeError(f'test_cfg.zero_shot={zero_shot!r} must be True or False')
        if not isinstance(dataloader, Mapping):
            raise TypeError(
                f'SplitTestLoop builds one dataloader per split and needs the config of one, got a '
                f'{type(dataloader).__name__}'
            )
        check_splits(splits)
        check_trained_on(trained_on, splits)
        self._trained_on = trained_on
        self._evaluator_cfg = evaluator
        # outside images are compared with those of a split that has been tested
        splits = dict(sorted(splits.items(), key=lambda item: 'outside' in item[1]))
        self._seen = {name: entry['seen'] for name, entry in splits.items() if 'seen' in entry}
        self._outside = {
            name: entry['outside'] for name, entry in splits.items() if 'outside' in entry
        }
        configs = {
            name: {**dataloader, 'dataset': split_dataset(dataloader['dataset'], entry)}
            for name, entry in splits.items()
        }
        check_distinct(splits, configs)
        self._loaders: dict[str, DataLoader] = {
            name: runner.build_dataloader(config, seed=runner.seed)
            for name, config in configs.items()
        }
        self._metainfo = {
            name: _metainfo(name, loader, templates, name in self._outside)
            for name, loader in self._loaders.items()
        }
        self._left_out = {
            name: shared_labels(
                name,
                self._metainfo[name]['classes'],
                self._metainfo[known]['classes'],
                splits[name].get('exclude', ()),
            )
            for name, known in self._outside.items()
        }
        self._keepers: dict[str, ScoreKeeper] = {}
        #: Split -> curve -> plain lists, in the main process after a test.
        self.curves: dict[str, dict[str, Any]] = {}
        first = next(iter(configs))
        super().__init__(runner, self._loaders[first])
        self.evaluator = self._build_evaluator(first)
        self.fp16 = fp16
        self._zero_shot = zero_shot

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
        if not isinstance(model, HasVocabulary):
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
        self.curves = {}
        beside = self._compares(model)
        try:
            for name in self._loaders:
                if beside:
                    model.beside_zero_shot = name not in self._outside  # type: ignore[attr-defined]
                results = self._run_split(name, model)
                metrics.update({f'{name}/{_short(key)}': value for key, value in results.items()})
        finally:
            if beside:
                model.beside_zero_shot = False  # type: ignore[attr-defined]
            if before is not None:
                model.set_vocabulary(before)
        metrics.update(
            {**zero_shot_summary(metrics, self._trained_on), **summary(metrics, self._trained_on)}
        )
        self.runner.call_hook('after_test_epoch', metrics=metrics)
        for line in compared(metrics):
            self.runner.logger.info(line)
        if text := made_worse(metrics, [name for name, seen in self._seen.items() if seen]):
            self.runner.logger.warning(text)
        self.runner.call_hook('after_test')
        return metrics

    def _compares(self, model: HasVocabulary) -> bool:
        """Whether zero-shot CLIP is measured beside this model."""
        if not self._zero_shot:
            return False
        if not isinstance(model, ComparesWithZeroShot):
            self.runner.logger.info(
                f'{type(model).__name__} has no zero-shot CLIP in it: the test compares with none'
            )
            return False
        return wants_zero_shot(model)  # zero-shot CLIP itself is not compared with itself

    def _run_split(self, name: str, model: HasVocabulary) -> dict[str, float]:
        asked = self._outside.get(name, name)  # the split whose names are asked about
        meta = self._metainfo[asked]
        self.dataloader = self._loaders[name]
        self.evaluator = self._build_evaluator(name, getattr(model, 'beside_zero_shot', False))
        self.runner.visualizer.dataset_meta = meta
        model.set_vocabulary(
            Vocabulary(
                names=meta['classes'],
                templates=meta['templates'],
                seen=self._seen[asked],
                homonyms=meta.get('homonyms', ()),
            )
        )
        self._announce(name)
        self._restart_timer()
        for index, data_batch in enumerate(self.dataloader):
            self._run_iter(index, data_batch, outside=name in self._outside)
        results = self.evaluator.evaluate(self.sizes[name][0])
        curves = {
            key: curve
            for metric in self.evaluator.metrics
            for key, curve in getattr(metric, 'curves', {}).items()
        }
        if curves:
            self.curves[name] = curves
        return results

    def _announce(self, name: str) -> None:
        size, classes = self.sizes[name]
        self.runner.logger.info(f'Testing split {name!r}: {size} images of {classes} classes')
        if name not in self._outside:
            return
        self.runner.logger.info(
            f'{name!r} is answered with the names of {self._outside[name]!r}: how well does uncertainty tell the two apart?'
        )
        if self._left_out[name]:
            names = [self._metainfo[name]['classes'][label] for label in self._left_out[name]]
            self.runner.logger.warning(
                f'{name!r}: images of {len(names)} classes do not count, which {self._outside[name]!r} names too or '
                f'which are excluded: {", ".join(names)}'
            )

    @torch.no_grad()
    def _run_iter(self, index: int, data_batch: Any, outside: bool) -> None:
        self.runner.call_hook('before_test_iter', batch_idx=index, data_batch=data_batch)
        with autocast(enabled=self.fp16):
            outputs = self.runner.model.test_step(data_batch)
        self.evaluator.process(data_samples=outputs, data_batch=data_batch)
        if outside:  # a label of another list of classes, which hooks must not look up in this one
            for sample in outputs:
                sample.pop('gt_label', None)
        self.runner.call_hook(
            'after_test_iter', batch_idx=index, data_batch=data_batch, outputs=outputs
        )

    def _build_evaluator(self, name: str, zero_shot: bool = False) -> Evaluator:
        if name in self._outside:
            evaluator = Evaluator(
                OutsideMetric(self._keepers[self._outside[name]], self._left_out[name])
            )
        else:
            evaluator = self.runner.build_evaluator(deepcopy(self._evaluator_cfg))
            if name in self._outside.values():
                self._keepers[name] = ScoreKeeper()
                evaluator.metrics.append(self._keepers[name])
            if zero_shot:
                halves = any(isinstance(metric, OpenAccuracy) for metric in evaluator.metrics)
                evaluator.metrics.append(ZeroShotAccuracy(halves))
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


def _metainfo(
    name: str, loader: DataLoader, templates: Sequence[str] | None, outside: bool
) -> dict[str, Any]:
    meta = dict(getattr(loader.dataset, 'metainfo', {}))
    if templates is not None:
        meta.setdefault('templates', tuple(templates))
    needed = ('classes',) if outside else ('classes', 'templates')
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


def _short(key: str) -> str:
    return 'accuracy' if key == 'accuracy/top1' else key
