"""MMEngine's checkpoint dict <-> plain data."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from mmengine.logging import print_log

from .checkpoint import stamp
from .plain import history_from_plain, to_plain


def make_plain(checkpoint: dict[str, Any]) -> None:
    """Turn what ``Runner.save_checkpoint`` gathered into plain data, in place.

    The configuration is kept for the reader as ``meta['cfg_text']``, a name under which nothing
    executes it.

    Args:
        checkpoint: Keys ``meta``, ``state_dict``, ``message_hub``, maybe ``optimizer``,
            ``param_schedulers``.

    Raises:
        TypeError: If something other than logging data cannot be stored.
    """
    meta = dict(checkpoint['meta'])
    if 'cfg' in meta:
        meta['cfg_text'] = meta.pop('cfg')
    rest = {key: value for key, value in checkpoint.items() if key not in ('meta', 'message_hub')}
    plain = {'meta': to_plain(meta, 'meta'), **to_plain(rest)}
    plain['message_hub'] = _plain_hub(checkpoint['message_hub'])
    stamp(plain)
    checkpoint.clear()
    checkpoint.update(plain)


def hub_state(stored: Any) -> dict[str, Any]:
    """Rebuild from plain data what ``MessageHub.load_state_dict`` takes.

    Args:
        stored: ``checkpoint['message_hub']``; what was not written by :func:`make_plain` is left
            out.

    Returns:
        The state of a message hub.
    """
    stored = stored if isinstance(stored, Mapping) else {}
    scalars, info, resumed = (
        stored[key] if isinstance(stored.get(key), Mapping) else {}
        for key in ('log_scalars', 'runtime_info', 'resumed_keys')
    )
    buffers = OrderedDict()
    for key, value in scalars.items():
        if isinstance(value, Mapping) and {'log_history', 'count_history'} <= value.keys():
            buffers[key] = history_from_plain(value)
    info = OrderedDict(info)
    if 'keep_ckpt_ids' in info:  # these numbers become names of files to delete
        info['keep_ckpt_ids'] = [step for step in info['keep_ckpt_ids'] if type(step) is int]
    known = buffers.keys() | info.keys()
    return {
        'log_scalars': buffers,
        'runtime_info': info,
        'resumed_keys': {key: True for key, value in resumed.items() if value and key in known},
    }


def _plain_hub(state: Mapping[str, Any]) -> dict[str, Any]:
    info = {}
    for key, value in state['runtime_info'].items():
        if key == 'cfg':
            continue
        try:
            info[key] = to_plain(value, f'message_hub[{key!r}]')
        except TypeError as error:  # any hook may log any object; it is not training state
            print_log(f'not stored in the checkpoint: {error}', logger='current')
    scalars = to_plain(state['log_scalars'], 'log_scalars')
    known = info.keys() | scalars.keys()
    resumed = {key: True for key, value in state['resumed_keys'].items() if value and key in known}
    return {'log_scalars': scalars, 'runtime_info': info, 'resumed_keys': resumed}
