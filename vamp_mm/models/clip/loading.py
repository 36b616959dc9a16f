"""Build an open_clip model from a name, a local file, or the small CLIP that ships with the project.

Activation, image statistics and resizing belong to the weights: OpenAI's were trained with QuickGELU, and running them with
GELU gives plausible, wrong features. :mod:`vamp_mm.models.clip.origin` finds them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import open_clip
from mmengine.logging import print_log
from torch import Tensor

from vamp_mm.weight_files import CheckpointError, read_weights

from .architecture import (
    Architecture,
    embedded_architectures,
    find_architecture,
)
from .building import build_from_openai, build_model, find_tokenizer, fit_weights
from .origin import (
    OPENAI,
    OPENAI_MARKERS,
    Traits,
    UnknownOriginError,
    WeightFile,
    guess_in_words,
    own_traits,
    traits_of_file,
    traits_of_tag,
)
from .state_layouts import clip_state, is_transformers
from .weight_source import NO_ARCH, WeightSource, weight_source


@dataclass(frozen=True, eq=False)
class LoadedCLIP:
    """A dual encoder and what belongs to its weights.

    Args:
        model: open_clip's ``CLIP`` or ``CustomTextCLIP``.
        tokenizer: Sentences -> ``(T, L)`` token ids.
        image_size: Height and width in pixels.
        image_mean: Per RGB channel, on the scale 0..1.
        image_std: Per RGB channel, on the scale 0..1.
        interpolation: How images were resized when the weights were trained: ``bicubic`` or ``bilinear``.
        resize_mode: ``shortest`` (shorter side to the size, then the centre), ``squash`` (both sides) or ``longest``.
        quick_gelu: Whether the activation is QuickGELU.
    """

    model: Any  # the classes of open_clip are not typed
    tokenizer: Callable[[list[str]], Tensor]
    image_size: tuple[int, int]
    image_mean: tuple[float, ...]
    image_std: tuple[float, ...]
    interpolation: str = 'bicubic'
    resize_mode: str = 'shortest'
    quick_gelu: bool = False


def load_clip(
    arch: str | None,
    pretrained: str | None = None,
    image_mean: Sequence[float] | None = None,
    image_std: Sequence[float] | None = None,
    cache_dir: str | None = None,
    unknown_origin: Literal['warn', 'refuse'] = 'warn',
) -> LoadedCLIP:
    """Build a CLIP and load its weights strictly.

    Args:
        arch: An open_clip model name, a path to an architecture JSON in open_clip's layout, ``local-dir:FOLDER`` or
            ``hf-hub:ORGANISATION/NAME`` (with their own weights unless ``pretrained`` is given), or the name of an embedded
            architecture. None reads the architecture off an OpenAI state dict (then ``pretrained`` is its file).
        pretrained: An open_clip tag (downloaded on first use), a local file (torch archive, TorchScript or safetensors;
            names of open_clip, OpenAI or transformers), ``'TAG@FILE'`` for a local file of a known origin, ``'embedded'``,
            or None for random weights.
        image_mean: Overrides the statistics that belong to the weights.
        image_std: Likewise.
        cache_dir: Where open_clip keeps downloads.
        unknown_origin: What to do with a file that may be one of several published weights which differ in what belongs to
            them: ``'refuse'`` it, or ``'warn'`` and take what the architecture says.

    Returns:
        The model in float32 on the CPU, and what belongs to its weights.

    Raises:
        ValueError: If the architecture or the tag is unknown, with what is allowed; or the origin of a file is.
        FileNotFoundError: If a local file does not exist, or the weights cannot be downloaded.
        CheckpointError: If the file is of another kind, damaged, or does not fit the architecture.
    """
    if arch is None:
        return _read_off(pretrained, image_mean, image_std)
    architecture = find_architecture(arch, pretrained is None, cache_dir)
    # what it lacks shows before anything large is downloaded
    tokenizer = find_tokenizer(architecture)
    source = weight_source(architecture, pretrained, cache_dir)
    if source.file is None:
        traits, state = own_traits(architecture), None
        print_log(
            f'pretrained=None: {arch!r} starts from random weights', 'current', logging.WARNING
        )
    else:
        state, file = _read(source.file, pretrained)
        traits = _traits(architecture, source, file, image_mean, image_std, unknown_origin)
    model = build_model(architecture, traits.quick_gelu)
    if state is not None:
        fit_weights(model, state, source.file, arch)
    return _loaded(model, tokenizer, traits, image_mean, image_std)


def _read_off(
    pretrained: str | None, mean: Sequence[float] | None, std: Sequence[float] | None
) -> LoadedCLIP:
    """The architecture from an OpenAI state dict."""
    if pretrained is None:
        raise ValueError(
            "arch=None reads the architecture from an OpenAI state dict: set pretrained='<file>', or "
            "name an open_clip architecture such as arch='ViT-B-16'"
        )
    source = weight_source(Architecture(NO_ARCH, {}, tags={OPENAI: {}}), pretrained, None)
    if source.file is None:
        raise ValueError(f'pretrained={pretrained!r} is not a file, and arch=None needs one')
    state, file = _read(source.file, pretrained)
    model = build_from_openai(state, source.file)
    if not file.is_openai and source.tag is None:
        print_log(
            f"arch=None takes {source.file} for weights of OpenAI's, with QuickGELU; for others name their "
            'architecture with arch',
            'current',
            logging.WARNING,
        )
    return _loaded(model, open_clip.SimpleTokenizer(context_length=77), Traits(True), mean, std)


def _loaded(
    model: Any,
    tokenizer: Callable[[list[str]], Tensor],
    traits: Traits,
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
) -> LoadedCLIP:
    size = model.visual.image_size
    return LoadedCLIP(
        model=model.float(),
        tokenizer=tokenizer,
        image_size=(size, size) if isinstance(size, int) else tuple(size),
        image_mean=tuple(mean or traits.mean),
        image_std=tuple(std or traits.std),
        interpolation=traits.interpolation,
        resize_mode=traits.resize_mode,
        quick_gelu=traits.quick_gelu,
    )


def _read(path: Path, pretrained: str | None) -> tuple[dict[str, Tensor], WeightFile]:
    """The tensors of a file under open_clip's names, and what its content says about it."""
    try:
        weights = read_weights(path)
        tensors = clip_state(weights.tensors, path)
    except CheckpointError as error:
        raise CheckpointError(f'pretrained={pretrained!r}: {error}') from error
    for note in weights.notes:
        print_log(note, 'current', logging.WARNING)
    marked = any(key in tensors for key in OPENAI_MARKERS)
    state = {key: value for key, value in tensors.items() if key not in OPENAI_MARKERS}
    return state, WeightFile(path, weights.torchscript or marked, is_transformers(weights.tensors))


