"""What belongs to weights besides their numbers: activation, image statistics and how images are resized.

A file of weights does not say them. They come from where the weights come from: a published tag, a config beside the file,
or the file's content where that is beyond doubt. Where the known weights of an architecture differ in them and nothing
says which a file is, there is no right guess.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

from vamp_mm.messages import some
from vamp_mm.weight_files import CheckpointError

from .architecture import FOLDER_CONFIG, Architecture, read_config

#: Tensors in which OpenAI's own files say how they were built.
OPENAI_MARKERS = ('input_resolution', 'context_length', 'vocab_size')
OPENAI = 'openai'
_RESAMPLING = {0: 'nearest', 2: 'bilinear', 3: 'bicubic'}
_RESIZE_MODES = ('shortest', 'longest', 'squash')
_INTERPOLATIONS = ('bicubic', 'bilinear', 'nearest', 'random')


class UnknownOriginError(CheckpointError):
    """A file does not say which weights it holds, and those that it may hold differ in what belongs to them."""


@dataclass(frozen=True)
class Traits:
    """What belongs to weights.

    Args:
        quick_gelu: Whether the activation is QuickGELU.
        mean: Of the images per RGB channel, on the scale 0..1.
        std: Likewise.
        interpolation: How images are resized: ``bicubic`` or ``bilinear``.
        resize_mode: ``shortest`` (shorter side to the size, then the centre), ``squash`` (both sides) or ``longest``.
        guessed: Which of ``quick_gelu``, ``mean`` and ``std`` no source says, so that they are defaults of open_clip.
    """

    quick_gelu: bool
    mean: tuple[float, ...] = OPENAI_DATASET_MEAN
    std: tuple[float, ...] = OPENAI_DATASET_STD
    interpolation: str = 'bicubic'
    resize_mode: str = 'shortest'
    guessed: frozenset[str] = field(default=frozenset(), compare=False)

    def __str__(self) -> str:
        return ', '.join(self.shown().values())

    def shown(self) -> dict[str, str]:
        """Each trait in words."""
        return {
            'quick_gelu': 'QuickGELU' if self.quick_gelu else 'GELU', 'mean': f'mean {_numbers(self.mean)}',
            'std': f'std {_numbers(self.std)}', 'interpolation': self.interpolation, 'resize_mode': self.resize_mode
        }  # fmt: skip

    @classmethod
    def of(cls, record: Mapping[str, Any], quick_gelu: bool | None, source: object) -> Traits:
        """Read what a record of open_clip or a ``preprocess_cfg`` says; open_clip's defaults fill the rest.

        Args:
            record: Keys ``mean``, ``std``, ``interpolation``, ``resize_mode``.
            quick_gelu: The activation, None if nothing says it.
            source: Where the record is from, for messages.

        Returns:
            The traits.

        Raises:
            ValueError: If a value is none that open_clip knows.
        """
        given: dict[str, Any] = {
            key: _statistics(record[key], key, source) for key in ('mean', 'std') if record.get(key)
        }
        for key, allowed in (('interpolation', _INTERPOLATIONS), ('resize_mode', _RESIZE_MODES)):
            if record.get(key):
                if record[key] not in allowed:
                    raise ValueError(
                        f'{source}: {key}={record[key]!r} is not known; allowed: {", ".join(allowed)}'
                    )
                given[key] = record[key]
        unsaid = {'mean', 'std'} - given.keys() | ({'quick_gelu'} if quick_gelu is None else set())
        return cls(bool(quick_gelu), **given, guessed=frozenset(unsaid))


@dataclass(frozen=True)
class WeightFile:
    """What is known about a file of weights before it is loaded.

    Args:
        path: The file.
        is_openai: Whether its content is that of OpenAI's own files.
        is_transformers: Whether it is in the layout of Hugging Face's transformers.
    """

    path: Path
    is_openai: bool = False
    is_transformers: bool = False


def traits_of_tag(architecture: Architecture, tag: str, record: Mapping[str, Any]) -> Traits:
    """What open_clip records about a published tag."""
    return Traits.of(record, record.get('quick_gelu', False), f'{architecture.name}/{tag}')


def traits_of_file(
    architecture: Architecture,
    file: WeightFile,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
) -> tuple[Traits, str]:
    """What belongs to the weights in a file whose origin nobody named.

    Args:
        architecture: What the file is loaded into.
        file: The file.
        mean: What the user sets, so that it needs no origin.
        std: Likewise.

    Returns:
        The traits, and a clause that says where they are from.

    Raises:
        UnknownOriginError: If the published weights of this architecture differ and nothing says which these are.
        ValueError: If a config beside the file has a value that is not known.
    """
    beside = _beside(architecture, file)
    if beside is not None:
        return beside
    known = {
        tag: traits_of_tag(architecture, tag, record) for tag, record in architecture.tags.items()
    }
    if file.is_openai:
        return known.get(OPENAI, Traits(True)), "the file is one of OpenAI's own"
    if not known:
        return own_traits(architecture), (
            f'arch={architecture.name!r} has no published weights that say more; set '
            'quick_gelu in '
            'its JSON, image_mean and image_std in the config to change it'
        )
    kept = {tag: _with(traits, mean, std) for tag, traits in known.items()}
    if len(set(kept.values())) == 1:
        return next(
            iter(known.values())
        ), f'all published weights of {architecture.name!r} have these'
    tag = _recognised(architecture, file.path)
    if tag is not None:
        return known[tag], f'the file is the published {tag!r}'
    raise UnknownOriginError(_choices(architecture.name, file.path, kept))


def own_traits(architecture: Architecture) -> Traits:
    """What the architecture says, with open_clip's defaults for the rest."""
    # a config that open_clip wrote with weights leaves out what is GELU; an architecture by itself says nothing of weights
    unsaid = None if architecture.preprocess is None else False
    return Traits.of(
        architecture.preprocess or {},
        architecture.config.get('quick_gelu', unsaid),
        architecture.name,
    )


