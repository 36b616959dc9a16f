"""Build an open_clip model from a name, a local file, or the small CLIP that ships with the project.

The activation belongs to the weights: OpenAI's were trained with QuickGELU, and running them with GELU gives plausible,
wrong features. A pretrained tag, a TorchScript archive of OpenAI's and the architecture config each say which it is;
only a bare state dict does not, and there the architecture's name decides (``ViT-B-16`` or ``ViT-B-16-quickgelu``).
"""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import open_clip
import torch
from mmengine.logging import print_log
from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from open_clip.factory import load_checkpoint
from open_clip.model import build_model_from_openai_state_dict, convert_to_custom_text_state_dict
from open_clip.pretrained import download_pretrained
from safetensors.torch import load_file
from torch import Tensor, nn

#: ``pretrained='embedded'`` loads the weights that ship beside this module, for architectures defined beside it.
EMBEDDED = 'embedded'
_OPENAI_MARKERS = ('input_resolution', 'context_length', 'vocab_size')


@dataclass(frozen=True, eq=False)
class LoadedCLIP:
    """A dual encoder and what belongs to its weights.

    Args:
        model: open_clip's ``CLIP`` or ``CustomTextCLIP``.
        tokenizer: Sentences -> ``(T, L)`` token ids.
        image_size: Height and width in pixels.
        image_mean: Per RGB channel, on the scale 0..1.
        image_std: Per RGB channel, on the scale 0..1.
    """

    model: Any  # the classes of open_clip are not typed
    tokenizer: Callable[[list[str]], Tensor]
    image_size: tuple[int, int]
    image_mean: tuple[float, ...]
    image_std: tuple[float, ...]


def load_clip(arch: str | None,
              pretrained: str | None = None,
              image_mean: Sequence[float] | None = None,
              image_std: Sequence[float] | None = None,
              cache_dir: str | None = None) -> LoadedCLIP:
    """Build a CLIP and load its weights strictly.

    Args:
        arch: An open_clip model name, a path to an architecture JSON in open_clip's layout, or the name of an embedded
            architecture. None reads the architecture off an OpenAI state dict (then ``pretrained`` is its file).
        pretrained: An open_clip tag (downloaded on first use), a local file (OpenAI TorchScript or state dict, open_clip
            state dict, safetensors), ``'embedded'``, or None for random weights.
        image_mean: Overrides the statistics that belong to the weights.
        image_std: Likewise.
        cache_dir: Where open_clip keeps downloads.

    Returns:
        The model in float32 on the CPU, and what belongs to its weights.

    Raises:
        ValueError: If the architecture or the tag is unknown, with what is allowed.
        FileNotFoundError: If a local file does not exist, or the weights cannot be downloaded.
        RuntimeError: If the weights do not fit the architecture.
    """
    path, tag = _resolve_weights(arch, pretrained, cache_dir)
    if arch is None:
        if path is None:
            raise ValueError("arch=None reads the architecture from an OpenAI state dict: set pretrained='<file>', or "
                             "name an open_clip architecture such as arch='ViT-B-16'")
        model = _build_from_openai(_read_state_dict(path))
        config: dict[str, Any] = {}
    else:
        config = _architecture(arch)
        quick_gelu = _quick_gelu(config, tag, path)
        model = _build(config, quick_gelu)
        if path is not None:
            _load_strictly(model, path, arch)
    preprocess = {**config.get('preprocess_cfg', {}), **(tag or {})}
    visual: Any = model.visual
    size = visual.image_size
    return LoadedCLIP(
        model=model.float(),
        tokenizer=_tokenizer(arch, config),
        image_size=(size, size) if isinstance(size, int) else tuple(size),
        image_mean=tuple(image_mean or preprocess.get('mean') or OPENAI_DATASET_MEAN),
        image_std=tuple(image_std or preprocess.get('std') or OPENAI_DATASET_STD))


def embedded_architectures() -> list[str]:
    """Names of the architectures that ship with the project."""
    folder = resources.files(__package__) / 'configs'
    return sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith('.json'))


def _architecture(arch: str) -> dict[str, Any]:
    """The open_clip config of an architecture: embedded, a JSON file, or built in."""
    if arch in embedded_architectures():
        text = (resources.files(__package__) / 'configs' / f'{arch}.json').read_text(encoding='utf-8')
        return json.loads(text)
    if arch.endswith('.json'):
        file = Path(arch).expanduser()
        if not file.is_file():
            raise FileNotFoundError(f'arch={arch!r}: no such architecture file; give a JSON in open_clip layout '
                                    '(embed_dim, vision_cfg, text_cfg) or the name of an open_clip model')
        return json.loads(file.read_text(encoding='utf-8'))
    config = open_clip.get_model_config(arch)
    if config is None:
        raise ValueError(f'arch={arch!r} is not known to open_clip; allowed: one of open_clip.list_models(), for example '
                         f"'ViT-B-16', a path ending in .json, or the embedded {embedded_architectures()}")
    return config


