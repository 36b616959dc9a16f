"""What constructors declare is what they take: every argument of every registered component, wrong in type and in range."""

from __future__ import annotations

import inspect
import math
import numbers
import os
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmengine.config import Config
from torch import nn

from vamp_mm import registry
from vamp_mm.apis import check_config
from vamp_mm.arguments import (
    ArgumentError,
    Component,
    Fraction,
    Lenient,
    NonNegative,
    PositiveInt,
    Range,
    Typed,
    declared,
    fits,
    problem_of,
    words,
)
from vamp_mm.config.components import TypedChecker
from vamp_mm.registry import MODELS

#: Arguments that a program hands over and no config can write, by the names of their types.
GIVEN = {
    'clip',
    'runner',
    'dataloader',
    'evaluator',
    'optimizer',
    'module',
    'sampler',
    'inside',
    'optim_wrapper_cfg',
}


def _components() -> list[tuple[str, type]]:
    found: dict[str, tuple[str, type]] = {}
    for name in registry.__all__:
        node = getattr(registry, name)
        if isinstance(node, registry.Registry):
            node.import_from_location()
            for cls in node.module_dict.values():
                if inspect.isclass(cls) and cls.__module__.startswith('vamp_mm.'):
                    found[cls.__qualname__] = (name, cls)
    return [found[key] for key in sorted(found)]


COMPONENTS = _components()
ARGUMENTS = [
    (where, cls, name, parameter)
    for where, cls in COMPONENTS
    for name, parameter in declared(cls).items()
    if name not in GIVEN
]
IDS = [f'{cls.__name__}.{name}' for _, cls, name, _ in ARGUMENTS]


def _understood(kind: Any) -> bool:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return _understood(inner[0]) and all(isinstance(item, (Range, Typed)) for item in inner[1:])
    if origin in (Union, types.UnionType):
        return all(map(_understood, inner))
    if origin is Literal:
        return True
    if (origin or kind) in (list, tuple, Sequence, dict, Mapping):
        return all(item is ... or item is Any or _understood(item) for item in inner)
    return inspect.isclass(kind) and kind is not Any


def _plain_kinds(kind: Any) -> Iterator[Any]:
    """The alternatives of an annotation, with their ranges."""
    if typing.get_origin(kind) in (Union, types.UnionType):
        for item in typing.get_args(kind):
            yield from _plain_kinds(item)
    else:
        yield kind


def _wrong_values(kind: Any) -> Iterator[Any]:
    """Values that none of the alternatives admits; made without the checker."""
    kinds = list(_plain_kinds(kind))
    bases = {
        typing.get_args(item)[0] if typing.get_origin(item) is Annotated else item for item in kinds
    }
    numbers = bases & {int, float}
    if not bases & {str} and not any(typing.get_origin(item) is Literal for item in kinds):
        yield 'banana'
    if numbers or bases & {bool}:
        yield (
            [1, 2]
            if not any(typing.get_origin(item) in (Sequence, tuple, list) for item in bases)
            else object
        )
        yield math.nan
        yield math.inf
    if numbers and bool not in bases:
        yield True
    if numbers == {int}:
        yield 2.5
        yield 2.0
    if bool in bases and not numbers:
        yield 1
        yield 'true'
    for item in kinds:
        if typing.get_origin(item) is Annotated:
            for condition in (
                part for part in typing.get_args(item)[1:] if isinstance(part, Range)
            ):
                yield from (
                    value for value in (-7, 10**12) if not condition.low <= value <= condition.high
                )
                if condition.above:
                    yield condition.low
        if typing.get_origin(item) is Literal:
            yield from ('banana',) if numbers else ('banana', 12345)
    if len(bases) == 1 and bases == {str}:
        yield from (3, None)


CHECKED = [
    (*item, name)
    for item, name in zip(ARGUMENTS, IDS, strict=True)
    if any(True for _ in _wrong_values(item[3].annotation))
]


def test_there_is_much_to_check() -> None:
    assert len(COMPONENTS) >= 55
    assert len(CHECKED) >= 150


