"""Which checkpoint a run goes on from."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vamp_mm.engine import find_latest_checkpoint, latest, save_checkpoint
from vamp_mm.engine.latest import checkpoint_folder


@pytest.fixture
def work_dir(tmp_path):
    for epoch in (2, 9, 10):
        save_checkpoint({'state_dict': {'w': torch.zeros(50)}}, tmp_path / f'epoch_{epoch}.pth')
    return tmp_path


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    'pointer',
    [None, '', '\n', 'epoch_9.pth', ' epoch_9.pth\n', '/gone/epoch_3.pth', '/moved/epoch_10.pth'],
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
        f'{work_dir / name} is incomplete and is passed over'
        for name in ('epoch_11.pth', 'epoch_10.pth')
    ]


def test_iterations_follow_the_pointer(work_dir):
    save_checkpoint({'state_dict': {}}, work_dir / 'iter_500.pth')
    assert find_latest_checkpoint(work_dir).endswith('epoch_10.pth')
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'iter_500.pth'))
    assert find_latest_checkpoint(work_dir).endswith('iter_500.pth')


@pytest.mark.parametrize('name', ['epoch_3.pth', 'epoch_10.pth', 'epoch_99.pth', 'mine.pth'])
def test_files_of_another_folder_are_never_taken(work_dir, tmp_path_factory, name):
    """The pointer of a copied folder names the folder that it was copied from, which may have gone on."""
    other = tmp_path_factory.mktemp('origin')
    save_checkpoint({'state_dict': {}}, other / name)
    (work_dir / 'last_checkpoint').write_text(str(other / name))
    assert find_latest_checkpoint(work_dir) == str(work_dir / 'epoch_10.pth')
    for path in work_dir.glob('*.pth'):
        path.unlink()
    assert find_latest_checkpoint(work_dir) is None


def test_a_name_of_the_users_own(work_dir):
    save_checkpoint({'state_dict': {}}, work_dir / 'mine.pth')
    for pointer in (
        'mine.pth',
        '/gone/run/mine.pth',
        'C:\\runs\\mine.pth',
        ' mine.pth \n',
        'mine.pth\0',
    ):
        (work_dir / 'last_checkpoint').write_text(pointer)
        assert find_latest_checkpoint(work_dir) == str(work_dir / 'mine.pth'), pointer
    cut(work_dir / 'mine.pth')
    assert find_latest_checkpoint(work_dir) == str(work_dir / 'epoch_10.pth')


def test_checkpoints_in_another_folder(work_dir, tmp_path_factory):
    """As with ``out_dir``: the caller says where, the pointer does not."""
    other = tmp_path_factory.mktemp('out')
    (work_dir / 'last_checkpoint').write_text(str(other / 'epoch_3.pth'))
    assert find_latest_checkpoint(work_dir, other) is None
    save_checkpoint({'state_dict': {}}, other / 'epoch_3.pth')
    assert find_latest_checkpoint(work_dir, other) == str(other / 'epoch_3.pth')
    assert checkpoint_folder(work_dir, None) == work_dir
    assert checkpoint_folder(work_dir, '/ckpts') == Path('/ckpts') / work_dir.name


@given(
    kept=st.sets(st.sampled_from([2, 9, 10])),
    broken=st.sets(st.sampled_from([2, 9, 10])),
    pointer=st.none() | st.binary(max_size=40) | st.sampled_from([
        b'epoch_2.pth', b'epoch_9.pth\n', b' epoch_10.pth ', b'/x/epoch_11.pth', b'/x/epoch_9.pth', b'..', b'.', b'/',
        b'a' * 9000,
    ]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_whatever_is_left_of_a_folder(kept, broken, pointer):
    """Files deleted by hand or cut, a pointer of any content: the newest complete file of the folder."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for epoch in kept:
            save_checkpoint({}, folder / f'epoch_{epoch}.pth')
            if epoch in broken:
                cut(folder / f'epoch_{epoch}.pth')
        if pointer is not None:
            (folder / 'last_checkpoint').write_bytes(pointer)
        expected = max(kept - broken, default=None)
        found = find_latest_checkpoint(folder)
        assert found == (None if expected is None else str(folder / f'epoch_{expected}.pth'))


def test_nothing_there(tmp_path):
    assert find_latest_checkpoint(tmp_path) is None
    assert find_latest_checkpoint(tmp_path / 'missing') is None
    (tmp_path / 'best_accuracy_epoch_2.pth').touch()
    assert find_latest_checkpoint(tmp_path) is None