def _resolve_weights(arch: str | None, pretrained: str | None,
                     cache_dir: str | None) -> tuple[Path | None, dict[str, Any] | None]:
    """The local file of the weights and, for a tag, what open_clip records about it."""
    if pretrained is None:
        return None, None
    if pretrained == EMBEDDED:
        if arch not in embedded_architectures():
            raise ValueError(f"pretrained='embedded' goes with an embedded architecture {embedded_architectures()}, "
                             f'not with arch={arch!r}')
        return Path(str(resources.files(__package__) / 'weights' / f'{arch}.safetensors')), None
    file = Path(pretrained).expanduser()
    if file.is_file():
        return file, None
    tag = open_clip.get_pretrained_cfg(arch, pretrained) if arch else None
    if not tag:
        if file.suffix or len(file.parts) > 1:
            raise FileNotFoundError(f'pretrained={pretrained!r}: no such file; put the weights there or name a tag of '
                                    f'{arch!r}: {_tags(arch)}')
        raise ValueError(f'pretrained={pretrained!r} is no tag of {arch!r}; allowed: '
                         f'{_tags(arch)}, a local file, None for random weights')
    try:
        return Path(download_pretrained(tag, cache_dir=cache_dir)), tag
    except Exception as error:
        raise FileNotFoundError(
            f'the weights {pretrained!r} of {arch!r} are not in the cache and could not be downloaded ({error}); without '
            'a network copy the file by hand and set pretrained to its path') from error


def _tags(arch: str | None) -> list[str]:
    return [EMBEDDED] if arch in embedded_architectures() else open_clip.list_pretrained_tags_by_model(arch or '')


def _quick_gelu(config: dict[str, Any], tag: dict[str, Any] | None, path: Path | None) -> bool:
    if tag is not None:
        return bool(tag.get('quick_gelu', False))
    if path is not None and _is_openai_file(path):
        return True
    return bool(config.get('quick_gelu', False))


def _is_openai_file(path: Path) -> bool:
    if path.suffix == '.safetensors':
        return False
    if _is_torchscript(path):
        return True
    return any(key in _read_state_dict(path) for key in _OPENAI_MARKERS)


def _is_torchscript(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith('constants.pkl') for name in archive.namelist())


def _read_state_dict(path: Path) -> dict[str, Tensor]:
    """All tensors of a weight file, without running code from it (TorchScript archives hold no Python)."""
    if path.suffix == '.safetensors':
        return load_file(str(path))
    if _is_torchscript(path):
        return dict(torch.jit.load(str(path), map_location='cpu').state_dict())
    state = torch.load(str(path), map_location='cpu', weights_only=True)
    state = state.get('state_dict', state)
    return {key.removeprefix('module.'): value for key, value in state.items()}


def _build(config: dict[str, Any], quick_gelu: bool) -> nn.Module:
    arguments = {key: value for key, value in config.items() if key not in ('preprocess_cfg', 'custom_text')}
    arguments['quick_gelu'] = quick_gelu
    vision, text = dict(arguments['vision_cfg']), dict(arguments['text_cfg'])
    if 'timm_model_name' in vision:
        vision['timm_model_pretrained'] = False  # the dual encoder's own weights follow
    if 'hf_model_name' in text:
        raise ValueError(f"text tower {text['hf_model_name']!r} is a Hugging Face model without the block structure that "
                         'prompts need; allowed: architectures with open_clip\'s own text transformer')
    if 'multimodal_cfg' in arguments:
        raise ValueError('CoCa models (multimodal_cfg) are captioners, not dual encoders; allowed: plain CLIP models')
    arguments.update(vision_cfg=vision, text_cfg=text)
    kind = open_clip.CustomTextCLIP if config.get('custom_text') else open_clip.CLIP
    return kind(**arguments)


def _build_from_openai(state: dict[str, Tensor]) -> nn.Module:
    state = {key: value for key, value in state.items() if key not in _OPENAI_MARKERS}
    missing = [key for key in ('visual.conv1.weight', 'text_projection', 'ln_final.weight') if key not in state]
    if missing:
        raise RuntimeError(f'the file is no OpenAI CLIP state dict: {missing} are missing; name its architecture with arch')
    model = build_model_from_openai_state_dict(dict(state), cast_dtype=torch.float32).float()
    # open_clip's builder passes through float16; the file may hold more
    model.load_state_dict({key: value.float() for key, value in state.items()}, strict=True)
    return model


def _load_strictly(model: nn.Module, path: Path, arch: str) -> None:
    try:
        if _is_openai_file(path):
            state = {key: value for key, value in _read_state_dict(path).items() if key not in _OPENAI_MARKERS}
            if not hasattr(model, 'positional_embedding'):  # CustomTextCLIP keeps its text tower under 'text.'
                state = convert_to_custom_text_state_dict(state)
            model.load_state_dict(state, strict=True)
        else:
            _say_if_positions_change(model, path)
            load_checkpoint(model, str(path), strict=True)
    except RuntimeError as error:
        raise RuntimeError(f'the weights {str(path)!r} do not fit arch={arch!r}; name the architecture that they were '
                           f'trained with. {error}') from error


def _say_if_positions_change(model: nn.Module, path: Path) -> None:
    """open_clip fits positions of another image size or context length by interpolation, without a word."""
    stored = {
        key: value.shape for key, value in _read_state_dict(path).items()
        if key.endswith(('positional_embedding', 'pos_embed'))
    }
    for name, own in model.named_parameters():
        if name in stored and stored[name] != own.shape:
            print_log(f'{name} of {str(path)!r} is {tuple(stored[name])} and is interpolated to {tuple(own.shape)}: the '
                      'architecture has another image size or context length than these weights were trained with',
                      'current', logging.WARNING)


def _tokenizer(arch: str | None, config: dict[str, Any]) -> Callable[[list[str]], Tensor]:
    text = config.get('text_cfg', {})
    if arch is not None and (text.get('hf_tokenizer_name') or 'siglip' in arch.lower()):
        return open_clip.get_tokenizer(arch)
    return open_clip.SimpleTokenizer(
        context_length=text.get('context_length', 77), **text.get('tokenizer_kwargs', {}))