@pytest.mark.parametrize(('where', 'cls', 'name', 'parameter'), ARGUMENTS, ids=IDS)
def test_every_argument_has_an_annotation_that_is_understood(
    where: str, cls: type, name: str, parameter: inspect.Parameter
) -> None:
    assert _understood(parameter.annotation), f'{cls.__name__}.{name}: {parameter.annotation!r}'


@pytest.mark.parametrize(('where', 'cls', 'name', 'parameter'), ARGUMENTS, ids=IDS)
def test_defaults_are_of_the_declared_kind(
    where: str, cls: type, name: str, parameter: inspect.Parameter
) -> None:
    if parameter.default is not parameter.empty and cls.__init__.__wrapped__.__module__.startswith(
        'vamp_mm'
    ):
        assert fits(parameter.default, parameter.annotation)


@pytest.mark.parametrize(
    ('where', 'cls', 'name', 'parameter'),
    [item[:4] for item in CHECKED],
    ids=[item[4] for item in CHECKED],
)
def test_wrong_values_are_refused_with_the_name(
    where: str, cls: type, name: str, parameter: inspect.Parameter
) -> None:
    others = {
        key: None
        for key, item in declared(cls).items()
        if item.default is item.empty and key != name
    }
    checker = TypedChecker('vamp_mm')
    for value in _wrong_values(parameter.annotation):
        told = f'{name}={value!r} must be {words(parameter.annotation)}'
        with pytest.raises(ArgumentError) as caught:  # built directly
            cls(**{**others, name: value})
        assert told in str(caught.value)
        assert str(caught.value).startswith(f'{cls.__name__}: ')
        checker.problems.clear()  # written in a config
        checker.visit('place', {'type': f'vamp_mm.{cls.__name__}', name: value}, where)
        assert any(problem.startswith(f'place.{told}') for problem in checker.problems)


def test_a_component_of_the_users_own_is_checked() -> None:
    @MODELS.register_module(name='ArgumentsOfAUser')
    class Mine(nn.Module):
        """With two declared arguments, and one without."""

        def __init__(self, count: PositiveInt, free=None, *, share: Fraction = 0.5) -> None:
            super().__init__()
            self.seen = count, free, share

    try:
        assert Mine(3, 'x', share=1).seen == (3, 'x', 1)
        with pytest.raises(
            ArgumentError,
            match=r'^Mine: count=0 must be an integer of at least 1; share=2 must be a number '
            r'from 0 to 1$',
        ):
            Mine(0, share=2)
        with pytest.raises(ValueError, match='count=True'):
            MODELS.build(dict(type='ArgumentsOfAUser', count=True))
        with pytest.raises(TypeError, match='missing 1 required positional argument'):
            Mine()
        assert list(inspect.signature(Mine).parameters) == ['count', 'free', 'share']
    finally:
        MODELS.module_dict.pop('ArgumentsOfAUser')


@given(st.integers())
def test_ints_in_a_range(value: int) -> None:
    kind = Annotated[int, Range(0, 10)]
    assert fits(value, kind) == (0 <= value <= 10)
    assert fits(np.int64(max(min(value, 10), 0)), kind)
    assert not fits(float(value) if abs(value) < 2**53 else 0.0, kind)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_floats_in_a_range(value: float) -> None:
    assert fits(value, NonNegative) == (math.isfinite(value) and value >= 0)
    assert fits(value, Annotated[float, Range(0, 1, above=True)]) == (0 < value <= 1)
    assert fits(value, Annotated[float, Range(0, 1, below=True)]) == (0 <= value < 1)


