"""Which config a method name means.

The rule, for a method whose configs are called ``<stem>``:

- the embedded icons: ``<stem>_icons.py``
- cross-dataset and domain-generalization: ``<stem>_vit-b16_cross_dataset.py``
- ImageNet with any other protocol: ``<stem>_vit-b16_imagenet.py``
- few-shot: ``<stem>_vit-b16_few_shot.py``
- else, and where that file does not exist: ``<stem>_vit-b16_caltech101.py``, whose data are then replaced

The stem is the name itself, or that of :data:`STEMS`. All files of a method lead to the same published settings
for a dataset and a protocol (:mod:`vamp_mm.config.published_settings`).
"""

from __future__ import annotations

from pathlib import Path

from vamp_mm.evaluation.protocol_table import CROSS_DATASET, FEW_SHOT, TRANSFER, spelled

from .errors import ConfigError, closest
from .paths import configs_folder

#: Names of tables -> stems of config files.
STEMS = {'vamp': 'vamp_mmrl', 'vpt': 'vpt_deep'}
#: Files that are not called by the rule.
_EXCEPTIONS = {('clip', 'icons'): 'zero_shot_icons'}


def config_of(method: str, dataset: str | None, protocol: str | None) -> Path:
    """The config file of a method for a dataset and a protocol.

    Args:
        method: A name, or the path of a config.
        dataset: Name of the dataset.
        protocol: Name of the protocol.

    Returns:
        The file.

    Raises:
        ConfigError: If no config has this name.
    """
    if method.endswith('.py'):
        return Path(method)
    stem = STEMS.get(method, method)
    files = _files()
    protocol = spelled(protocol)
    wanted = f'{stem}_vit-b16_caltech101'
    if dataset == 'icons':
        wanted = _EXCEPTIONS.get((method, 'icons'), f'{stem}_icons')
    elif protocol in TRANSFER:
        wanted = _if_there(_file_of(stem, CROSS_DATASET), files, wanted)
    elif dataset == 'imagenet':
        wanted = _if_there(f'{stem}_vit-b16_imagenet', files, wanted)
    elif protocol == FEW_SHOT:
        wanted = _if_there(_file_of(stem, FEW_SHOT), files, wanted)
    if wanted not in files:
        raise ConfigError(
            [
                f'--methods {method!r} is not known: there is no {wanted}.py; {closest(method, names())}; '
                'or give the path of a config'
            ]
        )
    return files[wanted]


def names() -> list[str]:
    """Names that :func:`config_of` knows besides paths."""
    suffix = '_vit-b16_caltech101'
    return sorted(
        {name.removesuffix(suffix) for name in _files() if name.endswith(suffix)} | set(STEMS)
    )


def _file_of(stem: str, protocol: str) -> str:
    return f'{stem}_vit-b16_{protocol.replace("-", "_")}'


def _if_there(name: str, files: dict[str, Path], default: str) -> str:
    return name if name in files else default


def _files() -> dict[str, Path]:
    # those of the folder that the command runs in come first: in a checkout they are the same, and their names shorter
    roots = (configs_folder(), Path('configs'))
    return {path.stem: path for root in roots for path in sorted(root.glob('[!_]*/*.py'))}
