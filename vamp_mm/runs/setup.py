"""What a run was made with, in words for its result file: CLIP, data, and settings that are not the published ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

from vamp_mm.config.data import holders

#: How the log of settings marks a value that differs from the published one.
_PUBLISHED = '(published: '


def setup_of(cfg: Config) -> dict[str, str | list[str]]:
    """CLIP, folders of the data, and settings of a run that differ from the published ones.

    Args:
        cfg: A composed config.

    Returns:
        ``clip``, ``data`` and ``changed``; what the config does not have is left out.
    """
    backbone = (cfg.get('model') or {}).get('backbone')
    found: dict[str, str | list[str]] = {}
    if isinstance(backbone, Mapping) and backbone.get('arch') is not None:
        found['clip'] = f'{backbone["arch"]}, {_words(backbone.get("pretrained"))}'
    folders = [holder['dataset'].get('data_root') for _, _, holder in holders(cfg)]
    if roots := dict.fromkeys(str(folder) for folder in folders if folder is not None):
        found['data'] = ', '.join(roots)
    log = (cfg.get('run') or {}).get('settings_log') or []
    found['changed'] = [line for line in log if _PUBLISHED in line]
    return found


def _words(pretrained: Any) -> str:
    return 'random weights' if pretrained is None else str(pretrained)