@pytest.mark.parametrize(('kind', 'right', 'wrong', 'told'), [
    (int, [1, np.int32(2)], [True, 1.0, '1', None, math.nan], 'an integer'),
    (bool, [True, np.bool_(False)], [0, 'yes', None], 'True or False'),
    (Sequence[int], [[], [1], (1, 2)], ['12', [1.5], 3, None], 'a list whose items are each an integer'),
    (tuple[float, float], [(1, 2), [0.5, 1]], [(1, ), (1, 2, 3), 'ab'], 'a list of 2 values, a number and a number'),
    (Mapping[str, float], [{}, {'a': 1}], [{'a': 'b'}, {1: 2}, []], 'a dict whose values are each a number'),
    (Component, [dict(type='X')], [{}, dict(kind='X'), 'X'], "a dict with the key 'type'"),
    (PositiveInt | Literal[-1], [1, -1], [0, -2, 1.0], 'an integer of at least 1 or -1'),
    (Literal['a', 'b'], ['a'], ['c', 1, None], "one of 'a', 'b'"),
    (str | None, ['', None], [1, ['a']], 'a string or None'),
    (nn.Module | None, [nn.ReLU(), None], ['ReLU', {'type': 'ReLU'}, 3], 'an object of type Module or None'),
])  # fmt: skip
def test_kinds(kind: Any, right: list, wrong: list, told: str) -> None:
    assert all(fits(value, kind) for value in right)
    assert not any(fits(value, kind) for value in wrong)
    assert words(kind) == told


@pytest.mark.parametrize(('kind', 'right', 'wrong'), [
    (float, [1, 0.5, math.inf, True], ['0.5', None, [1]]),
    (int, [1, 3.0, True, np.int64(2)], [2.5, '3', math.nan, math.inf]),
    (bool, [True, 0, 1], [2, 'yes', None]),
    (str, ['a', Path('a')], [3, None, ['a']]),
    (numbers.Real, [0.5, 1], ['a', [1]]),
    (Collection[str], [['a'], ('a', ), {'a'}], [[1], 3]),
    (MutableMapping[str, int], [{'a': 1}], [{'a': 'b'}, 3, 'a']),
    (Sequence[int], [[1], (1, 2)], [['a'], 3, {'a': 1}]),
    (list[nn.Module], [[dict(type='ReLU')], [nn.ReLU()]], [3, dict(type='ReLU')]),
    (Literal[1, 'a'], [1, 1.0, 'a'], [2, 'b']),
    (os.PathLike, ['a', Path('a')], [3, None]),
    *[(kind, ['x', [1.0, 2.0], dict(type='X')], []) for kind in (
        nn.Module, torch.Tensor, np.ndarray, torch.device, torch.dtype, Enum, Callable, Callable[[int], int], type, set)],
])  # fmt: skip
def test_plain_annotations_of_other_packages(kind: Any, right: list, wrong: list) -> None:
    assert [value for value in right if not fits(value, Annotated[kind, Lenient()])] == []
    assert [value for value in wrong if fits(value, Annotated[kind, Lenient()])] == []
    assert [value for value in wrong if fits(value, Annotated[kind | None, Lenient()])] == [
        value for value in wrong if value is None
    ]


@pytest.mark.parametrize(
    'kind', [numbers.Real, Collection[str], MutableMapping[str, int], os.PathLike]
)
def test_abstract_kinds_are_told_apart_by_their_instances(kind: Any) -> None:
    values = [0.5, ['a'], {'a': 1}, Path('a')]
    expected = {
        numbers.Real: [0],
        Collection[str]: [1, 2],
        MutableMapping[str, int]: [2],
        os.PathLike: [3],
    }[kind]
    assert [index for index, value in enumerate(values) if fits(value, kind)] == expected


def test_a_class_of_the_users_own_takes_what_python_takes() -> None:
    class Mine:
        def __init__(
            self, rate: numbers.Real, weight: torch.Tensor, parts: list[nn.Module], count: int = 3
        ) -> None:
            self.seen = rate, weight, parts, count

    MODELS.register_module(name='LenientArguments', module=Mine)
    try:
        config = dict(
            type='LenientArguments',
            rate=0.5,
            weight=[1.0, 2.0],
            parts=[dict(type='ReLU')],
            count=4.0,
        )
        assert MODELS.build(config).seen == (0.5, [1.0, 2.0], [dict(type='ReLU')], 4.0)
        checker = TypedChecker('vamp_mm')
        checker.visit('model', config, 'MODELS')
        assert checker.problems == []
        with pytest.raises(
            ArgumentError,
            match=r"^Mine: rate='fast' must be an object of type Real; "
            r'count=2.5 must be an integer$',
        ):
            Mine('fast', [1.0], [], 2.5)
    finally:
        MODELS.module_dict.pop('LenientArguments')


