"""Benchmark files: YAML that says everything once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..errors import ConfigError


class _Loader(yaml.SafeLoader):
    """Plain values only, and no key twice: YAML would silently take the last one."""

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        """A mapping as it is written, before anything is merged into it.

        Args:
            anchor: Its name for other places of the file.

        Returns:
            The node.

        Raises:
            ComposerError: If a key stands twice.
        """
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.composer.ComposerError(None, None, f'key {key.value!r} stands twice', key.start_mark)
                seen.add(key.value)
        return node



def read_yaml(file: str | Path) -> dict[str, Any]:
    """Read the keys of a benchmark file.

    Args:
        file: YAML file.

    Returns:
        Its keys and values; empty for an empty file.

    Raises:
        ConfigError: If it is no YAML, holds no keys, or a key twice.
        FileNotFoundError: If there is no such file.
    """
    if not Path(file).is_file():
        raise FileNotFoundError(f'benchmark file {str(file)!r} does not exist (seen from {Path.cwd()})')
    try:
        with open(file, encoding='utf-8') as stream:
            given = yaml.load(stream, _Loader)  # noqa: S506 -- a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([f'this is not the YAML of a benchmark: {" ".join(str(error).split())}'], str(file)) from error
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise ConfigError([f'the file holds a {type(given).__name__}; it needs keys such as methods: [vamp]'], str(file))
    strange = [key for key in given if not isinstance(key, str)]
    if strange:
        raise ConfigError([f'key {key!r} is no word' for key in strange], str(file))
    return given
