"""Whole numbers that checkpoints keep in tensors and the host needs at every step."""

from __future__ import annotations

import weakref

from torch import Tensor


class HostInt:
    """The value of a ``()`` integer tensor, fetched from its device only after somebody else wrote to the tensor.

    Reading a number from a GPU makes the host wait for all the work that it has handed out. A tensor counts the writes to
    it, so a number that only goes up by our own hand need not be read again.
    """

    def __init__(self) -> None:
        self._tensor: weakref.ref[Tensor] | None = None
        self._version = -1
        self._value = 0

    def __reduce__(self) -> tuple[type[HostInt], tuple[()]]:
        return HostInt, ()  # a copy has another tensor to look at

    def read(self, tensor: Tensor) -> int:
        """The tensor's present value.

        Args:
            tensor: ``()`` of an integer type.

        Returns:
            The value.
        """
        if tensor.is_inference():  # does not count its writes
            return int(tensor)
        if self._tensor is None or self._tensor() is not tensor or self._version != tensor._version:
            self._value = int(tensor)
            self._keep(tensor)
        return self._value

    def count(self, tensor: Tensor) -> int:
        """Add one to the tensor.

        Args:
            tensor: ``()`` of an integer type; changed in place.

        Returns:
            The new value.
        """
        value = self.read(tensor) + 1
        tensor += 1
        if not tensor.is_inference():
            self._value = value
            self._keep(tensor)
        return value

    def _keep(self, tensor: Tensor) -> None:
        self._tensor, self._version = weakref.ref(tensor), tensor._version
