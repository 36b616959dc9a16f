"""Files of the Hugging Face Hub: from the cache if they are there, else downloaded, and one sentence where that fails."""

from __future__ import annotations

import logging
import socket
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from huggingface_hub import constants, try_to_load_from_cache
from mmengine.logging import print_log
from open_clip.pretrained import (
    HF_SAFE_WEIGHTS_NAME,
    HF_WEIGHTS_NAME,
    download_pretrained_from_hf,
)

#: Seconds in which the hub must answer; its client would try for a minute.
_PATIENCE = 10.0


def hub_file(repository: str, name: str | None = None, cache_dir: str | None = None) -> Path:
    """A file of a repository of the hub. One that is in the cache needs no network.

    Args:
        repository: ``ORGANISATION/NAME``.
        name: The file; None for open_clip's weights.
        cache_dir: Where downloads are kept; by default the hub's cache.

    Returns:
        The local file.

    Raises:
        FileNotFoundError: If it is not in the cache and cannot be downloaded; the message names its address.
    """
    name = name or HF_WEIGHTS_NAME
    wanted = _in_order(name)
    for candidate in wanted:
        cached = try_to_load_from_cache(repository, candidate, cache_dir=cache_dir)
        if isinstance(cached, str):
            return Path(cached)
    address = f'{constants.ENDPOINT}/{repository}/resolve/main/{wanted[0]}'
    try:
        _require_network()
        print_log(f'downloading {address}', 'current', logging.INFO)
        return Path(download_pretrained_from_hf(repository, filename=name, cache_dir=cache_dir))
    except Exception as error:  # of the hub's client, of any kind
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise FileNotFoundError(f'{address} cannot be downloaded ({reason})') from error


def _in_order(name: str) -> list[str]:
    """The files that open_clip takes for one that it is asked for: safetensors first."""
    if name == HF_WEIGHTS_NAME:
        return [HF_SAFE_WEIGHTS_NAME, name]
    stem, _, ending = name.rpartition('.')
    return [f'{stem}.safetensors', name] if ending in ('bin', 'pth') else [name]


def _require_network() -> None:
    """Raise at once where the hub cannot be reached; behind a proxy only its client knows."""
    if constants.HF_HUB_OFFLINE:
        raise OSError('HF_HUB_OFFLINE is set')
    place = urlsplit(constants.ENDPOINT)
    if place.scheme in urllib.request.getproxies():
        return
    port = place.port or (443 if place.scheme == 'https' else 80)
    try:
        socket.create_connection((place.hostname or '', port), timeout=_PATIENCE).close()
    except OSError as error:
        raise OSError(f'{place.hostname} cannot be reached: {error.strerror or error}') from error
