"""The class names that a model was trained on, and those that it is to choose from."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log

from vamp_mm.config.errors import THE_CALL, ConfigError
from vamp_mm.config.vocabulary import OF_TESTING, OF_TRAINING, config_templates, config_vocabulary
from vamp_mm.datasets import DataError
from vamp_mm.datasets.prompts import dataset_vocabulary
from vamp_mm.messages import cut
from vamp_mm.structures import HasVocabulary, Vocabulary, all_seen

from .checkpoint import Checkpoint


@dataclass(frozen=True)
class Classes:
    """What is known about the classes of a model's training.

    Args:
        names: Those of the training, None if unknown.
        templates: Those of the training.
        homonyms: Names of several labels.
        trained: Whether ``names`` are what the weights were trained on.
        why: Why the names are unknown.
    """

    names: tuple[str, ...] | None
    templates: str | Sequence[str]
    homonyms: tuple[str, ...] = ()
    trained: bool = True
    why: str = ''

    def vocabulary(
        self,
        names: Sequence[str] | None = None,
        templates: str | Sequence[str] | None = None,
        least: int = 2,
    ) -> Vocabulary:
        """The classes that the model is to choose from.

        Classes count as seen by the rule of :func:`~vamp_mm.structures.all_seen`.

        Args:
            names: Class names; None for those of the training.
            templates: Sentences with one ``{}``; None for those of the training.
            least: The smallest number of classes.

        Returns:
            The vocabulary.

        Raises:
            DataError: If there are fewer classes, names coincide, or a template is wrong.
            ConfigError: If no names are given and none are known.
        """
        chosen = _listed_names(self.names if names is None else names, self.why)
        if len(chosen) < least:
            whose = (
                'the model was trained on one class, and ' if names is None and self.trained else ''
            )
            raise DataError(
                f'classes={cut(repr(list(chosen)), 200)}: {whose}telling classes apart needs two; '
                f'{cut(_how_to_give_more(chosen), 200)}'
            )
        _check_templates(templates)
        homonyms = self.homonyms if names is None else ()
        made = dataset_vocabulary(
            chosen, self.templates if templates is None else templates, homonyms
        )
        seen = all_seen(made.names, self.names if self.trained else None)
        return Vocabulary(made.names, made.templates, seen, made.homonyms)


def _listed_names(names: Any, why: str) -> tuple[str, ...]:
    """Class names as a tuple of plain strings, refused where they are anything else."""
    if names is None:
        raise ConfigError(
            [f'no class names are known ({why}); give classes (--classes cat dog ...)'], THE_CALL
        )
    if isinstance(names, str):
        raise DataError(f'classes={names!r} is one word; give a sequence of class names')
    if isinstance(names, (Set, Mapping)):
        raise DataError(
            f'classes={names!r} is a {type(names).__name__}, in which the labels have no clear order; give a list '
            'of class names'
        )
    if not isinstance(names, Iterable):
        raise DataError(
            f'classes={names!r} is of type {type(names).__name__}; give a list of class names'
        )
    listed = tuple(names)
    wrong = next((name for name in listed if not isinstance(name, str)), None)
    if wrong is not None:
        raise DataError(
            f'the class name {wrong!r} is of type {type(wrong).__name__}; give a list of strings'
        )
    return tuple(map(str, listed))  # NumPy has strings of its own


def _how_to_give_more(names: Sequence[str]) -> str:
    text = ''.join(names)
    if ',' not in text:
        return 'give more (--classes cat dog ...)'
    parts = [part.strip() for part in text.split(',') if part.strip()]
    return f'separate classes by blanks, not commas: --classes {shlex.join(parts)}'


def _check_templates(templates: Any) -> None:
    """Refuse templates that are neither a text nor texts."""
    if templates is None or isinstance(templates, str):
        return
    if isinstance(templates, Sequence) and all(isinstance(item, str) for item in templates):
        return
    raise DataError(
        f"templates={cut(repr(templates), 200)} must be a sentence with '{{}}', a list of sentences, or the name of a set"
    )


def set_classes(model: HasVocabulary, vocabulary: Vocabulary) -> None:
    """Give a model the classes to choose from.

    Args:
        model: The model.
        vocabulary: Class names and templates.

    Raises:
        DataError: If a name is too long for the text tower, or the method is bound to its training classes.
    """
    try:
        model.set_vocabulary(vocabulary)
    except ValueError as error:
        raise DataError(f'the model cannot answer about these classes: {error}') from error


def known_classes(stored: Checkpoint | None, cfg: Config, has_config: bool) -> Classes:
    """The class names that a checkpoint records, or else those in the data of a config.

    Args:
        stored: The checkpoint, None for a method without trained weights.
        cfg: The config of the model.
        has_config: Whether the config was given, and so may name data; one read from a checkpoint does not.

    Returns:
        Names and templates, as far as they are known.
    """
    trained = stored is not None
    data = {} if stored is None else stored.classes
    if data.get('classes'):
        templates = data.get('templates') or _hook_templates(cfg) or config_templates({})
        return Classes(data['classes'], templates, data.get('homonyms', ()))
    found = (
        _classes_of_config(cfg, trained)
        if has_config
        else Classes(
            None, config_templates({}), why='the checkpoint does not record what it was trained on'
        )
    )
    if trained and found.names is None:
        print_log(
            f'{found.why}; all classes count as trained on, which changes the answers of methods that treat trained '
            'and other classes differently (MMRL and methods built on it)',
            'current',
            30,
        )
    return found


def _classes_of_config(cfg: Config, trained: bool) -> Classes:
    loaders = OF_TRAINING if trained else OF_TESTING
    dataset: dict[str, Any] = next(
        (cfg[loader]['dataset'] for loader in loaders if cfg.get(loader)), {}
    )
    try:
        found = config_vocabulary(cfg, None, loaders)
    except (FileNotFoundError, DataError, ConfigError) as error:
        return Classes(
            None,
            config_templates(dataset),
            why=f'the data of the config are not available: {str(error).rstrip(".")}',
        )
    return Classes(found.names, found.templates, found.homonyms, trained)


def _hook_templates(cfg: Config) -> str | Sequence[str] | None:
    """What the VocabularyHook of a config says for datasets without templates."""
    hooks = [
        hook
        for hook in cfg.get('custom_hooks') or ()
        if str(hook.get('type', '')).endswith('VocabularyHook')
    ]
    templates = next((hook['templates'] for hook in hooks if hook.get('templates')), None)
    if isinstance(templates, (list, tuple)) and all(isinstance(item, str) for item in templates):
        return tuple(templates)
    return templates if isinstance(templates, str) else None
