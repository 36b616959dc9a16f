"""Build the model of an architecture, its tokenizer, and put weights into it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import open_clip
import torch
from mmengine.logging import print_log
from open_clip.convert import convert_state_dict
from open_clip.model import (
    build_model_from_openai_state_dict,
    convert_to_custom_text_state_dict,
    resize_pos_embed,
    resize_text_pos_embed,
)
from torch import Tensor, nn

from vamp_mm.weight_files import CheckpointError, differences, listed, same_kind

from .architecture import Architecture, first_line

_POSITIONS = ('positional_embedding', 'pos_embed')
_HALF = (torch.float16, torch.bfloat16)


def build_model(architecture: Architecture, quick_gelu: bool) -> nn.Module:
    """Build a dual encoder with random weights.

    Args:
        architecture: What to build.
        quick_gelu: The activation.

    Returns:
        open_clip's model.

    Raises:
        ValueError: If it is not a dual encoder with open_clip's own text transformer, or cannot be built.
    """
    config = architecture.config
    arguments = {key: value for key, value in config.items() if key != 'custom_text'}
    arguments['quick_gelu'] = quick_gelu
    vision, text = dict(arguments['vision_cfg']), dict(arguments['text_cfg'])
    if 'timm_model_name' in vision:
        vision['timm_model_pretrained'] = False  # the dual encoder's own weights follow
    if 'hf_model_name' in text:
        raise ValueError(
            f'text tower {text["hf_model_name"]!r} is a Hugging Face model without the block structure that '
            "prompts need; allowed: architectures with open_clip's own text transformer"
        )
    if 'multimodal_cfg' in arguments:
        raise ValueError(
            'CoCa models (multimodal_cfg) are captioners, not dual encoders; allowed: plain CLIP models'
        )
    arguments.update(vision_cfg=vision, text_cfg=text)
    kind = open_clip.CustomTextCLIP if config.get('custom_text') else open_clip.CLIP
    try:
        return kind(**arguments)
    except MemoryError:
        raise
    except (
        Exception
    ) as error:  # open_clip raises all kinds of errors on values that it does not take
        raise ValueError(
            f'arch={architecture.name!r}: open_clip cannot build it ({first_line(error)}); correct its '
            'embed_dim, vision_cfg and text_cfg'
        ) from error


def build_from_openai(state: dict[str, Tensor], path: Path) -> nn.Module:
    """Build the model that an OpenAI state dict is of, with its weights.

    Args:
        state: Name -> tensor, without OpenAI's markers.
        path: The file, for messages.

    Returns:
        open_clip's model in float32.

    Raises:
        CheckpointError: If it is not such a state dict.
    """
    missing = [
        key
        for key in ('visual.conv1.weight', 'text_projection', 'ln_final.weight')
        if key not in state
    ]
    if missing:
        raise CheckpointError(
            f'the file {path} is no OpenAI CLIP state dict: {missing} are missing; name its architecture '
            'with arch'
        )
    try:
        model = build_model_from_openai_state_dict(dict(state), cast_dtype=torch.float32).float()
    except MemoryError:
        raise
    except Exception as error:  # it reads all sizes off the tensors, of whatever shape they are
        raise CheckpointError(
            f'the file {path} is no OpenAI CLIP state dict ({first_line(error)}); name its architecture '
            'with arch'
        ) from error
    # open_clip's builder passes through float16; the file may hold more
    _load(model, state, path, 'None')
    return model


def fit_weights(model: nn.Module, state: dict[str, Tensor], path: Path | None, arch: str) -> None:
    """Load weights strictly, after the conversions that open_clip knows.

    Args:
        model: open_clip's model.
        state: Name -> tensor, under open_clip's names.
        path: Their file, for messages.
        arch: Name of the architecture, for messages.

    Raises:
        CheckpointError: If a name, a shape or a kind of number does not fit, or values are not finite.
    """
    try:
        state = _converted(model, dict(state))
        stored = {name: tuple(state[name].shape) for name in _positions_to_fit(model, state)}
        _fit_positions(model, state, stored)
    except MemoryError:
        raise
    except Exception as error:  # shapes that no conversion takes; what differs says more than open_clip's own words
        raise _unfit(
            path, arch, differences(model.state_dict(), state) or first_line(error)
        ) from error
    _load(model, state, path, arch)
    for name, shape in stored.items():
        print_log(
            f'{name} of {str(path)!r} is {shape} and is interpolated to {tuple(state[name].shape)}: the architecture '
            'has another image size or context length than these weights were trained with',
            'current',
            logging.WARNING,
        )


def find_tokenizer(architecture: Architecture) -> Callable[[list[str]], Tensor]:
    """The tokenizer of an architecture.

    Args:
        architecture: What to build.

    Returns:
        Sentences -> ``(T, L)`` token ids.

    Raises:
        ValueError: If it needs a package that is not installed, or its settings are wrong.
        FileNotFoundError: If it cannot be downloaded.
    """
    text, name = architecture.config.get('text_cfg', {}), architecture.name
    own_file = name.endswith('.json')
    try:
        if not own_file and (
            text.get('hf_tokenizer_name') or (architecture.tags and 'siglip' in name.lower())
        ):
            return open_clip.get_tokenizer(name)
        if own_file and text.get('hf_tokenizer_name'):
            return open_clip.tokenizer.HFTokenizer(
                text['hf_tokenizer_name'],
                context_length=text.get('context_length', 77),
                tokenizer_mode=text.get('tokenizer_mode'),
                **text.get('tokenizer_kwargs', {}),
            )
        return open_clip.SimpleTokenizer(
            context_length=text.get('context_length', 77), **text.get('tokenizer_kwargs', {})
        )
    except ImportError as error:
        raise ValueError(
            f'arch={name!r} has the tokenizer {text.get("hf_tokenizer_name")!r}, which needs the package '
            f'{error.name or "transformers"}: pip install transformers sentencepiece'
        ) from error
    except OSError as error:
        raise FileNotFoundError(
            f'the tokenizer {text.get("hf_tokenizer_name")!r} of arch={name!r} is not in the cache and '
            f'could not be downloaded ({first_line(error)})'
        ) from error
    except (
        Exception
    ) as error:  # tokenizers raise all kinds of errors on values that they do not take
        raise ValueError(
            f'arch={name!r}: the tokenizer of its text_cfg cannot be built ({first_line(error)})'
        ) from error


def _converted(model: Any, state: dict[str, Tensor]) -> dict[str, Tensor]:
    state = convert_state_dict(model, state)
    # CustomTextCLIP keeps its text tower under 'text.'
    custom = not hasattr(model, 'positional_embedding')
    if custom and 'positional_embedding' in state:
        state = convert_to_custom_text_state_dict(state)
    elif not custom and 'text.positional_embedding' in state:
        state = {key.removeprefix('text.'): value for key, value in state.items()}
    for name in ('logit_scale', 'logit_bias'):
        own = getattr(model, name, None)
        if own is not None and name in state and state[name].numel() == own.numel():
            state[name] = state[name].reshape(own.shape)
    if (
        getattr(model, 'logit_bias', None) is not None
        and 'logit_bias' not in state
        and 'logit_scale' in state
    ):
        state['logit_bias'] = torch.zeros_like(state['logit_scale'])
    return state


def _positions_to_fit(model: nn.Module, state: dict[str, Tensor]) -> list[str]:
    """Names of positions of another image size or context length."""
    return [
        name
        for name, own in model.named_parameters()
        if name.endswith(_POSITIONS) and name in state and _fitted(state[name], own)
    ]


def _fit_positions(model: nn.Module, state: dict[str, Tensor], names: Iterable[str]) -> None:
    """Interpolate positions as open_clip does, in float32: torch has no antialiased interpolation of halves on CPUs."""
    for name in names:
        if state[name].dtype in _HALF:
            state[name] = state[name].float()
    resize_pos_embed(state, model)
    resize_text_pos_embed(state, model)


def _fitted(stored: Tensor, own: Tensor) -> bool:
    """Whether positions have another number of places, at the same width."""
    return stored.shape != own.shape and stored.shape[-1:] == own.shape[-1:]


def _load(model: nn.Module, state: dict[str, Tensor], path: Path | None, arch: str) -> None:
    own = model.state_dict()
    strange = {
        name for name, value in state.items() if name in own and not same_kind(value, own[name])
    }
    # torch before 2.5 takes the first of several numbers for a scalar
    strange |= {
        name for name, value in state.items() if name in own and value.shape != own[name].shape
    }
    if strange:
        raise _unfit(
            path,
            arch,
            differences(
                {name: own[name] for name in strange}, {name: state[name] for name in strange}
            ),
        )
    broken = [
        name
        for name, value in state.items()
        if value.is_floating_point() and not bool(value.isfinite().all())
    ]
    if broken:
        raise CheckpointError(
            f'{path} holds values that are NaN or infinite in {listed(broken)}: its training went '
            'wrong, or '
            'the file is damaged'
        )
    try:  # torch knows names that may be missing, such as num_batches_tracked of old BatchNorms
        result = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise _unfit(path, arch, differences(own, state)) from error
    if result.missing_keys or result.unexpected_keys:
        raise _unfit(path, arch, differences(own, state))


def _unfit(path: Path | None, arch: str, found: str) -> CheckpointError:
    return CheckpointError(
        f'the weights {str(path)!r} do not fit arch={arch!r} ({found}); name the architecture that they '
        'were trained with'
    )
