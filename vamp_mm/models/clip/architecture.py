"""Architectures: by name, from a JSON file, from a folder, or from the Hugging Face hub."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

import open_clip

from vamp_mm.files import TextFileError, read_json

from .hub import hub_file

#: ``pretrained='embedded'`` loads the weights that ship beside this module, for architectures defined beside it.
EMBEDDED = 'embedded'
#: The file that open_clip writes beside weights: architecture and preprocessing.
FOLDER_CONFIG = 'open_clip_config.json'
LOCAL_DIR, HF_HUB = 'local-dir:', 'hf-hub:'
#: Weights of a folder, in open_clip's order of preference.
_PREFERRED = (
    'open_clip_model.safetensors',
    'open_clip_pytorch_model.safetensors',
    'open_clip_pytorch_model.bin',
    'open_clip_pytorch_model.pth',
    'model.safetensors',
    'pytorch_model.bin',
    'pytorch_model.pth',
    'model.pth',
)
_PARTS = ('embed_dim', 'vision_cfg', 'text_cfg')
_LAYOUT = "open_clip's layout (embed_dim, vision_cfg, text_cfg)"


@dataclass(frozen=True, eq=False)
class Architecture:
    """How a CLIP is built, and what stands beside it.

    Args:
        name: As the config has it.
        config: In open_clip's layout.
        preprocess: ``preprocess_cfg`` stored with the architecture, None if there is none.
        weights: The weight file that belongs to it, for ``local-dir:`` and ``hf-hub:``.
        tags: Published weights of this architecture: open_clip's records by tag.
    """

    name: str
    config: Mapping[str, Any]
    preprocess: Mapping[str, Any] | None = None
    weights: Path | None = None
    tags: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def embedded_architectures() -> list[str]:
    """Names of the architectures that ship with the project."""
    folder = resources.files(__package__) / 'configs'
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith('.json'))


def find_architecture(
    arch: str, wants_weights: bool = True, cache_dir: str | None = None
) -> Architecture:
    """Look an architecture up.

    Args:
        arch: A name of open_clip's or an embedded one, a JSON file, ``local-dir:FOLDER`` or ``hf-hub:ORGANISATION/NAME``.
        wants_weights: Whether the weights of a folder or a hub repository are wanted too.
        cache_dir: Where open_clip keeps downloads.

    Returns:
        The architecture.

    Raises:
        ValueError: If it is not known, or its file is not an architecture.
        FileNotFoundError: If its file or its weights do not exist or cannot be downloaded.
    """
    if arch in embedded_architectures():
        text = (resources.files(__package__) / 'configs' / f'{arch}.json').read_text(
            encoding='utf-8'
        )
        return Architecture(arch, json.loads(text))
    if arch in (LOCAL_DIR, HF_HUB):
        raise ValueError(
            f"arch={arch!r} names nothing: write 'local-dir:FOLDER' or 'hf-hub:ORGANISATION/NAME'"
        )
    if arch.startswith(LOCAL_DIR):
        folder = Path(arch.removeprefix(LOCAL_DIR)).expanduser()
        return _from_file(
            arch,
            _folder_config(arch, folder),
            _folder_weights(arch, folder) if wants_weights else None,
        )
    if arch.startswith(HF_HUB):
        return _from_hub(arch, wants_weights, cache_dir)
    if arch.endswith('.json'):
        file = Path(arch).expanduser()
        if not file.is_file():
            near = similar_files(file)
            raise FileNotFoundError(
                f'arch={arch!r}: no such architecture file; {near and near + " "}give a JSON in '
                f'{_LAYOUT} or the name of an '
                'open_clip model'
            )
        return _from_file(arch, file)
    config = open_clip.get_model_config(arch)
    if config is None:
        near = likely(arch.replace('/', '-'), [*open_clip.list_models(), *embedded_architectures()])
        raise ValueError(
            f'arch={arch!r} is not known to open_clip; {near and near + " "}allowed: one of '
            "open_clip.list_models(), for example 'ViT-B-16', a path ending in .json, 'local-dir:FOLDER' with "
            f'the folder of an {FOLDER_CONFIG}, '
            f'or the embedded {embedded_architectures()}'
        )
    tags = {
        tag: open_clip.get_pretrained_cfg(arch, tag)
        for tag in open_clip.list_pretrained_tags_by_model(arch)
    }
    return Architecture(arch, config, config.pop('preprocess_cfg', None), tags=tags)


def read_config(file: Path, arch: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Architecture and preprocessing out of a JSON file, open_clip's folder config included.

    Args:
        file: The file.
        arch: For messages.

    Returns:
        The architecture in open_clip's layout, and its ``preprocess_cfg`` if it has one.

    Raises:
        ValueError: If the file is something else, in one sentence.
    """
    try:
        data = read_json(file)
    except (TextFileError, OSError) as error:
        raise ValueError(f'arch={arch!r}: {error}') from error
    if isinstance(data, dict) and data.get('model_type'):
        raise ValueError(
            f'arch={arch!r}: {file} is a config of transformers (model_type={data["model_type"]!r}); name the '
            "architecture as open_clip does, such as arch='ViT-B-16', and give its weights with pretrained"
        )
    config = data.get('model_cfg', data) if isinstance(data, dict) else data
    missing = (
        [part for part in _PARTS if part not in config]
        if isinstance(config, dict)
        else list(_PARTS)
    )
    if missing:
        raise ValueError(
            f'arch={arch!r}: {file} lacks {", ".join(missing)}; an architecture is a JSON in {_LAYOUT}'
        )
    wrong = [part for part in _PARTS[1:] if not isinstance(config[part], dict)]
    if wrong:
        raise ValueError(
            f'arch={arch!r}: {", ".join(wrong)} in {file} must be a dict, as in {_LAYOUT}'
        )
    config = dict(config)
    preprocess = config.pop('preprocess_cfg', None) or data.get('preprocess_cfg')
    if preprocess is not None and not isinstance(preprocess, dict):
        raise ValueError(
            f'arch={arch!r}: preprocess_cfg in {file} must be a dict with mean, std, interpolation, '
            'resize_mode'
        )
    return config, preprocess


