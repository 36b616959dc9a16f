"""Another CLIP in one option: architecture, weights, image size, resizing, and the blocks that a method edits."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from mmengine.config import Config

from vamp_mm.models.clip.architecture import HF_HUB, LOCAL_DIR, Architecture, find_architecture
from vamp_mm.models.clip.origin import Traits, traits_of_tag

from .errors import THE_CALL, ConfigError
from .image_sizes import pipeline_sizes, pipelines
from .layer_shares import Depths, proposed_layers
from .published_settings import covers, replace_line
from .shape_check import outline_of

_RESIZING = ('torchvision/Resize', 'torchvision/RandomResizedCrop')


class AnotherCLIP:
    """What ``--arch`` and ``--pretrained`` ask for.

    Args:
        cfg: The config to change; its own layers are those of its own CLIP.
        arch: A name of open_clip, an architecture file, ``local-dir:FOLDER`` or ``hf-hub:ORGANISATION/NAME``; None
            keeps that of the config.
        pretrained: A tag of open_clip or a file; None keeps the tag of the config where the architecture has it.
        asked: Dotted keys that the command line sets, which stay.

    Raises:
        ConfigError: If the config names no architecture, the other one is not known, there is no way to tell its weights, or
            ``asked`` sets them too.
    """

    def __init__(
        self, cfg: Config, arch: str | None, pretrained: str | None, asked: Sequence[str] = ()
    ) -> None:
        backbone = (cfg.get('model') or {}).get('backbone')
        if not backbone or not isinstance(backbone.get('arch'), str):
            raise ConfigError(
                [
                    '--arch and --pretrained replace the CLIP that model.backbone.arch names, and this config names none; '
                    'set model.backbone.arch in it, or the backbone with --cfg-options'
                ],
                cfg.filename,
            )
        twice = [
            key
            for key in ('model.backbone.arch', 'model.backbone.pretrained')
            if any(covers(item, key) for item in asked)
        ]
        if twice:
            raise ConfigError(
                [
                    f'--arch and --pretrained choose the CLIP, and --cfg-options sets {" and ".join(twice)} too; keep '
                    'one of the two'
                ],
                THE_CALL,
            )
        self._asked = tuple(asked)
        self._cfg, self._before = cfg, backbone['arch']
        self.arch = arch or backbone['arch']
        self._architecture = _found(self.arch)
        self.pretrained = pretrained or _kept_tag(self._architecture, self.arch, backbone)

    def set_weights(self) -> None:
        """Set architecture, weights, image sizes and resizing, in place."""
        self._cfg.model.backbone.update(arch=self.arch, pretrained=self.pretrained)
        _depths(self.arch)  # refuses what cannot be built
        size = outline_of(self.arch).image_size
        traits = _traits(self._architecture, self.pretrained)
        for _, steps in pipelines('', dict(self._cfg.items())):
            for key, _ in pipeline_sizes(steps):
                index, _, argument = key.partition('.')
                steps[int(index)][argument] = size[0] if size[0] == size[1] else size
            for step in steps:
                if traits is not None and str(step.get('type')).endswith(_RESIZING):
                    _resize_as(step, traits, size)

    def set_layers(self) -> None:
        """Set the blocks of the method, in place, and say in the log of settings what was chosen."""
        cfg, size = self._cfg, outline_of(self.arch).image_size
        depths = _depths(self.arch)
        lines = (cfg.get('run') or {}).get('settings_log')
        notes = [
            f'CLIP {self.arch}, {self.pretrained or "its own or random weights"}: images of {size[0]} x {size[1]} pixels, '
            f'{depths.vision} image and {depths.text} text blocks'
        ]
        for dotted, value in proposed_layers(cfg.model, _depths(self._before), depths).items():
            if any(covers(item, dotted) for item in self._asked):
                continue
            old = _set(cfg, dotted, value)
            note = f'{dotted} = {value}: the share of the blocks that {old} is in {self._before} (no paper says it)'
            if lines is None:
                notes.append(note)
            else:
                replace_line(lines, dotted, note)
        notes += _rename_norms(cfg, self.arch)
        if lines is None:
            cfg.run = {**(cfg.get('run') or {}), 'settings_log': notes}
        else:
            lines[1:1] = notes


def _found(arch: str) -> Architecture:
    try:
        return find_architecture(arch, wants_weights=False)
    except (ValueError, FileNotFoundError) as error:
        raise ConfigError([f'--{error}'], THE_CALL) from error  # begins with the argument, arch=...


def _kept_tag(architecture: Architecture, arch: str, backbone: Mapping[str, Any]) -> str | None:
    """The weights where no option names them: the tag of the config, or those that the architecture brings itself."""
    own = backbone.get('pretrained')
    if arch == backbone['arch'] or arch.startswith((LOCAL_DIR, HF_HUB)):
        return own if arch == backbone['arch'] else None
    if own in architecture.tags:
        return str(own)
    tags = ', '.join(architecture.tags) or 'none published: give a file'
    raise ConfigError(
        [
            f'--arch {arch}: there are no weights {own!r} of it; name some with --pretrained, allowed: {tags}'
        ],
        THE_CALL,
    )


def _depths(arch: str) -> Depths:
    try:
        outline = outline_of(arch)
    except (ValueError, TypeError, FileNotFoundError) as error:
        raise ConfigError([f'--arch {arch}: {error}'], THE_CALL) from error
    return Depths(outline.vision.depth, outline.text.depth)


def _traits(architecture: Architecture, pretrained: str | None) -> Traits | None:
    """How images were resized in the training of the weights; None where only the weights say it."""
    tag = (pretrained or '').partition('@')[0]
    record = architecture.tags.get(tag)
    if record is not None:
        return traits_of_tag(architecture, tag, record)
    if architecture.preprocess:
        return Traits.of(architecture.preprocess, None, f'the file of {architecture.name}')
    return None


def _resize_as(step: MutableMapping[str, Any], traits: Traits, size: tuple[int, int]) -> None:
    step['interpolation'] = traits.interpolation
    if str(step['type']).endswith('/Resize') and traits.resize_mode == 'squash':
        step['size'] = size


#: LayerNorms of a block, in open_clip's towers and in timm's.
_NORMS, _NORMS_OF_TIMM = '*.ln_[12].*', '*.norm[12].*'


def _rename_norms(cfg: Config, arch: str) -> list[str]:
    """Let a method that tunes the LayerNorms of blocks (2SFS) find them in image towers of timm, by their names there."""
    prompter = cfg.model.get('prompter') or {}
    adapter = prompter.get('adapter') if isinstance(prompter, Mapping) else None
    if not isinstance(adapter, MutableMapping) or list(adapter.get('vision') or ()) != [_NORMS]:
        return []
    names = [name for name, _ in outline_of(arch).vision.named_parameters()]
    if any(fnmatchcase(name, _NORMS) for name in names):
        return []
    adapter['vision'] = [_NORMS_OF_TIMM]
    return [
        f'model.prompter.adapter.vision = {[_NORMS_OF_TIMM]}: the same LayerNorms, by their names in {arch}'
    ]


def _set(cfg: Config, dotted: str, value: int) -> Any:
    """Set a key below dicts; return what it was."""
    *parents, last = dotted.split('.')
    node: Any = cfg
    for key in parents:
        node = node[key]
    old = node.get(last, 'its default')
    node[last] = value
    return old