def guess_in_words(
    traits: Traits, mean: Sequence[float] | None, std: Sequence[float] | None
) -> str:
    """What of the traits is a guess, unless the user sets it.

    Args:
        traits: Of a file.
        mean: What the user sets.
        std: Likewise.

    Returns:
        A sentence with the values and how to set them; empty if nothing is guessed.
    """
    guessed = traits.guessed - {key for key, value in (('mean', mean), ('std', std)) if value}
    if not guessed:
        return ''
    keys = {
        'mean': 'image_mean of model.backbone',
        'std': 'image_std of model.backbone',
        'quick_gelu': 'quick_gelu in the JSON of the architecture',
    }
    values = ', '.join(word for key, word in traits.shown().items() if key in guessed)
    where = ', '.join(word for key, word in keys.items() if key in guessed)
    return (
        f'{values}: a guess, for nothing says what these weights were trained with, and wrong ones cost accuracy '
        f'without an error; set {where}, or put the {FOLDER_CONFIG} of the weights beside the file'
    )


def _beside(architecture: Architecture, file: WeightFile) -> tuple[Traits, str] | None:
    if architecture.preprocess is not None:
        return own_traits(architecture), f'preprocess_cfg of {architecture.name!r}'
    config = file.path.parent / FOLDER_CONFIG
    if config.is_file():
        model, preprocess = read_config(config, str(config))
        if _same_towers(model, architecture.config):
            return Traits.of(
                preprocess or {}, model.get('quick_gelu', False), config
            ), f'{config} beside the file'
    if file.is_transformers:
        return _of_transformers(file.path.parent)
    return None


