"""Sentences to token ids, cut where nothing after matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor

from ...structures import TextPrompts


class PromptTokenizer:
    """Tokenise sentences for one text tower; never truncates silently.

    Args:
        tokenizer: open_clip's tokenizer, sentences -> ``(T, L)`` ids.
        context_length: Longest sentence in tokens, start and end token included.
        pool: How the tower reads its output out: ``argmax``, ``eos``, ``last`` or ``first``.
        eos_id: Id of the end-of-text token where ``pool='eos'``.
        causal: Whether later tokens cannot change the read-out; only then may sentences be cut.
    """

    def __init__(self, tokenizer: Callable[[list[str]], Tensor], context_length: int, pool: str, eos_id: int | None,
                 causal: bool) -> None:
        self._tokenizer = tokenizer
        self.context_length = context_length
        self._pool = pool
        self._eos_id = eos_id
        self._cut = causal and pool in ('argmax', 'eos')

    def __call__(self, sentences: Sequence[str]) -> TextPrompts:
        """Tokenise C sentences.

        Args:
            sentences: One sentence per class.

        Returns:
            Their token ids, cut where nothing after it matters.

        Raises:
            ValueError: If a sentence is longer than the context, naming it and both lengths.
        """
        sentences = list(sentences)
        self._check_lengths(sentences)
        ids = self._tokenizer(sentences)
        eot = self._read_out(ids)
        if self._cut:
            ids = ids[:, :int(eot.max()) + 1]
        return TextPrompts(ids=ids, eot=eot, prefix=self._common_prefix(ids, eot) if self._cut else 0)

    def _check_lengths(self, sentences: list[str]) -> None:
        encode = getattr(self._tokenizer, 'encode', None)
        if encode is None:  # not a byte-pair tokenizer of open_clip: its length is only known to itself
            return
        for sentence in sentences:
            length = len(encode(sentence)) + 2
            if length > self.context_length:
                raise ValueError(f'the prompt {sentence!r} needs {length} tokens, the text tower takes '
                                 f'{self.context_length}; shorten the class name or the template')

    def _read_out(self, ids: Tensor) -> Tensor:
        if self._pool == 'argmax':
            return ids.argmax(dim=-1)
        if self._pool == 'eos':
            return torch.eq(ids, cast(int, self._eos_id)).int().argmax(dim=-1)
        position = ids.shape[1] - 1 if self._pool == 'last' else 0
        return torch.full(ids.shape[:1], position)

    @staticmethod
    def _common_prefix(ids: Tensor, eot: Tensor) -> int:
        """Leading tokens equal in all sentences; never reaches an end-of-text token."""
        same = (ids == ids[:1]).all(dim=0)
        length = int(same.int().cumprod(dim=0).sum())
        return min(length, int(eot.min()))
