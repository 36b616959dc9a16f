"""Class names flow from the dataset into the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import Runner

from vamp_mm.registry import HOOKS
from vamp_mm.structures import ComparesWithZeroShot, HasVocabulary, Vocabulary, all_seen

from ..wrappers import unwrap_model


@HOOKS.register_module()
class VocabularyHook(Hook):
    """Tells the model the class names of the dataset it is about to see.

    Names are ``metainfo['classes']`` of the dataset, in label order; templates are
    ``metainfo['templates']`` where the dataset has them. Validation gets the names of its own
    dataset and hands the training names back. In a test loop the same happens, except where the
    loop changes the vocabulary itself and says so with ``sets_vocabulary = True``. Classes count as
    seen if the model was trained on all of them, as far as this run or the loaded checkpoint records;
    if neither does, they count as seen.

    Args:
        templates: Sentences with one ``{}`` for datasets that bring none; None for 'a photo of a
            {}.'.

    Raises:
        ValueError: If a dataset has no class names, or fewer than two.
        TypeError: If the model takes no vocabulary.
    """

    priority = 'HIGH'

    def __init__(self, templates: Sequence[str] | None = None) -> None:
        self.templates = None if templates is None else tuple(templates)
        self._trained: tuple[str, ...] | None = None
        self._before: Vocabulary | None = None

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Remember the classes that the loaded weights were trained on."""
        meta = checkpoint.get('meta') or {}
        classes = (meta.get('dataset_meta') or {}).get('classes')
        if classes:
            self._trained = tuple(classes)

    def before_train(self, runner: Runner) -> None:
        """Set the class names of the training dataset."""
        vocabulary = self._vocabulary(runner.train_dataloader.dataset, 'training')
        self._trained = vocabulary.names
        _model(runner).set_vocabulary(vocabulary)

    def before_val(self, runner: Runner) -> None:
        """Set the class names of the validation dataset."""
        self._switch(runner, runner.val_loop, 'validation')

    def after_val(self, runner: Runner) -> None:
        """Return to the names from before the validation."""
        self._switch_back(runner)

    def before_test(self, runner: Runner) -> None:
        """Set the class names of the test dataset."""
        self._switch(runner, runner.test_loop, 'test')

    def after_test(self, runner: Runner) -> None:
        """Return to the names from before the test."""
        self._switch_back(runner)

    def _switch(self, runner: Runner, loop: Any, what: str) -> None:
        self._before = None
        if getattr(loop, 'sets_vocabulary', False):
            return
        model = _model(runner)
        learned = any(weight.requires_grad for weight in runner.model.parameters())
        if what == 'test' and learned and isinstance(model, ComparesWithZeroShot):
            print_log(
                f'{type(loop).__name__} does not test zero-shot CLIP beside the method; '
                "test_cfg=dict(type='vamp_mm.SplitTestLoop', splits=dict(all=dict(seen=True))) does",
                'current',
            )
        self._before = model.vocabulary
        model.set_vocabulary(self._vocabulary(loop.dataloader.dataset, what))

    def _switch_back(self, runner: Runner) -> None:
        if self._before is not None:
            _model(runner).set_vocabulary(self._before)
            self._before = None

    def _vocabulary(self, dataset: Any, what: str) -> Vocabulary:
        metainfo = getattr(dataset, 'metainfo', None) or {}
        names = metainfo.get('classes')
        if not names:
            raise ValueError(
                f'the {what} dataset {type(dataset).__name__} has no class names: set '
                'metainfo=dict(classes=(...)) in its config'
            )
        if len(names) < 2:
            raise ValueError(
                f'the {what} dataset has the single class {names[0]!r}; '
                'telling classes apart needs two'
            )
        seen = what == 'training' or all_seen(names, self._trained)
        templates = metainfo.get('templates') or self.templates
        given = {} if templates is None else dict(templates=templates)
        homonyms = metainfo.get('homonyms', ())
        return Vocabulary(names=tuple(names), seen=seen, homonyms=homonyms, **given)


def _model(runner: Runner) -> HasVocabulary:
    model = unwrap_model(runner.model)
    if not isinstance(model, HasVocabulary):
        raise TypeError(
            f'{type(model).__name__} takes no class names (set_vocabulary, vocabulary); '
            'VocabularyHook serves PromptedClassifier and models like it'
        )
    return model
