"""Where the tokens of C sentences stand in one matrix: the prefix that all share, then what each has of its own.

Under a causal mask the tokens before the class name are the same for all classes. They stand once in a sequence, followed
by the rest of every sentence up to the token that is read out; a mask hides the classes from one another. With many classes
their tokens are cut into chunks, each of which is such a sequence, since attention costs as much as its length squared.

Axis letters: C classes, P prefix tokens, T own tokens of all classes, B chunks, M tokens of a chunk, R = P + B M rows, K
prompt tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

#: Own tokens that stay together, since cutting them costs more kernel launches than it saves.
_ALONE = 256
#: Own tokens of a chunk otherwise. Attention inside costs 4 M W per token beside 24 W^2 of the linear layers, 4 % for CLIP's
#: W = 512; measured on a CPU, 64 is as fast and 256 4 % slower.
_CHUNK = 128


@dataclass(frozen=True, eq=False)
class TextLayout:
    """Places of tokens; made once per vocabulary and kind of edit, on the host.

    Args:
        prefix: Length P of the prefix.
        lengths: Own tokens of each class, the last of which is read out.
    """

    prefix: int
    lengths: tuple[int, ...]
    _made: dict[tuple, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def chunks(self) -> tuple[slice, ...]:
        """Classes of each chunk."""
        total = sum(self.lengths)
        number = 1 if total <= _ALONE else -(-total // _CHUNK)
        most = max(-(-total // number), *self.lengths)
        while len(cuts := _fill(self.lengths, most)) > number:
            most += 1
        return cuts

    @cached_property
    def chunk(self) -> int:
        """Rows M of a chunk; shorter chunks are padded."""
        return max(sum(self.lengths[classes]) for classes in self.chunks)

    @property
    def rows(self) -> int:
        """Rows R."""
        return self.prefix + len(self.chunks) * self.chunk

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Row of each class's first own token."""
        starts: list[int] = []
        for number, classes in enumerate(self.chunks):
            first = self.prefix + number * self.chunk
            starts += accumulate(self.lengths[classes][:-1], initial=first)
        return tuple(starts)

    def part(self, classes: slice) -> TextLayout:
        """The layout of some classes."""
        if classes == slice(0, len(self.lengths)):
            return self
        return self._once(
            ('part', classes.start, classes.stop),
            lambda: TextLayout(self.prefix, self.lengths[classes]),
        )

    def with_prefix(self, prefix: int) -> TextLayout:
        """The layout behind a longer or shorter prefix."""
        if prefix == self.prefix:
            return self
        return self._once(('prefix', prefix), lambda: TextLayout(prefix, self.lengths))

    def tokens(self, classes: slice) -> slice:
        """Own tokens of some classes among all T."""
        first = sum(self.lengths[: classes.start])
        return slice(first, first + sum(self.lengths[classes]))

    def spread(self, own: Tensor) -> Tensor:
        """Own tokens ``(..., T, W)`` into the rows of chunks ``(..., B M, W)``; one chunk holds them as they are."""
        if len(self.chunks) == 1:
            return own
        return own.index_select(-2, self._index('spread', self._spread_rows, own.device))

    def gather(self, rows: Tensor) -> Tensor:
        """Own tokens ``(..., T, W)`` of rows ``(..., R, W)``; undoes :meth:`spread`."""
        if len(self.chunks) == 1:
            return rows[..., self.prefix :, :]
        return rows.index_select(-2, self._index('gather', self._own_rows, rows.device))

    def positions(self, device: torch.device) -> Tensor:
        """``(R,)`` position of every row in its sentence."""
        return self._index('positions', self._positions, device)

    def own_positions(self, device: torch.device) -> Tensor:
        """``(T,)`` position of every own token in its sentence."""
        return self._index('own positions', self._own_positions, device)

    def ends(self, device: torch.device) -> Tensor:
        """``(C,)`` row that each class is read out from."""
        return self._index('ends', self._ends, device)

    def mask(self, like: Tensor) -> Tensor:
        """``(B, P + M, P + M)`` to add to the scores of attention, -inf where a token is hidden.

        Args:
            like: A tensor of the dtype and on the device of the queries.

        Returns:
            The mask.
        """
        return self._once(
            ('mask', like.device, like.dtype), lambda: self._mask(like.device).to(like.dtype)
        )

    def read_mask(self, like: Tensor) -> Tensor:
        """The rows of :meth:`mask` that are read out: ``(1, C, R)``, or with several chunks ``(B, E, P + M)``."""
        return self._once(('read mask', like.device, like.dtype), lambda: self._read_mask(like))

    def read_chunks(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Which classes are read out in which chunk.

        Args:
            device: Where the indices are needed.

        Returns:
            ``(B, E)`` the class that each of E places of a chunk reads, and ``(C,)`` the place of each class among all B E.
        """
        reads, places = self._once(('reads',), self._reads)
        return (
            self._index('read', lambda: reads, device).view(len(self.chunks), -1),
            self._index('read places', lambda: places, device),
        )

    def edited(
        self, start: int, length: int, insert: bool, own: bool, device: torch.device
    ) -> tuple[TextLayout, Tensor, Tensor | None]:
        """How the rows stand after an edit of own tokens.

        Args:
            start: Position of the first token of the edit, counted from the start token.
            length: Tokens K of the edit.
            insert: Whether sentences grow; they are overwritten otherwise.
            own: Whether the tokens differ between classes, so that the prefix ends where they begin.
            device: Where the index is needed.

        Returns:
            The layout; ``(R',)`` where each of its rows is taken from: R rows as they were, then for each class the tokens
            of the prefix that become its own, then for each class the K tokens; and ``(C K,)`` the rows that are
            overwritten, among the first two kinds, None for an insertion. What lies behind a sentence's end has no effect.
        """
        key = ('edited', start, length, insert, own)
        layout, rows, present = self._once(key, lambda: self._edited(start, length, insert, own))
        index = self._index((*key, 'rows'), lambda: rows, device)
        if insert:
            return layout, index, None
        return layout, index, self._index((*key, 'present'), lambda: present, device)

    def _edited(
        self, start: int, length: int, insert: bool, own: bool
    ) -> tuple[TextLayout, list[int], list[int]]:
        released = max(self.prefix - start, 0) if own else 0
        prefix, classes = self.prefix - released, len(self.lengths)
        at, tokens = start - prefix, self.rows + classes * released
        sentences, present = [], []
        for index, (first, count) in enumerate(zip(self.starts, self.lengths, strict=True)):
            tail = self.rows + index * released
            sentence = [*range(tail, tail + released), *range(first, first + count)]
            new = tokens + index * length
            inside = length if insert else min(max(len(sentence) - at, 0), length)
            present += [*sentence[at : at + inside], *[0] * (length - inside)]
            sentence[at : at if insert else at + inside] = range(new, new + inside)
            sentences.append(sentence)
        layout = TextLayout(prefix, tuple(map(len, sentences)))
        own_rows = _filled(
            layout.rows - prefix, layout._each([row for s in sentences for row in s])
        )
        return layout, [*range(prefix), *own_rows], present

    def _spread_rows(self) -> list[int]:
        return _filled(self.rows - self.prefix, self._each([*range(sum(self.lengths))]))

    def _own_rows(self) -> list[int]:
        return [
            place
            for start, length in zip(self.starts, self.lengths, strict=True)
            for place in range(start, start + length)
        ]

    def _own_positions(self) -> list[int]:
        return [self.prefix + place for length in self.lengths for place in range(length)]

    def _positions(self) -> list[int]:
        own = _filled(self.rows - self.prefix, self._each(self._own_positions()))
        return [*range(self.prefix), *own]

    def _ends(self) -> list[int]:
        return [start + length - 1 for start, length in zip(self.starts, self.lengths, strict=True)]

    def _reads(self) -> tuple[list[int], list[int]]:
        most = max(classes.stop - classes.start for classes in self.chunks)
        reads, places = [], []
        for number, classes in enumerate(self.chunks):
            found = range(classes.start, classes.stop)
            places += [number * most + place for place in range(len(found))]
            reads += [*found, *[classes.start] * (most - len(found))]
        return reads, places

    def _each(self, tokens: Sequence[int]) -> Iterable[tuple[int, int]]:
        """Place behind the prefix and value of each of T own tokens."""
        for place, value in zip(self._own_rows(), tokens, strict=True):
            yield place - self.prefix, value

    def _mask(self, device: torch.device) -> Tensor:
        own = [index for index, length in enumerate(self.lengths) for _ in range(length)]
        classes = _filled(self.rows - self.prefix, self._each(own), rest=-1)
        of = torch.as_tensor(classes).to(device, non_blocking=True).view(len(self.chunks), -1)
        of = torch.cat([of.new_full((len(of), self.prefix), -2), of], dim=1)
        row = torch.arange(of.shape[1], device=device)
        same = (of[:, :, None] == of[:, None, :]) | (row < self.prefix)
        hidden = ~(same & (row[None, :] <= row[:, None]))
        # fused attention on GPUs reads rows of the mask at multiples of eight numbers
        wide = -(-of.shape[1] // 8) * 8
        mask = torch.zeros(*of.shape, wide, device=device)[..., : of.shape[1]]
        return mask.masked_fill_(hidden, float('-inf'))

    def _read_mask(self, like: Tensor) -> Tensor:
        mask, ends = self.mask(like), self.ends(like.device)
        if len(self.chunks) == 1:
            return mask[:, ends]
        reads, _ = self.read_chunks(like.device)
        number = torch.arange(len(reads), device=like.device)[:, None]
        return mask[number, ends[reads] - number * self.chunk]

    def _index(
        self, name: str | tuple, places: Callable[[], Sequence[int]], device: torch.device
    ) -> Tensor:
        return self._once(
            ('index', name, device),
            lambda: torch.as_tensor(places()).to(device, non_blocking=True),
        )

    def _once(self, key: tuple, make: Callable[[], Any]) -> Any:
        if key not in self._made:
            with torch.inference_mode(False):  # to be of use outside of it too
                self._made[key] = make()
        return self._made[key]


def _fill(lengths: Sequence[int], most: int) -> tuple[slice, ...]:
    """Runs of classes of at most ``most`` tokens, none of which is longer by itself."""
    cuts, start, taken = [], 0, 0
    for index, length in enumerate(lengths):
        if taken + length > most:
            cuts.append(slice(start, index))
            start, taken = index, 0
        taken += length
    return (*cuts, slice(start, len(lengths)))


def _filled(count: int, values: Iterable[tuple[int, int]], rest: int = 0) -> list[int]:
    """A list with some values at their places."""
    filled = [rest] * count
    for place, value in values:
        filled[place] = value
    return filled
