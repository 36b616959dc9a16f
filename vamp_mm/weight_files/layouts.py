"""Where the weights are in a file, and under which names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from vamp_mm.messages import cut

from .comparing import listed
from .errors import CheckpointError
from .unpickling import StandIn

#: Keys under which programs store the weights of a model.
_HOLDERS = (
    'state_dict',
    'model_state_dict',
    'model_state',
    'model',
    'module',
    'network',
    'net',
    'weights',
    'clip',
)
#: Keys of averaged weights, which many programs store beside those of the model.
_AVERAGED = ('ema', 'average', 'swa')
#: What ``DistributedDataParallel`` and ``torch.compile`` put before each name.
WRAPPERS = ('module.', '_orig_mod.')


def find_state_dict(value: Any, path: Path) -> tuple[dict[str, Tensor], str]:
    """The weights in what a file holds.

    Args:
        value: The content of the file.
        path: The file, for messages.

    Returns:
        Name -> tensor, and a note on what else could have been meant, empty if nothing.

    Raises:
        CheckpointError: If there are no weights, several sets of them, or something else is among them.
    """
    if isinstance(value, Tensor):
        raise CheckpointError(
            f'{path} holds one tensor of shape {tuple(value.shape)}, not the weights of a model by name'
        )
    if isinstance(value, StandIn):
        raise CheckpointError(
            f'{path} holds a whole Python object ({value.stands_for}), which only running code from it '
            'could rebuild; store its state_dict() with torch.save'
        )
    if not isinstance(value, dict):
        raise CheckpointError(
            f'{path} holds a {type(value).__name__}, not the weights of a model by name'
        )
    _refuse_own(value, path)
    if _is_state(value):
        return _checked(value, path), ''
    found = {
        str(key): part for key, part in value.items() if isinstance(part, dict) and _is_state(part)
    }
    if not found:
        for key in _HOLDERS:  # one deeper, as in {'model': {'state_dict': ...}}
            if isinstance(value.get(key), dict):
                return find_state_dict(value[key], path)
        kinds = ', '.join(
            f'{_quoted(key)} ({_kind(part)})' for key, part in list(value.items())[:8]
        )
        raise CheckpointError(f'{path} holds no weights; it holds {kinds or "an empty dict"}')
    plain = [key for key in found if not any(word in key.lower() for word in _AVERAGED)]
    chosen = [key for key in _HOLDERS if key in plain][:2] or plain or list(found)
    if len(chosen) > 1:
        raise CheckpointError(
            f'{path} holds several sets of weights ({", ".join(map(_quoted, chosen))}): store the one '
            'that is meant in a file of its own'
        )
    rest = [key for key in found if key != chosen[0]]
    rivals = [key for key in rest if _same_weights(key, found[key], found[chosen[0]])]
    if rivals:
        raise CheckpointError(
            f'{path} holds several sets of weights ({", ".join(map(_quoted, [chosen[0], *rivals]))}), and '
            'nothing says which is meant: store that one in a file of its own, for example '
            f"torch.save(torch.load('{path.name}', map_location='cpu')[{_quoted(rivals[0])}], 'own.pt')"
        )
    others = ', '.join(map(_quoted, rest))
    note = (
        f'{path}: the weights under {_quoted(chosen[0])} are used, not those under {others}'
        if rest
        else ''
    )
    return _checked(found[chosen[0]], path), note


def without_wrappers(state: Mapping[str, Any], source: object) -> dict[str, Any]:
    """Names without what ``DistributedDataParallel`` and ``torch.compile`` put before them.

    Args:
        state: Name -> value.
        source: The file, for messages.

    Returns:
        The same values under plain names.

    Raises:
        CheckpointError: If two names become one.
    """
    plain: dict[str, Any] = {}
    first: dict[str, str] = {}
    for name, value in state.items():
        short = _bare(str(name))
        if short in plain:
            raise CheckpointError(
                f'{source} holds {first[short]!r} and {name!r}, two values of one weight: remove one of '
                'them'
            )
        plain[short], first[short] = value, str(name)
    return plain


def _bare(name: str) -> str:
    while name.startswith(WRAPPERS):
        name = name.removeprefix('module.').removeprefix('_orig_mod.')
    return name


def _is_state(value: Mapping[Any, Any]) -> bool:
    return any(isinstance(part, Tensor) for part in value.values())


def _checked(state: dict[Any, Any], path: Path) -> dict[str, Tensor]:
    unnamed = [
        f'{_quoted(key)} ({type(key).__name__})' for key in state if not isinstance(key, str)
    ]
    if unnamed:
        names = sorted({getattr(key, 'stands_for', '') for key in state} - {''})
        kinds = (
            f'keys that are pickled {", ".join(names)}' if names else f'the keys {listed(unnamed)}'
        )
        raise CheckpointError(
            f'{path} holds among its weights {len(unnamed)} without a name ({kinds}); store its '
            'state_dict(), whose keys are texts, with torch.save'
        )
    wrong = [
        f'{_quoted(key)} ({_kind(value)})'
        for key, value in state.items()
        if not isinstance(value, Tensor)
    ]
    if wrong:
        raise CheckpointError(
            f'{path} holds among its weights {listed(wrong)}, which are not tensors; nothing of it was '
            'executed'
        )
    return state


def _same_weights(key: str, other: Mapping[Any, Any], chosen: Mapping[Any, Any]) -> bool:
    """Whether a set of tensors holds weights of the chosen one again: averaged, of another epoch or another model."""
    return any(word in key.lower() for word in _AVERAGED) or not {
        _bare(str(name)) for name in other
    }.isdisjoint(_bare(str(name)) for name in chosen)


def _quoted(key: object) -> str:
    return cut(repr(key), 200)


def _refuse_own(value: Mapping[Any, Any], path: Path) -> None:
    meta = value.get('meta')
    if isinstance(meta, dict) and 'vamp_mm_version' in meta:
        raise CheckpointError(
            f'{path} is a checkpoint of vamp_mm: it holds what a method learned and no CLIP; give it as '
            'load_from or as the checkpoint of `vamp_mm test` and `vamp_mm predict`'
        )


def _kind(value: Any) -> str:
    if isinstance(value, StandIn):
        return f'a pickled {value.stands_for}'
    return f'tensor {tuple(value.shape)}' if isinstance(value, Tensor) else type(value).__name__
