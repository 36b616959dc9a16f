"""A method's published settings follow the dataset, the protocol, the shots and the CLIP of a run.

The key ``run`` of a config names the method: ``run = dict(method='mmrl')``, set in ``configs/_base_/models``. Its table
is ``configs/_base_/settings/<method>.py``, or that of ``run.settings``. Precedence: the table, then what a user's own config
sets, then ``--cfg-options``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.datasets import CATALOG

from .config_places import keys_set_in, place_of, same, set_at, value_at
from .data_configs import holders
from .identity import dataset_name, protocol_of
from .settings_table import (
    DEFAULT,
    Setting,
    Settings,
    Subject,
    dataset_title,
    read_table,
    resolve,
    table_file,
)

#: What the tables' rows for all datasets hold: the settings of a config that is put together from base files.
_PLAIN = ('caltech101', 'base-to-novel', 16)

#: Prompters whose ``template`` takes the place of those of the dataset.
_ONE_SENTENCE = ('AdapterPrompter', 'TwoStagePrompter')
#: No setting of a table is larger; what a file says beyond that is not taken.
_LARGEST = 2**16


@dataclass
class _Written:
    """What a config file was written for, and what a user's own files set."""

    subjects: list[Subject]
    own_keys: set[str] = field(default_factory=set)


def follow_published(
    cfg: Config, written: Subject, protocol: str | None = None, overrides: Iterable[str] = (),
    template: Sequence[str] | None = None
) -> None:
    """Give a config the published settings of its dataset, protocol, shots and CLIP, in place.

    A setting that differs from what is published for the dataset and protocol that the file was written for is the
    config's own and stays; so does what a file outside the published configs sets. Fills in ``run.dataset``,
    ``run.protocol``, ``run.followed`` and ``run.settings_log``, one line per setting. Nothing happens without ``run.method`` or a table.

    Args:
        cfg: The config to change; dataset, protocol and overrides are in it.
        written: :func:`subject_of` the config file as it was read.
        protocol: Name of the protocol that was asked for; None to tell it from the test loop.
        overrides: Dotted keys that the command line sets.
        template: Prompts of the command line.
    """
    run = cfg.get('run')
    if not run or not run.get('method'):
        return
    composed = run.get('dataset') is not None  # a config that a run has written: it has no bases, and all keys
    subject = subject_of(cfg, protocol)
    trained: Mapping[str, Any] = next((holder['dataset'] for _, _, holder in holders(cfg)), {})
    run.update(dataset=dataset_name(trained), protocol=_named(protocol) or protocol_of(cfg.get('test_cfg') or {}))
    file = table_file(cfg.filename, run.get('settings') or run['method'])
    if file is None:
        run.settings_log = [f"no published settings are known of the method {run['method']!r}; those of another method are taken "
                            'with run.settings in the config, for example run=dict(settings=\'mmrl\')']
        return
    table = read_table(file)
    now = resolve(table, subject)
    base = _Written([written]) if composed else _written(Path(cfg.filename).resolve(), file.parents[2], written, subject)
    before = [resolve(table, item) for item in base.subjects]
    lines = [f'settings of {now.title} for {dataset_title(subject.dataset)}, {subject.protocol}'
             + ('' if subject.shots is None else f', {_shots(subject.shots)}')]
    lines += now.notes
    asked = sorted(overrides)
    run.followed = []  # what of the model the table decides
    for key, setting in now.values.items():
        lines += _follow(cfg, key, setting, [item.values.get(key) for item in before], base.own_keys, asked)
    lines += _set_templates(cfg, now, template)
    run.settings_log = lines


def use_trained(cfg: Config, stored: Any) -> None:
    """Take over the published settings of the model that a checkpoint was trained with, in place.

    A model that was trained on one dataset is tested on others as it was trained. Sentences are left: they belong to the
    dataset that is tested. What the config or the command line sets stays too.

    Args:
        cfg: A composed config.
        stored: ``meta['settings']`` of the checkpoint: dotted key -> value as text.
    """
    run = cfg.get('run') or {}
    for dotted in run.get('followed') or () if isinstance(stored, Mapping) and stored else ():
        place = place_of(cfg, dotted)
        if place is None or dotted.endswith('.template') or isinstance(value_at(cfg, place), (Mapping, list, tuple)):
            continue
        trained = _plain(stored.get(dotted))
        if trained is not None and not same(value_at(cfg, place), trained[0]):
            set_at(cfg, place, trained[0])
            run.settings_log.append(f'{dotted} = {_word(trained[0])}: as the checkpoint was trained')


def subject_of(cfg: Config, protocol: str | None = None) -> Subject:
    """What a config trains, as its settings are looked up.

    Args:
        cfg: A config.
        protocol: Name of its protocol; None, or that of a file of one's own, to tell it from the test loop.

    Returns:
        Dataset, protocol, shots and CLIP.
    """
    places = list(holders(cfg))
    dataset: Mapping[str, Any] = next((holder['dataset'] for _, _, holder in places), {})
    trained = next((holder['dataset'] for loader, _, holder in places if loader == 'train_dataloader'), {})
    composed = (cfg.get('run') or {}).get('protocol')
    known = _named(protocol or composed) or protocol_of(cfg.get('test_cfg') or {}) or 'base-to-novel'
    backbone = (cfg.get('model') or {}).get('backbone') or {}
    clip = backbone.get('arch') if isinstance(backbone, Mapping) else None
    source = dataset.get('source')
    of_catalog = source.get('name') if isinstance(source, Mapping) else source
    name = dataset_name(dataset)
    if of_catalog in CATALOG:
        name = of_catalog
    elif name in CATALOG:  # a folder that happens to be called so
        name = f'{name} (own data)'
    return Subject(name, known, trained.get('shots'), clip)


