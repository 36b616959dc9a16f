"""What a frozen text tower keeps of a vocabulary between calls, and when it goes."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from vamp_mm.structures import TextPrompts


class KeptStates:
    """Values that depend on sentences, or on sentences and weights, computed once.

    A value goes when its sentences do (weak reference). Those that depend on the weights go when any weight changes: written
    to in place, replaced, moved or cast. A tower that is being trained keeps none of them.
    """

    def __init__(self) -> None:
        self._weights: tuple[tuple[int, int], ...] | None = None
        self._facts: weakref.WeakKeyDictionary[TextPrompts, dict[str, Any]] = (
            weakref.WeakKeyDictionary()
        )
        self._states: weakref.WeakKeyDictionary[TextPrompts, dict[tuple, Any]] = (
            weakref.WeakKeyDictionary()
        )

    def __len__(self) -> int:
        return len(self._states)

    @property
    def lasting(self) -> bool:
        """Whether states are kept: not of weights that are trained."""
        return self._weights is not None

    def __contains__(self, prompts: TextPrompts) -> bool:
        return prompts in self._states

    def __reduce__(self) -> tuple[type[KeptStates], tuple[()]]:
        return KeptStates, ()  # a copy starts empty

    def fact(self, prompts: TextPrompts, name: str, compute: Callable[[TextPrompts], Any]) -> Any:
        """What depends on the sentences alone, such as their lengths on the host.

        Args:
            prompts: The sentences.
            name: Names the fact.
            compute: Finds it out.

        Returns:
            The fact.
        """
        facts = self._facts.setdefault(prompts, {})
        if name not in facts:
            with torch.inference_mode(False):  # to be of use outside of it too
                facts[name] = compute(prompts)
        return facts[name]

    def state(self, prompts: TextPrompts, key: tuple, compute: Callable[[], Any]) -> Any:
        """What depends on the weights too; call :meth:`renew` before.

        Args:
            prompts: The sentences.
            key: What else the value depends on; autocast is added.
            compute: Makes the value; run without gradients if it is kept.

        Returns:
            The value, new if the tower is not frozen.
        """
        if self._weights is None:
            return compute()
        device = prompts.ids.device.type
        key = (*key, torch.is_autocast_enabled(device), torch.get_autocast_dtype(device))
        states = self._states.setdefault(prompts, {})
        if key not in states:
            with torch.inference_mode(False), torch.no_grad():
                states[key] = compute()
        return states[key]

    def renew(self, parameters: Iterable[nn.Parameter]) -> None:
        """Drop what was made with other weights than the present ones.

        Args:
            parameters: All weights of the tower.
        """
        weights: list[tuple[int, int]] | None = []
        for parameter in parameters:
            # inference tensors do not count their changes
            if parameter.requires_grad or parameter.is_inference():
                weights = None
                break
            # the address tells a replaced tensor, the counter one that was written to
            weights.append((parameter.data_ptr(), parameter._version))  # type: ignore[union-attr]
        present = None if weights is None else tuple(weights)
        if present != self._weights:
            self._states.clear()
            self._weights = present
