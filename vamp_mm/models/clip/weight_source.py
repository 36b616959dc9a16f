"""Where the weights of a CLIP are: a tag of open_clip, a local file, a file of a named origin, or what is embedded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import open_clip
import torch

from .architecture import (
    EMBEDDED,
    Architecture,
    embedded_architectures,
    likely,
    similar_files,
)
from .building import build_model
from .hub import hub_file
from .origin import OPENAI

#: Name of the architecture that is read off the weights.
NO_ARCH = 'None'


@dataclass(frozen=True)
class WeightSource:
    """Where weights are: a file, None for random ones, and the published tag that they are said to be of."""

    file: Path | None = None
    tag: str | None = None
    record: Mapping[str, Any] | None = None


def weight_source(
    architecture: Architecture, pretrained: str | None, cache_dir: str | None
) -> WeightSource:
    """The local file of the weights and the tag that names their origin.

    Args:
        architecture: What they are for.
        pretrained: As :func:`~vamp_mm.models.clip.load_clip` takes it.
        cache_dir: Where downloads are kept.

    Returns:
        The source; without a file for random weights.

    Raises:
        ValueError: If ``pretrained`` is neither a tag nor a file.
        FileNotFoundError: If a file is missing, or cannot be downloaded.
    """
    if pretrained is None:
        return WeightSource(architecture.weights)
    if not isinstance(pretrained, str):
        raise ValueError(f'pretrained={pretrained!r} must be a text: {_allowed(architecture)}')
    if pretrained == EMBEDDED:
        if architecture.name not in embedded_architectures():
            raise ValueError(
                f"pretrained='embedded' goes with an embedded architecture {embedded_architectures()}, "
                f'not with arch={architecture.name!r}'
            )
        return WeightSource(
            Path(str(resources.files(__package__) / 'weights' / f'{architecture.name}.safetensors'))
        )
    record = (
        None
        if architecture.name == NO_ARCH
        else open_clip.get_pretrained_cfg(architecture.name, pretrained)
    )
    if record:
        return WeightSource(
            _downloaded(architecture, pretrained, record, cache_dir), pretrained, record
        )
    file = Path(pretrained).expanduser()
    if pretrained and file.exists():
        return WeightSource(file)
    tag, at, rest = pretrained.partition('@')
    if at and rest and not set(tag) & set('/\\.'):
        return _named(architecture, pretrained, tag, Path(rest).expanduser())
    if file.suffix or len(file.parts) > 1:
        raise FileNotFoundError(_missing(architecture, pretrained, file))
    if architecture.name == NO_ARCH:
        raise ValueError(
            f'pretrained={pretrained!r} is not a file, and arch=None needs one: name the architecture of '
            "published weights, such as arch='ViT-B-16'"
        )
    near = likely(pretrained, _tags(architecture))
    raise ValueError(
        f'pretrained={pretrained!r} is not a tag of {architecture.name!r}; {near and near + " "}allowed: '
        f'{_allowed(architecture)}'
    )


def _named(architecture: Architecture, pretrained: str, tag: str, file: Path) -> WeightSource:
    """``TAG@FILE``."""
    record = architecture.tags.get(tag) or open_clip.get_pretrained_cfg(architecture.name, tag)
    if not record and not architecture.tags:
        raise ValueError(
            f'pretrained={pretrained!r}: arch={architecture.name!r} has no published tags: give the file only, '
            f'pretrained={str(file)!r}'
        )
    if tag not in architecture.tags and architecture.name == NO_ARCH:
        raise ValueError(
            f"pretrained={pretrained!r}: arch=None reads weights of OpenAI's only, pretrained="
            f"'{OPENAI}@{file}'; for those of {tag!r} name their architecture with arch"
        )
    if not record and tag not in architecture.tags:
        near = likely(tag, architecture.tags)
        raise ValueError(
            f'{tag!r} in pretrained={pretrained!r} is not a tag of {architecture.name!r}; {near and near + " "}'
            f'allowed: {", ".join(map(repr, architecture.tags))}'
        )
    if not file.exists():
        raise FileNotFoundError(_missing(architecture, pretrained, file))
    return WeightSource(file, tag, record)


def _missing(architecture: Architecture, pretrained: str, file: Path) -> str:
    """There is no such file; what is there under a similar name, or else the tags."""
    told = f'pretrained={pretrained!r}: no such file {str(file)!r}'
    if near := similar_files(file):
        return f'{told}; {near}'
    tags = [] if architecture.name == NO_ARCH or '@' in pretrained else _tags(architecture)
    allowed = f', or name a tag of {architecture.name!r}: {", ".join(tags)}' if tags else ''
    return f'{told}; put the weights there{allowed}'


def _downloaded(
    architecture: Architecture, tag: str, record: Mapping[str, Any], cache_dir: str | None
) -> Path:
    repository, _, name = record['hf_hub'].rpartition('/')
    try:
        return hub_file(repository, name or None, cache_dir)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f'the weights {tag!r} of {architecture.name!r}{_size(architecture)} are not in the cache: {error}; download '
            'that file on another computer and set model.backbone.pretrained to its path, after its tag: '
            f"--cfg-options model.backbone.pretrained='{tag}@/path/of/the/file'"
        ) from error


def _size(architecture: Architecture) -> str:
    """How large the file of its weights is at most, from the parameters of the architecture."""
    with torch.device('meta'):
        model = build_model(architecture, quick_gelu=False)
    count = sum(weight.numel() for weight in model.parameters())
    return f' (up to {4 * count / 1e6:,.0f} MB)'


def _tags(architecture: Architecture) -> list[str]:
    return [EMBEDDED] if architecture.name in embedded_architectures() else list(architecture.tags)


def _allowed(architecture: Architecture) -> str:
    tags = ', '.join(map(repr, _tags(architecture)))
    origin = ", 'TAG@FILE'" if architecture.tags else ''
    return f'{tags + ", " if tags else ""}a local file{origin}, None for random weights'