def _same_towers(model: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    keys = ('width', 'layers', 'patch_size', 'timm_model_name', 'context_length', 'vocab_size')
    pairs = [
        (model[part].get(key), config[part].get(key))
        for part in ('vision_cfg', 'text_cfg')
        for key in keys
    ]
    return model['embed_dim'] == config['embed_dim'] and all(
        a is None or b is None or a == b for a, b in pairs
    )


def _of_transformers(folder: Path) -> tuple[Traits, str] | None:
    config, images = _json(folder / 'config.json'), _json(folder / 'preprocessor_config.json')
    if config.get('model_type') != 'clip':
        return None
    towers = [config.get(part) or {} for part in ('text_config', 'vision_config')]
    acts = {tower.get('hidden_act', 'quick_gelu') for tower in towers}
    if not acts <= {'quick_gelu', 'gelu'} or len(acts) > 1:
        raise ValueError(
            f'{folder / "config.json"}: hidden_act={sorted(map(str, acts))} is not supported; allowed: '
            'quick_gelu '
            'or gelu, the same in both towers'
        )
    record = {
        'mean': images.get('image_mean'),
        'std': images.get('image_std'),
        'interpolation': _RESAMPLING.get(images.get('resample', 3)),
    }
    size = images.get('size')
    if isinstance(size, dict) and 'height' in size:
        record['resize_mode'] = 'squash'
    source = folder / 'config.json'
    return Traits.of(record, acts == {'quick_gelu'}, source), f'{source} beside the file'


def _json(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding='utf-8-sig'))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _recognised(architecture: Architecture, file: Path) -> str | None:
    """The tag that a file is: by its place in a cache of the hub, or by the digest that its published address has."""
    for tag, record in architecture.tags.items():
        name = str(record.get('hf_hub', '')).rpartition('/')[0].rstrip('/')
        if name and f'models--{name.replace("/", "--")}' in file.absolute().parts:
            return tag
    digests = {
        tag: _published_digest(record.get('url', '')) for tag, record in architecture.tags.items()
    }
    digests = {tag: digest for tag, digest in digests.items() if digest}
    if not digests:
        return None
    with file.open('rb') as opened:
        own = _sha256(opened)
    return next((tag for tag, digest in digests.items() if own.startswith(digest)), None)


def _sha256(opened: Any) -> str:
    digest = hashlib.sha256()
    while block := opened.read(2**20):
        digest.update(block)
    return digest.hexdigest()


def _published_digest(url: str) -> str:
    parts = url.split('/')
    if 'openaipublic' in url:
        return parts[-2]
    found = Path(parts[-1]).stem.rpartition('-')[2] if 'mlfoundations' in url else ''
    return found if len(found) >= 8 and not set(found) - set('0123456789abcdef') else ''


def _with(traits: Traits, mean: Sequence[float] | None, std: Sequence[float] | None) -> Traits:
    return replace(traits, mean=tuple(mean or traits.mean), std=tuple(std or traits.std))


def _choices(arch: str, file: Path, known: Mapping[str, Traits]) -> str:
    groups: dict[Traits, list[str]] = {}
    for tag, traits in known.items():
        groups.setdefault(traits, []).append(tag)
    differ = [
        key
        for key in next(iter(groups)).shown()
        if len({traits.shown()[key] for traits in groups}) > 1
    ]
    told = '; '.join(
        f'{", ".join(traits.shown()[key] for key in differ)} ({some(tags, most=6)})'
        for traits, tags in groups.items()
    )
    example = next(iter(known))
    return (
        f'{file} does not say which weights it holds, and the published ones of arch={arch!r} differ in what belongs to '
        f"them: {told}. Name the origin before the file: pretrained='{example}@{file}' (for fine-tuned weights, that "
        'of what '
        'they were tuned from)'
    )


def _statistics(value: Any, key: str, source: object) -> tuple[float, ...]:
    numbers: Iterable[Any] = [value] * 3 if isinstance(value, (int, float)) else value
    try:
        found = tuple(float(number) for number in numbers)
    except (TypeError, ValueError):
        found = ()
    if (
        len(found) != 3
        or not all(-10 < number < 10 for number in found)
        or (key == 'std' and min(found) <= 0)
    ):
        raise ValueError(
            f'{source}: {key}={value!r} must be three numbers on the scale 0..1'
            f'{", above 0" if key == "std" else ""}'
        )
    return found


def _numbers(values: Sequence[float]) -> str:
    return '(' + ', '.join(f'{value:.3g}' for value in values) + ')'
