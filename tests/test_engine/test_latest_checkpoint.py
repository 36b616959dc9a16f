"""Which checkpoint a run goes on from."""

from __future__ import annotations

import pytest
import torch

from vamp_mm.engine import find_latest_checkpoint, latest, save_checkpoint


@pytest.fixture
def work_dir(tmp_path):
    for epoch in (2, 9, 10):
        save_checkpoint({'state_dict': {'w': torch.zeros(50)}}, tmp_path / f'epoch_{epoch}.pth')
    return tmp_path


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    'pointer', [None, '', '\n', 'epoch_9.pth', '/gone/epoch_3.pth', '/moved/epoch_10.pth']
)
def test_newest_complete_one_whatever_the_pointer_says(work_dir, pointer):
    if pointer is not None:
        (work_dir / 'last_checkpoint').write_text(pointer)
    assert find_latest_checkpoint(work_dir) == str(work_dir / 'epoch_10.pth')


def test_truncated_ones_are_passed_over_and_named(work_dir, monkeypatch):
    said = []
    monkeypatch.setattr(latest, 'print_log', lambda text, *_: said.append(text))
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'epoch_10.pth'))
    cut(work_dir / 'epoch_10.pth')
    (work_dir / 'epoch_11.pth').touch()
    (work_dir / '.epoch_12.pth.1-a.tmp').touch()
    assert find_latest_checkpoint(work_dir) == str(work_dir / 'epoch_9.pth')
    assert said == [
        f'{work_dir / name} is incomplete and is passed over' for name in ('epoch_11.pth', 'epoch_10.pth')
    ]


def test_iterations_follow_the_pointer(work_dir):
    save_checkpoint({'state_dict': {}}, work_dir / 'iter_500.pth')
    assert find_latest_checkpoint(work_dir).endswith('epoch_10.pth')
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'iter_500.pth'))
    assert find_latest_checkpoint(work_dir).endswith('iter_500.pth')


def test_pointer_into_another_folder(work_dir, tmp_path_factory):
    other = tmp_path_factory.mktemp('out')
    save_checkpoint({'state_dict': {}}, other / 'epoch_3.pth')
    (work_dir / 'last_checkpoint').write_text(str(other / 'epoch_3.pth'))
    assert find_latest_checkpoint(work_dir) == str(other / 'epoch_3.pth')


def test_nothing_there(tmp_path):
    assert find_latest_checkpoint(tmp_path) is None
    assert find_latest_checkpoint(tmp_path / 'missing') is None
    (tmp_path / 'best_accuracy_epoch_2.pth').touch()
    assert find_latest_checkpoint(tmp_path) is None
