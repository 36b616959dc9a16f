"""What one run of some work consists of: its matrix products, the activations it keeps, the most memory it holds."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

_MM = torch.ops.aten.mm.default
_ADDMM = torch.ops.aten.addmm.default


@dataclass(frozen=True)
class Product:
    """One product ``(M, K) @ (K, N)`` of tokens and a weight.

    Args:
        rows: M.
        weight: The second factor, as it was.
        dtype: Of the first factor.
    """

    rows: int
    weight: Tensor
    dtype: torch.dtype

    @property
    def flops(self) -> int:
        """Multiplications and additions."""
        return 2 * self.rows * self.weight.shape[0] * self.weight.shape[1]


class _Products(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Product] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        if func in (_MM, _ADDMM):
            first, weight = args[-2:]
            self.found.append(Product(first.shape[0], weight.detach(), first.dtype))
        return func(*args, **(kwargs or {}))


def matrix_products(work: Callable[[], None]) -> list[Product]:
    """The products with weights that some work consists of; those inside attention are left out.

    Args:
        work: Runs once.

    Returns:
        The products in order.
    """
    with _Products() as record:
        work()
    return record.found


def bare(products: list[Product]) -> Callable[[], None]:
    """The same matrix products and nothing else: the floor of any implementation of the work.

    Args:
        products: From :func:`matrix_products`.

    Returns:
        A function that runs them on random numbers, their results written over one another.
    """
    inputs: dict[tuple, Tensor] = {}
    outputs: dict[tuple, Tensor] = {}
    for item in products:
        (inner, outer), device = item.weight.shape, item.weight.device
        inputs.setdefault(
            (item.rows, inner, item.dtype),
            torch.randn(item.rows, inner, dtype=item.dtype, device=device),
        )
        outputs.setdefault(
            (item.rows, outer, item.dtype),
            torch.empty(item.rows, outer, dtype=item.dtype, device=device),
        )
    calls = [
        (
            inputs[item.rows, item.weight.shape[0], item.dtype],
            item.weight,
            outputs[item.rows, item.weight.shape[1], item.dtype],
        )
        for item in products
    ]

    @torch.no_grad()
    def run() -> None:
        for first, weight, out in calls:
            torch.mm(first, weight, out=out)

    return run


def kept_for_backward(work: Callable[[], Any], module: nn.Module) -> int:
    """Bytes of activations that a forward pass keeps for backward; every storage counts once, weights do not.

    Args:
        work: The forward pass; returns what backward would start from.
        module: Its parameters and buffers are not activations.

    Returns:
        The bytes.
    """
    own = {
        tensor.untyped_storage().data_ptr() for tensor in (*module.parameters(), *module.buffers())
    }
    # the tensors stay alive, so that no address is used twice
    held: dict[int, tuple[int, Tensor]] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            held[storage.data_ptr()] = (storage.nbytes(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        work()
    return sum(size for size, _ in held.values())


class _Storages(TorchDispatchMode):
    """Adds up the storages that are alive; on a GPU torch does that itself."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._seen: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        known = {item.untyped_storage()._cdata for item in args if isinstance(item, Tensor)}
        for item in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(item, Tensor) and item.untyped_storage()._cdata not in known | self._seen:
                self._add(item.untyped_storage())
        return out

    def _add(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        self._seen.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._remove, key, size)

    def _remove(self, key: int, size: int) -> None:
        self._seen.discard(key)
        self.now -= size


def peak_memory(work: Callable[[], None], device: torch.device) -> int:
    """Most bytes of tensors that some work holds at once, beyond what was there before.

    Args:
        work: Runs once.
        device: Where it runs.

    Returns:
        The bytes.
    """
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        work()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    with _Storages() as record:
        work()
    return record.peak
