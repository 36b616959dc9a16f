"""Benchmark files: YAML in which every key appears once, of a size that is checked before anything is built."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from vamp_mm.config.errors import ConfigError

MAX_BYTES = 1_000_000
#: Lists and mappings inside each other.
MAX_DEPTH = 50
#: Values in all, those counted again that an anchor repeats.
MAX_VALUES = 100_000
MAX_DIGITS = 100
_NUMBER = re.compile('[-+]?[0-9][0-9_:.xa-fA-F]*')


class _Loader(yaml.SafeLoader):
    """Plain values only, and no key twice: YAML would silently take the last one."""

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        """A mapping as it is written, before anything is merged into it.

        Args:
            anchor: Its name for other places of the file.

        Returns:
            The node.

        Raises:
            ComposerError: If a key appears twice.
        """
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.composer.ComposerError(
                        None, None, f'key {key.value!r} appears twice', key.start_mark
                    )
                seen.add(key.value)
        return node


def read_yaml(file: str | Path) -> dict[str, Any]:
    """Read the keys of a benchmark file.

    Args:
        file: YAML file.

    Returns:
        Its keys and values; empty for an empty file.

    Raises:
        ConfigError: If it is not YAML, holds no keys, a key twice, a value that contains itself, or more than the bounds
            of this module.
        FileNotFoundError: If there is no such file.
    """
    path = Path(file)
    if path.is_dir():
        raise FileNotFoundError(f'benchmark file {str(file)!r} is a folder; give a YAML file')
    if not path.is_file():
        raise FileNotFoundError(
            f'benchmark file {str(file)!r} does not exist (seen from {Path.cwd()})'
        )
    if path.stat().st_size > MAX_BYTES:
        raise ConfigError(
            [f'the file has {path.stat().st_size} bytes; at most {MAX_BYTES} are read'], str(file)
        )
    try:
        text = path.read_text(encoding='utf-8')
        _check_size(text)
        given = yaml.load(text, _Loader)  # noqa: S506 -- a SafeLoader
    except yaml.YAMLError as error:
        words = ' '.join(str(error).replace('"<unicode string>", ', '').split())
        raise ConfigError([f'this is not the YAML of a benchmark: {words}'], str(file)) from error
    except (UnicodeDecodeError, ValueError) as error:  # dates and numbers that cannot be
        raise ConfigError([f'this is not the YAML of a benchmark: {error}'], str(file)) from error
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ConfigError(
            [f'the file holds a {type(given).__name__}; it needs keys such as methods: [vamp]'],
            str(file),
        )
    strange = [
        f'key {key!r} is not a word' for key in given if not isinstance(key, str)
    ] or _strange(given)
    if strange:
        raise ConfigError(strange[:5], str(file))
    return given


def _check_size(text: str) -> None:
    """Refuse what would become too large or endless, before anything is built.

    Args:
        text: The file.

    Raises:
        YAMLError: With the number found, the bound and the line.
    """
    sizes: dict[str, int] = {}  # of what an anchor names, in values
    # anchors that are open, and the count where they began
    starts: list[tuple[str | None, int]] = []
    count = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        where = f'in line {event.start_mark.line + 1}'
        if isinstance(event, yaml.AliasEvent):
            if any(event.anchor == name for name, _ in starts):
                raise yaml.YAMLError(
                    f'*{event.anchor} {where} is inside &{event.anchor}: it would contain itself'
                )
            count += sizes.get(event.anchor, 1)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            starts.append((event.anchor, count))
            count += 1
            if len(starts) > MAX_DEPTH:
                raise yaml.YAMLError(
                    f'lists and mappings are nested more than {MAX_DEPTH} deep {where}'
                )
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            name, begin = starts.pop()
            if name is not None:
                sizes[name] = count - begin
        elif isinstance(event, yaml.ScalarEvent):
            count += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
            digits = _digits(event)
            if digits > MAX_DIGITS:
                raise yaml.YAMLError(
                    f'the number {where} has {digits} digits; at most {MAX_DIGITS} are read'
                )
        if count > MAX_VALUES:
            raise yaml.YAMLError(
                f'the file holds more than {MAX_VALUES} values, those counted that anchors repeat'
            )


def _digits(event: yaml.ScalarEvent) -> int:
    """Digits of a number that is not in quotes; YAML also takes 1:30 for one."""
    plain = event.style is None and _NUMBER.fullmatch(event.value)
    return len(event.value) if plain else 0


def _strange(value: Any, place: str = '') -> list[str]:
    """Values that are neither words, numbers, switches nor lists and mappings of them: YAML also knows dates and sets."""
    if isinstance(value, dict):
        return [
            found
            for key, item in value.items()
            for found in _strange(item, f'{place}.{key}'.lstrip('.'))
        ]
    if isinstance(value, list):
        return [
            found
            for index, item in enumerate(value)
            for found in _strange(item, f'{place}.{index}')
        ]
    if value is None or isinstance(value, (bool, int, float, str)):
        return []
    return [
        f'{place} is {value!r}, a {type(value).__name__}; a word that YAML takes for something else needs quotes'
    ]
