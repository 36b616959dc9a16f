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

from vamp_mm.registry import LOOPS
from vamp_mm.structures import ComparesWithZeroShot, HasVocabulary

from .harmonic import summary
from .ood import OODMetric, ScoreKeeper
from .open_accuracy import OpenAccuracy
from .split_configs import check_splits, check_trained_on
from .tested_splits import TestedSplit, announce, build_splits
from .zero_shot import compared, made_worse, zero_shot_summary
from .zero_shot_accuracy import ZeroShotAccuracy, wants_zero_shot


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

    An OOD split holds images of none of the classes of another split, and is answered with the names of that one:
    ``unseen=dict(outside='base', dataset=dict(class_split='novel'))``, or another dataset. Such splits are tested after the
    others and have only the metrics of :class:`~vamp_mm.evaluation.OODMetric`. Images whose class the other split
    has too do not count, and the log names them.

    Of a method that learns on a frozen CLIP, each split also gets ``<split>/zero_shot_accuracy``: that of the same CLIP with
    the dataset's own templates and nothing learned, on the same images. ``zero_shot_H`` and averages are computed by the
    same rules as the method's own, and the log ends with lines such as ``base: zero-shot 72.4 -> 65.2 (-7.2)``. No other
    number changes.

    Metrics with a method ``set_context(work_dir, split)`` get their folder and split from the loop.

    Args:
        runner: The runner.
        dataloader: Config of a test dataloader; its dataset must offer ``metainfo`` with
            ``classes`` and ``templates``.
        evaluator: Config of an evaluator, or an evaluator that is copied for each split.
        splits: Name -> ``dict(seen=..., dataset=dict(...))``. ``seen`` is whether the model was
            trained on these classes; ``dataset`` is merged into ``dataloader.dataset`` (for example
            ``dict(class_split='base')``). Or ``dict(outside=..., dataset=dict(...), exclude=[...])`` with the name of
            another split and classes to leave out besides those that it names too.
        trained_on: Dataset, out of split names ``<dataset>/<split>``, that the model was trained
            on: it is not a target, and averages leave it out.
        templates: Sentences with one ``{}``, for datasets whose ``metainfo`` has no ``templates``.
        fp16: Test under autocast.
        zero_shot: Whether to compare with zero-shot CLIP. It costs the image blocks from the first one on that the method
            edits, and nothing where it does not edit the image tower.

    Raises:
        TypeError: If the dataloader is not a config, ``zero_shot`` is not a boolean, or the model has no ``set_vocabulary``.
        SplitError: If there are no splits, a split is malformed, empty or equal to another one.
    """

    #: For VocabularyHook, which leaves the vocabulary of a test to this loop.
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
        self._splits = build_splits(runner, dataloader, splits, templates)
        self._keepers: dict[str, ScoreKeeper] = {}
        #: Split -> curve -> plain lists, in the main process after a test.
        self.curves: dict[str, dict[str, Any]] = {}
        first = next(iter(self._splits.values()))
        super().__init__(runner, first.loader)
        self.evaluator = self._build_evaluator(first)
        self.fp16 = fp16
        self._zero_shot = zero_shot

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """Split -> how many images and classes it has."""
        return {name: split.size for name, split in self._splits.items()}

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
            for name, split in self._splits.items():
                if beside:
                    model.beside_zero_shot = not split.is_ood  # type: ignore[attr-defined]
                results = self._run_split(split, model)
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
        seen = [split.name for split in self._splits.values() if split.seen and not split.is_ood]
        if text := made_worse(metrics, seen):
            self.runner.logger.warning(text)
        self.runner.call_hook('after_test')
        return metrics

    def _compares(self, model: Any) -> bool:
        """Whether zero-shot CLIP is measured beside this model."""
        if not self._zero_shot:
            return False
        # zero-shot CLIP itself is not compared with itself
        wanted = wants_zero_shot(model)
        if not isinstance(model, ComparesWithZeroShot):
            self.runner.logger.info(
                f'{type(model).__name__} has no zero-shot CLIP in it: the test compares with none'
            )
        return wanted

    def _run_split(self, split: TestedSplit, model: HasVocabulary) -> dict[str, float]:
        asked = self._splits[split.answered_as]
        self.dataloader = split.loader
        self.evaluator = self._build_evaluator(split, getattr(model, 'beside_zero_shot', False))
        self.runner.visualizer.dataset_meta = asked.metainfo
        model.set_vocabulary(asked.vocabulary)
        announce(split, self.runner.logger)
        self._restart_timer()
        for index, data_batch in enumerate(self.dataloader):
            self._run_iter(index, data_batch, split.is_ood)
        results = self.evaluator.evaluate(split.size[0])
        curves = {
            key: curve
            for metric in self.evaluator.metrics
            for key, curve in getattr(metric, 'curves', {}).items()
        }
        if curves:
            self.curves[split.name] = curves
        return results

    @torch.no_grad()
    def _run_iter(self, index: int, data_batch: Any, is_ood: bool) -> None:
        self.runner.call_hook('before_test_iter', batch_idx=index, data_batch=data_batch)
        with autocast(enabled=self.fp16):
            outputs = self.runner.model.test_step(data_batch)
        self.evaluator.process(data_samples=outputs, data_batch=data_batch)
        if is_ood:  # a label of another list of classes, which hooks must not look up in this one
            for sample in outputs:
                sample.pop('gt_label', None)
        self.runner.call_hook(
            'after_test_iter', batch_idx=index, data_batch=data_batch, outputs=outputs
        )

    def _build_evaluator(self, split: TestedSplit, zero_shot: bool = False) -> Evaluator:
        if split.is_ood:
            evaluator = Evaluator(OODMetric(self._keepers[split.answered_as], split.left_out))
        else:
            evaluator = self.runner.build_evaluator(deepcopy(self._evaluator_cfg))
            if any(
                other.is_ood and other.answered_as == split.name for other in self._splits.values()
            ):
                self._keepers[split.name] = ScoreKeeper()
                evaluator.metrics.append(self._keepers[split.name])
            if zero_shot:
                halves = any(isinstance(metric, OpenAccuracy) for metric in evaluator.metrics)
                evaluator.metrics.append(ZeroShotAccuracy(halves))
        evaluator.dataset_meta = split.metainfo
        for metric in evaluator.metrics:
            if hasattr(metric, 'set_context'):
                metric.set_context(work_dir=self.runner.work_dir, split=split.name)
        return evaluator

    def _restart_timer(self) -> None:
        # The timer counts in epochs; without this the ETA of a later split would count the time of
        # earlier ones.
        for hook in self.runner.hooks:
            if isinstance(hook, IterTimerHook):
                hook.after_test_epoch(self.runner)
                hook.before_test_epoch(self.runner)


def _short(key: str) -> str:
    return 'accuracy' if key == 'accuracy/top1' else key