def settings_text(cfg: Config) -> str:
    """Which setting came from where, for the log.

    Args:
        cfg: A composed config.

    Returns:
        One line per setting below a heading; empty where nothing is published.
    """
    lines = (cfg.get('run') or {}).get('settings_log') or []
    return '\n  '.join(lines)


def _plain(text: Any) -> tuple[Any] | None:
    """A value out of a checkpoint: a word, a small number or nothing; ``DEFAULT`` where it was not set."""
    if text is None:
        return (DEFAULT, )
    try:
        value = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if isinstance(value, (int, float)):
        return (value, ) if abs(value) <= _LARGEST else None
    return (value, ) if value is None or isinstance(value, str) else None


def _follow(cfg: Config, key: str, setting: Setting, before: Sequence[Setting | None], own: set[str],
            asked: Sequence[str]) -> list[str]:
    """Set one value, or say why not."""
    place = place_of(cfg, key)
    if place is None:
        return []  # the config has no such part, for example nothing to train on
    value, dotted = value_at(cfg, place), '.'.join(map(str, place))
    if any(_covers(item, dotted) for item in asked):
        return [_kept(dotted, value, setting, '--cfg-options')]
    differs = all(item is None or not same(value, item.value) for item in before)
    if (dotted in own or differs) and not same(value, setting.value):
        return [_kept(dotted, value, setting, 'kept, set by the config')]
    if not same(value, setting.value):
        set_at(cfg, place, setting.value)
    if place[0] == 'model':
        cfg.run.followed.append(dotted)
    if setting.missing:
        missing = setting.missing.format(_word(setting.value))
        return [f'no published value of {dotted} for {missing} ({setting.source})']
    return [f'{dotted} = {_word(setting.value)}: {setting.source}']


def _kept(dotted: str, value: Any, setting: Setting, why: str) -> str:
    published = '' if same(value, setting.value) else f' (published: {_word(setting.value)})'
    return f'{dotted} = {_word(value)}: {why}{published}'


def _covers(asked: str, dotted: str) -> bool:
    """Whether an option sets a key, a dict or list that holds it, or a part of it."""
    return f'{dotted}.'.startswith(f'{asked}.') or asked.startswith(f'{dotted}.')


def _word(value: Any) -> str:
    return 'default' if isinstance(value, str) and value == DEFAULT else repr(value)


def _shots(shots: int) -> str:
    return 'all images' if shots < 0 else f'{shots} shot{"" if shots == 1 else "s"}'


def _set_templates(cfg: Config, now: Settings, template: Sequence[str] | None) -> list[str]:
    """Sentences of the datasets of a run, where neither the command line nor the config gives some."""
    prompter = (cfg.get('model') or {}).get('prompter') or {}
    if template is not None:
        fixed = str(prompter.get('type')).split('.')[-1] in _ONE_SENTENCE
        if fixed and prompter.get('template') is not None:
            prompter['template'] = None  # the method's one sentence for all datasets
            if (cfg.model.get('teacher') or {}).get('templates') is not None:
                cfg.model.pop('teacher')
            return ['model.prompter.template = None: --template']
        return []
    given = []
    for dataset in _datasets(cfg):
        name = dataset_name(dataset)
        if name in now.templates and dataset.get('templates') is None:
            dataset['templates'] = [now.templates[name]]
            given.append(name)
    names = ', '.join(map(dataset_title, dict.fromkeys(given)))
    return [f"templates of {names}: the method's own ({now.title})"] if given else []


def _datasets(cfg: Config) -> list[Any]:
    found = [holder['dataset'] for _, _, holder in holders(cfg)]
    splits = (cfg.get('test_cfg') or {}).get('splits') or {}
    return found + [item['dataset'] for item in splits.values() if 'source' in (item.get('dataset') or {})]


def _named(protocol: str | None) -> str | None:
    """A known protocol by its name; None for a file of one's own, whose test loop says what it is."""
    name = Path(protocol).stem.replace('_', '-') if protocol else None
    return name if name in ('base-to-novel', 'few-shot', 'cross-dataset', 'domain-generalization', 'open') else None


def _written(file: Path, tree: Path, written: Subject, subject: Subject) -> _Written:
    """Follow the bases of a user's files down to the published config that they change."""
    if tree in file.parents:
        return _Written([written])
    own: set[str] = set()
    files, entries = [file], []
    while files:
        item = files.pop()
        if tree in item.parents:
            entries.append(item)
            continue
        own |= keys_set_in(item)
        files += [(item.parent / base).resolve() for base in Config._get_base_files(str(item)) if '::' not in base]
    if len(entries) == 1 and '_base_' not in entries[0].relative_to(tree).parts:
        cfg = Config.fromfile(entries[0])
        return _Written([subject_of(cfg, cfg.get('protocol'))], own)
    plain = Subject(*_PLAIN, subject.clip)  # put together from parts, whose values are those of every dataset
    return _Written([plain, written, subject], own)
