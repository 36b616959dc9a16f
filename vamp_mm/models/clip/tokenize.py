"""Sentences to token ids, cut where nothing after matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from vamp_mm.messages import cut
from vamp_mm.structures import TextPrompts


class PromptTokenizer:
    """Tokenise sentences for one text tower; never truncates silently.

    Args:
        tokenizer: open_clip's tokenizer, sentences -> ``(T, L)`` ids.
        context_length: Longest sentence in tokens, start and end token included.
        pool: How the tower reads its output out: ``argmax``, ``eos``, ``last`` or ``first``.
        eos_id: Id of the end-of-text token where ``pool='eos'``.
        causal: Whether later tokens cannot change the read-out; only then may sentences be cut.
    """

    def __init__(
        self,
        tokenizer: Callable[[list[str]], Tensor],
        context_length: int,
        pool: str,
        eos_id: int | None,
        causal: bool,
    ) -> None:
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
            ids = ids[:, : int(eot.max()) + 1]
        return TextPrompts(
            ids=ids, eot=eot, prefix=self._common_prefix(ids, eot) if self._cut else 0
        )

    def readable(self, ids: Sequence[int]) -> list[str]:
        """Token ids as text.

        Args:
            ids: Token ids.

        Returns:
            One string each: a whole word as it is, a piece that more of the word follows with ``-`` behind it; bytes that
            are not text of their own as ``<0xE2>``, ids without a token as ``<id 49500>``.
        """
        return [self._readable(int(token)) for token in ids]

    def _readable(self, token: int) -> str:
        decoder = getattr(self._tokenizer, 'decoder', None)
        if isinstance(decoder, dict):  # open_clip's byte pairs
            return _byte_pair(decoder.get(token, f'<id {token}>'), self._tokenizer)
        inner: Any = getattr(self._tokenizer, 'tokenizer', None)
        # a tokenizer of transformers
        if inner is not None and hasattr(inner, 'convert_ids_to_tokens'):
            return (
                str(inner.convert_ids_to_tokens(token)) if token < len(inner) else f'<id {token}>'
            )
        return f'<id {token}>'

    def _check_lengths(self, sentences: list[str]) -> None:
        encode = getattr(self._tokenizer, 'encode', None)
        # not a byte-pair tokenizer of open_clip: its length is only known to itself
        if encode is None:
            return
        special = set(getattr(self._tokenizer, 'all_special_ids', ()))
        for sentence in sentences:
            ids = encode(sentence)
            if special.intersection(ids):
                raise ValueError(
                    f'the prompt {cut(repr(sentence), 200)} spells out a start or end token of the tokenizer, '
                    'and would end there; take it out of the class name or the template'
                )
            length = len(ids) + 2
            if length > self.context_length:
                raise ValueError(
                    f'the prompt {cut(repr(sentence), 200)} needs {length} tokens, the text tower takes '
                    f'{self.context_length}; shorten the class name or the template'
                )

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


def _byte_pair(token: str, tokenizer: Any) -> str:
    """A token of open_clip's byte-pair vocabulary as text."""
    if token.startswith('<') and token.endswith('>') and not token.endswith('</w>'):
        return token  # start and end of text
    letters = token.removesuffix('</w>')
    data = bytes(tokenizer.byte_decoder[letter] for letter in letters)
    try:
        text = data.decode('utf-8')
    except UnicodeDecodeError:
        text = ''.join(f'<0x{byte:02X}>' for byte in data)
    return text if token.endswith('</w>') else text + '-'
