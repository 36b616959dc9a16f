"""One predictor, many callers: every answer is the one that a single thread gets, to the bit."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import helpers_models as helpers
import numpy as np
import pytest
import torch
from helpers_prediction import write_checkpoint
from methods import METHODS, ids
from PIL import Image

from vamp_mm.apis import ConfigError, Predictor
from vamp_mm.datasets import DataError
from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.prediction import Prediction

#: Lists of other lengths, of other words at the same place, of trained and other classes.
LISTS = (
    helpers.NAMES,
    helpers.NAMES[:2],
    ('golden retriever', 'cat'),
    ('teapot', 'cat', 'a very tall tree'),
    ('north', 'east', 'south', 'west', 'up', 'down', 'here'),
)
_ROWS = {row.title: row for row in METHODS}
#: One method of each kind of state.
_KINDS = list(
    {
        (row.prompter['type'], row.looks_at_image, row.samples, row.stage): row for row in METHODS
    }.values()
)
_SAMPLED = next(
    row for row in METHODS if row.samples and row.looks_at_image and not row.fixed_classes
)


@pytest.fixture(scope='module')
def clip(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return helpers.write_clip(tmp_path_factory.mktemp('clip'))


@pytest.fixture(scope='module')
def backbone(clip: dict[str, str]) -> PromptedCLIPBackbone:
    return PromptedCLIPBackbone(**clip)


@pytest.fixture(scope='module')
def images() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (32, 32, 3), dtype=np.uint8) for _ in range(4)]


@pytest.fixture
def sampled(clip: dict[str, str], backbone: PromptedCLIPBackbone, tmp_path: Path) -> Predictor:
    """Of a method whose text depends on the image, with samples."""
    write_checkpoint(_SAMPLED, backbone, clip, tmp_path / 'weights.pth')
    return Predictor(tmp_path / 'weights.pth', device='cpu')


@pytest.fixture(autouse=True)
def _threads_alternate() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def _plain(answers: list[Prediction]) -> list[tuple]:
    """All that an answer says, floats as their bits."""
    return [
        (
            *answer.as_dict().items(),
            answer.scores.tobytes(),
            None if answer.samples is None else answer.samples.tobytes(),
        )
        for answer in answers
    ]


def _calls(fixed: bool) -> list[dict[str, Any]]:
    lists = LISTS[:1] if fixed else LISTS
    return [
        dict(
            classes=lists[number % len(lists)],
            top_k=1 + number % 3,
            batch_size=1 + number % 2,
            keep_samples=number % 2 == 1,
            templates=None if number % 4 else ['a photo of a {}.', 'one {}'],
            **(dict(reject='predictive_entropy', threshold=0.1 * number) if number % 3 else {}),
        )
        for number in range(10)
    ]


@pytest.mark.parametrize('row', _KINDS, ids=ids)
def test_threads_with_other_classes_and_options_get_the_answers_of_one(
    row, backbone, clip, images, tmp_path
):
    write_checkpoint(row, backbone, clip, tmp_path / 'weights.pth')
    predictor = Predictor(tmp_path / 'weights.pth', device='cpu')
    calls = _calls(row.fixed_classes)
    serial = [_plain(predictor(images, **call)) for call in calls]
    assert len({answer[0][-2] for answer in serial}) > 1  # the calls differ
    with ThreadPoolExecutor(5) as pool:
        found = list(
            pool.map(lambda number: _plain(predictor(images, **calls[number % 10])), range(20))
        )
    assert found == serial * 2


def test_errors_of_one_thread_leave_the_others_alone(sampled, images):
    good = dict(classes=LISTS[3], keep_samples=True)
    expected = _plain(sampled(images, **good))
    wrong: list[dict[str, Any]] = [
        dict(classes=['cat', 'long ' * 90]),
        dict(classes=['cat', 'Cat']),
        dict(templates='none'),
        dict(top_k=0),
        dict(classes=LISTS[4], unreadable='skip'),
    ]

    def ask(number: int) -> Any:
        if number % 2:
            return _plain(sampled(images, **good))
        arguments = wrong[number // 2 % len(wrong)]
        broken = ['absent.png', images[0]] if 'unreadable' in arguments else images
        try:
            answers = sampled(broken, **arguments)
        except (DataError, ConfigError) as error:
            return type(error).__name__
        return (
            [path for path, _ in answers.skipped],
            len(answers),
            sampled.skipped == answers.skipped,
        )

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, range(40)))
    assert all(answer == expected for answer in found[1::2])
    assert found[0:10:2] == [
        'DataError',
        'DataError',
        'DataError',
        'ConfigError',
        (['absent.png'], 1, True),
    ]
    assert found[0::2] == found[0:10:2] * 4
    assert sampled.skipped == []  # of this thread


def test_streams_that_are_read_in_turn_keep_their_classes(sampled, images):
    expected = [_plain(sampled(images, classes=names)) for names in LISTS]
    streams = [sampled.stream(images, classes=names, batch_size=1) for names in LISTS]
    alone = [_plain(sampled(images, classes=names, batch_size=1)) for names in LISTS]
    found: list[list[Prediction]] = [[] for _ in LISTS]
    for _ in images:
        for kept, stream in zip(found, streams):
            kept.append(next(stream))
    assert [_plain(kept) for kept in found] == alone
    assert [[answer[3] for answer in _plain(kept)] for kept in found] == [
        [answer[3] for answer in each] for each in expected
    ]


def test_several_threads_may_take_from_one_stream(sampled, images):
    expected = _plain(sampled(images * 6, batch_size=2))
    stream = sampled.stream(images * 6, batch_size=2)
    with ThreadPoolExecutor(4) as pool:
        found = [answer for part in pool.map(lambda _: list(stream), range(4)) for answer in part]
    assert _plain(sorted(found, key=lambda answer: answer.index)) == expected


def test_a_call_inside_the_images_of_another(sampled, images):
    inner: list[Any] = []

    def given() -> Iterator[np.ndarray]:
        for image in images:
            inner.append(_plain(sampled(image, classes=LISTS[4])))
            yield image

    expected = _plain(sampled(images, classes=LISTS[1], batch_size=2))
    assert _plain(sampled(given(), classes=LISTS[1], batch_size=2)) == expected
    assert inner == [_plain(sampled(image, classes=LISTS[4])) for image in images]


def test_a_call_inside_a_forward_pass_is_refused(sampled, images):
    expected = _plain(sampled(images))
    handle = sampled.model.head.register_forward_hook(lambda *_: sampled(images, classes=LISTS[4]))
    with pytest.raises(ConfigError, match='own forward pass'):
        sampled(images)
    handle.remove()
    assert _plain(sampled(images)) == expected


def test_an_interruption_while_classes_are_set_mixes_nothing(sampled, images, monkeypatch):
    expected = _plain(sampled(images, classes=LISTS[0]))
    bind = sampled.model.prompter.bind

    def interrupted(*arguments: Any) -> None:
        bind(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(sampled.model.prompter, 'bind', interrupted)
    with pytest.raises(KeyboardInterrupt):
        sampled(images, classes=LISTS[4][:5])
    monkeypatch.undo()
    assert _plain(sampled(images, classes=LISTS[0])) == expected


@pytest.mark.parametrize('title', [_SAMPLED.title, 'mmrl'])
def test_autocast_of_a_call_is_its_own(title, clip, backbone, images, tmp_path):
    write_checkpoint(_ROWS[title], backbone, clip, tmp_path / 'weights.pth')
    predictor = Predictor(tmp_path / 'weights.pth', device='cpu')
    full = _plain(predictor(images))
    with torch.autocast('cpu', torch.bfloat16):
        half = _plain(predictor(images))
    assert half != full
    assert _plain(predictor(images)) == full
    with torch.inference_mode(), torch.autocast('cpu', torch.bfloat16):
        assert _plain(predictor(images)) == half
    assert _plain(predictor(images)) == full


def test_an_opened_picture_given_to_several_threads(sampled, tmp_path):
    rng = np.random.default_rng(1)
    file = tmp_path / 'large.png'
    Image.fromarray(rng.integers(0, 256, (400, 300, 3), dtype=np.uint8)).save(file)
    expected = [answer.scores.tobytes() for answer in sampled(file)]
    for _ in range(3):
        with Image.open(file) as picture, ThreadPoolExecutor(6) as pool:
            found = list(
                pool.map(
                    lambda _: [answer.scores.tobytes() for answer in sampled(picture)], range(6)
                )
            )  # noqa: B023
        assert found == [expected] * 6


def test_copies_and_pickles_are_predictors_of_their_own(sampled, images):
    expected = _plain(sampled(images, classes=LISTS[3]))
    other = _plain(sampled(images, classes=LISTS[4]))
    for twin in (copy.deepcopy(sampled), pickle.loads(pickle.dumps(sampled))):  # noqa: S301
        sampled(images[0], classes=LISTS[0])
        assert _plain(twin(images, classes=LISTS[3])) == expected
        assert _plain(sampled(images, classes=LISTS[4])) == other
        assert twin.skipped == []


@pytest.fixture
def _one_thread_in_torch() -> Iterator[None]:
    """OpenMP's own threads do not survive a fork."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures('_one_thread_in_torch')
@pytest.mark.skipif(not hasattr(os, 'fork'), reason='this system does not fork')
def test_a_process_forked_in_the_middle_of_a_call(sampled, images, monkeypatch):
    expected = _plain(sampled(images, classes=LISTS[3]))
    sampled(images, classes=LISTS[0])
    inside, leave = threading.Event(), threading.Event()
    bind = sampled.model.prompter.bind

    def slow(*arguments: Any) -> None:
        bind(*arguments)
        inside.set()
        leave.wait(60)

    monkeypatch.setattr(sampled.model.prompter, 'bind', slow)

    def ask() -> None:
        torch.set_num_threads(1)
        sampled(images, classes=LISTS[4])

    thread = threading.Thread(target=ask)
    thread.start()
    assert inside.wait(60)
    child = os.fork()
    if not child:  # the other thread held the model, with classes that were half set
        try:
            signal.alarm(60)  # fail, and do not hang
            sampled.model.prompter.bind = bind
            os._exit(
                0
                if _plain(sampled(images, classes=LISTS[3])) == expected
                and len(sampled(images, classes=LISTS[0])[0].scores) == 5
                else 7
            )
        finally:
            os._exit(8)
    monkeypatch.undo()
    leave.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
