"""A training step does not make the host wait for the device: no value or shape of it hangs on what a tensor holds.

On a GPU each such place stops the host until all work handed out so far is done. Here operations that read a tensor's content
are told by name, whatever device they run on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import helpers_models as helpers
import methods
import pytest
import torch
from methods import TRAINED
from torch.utils._python_dispatch import TorchDispatchMode

import vamp_mm
from vamp_mm.engine.projected_gradient import project
from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.models.classifiers.labels import batch_labels
from vamp_mm.ops import HostInt

PACKAGE = Path(vamp_mm.__file__).parent
#: Operations that give the host a number, or a tensor whose size depends on numbers.
WAITING = {
    'aten::_local_scalar_dense',
    'aten::nonzero',
    'aten::_unique2',
    'aten::unique_dim',
    'aten::unique_consecutive',
    'aten::masked_select',
    'aten::equal',
    'aten::is_nonzero',
    'aten::repeat_interleave',
    'aten::bincount',
}
#: Where host tensors are read (labels before they leave the host, permutations), and the one place that has to wait: class
#: skipping decides how large a step is.
ALLOWED = {
    'labels.py:batch_labels',
    'proda.py:_choose',
    'class_skipping.py:forward',
    'plan.py:of_classes',
}


class Places(TorchDispatchMode):
    """Notes the functions of this package that read what a tensor holds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        by_mask = func is torch.ops.aten.index.Tensor and any(
            index is not None and index.dtype in (torch.bool, torch.uint8) for index in args[1]
        )
        if by_mask or func._schema.name in WAITING:
            self.found.add(_caller(sys._getframe()))
        return func(*args, **(kwargs or {}))


@pytest.fixture
def places(monkeypatch) -> Places:
    """Also sees what no operation is told of."""
    found = Places()
    for name in ('tolist', 'cpu', 'numpy'):
        monkeypatch.setattr(torch.Tensor, name, _noted(found, getattr(torch.Tensor, name)))
    return found


def _noted(places: Places, plain: Callable) -> Callable:
    def call(tensor: torch.Tensor, *args: Any) -> Any:
        places.found.add(_caller(sys._getframe()))
        return plain(tensor, *args)

    return call


def _caller(frame: FrameType | None) -> str:
    while frame is not None:
        if Path(frame.f_code.co_filename).is_relative_to(PACKAGE):
            return f'{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}'
        frame = frame.f_back
    return 'outside'


@pytest.mark.parametrize('row', TRAINED, ids=methods.ids)
def test_a_step_reads_nothing_back(small, row, places):
    model = helpers.build_method(small, row.prompter, row.head, **row.arguments)
    if row.stage == 2:
        model.prompter.enter_stage(2, model.eval().text_features()[0, 0])
    model.train()
    for part in model.modules():
        if hasattr(part, 'warmup'):
            part.warmup = 5  # of the divergence, which counts steps
    images, samples = helpers.batch(4)
    optimizer = torch.optim.SGD(
        [value for value in model.parameters() if value.requires_grad], lr=0.01
    )

    def step() -> None:
        losses = model(images, samples, mode='loss')
        sum(value for key, value in losses.items() if 'loss' in key).backward()
        optimizer.step()

    step()  # what is found out once per vocabulary
    places.found.clear()
    with places:
        step()
    assert 'labels.py:batch_labels' in places.found  # the test does see
    assert places.found <= ALLOWED


def test_a_step_with_a_guide_reads_nothing_back(places):
    with places:
        project(torch.randn(3, 2), torch.randn(3, 2))
    assert places.found == set()


def test_labels_stay_on_the_host_until_they_are_checked(small_files):
    model = helpers.build_method(
        PromptedCLIPBackbone(**small_files),
        dict(type='TemplatePrompter'),
        dict(type='PromptClsHead', losses=[]),
    )
    samples = helpers.batch(2)[1]
    device = torch.device('meta')  # a device whose content nobody can read
    assert type(model.data_preprocessor).__name__ == 'HostLabelPreprocessor'
    out = model.data_preprocessor(
        dict(inputs=[torch.zeros(3, 32, 32, dtype=torch.uint8)] * 2, data_samples=samples), True
    )
    assert out['inputs'].shape == (2, 3, 32, 32)
    assert out['data_samples'] is samples
    assert batch_labels(samples, model.vocabulary, device).device == device
    samples[1].set_gt_label(7)
    with pytest.raises(ValueError, match='label 7 is outside the vocabulary of 5 classes'):
        batch_labels(samples, model.vocabulary, device)


def test_a_counter_is_read_again_when_somebody_else_wrote_to_it(places):
    counter, tensor = HostInt(), torch.zeros((), dtype=torch.long)
    assert [counter.count(tensor) for _ in range(3)] == [1, 2, 3]
    with places:
        assert (counter.read(tensor), counter.count(tensor)) == (3, 4)
    assert places.found == set()
    with places:
        assert HostInt().read(tensor) == 4
    assert places.found == {'host_value.py:read'}
    assert int(tensor) == 4
    tensor.fill_(7)
    assert counter.read(tensor) == 7
    other = torch.full((), 2)
    assert counter.count(other) == 3
    assert (int(other), int(tensor)) == (3, 7)
    with torch.inference_mode():
        hidden = torch.full((), 5)
        assert counter.count(hidden) == 6


@pytest.mark.parametrize('beside', [False, True])
def test_a_predicted_batch_is_copied_to_the_host_once(small, monkeypatch, beside):
    """And once more for zero-shot CLIP beside it; not per image and number."""
    row = next(row for row in TRAINED if row.title == 'mmrl vamp')
    model = helpers.build_method(small, row.prompter, row.head).eval()
    model.beside_zero_shot = beside
    images, samples = helpers.batch(5)
    copies = []
    to_host = torch.Tensor.cpu
    monkeypatch.setattr(
        torch.Tensor, 'cpu', lambda self: (copies.append(self.shape), to_host(self))[1]
    )
    with torch.no_grad():
        predicted = model(images, samples, mode='predict')
    assert len(predicted) == 5
    assert len(copies) == 1 + beside
