"""The parity check: it passes on what the originals computed, and fails on anything else."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from vamp_mm.originals import ORIGINALS, Link, original_named
from vamp_mm.originals.parity import Backbones, check_case, check_parity, load_case
from vamp_mm.originals.parity.deviation import failures

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / 'tests' / 'golden'


@pytest.fixture(scope='module')
def backbones(tmp_path_factory) -> Backbones:
    return Backbones(tmp_path_factory.mktemp('tiny'))


def _changed(tmp_path: Path, name: str, change) -> Path:
    """A copy of a recording after ``change(arrays, meta)``."""
    with np.load(GOLDEN / f'{name}.npz') as file:
        arrays = {key: file[key] for key in file.files}
    meta = json.loads(str(arrays.pop('meta')))
    change(arrays, meta)
    np.savez(tmp_path / f'{name}.npz', meta=np.array(json.dumps(meta)), **arrays)
    return tmp_path / f'{name}.npz'


@pytest.mark.parametrize('file', sorted(GOLDEN.glob('*.npz')), ids=lambda file: file.stem)
def test_our_methods_equal_their_originals(file, backbones):
    case = load_case(file)
    own = any(
        original.matches(case.meta['method']) and original.trains_backbone for original in ORIGINALS
    )
    report = check_case(case, backbones.get(case, own))
    assert report.problems == []
    assert [item.key for item in report.deviations if not item.passed] == []
    kinds = {item.kind for item in report.deviations}
    assert {'logits', 'losses'} <= kinds
    assert 'gradients' in kinds or 'step' in kinds


def _add(key: str, amount: float):
    return lambda arrays, meta: arrays.update({key: arrays[key] + np.float32(amount)})


@pytest.mark.parametrize(('change', 'found'), [
    (_add('eval_logits', 1e-3), 'eval_logits is off by'),
    (_add('text_features', 5e-5), 'text_features is off by'),
    (_add('loss/ce', 1e-4), 'loss/ce is off by'),
    (_add('grad/ctx', 1e-3), 'grad/ctx is off by'),
    (_add('step1/ctx', 1e-5), 'step1/ctx is off by'),
    (lambda arrays, meta: meta.update(new_classnames=['red fox', 'tench', 'boat', 'kite (bird of prey)', 'F-16']),
     'eval_logits_newnames is off by'),
    (lambda arrays, meta: arrays.update({'loss/other': np.float32(0)}), 'loss/other was not compared'),
    (lambda arrays, meta: arrays.update({'learn/other': np.zeros(2, np.float32)}), "['other'] of the original"),
    (lambda arrays, meta: arrays.update({'grad/other': arrays.pop('grad/ctx')}),
     'ctx got a gradient from us, and none was recorded'),
])  # fmt: skip
def test_whatever_differs_is_found(tmp_path, backbones, change, found):
    case = load_case(_changed(tmp_path, 'coop_rn', change))
    if found.startswith('['):
        with pytest.raises(ValueError, match='have no place'):
            check_case(case, backbones.get(case, False))
        return
    report = check_case(case, backbones.get(case, False))
    assert not report.passed
    assert any(found in line for line in failures([report]))


def test_small_averages_of_epochs_are_compared_by_their_own_size(tmp_path, backbones):
    def change(arrays, meta):
        key = next(name for name in arrays if name.startswith('gpa/'))
        arrays[key] = arrays[key] * np.float32(1.001)

    case = load_case(_changed(tmp_path, 'promptsrc', change))
    report = check_case(case, backbones.get(case, False))
    assert [item.key.split('/')[0] for item in report.deviations if not item.passed] == ['gpa']


def test_nan_is_a_failure(tmp_path, backbones):
    file = _changed(tmp_path, 'coop_rn', lambda arrays, meta: arrays['learn/ctx'].fill(np.nan))
    case = load_case(file)
    report = check_case(case, backbones.get(case, False))
    assert not report.passed


def _run(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, 'argv', ['check_parity.py', *arguments])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(ROOT / 'tools' / 'dev' / 'check_parity.py'), run_name='__main__')
    return int(stopped.value.code or 0)


def test_the_command_exits_with_one_on_a_difference_and_tells_what_is_no_recording(
    tmp_path, monkeypatch, capsys
):
    good = tmp_path / 'good'
    good.mkdir()
    (good / 'coop_rn.npz').write_bytes((GOLDEN / 'coop_rn.npz').read_bytes())
    assert _run(monkeypatch, str(good)) == 0
    out = capsys.readouterr().out
    assert 'coop_rn' in out
    assert 'pass' in out
    with pytest.raises(FileNotFoundError, match='holds no .npz file'):
        check_parity(tmp_path)
    with pytest.raises(FileNotFoundError, match="holds no recording of 'tcp'"):
        check_parity(good, 'tcp')
    (good / 'coop_rn.npz').write_bytes(b'PK nonsense')
    assert _run(monkeypatch, str(good)) == 1
    out = capsys.readouterr().out
    assert 'FAIL' in out
    assert 'is not a recording of an original' in out


def test_links_gather_and_scatter():
    tensors = {'a': torch.arange(6.0).view(2, 3), 'b': torch.ones(2, 3)}
    stacked = Link('own', ('a', 'b'))
    assert torch.equal(stacked.gather(tensors), torch.stack([tensors['a'], tensors['b']]))
    back = stacked.scatter(stacked.gather(tensors))
    assert all(torch.equal(back[name], tensors[name]) for name in tensors)
    turned = Link('own', 'a', transposed=True, shape=(1, 3, 2))
    assert turned.gather(tensors).shape == (1, 3, 2)
    assert torch.equal(
        turned.scatter(turned.gather(tensors), {'a': tensors['a'].shape})['a'], tensors['a']
    )


def test_originals_have_names_of_their_own():
    names = [original.name for original in ORIGINALS]
    recorded = {name for original in ORIGINALS for name in original.recorded_as}
    assert original_named('coop').matches('coop')
    assert not original_named('coop').matches('cocoop')
    assert all(sum(original.matches(name) for original in ORIGINALS) == 1 for name in recorded)
    assert len(names) >= 16
    with pytest.raises(ValueError, match="'coup' is not an original implementation known here"):
        original_named('coup')