def test_long_values_are_shown_short() -> None:
    parameter = inspect.Parameter('names', inspect.Parameter.KEYWORD_ONLY, annotation=int)
    told = problem_of('names', {'key' * 100: 'x' * 10_000}, parameter)
    assert told.endswith(' must be an integer')
    assert len(told) < 150


#: Keys that users set of the components of MMEngine and torch, and of the Runner itself.
USUAL = [
    ('train_cfg', 'max_epochs', 'ten'), ('train_cfg', 'max_epochs', 0), ('train_cfg', 'max_epochs', 2.5),
    ('train_cfg', 'val_interval', 0), ('train_cfg', 'val_begin', -1), ('optim_wrapper.optimizer', 'lr', -1),
    ('optim_wrapper.optimizer', 'lr', 'x'), ('optim_wrapper.optimizer', 'lr', math.nan),
    ('optim_wrapper.optimizer', 'weight_decay', -0.1), ('optim_wrapper.optimizer', 'betas', (0.9, 1.5)),
    ('optim_wrapper', 'clip_grad', 3), ('optim_wrapper', 'accumulative_counts', 0),
    ('train_dataloader', 'batch_size', 0), ('train_dataloader', 'batch_size', '4'), ('test_dataloader', 'num_workers', -1),
    ('test_dataloader', 'num_workers', 2.5), ('train_dataloader', 'persistent_workers', 'no'),
    ('train_dataloader.sampler', 'shuffle', 'yes'), ('train_dataloader.dataset.pipeline.1', 'size', -3),
    ('train_dataloader.dataset.pipeline.1', 'size', 640_000), ('test_evaluator.0', 'topk', 0),
    ('default_hooks.logger', 'interval', 0), ('default_hooks.checkpoint', 'interval', 'often'),
    ('default_hooks.checkpoint', 'max_keep_ckpts', 0), ('param_scheduler', 'warmup_epochs', -1),
    ('log_processor', 'window_size', 0), ('randomness', 'seed', -1), ('randomness', 'seed', 'x'),
    ('randomness', 'deterministic', 'yes'), ('test_cfg.splits.base', 'seen', 'yes'), ('test_cfg.splits.base', 'dataset', 3),
    ('', 'default_scope', 3), ('', 'load_from', 5), ('', 'resume', 'yes'), ('', 'work_dir', ['a']), ('', 'log_level', 'LOUD'),
    ('', 'train_cfg', [1]), ('', 'custom_hooks', 'EpochSeedHook'), ('', 'model', 'VaMP'), ('', 'test_dataloader', 3),
    ('', 'launcher', 'ssh'), ('', 'randomness', 1), ('', 'param_scheduler', 3), ('', 'visualizer', dict(name='x')),
    ('', 'optim_wrapper', 'AdamW'), ('', 'default_hooks', []), ('', 'env_cfg', 'x'), ('', 'protocol', 3),
]  # fmt: skip


@pytest.mark.parametrize(('place', 'key', 'value'), USUAL)
def test_usual_keys_of_others_are_checked(
    vamp_config: Config, place: str, key: str, value: Any
) -> None:
    node: Any = vamp_config
    for part in filter(None, place.split('.')):
        node = node[int(part) if part.isdigit() else part]
    node[key] = value
    path = f'{place}.{key}' if place else key
    assert [
        problem
        for problem in check_config(vamp_config)
        if problem.startswith(f'{path}=') and ' must be ' in problem
    ]


def test_milestones(vamp_config: Config) -> None:
    vamp_config.param_scheduler = dict(type='MultiStepLR', milestones=[0, 'x'])
    assert check_config(vamp_config) == [
        'param_scheduler.milestones.0=0 must be an integer of at least 1'
    ]


@pytest.fixture
def vamp_config() -> Config:
    """A complete config of a run."""
    return Config.fromfile(Path(__file__).parents[1] / 'configs' / 'vamp' / 'vamp_mmrl_icons.py')
