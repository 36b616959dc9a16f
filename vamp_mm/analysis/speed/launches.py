"""How many kernels some work launches: what a GPU waits for the host with, where the work itself is small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

#: Operations that compute nothing: they describe memory, or only reserve it.
_FREE = frozenset(
    (
        'alias', 'as_strided', 'detach', 'diagonal', 'empty', 'empty_like', 'empty_strided', 'expand', 'is_same_size',
        'lift_fresh', 'new_empty', 'new_empty_strided', 'permute', 'reshape', 'select', 'slice', 'split',
        'split_with_sizes', 'squeeze', 'sym_size', 't', 'transpose', 'unbind', 'unfold', 'unsqueeze', 'view',
        '_reshape_alias', '_unsafe_view',
    )
)  # fmt: skip


class _Launches(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        name = func._schema.name.partition('::')[2]
        if name not in _FREE:
            self.found[name] += 1
        return func(*args, **(kwargs or {}))


def launches(work: Callable[[], object]) -> Counter[str]:
    """The operations that launch a kernel, backward included. On a CPU they are counted as a GPU would launch them.

    Args:
        work: Runs once; run it once before, so that what is made once is not counted.

    Returns:
        Name of an operation -> how often it ran. Views and reservations of memory are left out.
    """
    with _Launches() as record:
        work()
    return record.found
