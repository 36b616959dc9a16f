"""What an argument may be: ranges, and names of the kinds that components use."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True)
class Range:
    """Numbers that are allowed; NaN and infinities never are.

    Args:
        low: The smallest.
        high: The largest.
        above: Whether ``low`` itself is left out.
        below: Whether ``high`` itself is left out.
    """

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    def __contains__(self, value: Any) -> bool:
        """Whether a number lies in it."""
        low = value > self.low if self.above else value >= self.low
        return bool(low and (value < self.high if self.below else value <= self.high))

    def __str__(self) -> str:
        """As it stands behind 'a number'."""
        if self.low == -math.inf and self.high == math.inf:
            return ''
        if self.high == math.inf:
            return f' above {self.low}' if self.above else f' of at least {self.low}'
        if self.low == -math.inf:
            return f' below {self.high}' if self.below else f' of at most {self.high}'
        if self.above or self.below:
            return f' {"above" if self.above else "from"} {self.low} {"and below" if self.below else "up to"} {self.high}'
        return f' from {self.low} to {self.high}'


@dataclass(frozen=True)
class Typed:
    """Marks a dict that a component is built from."""


@dataclass(frozen=True)
class Lenient:
    """Marks what a component from elsewhere declares: plain annotations, made for readers and type checkers."""


PositiveInt = Annotated[int, Range(1)]
NonNegativeInt = Annotated[int, Range(0)]
Positive = Annotated[float, Range(0, above=True)]
NonNegative = Annotated[float, Range(0)]
Fraction = Annotated[float, Range(0, 1)]
Seed = Annotated[int, Range(0, 2**32 - 1)]
#: Sizes that tensors are made of: a slip of the finger must not ask for all the memory there is.
Samples = Annotated[int, Range(0, 10_000)]
Tokens = Annotated[int, Range(1, 4096)]
Width = Annotated[int, Range(1, 65_536)]
Blocks = Annotated[int, Range(1, 1000)]
Block = Annotated[int, Range(0, 999)]
#: ``dict(type=...)``
Component = Annotated[Mapping[str, Any], Typed()]
