"""A method's published settings follow the dataset, the protocol, the shots and the CLIP of a run.

The key ``run`` of a config names the method: ``run = dict(method='mmrl')``, set in ``configs/_base_/models``. Its table
is ``configs/_base_/settings/<method>.py``, or that of ``run.settings``. Precedence: the table, then what a user's own config
sets, then ``--cfg-options``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from vamp_mm.evaluation.protocol_guess import protocol_of_splits

from .data import holders
from .identity import dataset_name, method_of
from .places import place_of, same, set_at, value_at
from .settings_lookup import Setting, Settings, Subject, resolve
from .settings_origin import Origin, known_protocol, origin_of, subject_of
from .settings_table import DEFAULT, dataset_title, read_table, table_file

#: Prompters whose ``template`` takes the place of those of the dataset.
_ONE_SENTENCE = ('AdapterPrompter', 'TwoStagePrompter')


def follow_published(
    cfg: Config,
    written: Subject,
    protocol: str | None = None,
    overrides: Iterable[str] = (),
    template: Sequence[str] | None = None,
) -> None:
    """Give a config the published settings of its dataset, protocol, shots and CLIP, in place.

    A setting that differs from what is published for the dataset and protocol that the file was written for is the
    config's own and stays; so does what a file outside the published configs sets. Fills in ``run.name``,
    ``run.dataset``, ``run.protocol``, ``run.followed`` and ``run.settings_log``, one line per setting. Nothing happens
    without ``run.method``, and nothing is set without a table.

    Args:
        cfg: The config to change; dataset, protocol and overrides are in it.
        written: :func:`subject_of` the config file as it was read.
        protocol: Name of the protocol that was asked for; None to tell it from the test loop.
        overrides: Dotted keys that the command line sets.
        template: Prompts of the command line.

    Raises:
        ConfigError: If ``run.settings`` names no table, or a table is faulty.
    """
    run = cfg.get('run')
    if not run or not run.get('method'):
        return
    # a config that a run has written: it has no bases, and all keys
    composed = run.get('dataset') is not None
    subject = subject_of(cfg, protocol)
    trained: Mapping[str, Any] = next((holder['dataset'] for _, _, holder in holders(cfg)), {})
    run.update(
        dataset=dataset_name(trained),
        protocol=known_protocol(protocol) or protocol_of_splits(cfg.get('test_cfg') or {}),
    )
    file = table_file(cfg.filename, run)
    if file is None:
        run.settings_log = [
            f'no published settings are known for the method {run["method"]!r}; to use those of another method, set '
            "run.settings in the config, for example run=dict(settings='mmrl')"
        ]
        return
    table = read_table(file)
    now = resolve(table, subject)
    origin = _origin(cfg, file, written, subject, composed)
    before = [resolve(table, item) for item in origin.subjects]
    asked = sorted(overrides)
    shots = '' if subject.shots is None else f', {_shots(subject.shots)}'
    lines = [
        f'settings of {now.title} for {dataset_title(subject.dataset)}, {subject.protocol}{shots}'
    ]
    lines += [*now.notes, *_follow_all(cfg, now, before, origin, asked)]
    if template is None:
        lines += _set_templates(cfg, now)
    elif not any(covers(item, 'model.prompter.template') for item in asked):
        _leave_sentences(cfg, lines)
    run.settings_log = lines


def settings_text(cfg: Config) -> str:
    """Which setting came from where, for the log.

    Args:
        cfg: A composed config.

    Returns:
        One line per setting below a heading; empty where nothing is published.
    """
    lines = (cfg.get('run') or {}).get('settings_log') or []
    return '\n  '.join(lines)


def replace_line(lines: list[str], dotted: str, line: str) -> None:
    """Replace what a log has on a setting by one line, in place.

    Args:
        lines: The log.
        dotted: The setting.
        line: What the log has on it now.
    """
    kept = [
        item
        for item in lines
        if not item.startswith((f'{dotted} = ', f'no published value of {dotted} for '))
    ]
    lines[:] = [*kept, line]


def _origin(cfg: Config, file: Path, written: Subject, subject: Subject, composed: bool) -> Origin:
    """What a config was written for; names the run, unless a run has written the config."""
    if composed:
        return Origin([written])
    origin = origin_of(Path(cfg.filename).resolve(), file.parents[2], written, subject)
    # a config of a user's own is a row of its own in tables, unless it names the method itself
    named = origin.published or 'run.method' in origin.own_keys
    cfg.run.name = cfg.run['method'] if named else method_of(cfg.filename)
    return origin


def _follow_all(
    cfg: Config,
    now: Settings,
    before: Sequence[Settings],
    origin: Origin,
    asked: Sequence[str],
) -> list[str]:
    """Set what is published now where the config has what was published before, and note it in ``run.followed``."""
    lines: list[str] = []
    cfg.run.followed = []  # what of the model the table decides
    for key, setting in now.values.items():
        published = [item.values.get(key) for item in before]
        lines += _follow(cfg, key, setting, published, origin.own_keys, asked)
    return lines


def _follow(
    cfg: Config,
    key: str,
    setting: Setting,
    before: Sequence[Setting | None],
    own: set[str],
    asked: Sequence[str],
) -> list[str]:
    """Set one value, or give the reason why not."""
    place = place_of(cfg, key)
    if place is None:
        return []  # the config has no such part, for example nothing to train on
    value, dotted = value_at(cfg, place), '.'.join(map(str, place))
    if any(covers(item, dotted) for item in asked):
        return [_kept(dotted, value, setting, '--cfg-options')]
    differs = all(item is None or not same(value, item.value) for item in before)
    if (_is_own(dotted, own) or differs) and not same(value, setting.value):
        return [_kept(dotted, value, setting, 'kept, set by the config')]
    if not same(value, setting.value):
        set_at(cfg, place, setting.value)
    if place[0] == 'model':
        cfg.run.followed.append(dotted)
    if setting.missing:
        missing = setting.missing.format(word(setting.value))
        return [f'no published value of {dotted} for {missing} ({setting.source})']
    return [f'{dotted} = {word(setting.value)}: {setting.source}']


def _is_own(dotted: str, own: set[str]) -> bool:
    """Whether a user's file sets a key, or another type of a part that holds it: then the whole part is the user's."""
    parts = dotted.split('.')
    return dotted in own or any(
        '.'.join([*parts[:end], word]) in own
        for end in range(1, len(parts))
        for word in ('type', '_delete_')
    )


def _kept(dotted: str, value: Any, setting: Setting, why: str) -> str:
    published = '' if same(value, setting.value) else f' (published: {word(setting.value)})'
    return f'{dotted} = {word(value)}: {why}{published}'


def covers(asked: str, dotted: str) -> bool:
    """Whether an option sets a key, a dict or list that holds it, or a part of it.

    Args:
        asked: Dotted key of the option.
        dotted: The key.

    Returns:
        True also where one lies in the other.
    """
    return f'{dotted}.'.startswith(f'{asked}.') or asked.startswith(f'{dotted}.')


def word(value: Any) -> str:
    """A value as the log writes it."""
    return 'default' if isinstance(value, str) and value == DEFAULT else repr(value)


def _shots(shots: int) -> str:
    return 'all images' if shots < 0 else f'{shots} shot{"" if shots == 1 else "s"}'


def _leave_sentences(cfg: Config, lines: list[str]) -> None:
    """Let ``--template`` take the place of a method's one sentence for all datasets."""
    prompter = (cfg.get('model') or {}).get('prompter') or {}
    if (
        str(prompter.get('type')).split('.')[-1] in _ONE_SENTENCE
        and prompter.get('template') is not None
    ):
        prompter['template'] = None
        replace_line(lines, 'model.prompter.template', 'model.prompter.template = None: --template')
        if (cfg.model.get('teacher') or {}).get('templates') is not None:
            cfg.model.pop('teacher')
            replace_line(lines, 'model.teacher', 'model.teacher = default: --template')


def _set_templates(cfg: Config, now: Settings) -> list[str]:
    """Give the datasets of a run the method's sentences, where the config gives none."""
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
    return found + [
        item['dataset'] for item in splits.values() if 'source' in (item.get('dataset') or {})
    ]