def _from_file(arch: str, file: Path, weights: Path | None = None) -> Architecture:
    config, preprocess = read_config(file, arch)
    return Architecture(arch, config, preprocess, weights)


def _folder_config(arch: str, folder: Path) -> Path:
    if not folder.is_dir():
        raise FileNotFoundError(f'arch={arch!r}: there is no folder {folder}')
    file = folder / FOLDER_CONFIG
    if not file.is_file():
        found = ', '.join(sorted(item.name for item in folder.iterdir())[:8])
        raise FileNotFoundError(
            f'arch={arch!r}: {folder} holds no {FOLDER_CONFIG} (it holds {found or "nothing"}); name '
            'the '
            'architecture instead and give the weight file with pretrained'
        )
    return file


def _folder_weights(arch: str, folder: Path) -> Path:
    preferred = [folder / name for name in _PREFERRED if (folder / name).is_file()]
    found = preferred[:1] or sorted(
        item
        for item in folder.iterdir()
        if item.suffix in ('.safetensors', '.bin', '.pth', '.pt') and item.is_file()
    )
    if len(found) == 1:
        return found[0]
    names = ', '.join(item.name for item in found[:8])
    holds = f'several weight files ({names})' if found else 'no weight file'
    raise FileNotFoundError(
        f'arch={arch!r}: {folder} holds {holds}; give the one that is meant with pretrained (random '
        f'weights: name {FOLDER_CONFIG} itself as arch)'
    )


def _from_hub(arch: str, wants_weights: bool, cache_dir: str | None) -> Architecture:
    name = arch.removeprefix(HF_HUB)
    try:
        file = hub_file(name, FOLDER_CONFIG, cache_dir)
        weights = hub_file(name, None, cache_dir) if wants_weights else None
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f'arch={arch!r} is not in the cache: {error}; download the folder of the repository on another computer and set '
            "arch='local-dir:FOLDER'"
        ) from error
    return _from_file(arch, file, weights)


def first_line(error: Exception) -> str:
    """The first line of a message of another library."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def likely(word: str, allowed: Iterable[str]) -> str:
    """What a name may have meant, as a question, whatever its capitals; empty if no allowed one is close."""
    names = {name.lower(): name for name in allowed}
    near = [names[item] for item in get_close_matches(word.lower(), list(names), n=3)]
    near = near[:1] if word.lower() in names else near
    return f'did you mean {" or ".join(map(repr, near))}?' if near else ''


def similar_files(file: Path) -> str:
    """Which files beside a missing one it may have meant, as a question; empty if there are none."""
    try:
        beside = [str(item) for item in file.parent.iterdir()]
    except OSError:
        return ''
    names = {Path(item).name: item for item in beside}
    near = get_close_matches(file.name, list(names), n=3)
    return f'did you mean {" or ".join(repr(names[name]) for name in near)}?' if near else ''
