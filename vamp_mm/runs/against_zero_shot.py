"""Did the training help? The trained model against zero-shot CLIP, on images that are not those of the test."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.runner.amp import autocast
from torch import Tensor
from torch.utils.data import Dataset, Subset

from vamp_mm.config.data import holders
from vamp_mm.datasets import FewShotDataset
from vamp_mm.engine import unwrap_model
from vamp_mm.engine.unaugmented import evaluation_setting, sharded_loader, with_pipeline
from vamp_mm.evaluation.zero_shot import change
from vamp_mm.evaluation.zero_shot_accuracy import percent, wants_zero_shot
from vamp_mm.registry import DATASETS

from .causes import likely_causes
from .few_steps import say_steps

#: Most images that are compared; of more, this many evenly spaced ones.
MOST_IMAGES = 500


class TrainingCheckHook(Hook):
    """Reports how many steps a training makes, and compares what it made with zero-shot CLIP before the weights are tested.

    The images are those of ``val_dataloader``; without one the validation images of the dataset that was trained on; where
    it has none, the training images without augmentation. At most ``MOST_IMAGES`` count. A model that is worse than
    zero-shot CLIP there gets a warning with the likely causes. Weights are those that are tested (a hook that swaps in
    averaged weights before the test comes first). Random state, vocabulary and the test's numbers stay as they are.

    ``found`` is what ``result.json`` shows: ``optimiser_steps``, and ``compared_with_zero_shot``, None where nothing was
    compared. ``test_cfg.zero_shot=False`` leaves the comparison out.
    """

    # after EMAHook, which swaps weights (NORMAL, 50), and before ThroughputHook (BELOW_NORMAL, 60) starts its clock
    priority = 55

    def __init__(self) -> None:
        self.found: dict[str, Any] = dict(optimiser_steps=None, compared_with_zero_shot=None)
        self._vocabulary: Any = None

    def before_train(self, runner: Runner) -> None:
        """Count the steps."""
        self.found['optimiser_steps'] = say_steps(runner)

    def after_train(self, runner: Runner) -> None:
        """Remember the classes of the training; compare here if nothing is tested."""
        self._vocabulary = getattr(unwrap_model(runner.model), 'vocabulary', None)
        if runner.cfg.get('test_cfg') is None:
            self.before_test_epoch(runner)

    def before_test_epoch(self, runner: Runner) -> None:
        """Compare, if this process has trained."""
        vocabulary, self._vocabulary = self._vocabulary, None
        wanted = (runner.cfg.get('test_cfg') or {}).get('zero_shot', True)
        if vocabulary is None or not wanted or not wants_zero_shot(unwrap_model(runner.model)):
            return
        with _state_kept(runner, vocabulary):
            counts, what = _counted(runner, vocabulary.names)
        if not counts[0]:
            runner.logger.warning(f'the trained model is not compared with zero-shot CLIP: {what}')
            return
        count, own, zero_shot = (int(number) for number in counts)
        own_percent, zero_shot_percent = (
            percent(torch.arange(count) < right) for right in (own, zero_shot)
        )
        found = dict(
            images=what,
            count=count,
            accuracy=own_percent,
            zero_shot_accuracy=zero_shot_percent,
            worse=own < zero_shot,
            likely_causes=[],
        )
        self.found['compared_with_zero_shot'] = found
        numbers = f'zero-shot {zero_shot_percent:.1f} -> {change(zero_shot_percent, own_percent)}'
        where = f'{count} {what} images' + (
            ' (without augmentation; there are no validation images)' if what == 'training' else ''
        )
        if own >= zero_shot:
            runner.logger.info(f'after training, on {where}: {numbers}')
            return
        causes = found['likely_causes'] = likely_causes(runner.cfg, self.found['optimiser_steps'])
        numbered = '; '.join(f'({place}) {cause}' for place, cause in enumerate(causes, start=1))
        runner.logger.warning(
            f'the trained model is WORSE than zero-shot CLIP, on {where}: {numbers}. Likely causes: {numbered}'
        )


@torch.no_grad()
def _counted(runner: Runner, names: tuple[str, ...]) -> tuple[list[int], str]:
    """Images, right answers of the model, and those of zero-shot CLIP, over all processes; and which images they are.

    Where nothing could be compared the counts are 0, and the words give the reason.
    """
    counts, failed, what = torch.zeros(4, dtype=torch.long), '', ''
    try:
        dataset, what = _images(runner, names)
        model = unwrap_model(runner.model)
        loader = sharded_loader(_some(dataset), evaluation_setting(runner.cfg, 'batch_size'), 0)
        for batch in loader:
            with autocast(enabled=bool((runner.cfg.get('test_cfg') or {}).get('fp16'))):
                for sample in model.test_step(batch):
                    label = int(sample.gt_label)
                    counts += torch.tensor(
                        [
                            1,
                            _top(sample.pred_score) == label,
                            _top(sample.zero_shot_score) == label,
                            0,
                        ]
                    )
    # any error: a finished training is not lost to a comparison, and other processes wait for the counts
    except Exception as error:
        failed = f'{type(error).__name__}: {error}'
        counts[3] = 1
    all_reduce(counts)
    if counts[3]:
        return [0, 0, 0], failed or 'another process failed'
    return counts[:3].tolist(), what


def _images(runner: Runner, names: tuple[str, ...]) -> tuple[Dataset[Any], str]:
    """The images to compare on, and whether they are those of the validation or of the training."""
    pipeline = evaluation_setting(runner.cfg, 'pipeline')
    if runner.cfg.get('val_cfg') is not None:
        dataset = runner.val_loop.dataloader.dataset
    else:
        dataset = _validation_part(runner.cfg, pipeline)
    if (
        dataset is not None
        and tuple(getattr(dataset, 'metainfo', {}).get('classes', ())) == names
        and len(dataset)
    ):
        return dataset, 'validation'
    return with_pipeline(runner.train_dataloader.dataset, pipeline), 'training'


def _validation_part(cfg: Config, pipeline: Any) -> Any:
    """All validation images of the classes that were trained on; None if the dataset has none, or not here."""
    config: Mapping[str, Any] = next(
        (holder['dataset'] for loader, _, holder in holders(cfg) if loader == 'train_dataloader'),
        {},
    )
    kind = config.get('type')
    kind = DATASETS.get(kind) if isinstance(kind, str) else kind
    if kind is not FewShotDataset or config.get('split', 'train') != 'train':
        return None  # another dataset need not have parts
    config = {
        **deepcopy(dict(config)),
        'split': 'val',
        'shots': -1,
        'pipeline': deepcopy(list(pipeline)),
        'cache_mb': 0,
    }
    try:
        return DATASETS.build(config)
    except (OSError, ValueError):  # no such images in the lists, or on this machine
        return None


def _some(dataset: Any) -> Any:
    if len(dataset) <= MOST_IMAGES:
        return dataset
    return Subset(
        dataset, np.linspace(0, len(dataset) - 1, MOST_IMAGES).round().astype(int).tolist()
    )


def _top(scores: Tensor) -> int:
    return int(scores.float().topk(1).indices)


@contextmanager
def _state_kept(runner: Runner, vocabulary: Any) -> Iterator[None]:
    """Restore everything that a prediction of other images may change: what comes next gives the same numbers."""
    model: Any = unwrap_model(runner.model)
    before, training, features = (
        model.vocabulary,
        model.training,
        getattr(model, 'frozen_features', None),
    )
    pipeline = None if features is None else features.pipeline
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 -- what transforms draw from
    try:
        with torch.random.fork_rng(
            [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
        ):
            model.eval()
            model.beside_zero_shot = True
            if features is not None:
                features.pipeline = None  # kept features are of another pipeline
            if before != vocabulary:
                model.set_vocabulary(vocabulary)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        model.beside_zero_shot = False
        if features is not None:
            features.pipeline = pipeline
        if model.vocabulary != before and before is not None:
            model.set_vocabulary(before)
        model.train(training)
