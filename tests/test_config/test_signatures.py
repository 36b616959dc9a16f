"""Which keys a class takes, through its bases."""

from __future__ import annotations

from functools import partial

from vamp_mm.config.errors import closest
from vamp_mm.config.signatures import signature_of


class Base:
    def __init__(self, path: str, size: int = 1) -> None: ...


class Forwards(Base):
    def __init__(self, name: str, **kwargs: object) -> None:
        super().__init__(path='fixed', **kwargs)


class Swallows(Base):
    def __init__(self, name: str, **kwargs: object) -> None:
        super().__init__(path='fixed')
        self.rest = kwargs


class Inherits(Forwards):
    pass


def test_plain_constructor() -> None:
    signature = signature_of(Base)
    assert signature.required == {'path'}
    assert dict(signature.optional) == {'size': 1}
    assert not signature.open


def test_kwargs_lead_into_the_base_whose_needs_are_met() -> None:
    for cls in (Forwards, Inherits):
        signature = signature_of(cls)
        assert signature.required == {'name'}
        assert signature.keys == {'name', 'path', 'size'}
        assert not signature.open


def test_kwargs_that_lead_nowhere_leave_the_list_open() -> None:
    assert signature_of(Swallows).open
    assert not signature_of(Swallows).keys >= {'size'}


def test_function_and_wrapped_transform() -> None:
    assert signature_of(lambda a, *, b=2: None).keys == {'a', 'b'}
    assert signature_of(partial(print, transform=Base)).required == {'path'}


def test_suggestion() -> None:
    assert closest('shotz', ['shots', 'seed']) == "did you mean 'shots'?"
    assert closest('xyz', ['b', 'a']) == 'allowed: a, b'
    assert closest('xyz', []) == 'no key is allowed here'