def _traits(
    architecture: Architecture,
    source: WeightSource,
    file: WeightFile,
    mean: Sequence[float] | None,
    std: Sequence[float] | None,
    unknown_origin: str,
) -> Traits:
    if source.tag is not None:
        if (
            file.is_openai
            and OPENAI in architecture.tags
            and open_clip.get_pretrained_cfg(architecture.name, source.tag)
            != architecture.tags[OPENAI]
        ):
            raise ValueError(
                f"{file.path} is one of OpenAI's own files, not {source.tag!r}: set "
                f"pretrained='{OPENAI}@{file.path}'"
            )
        return traits_of_tag(architecture, source.tag, source.record or {})
    try:
        traits, why = traits_of_file(architecture, file, mean, std)
    except UnknownOriginError as error:
        if unknown_origin == 'refuse':
            raise
        traits, why = replace(own_traits(architecture), guessed=frozenset()), 'a guess'
        print_log(
            f'{error}. Until then the activation is that of the architecture',
            'current',
            logging.WARNING,
        )
    if architecture.name not in embedded_architectures():
        shown = replace(traits, mean=tuple(mean or traits.mean), std=tuple(std or traits.std))
        print_log(f'{file.path} is used with {shown} ({why})', 'current', logging.INFO)
        if guess := guess_in_words(traits, mean, std):
            print_log(f'{file.path} is used with {guess}', 'current', logging.WARNING)
    return traits
