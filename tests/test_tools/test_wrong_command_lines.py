"""What users get wrong: each ends in one sentence, never in a traceback."""

from __future__ import annotations

import io
import os
import runpy
import shlex
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
import toy_apis
from runner_state import forget_runners

ROOT = Path(__file__).parents[2]
CLIP = ROOT / 'configs' / 'clip' / 'zero_shot_icons.py'


@pytest.fixture(scope='module')
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what command lines below name."""
    folder = tmp_path_factory.mktemp('wrong')
    toy_apis.write_config(folder)
    toy_apis.write_config(folder, 'x = [\n', 'syntax.py')
    toy_apis.write_config(folder, 'x = unknown_name\n', 'name.py')
    toy_apis.write_config(
        folder, "custom_imports = dict(imports=['no_such_module'])\n", 'module.py'
    )
    (folder / 'base.py').write_text("_base_ = 'nobase.py'\n")
    (folder / 'self.py').write_text("_base_ = 'self.py'\n")
    (folder / 'bytes.py').write_bytes(b'\xff\xfe\x00')
    (folder / 'text.txt').write_text('hello')
    (folder / 'folder').mkdir()
    (folder / 'job').mkdir()
    (folder / 'job' / 'job.json').write_text('{')
    return folder


def _run(line: str, place: Path) -> tuple[int, str]:
    """Exit code and standard error of a command line, run in this process: importing torch takes seconds."""
    tool, *words = shlex.split(line.replace('CLIP', str(CLIP)))
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(place)
        patch.setattr(sys, 'argv', [tool, *words])
        # as Python does with a script
        patch.syspath_prepend((ROOT / 'tools' / tool).resolve().parent)
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(ROOT / 'tools' / tool), run_name='__main__')
    forget_runners()
    return int(stop.value.code or 0), err.getvalue()


@pytest.mark.parametrize(
    ('line', 'code', 'sentence'),
    [
        ('train.py', 2, 'train.py: the following arguments are required: config'),
        ('train.py nothing.py', 1, "config 'nothing.py' does not exist"),
        ('train.py folder', 1, "config 'folder' is a folder"),
        (
            'train.py text.txt',
            1,
            "text.txt: the config cannot be read: it ends in '.txt'; a config is a .py file",
        ),
        ('train.py syntax.py', 1, 'syntax.py: the config cannot be read: it is not Python: '),
        ('train.py name.py', 1, "running it ends in NameError: name 'unknown_name' is not defined"),
        ('train.py base.py', 1, "nobase.py', which does not exist"),
        ('train.py self.py', 1, 'the config cannot be read: '),
        ('train.py bytes.py', 1, 'it is not UTF-8 text'),
        ('train.py module.py', 1, 'no_such_module'),
        ('train.py toy.py --protocol no-such', 1, "--protocol 'no-such' is not known"),
        ('train.py toy.py --sed 3', 2, "'--sed' is not an option; did you mean --seed"),
        ('train.py toy.py --shots two', 2, 'argument --shots: invalid int value'),
        ('train.py toy.py --seed -1', 1, '--seed -1 must be an integer from 0'),
        ('train.py toy.py --work-dir text.txt', 1, "text.txt' is a file; give a folder"),
        ('train.py toy.py --work-dir text.txt/run', 1, 'could not be written (Not a directory)'),
        ("train.py toy.py --work-dir ''", 2, '--work-dir is empty'),
        ('train.py toy.py --template photo', 1, "must hold exactly one '{}'"),
        (
            'train.py toy.py --cfg-options',
            2,
            'argument --cfg-options: expected at least one argument',
        ),
        ('train.py toy.py --cfg-options run.pth', 1, 'has no "="; write KEY=VALUE'),
        ('train.py toy.py --cfg-options model.start=zero', 1, "it cannot become 'zero', a word"),
        (
            'train.py toy.py --work-dir a --cfg-options train_dataloader.batch_size=0',
            1,
            'train_dataloader.batch_size=0 must be an integer of at least 1',
        ),
        (
            'train.py toy.py --work-dir b --cfg-options optim_wrapper.optimizer.lr=-1',
            1,
            'optim_wrapper.optimizer.lr=-1 must be a number of at least 0',
        ),
        ('test.py toy.py folder', 1, "checkpoint 'folder' is a folder"),
        ('test.py toy.py none --work-dir c', 1, 'no checkpoint is given'),
        ('predict.py none text.txt', 1, 'without a checkpoint a config must name the model'),
        (
            'predict.py none text.txt --config CLIP --device banana',
            1,
            "device='banana' cannot be used: ",
        ),
        ('benchmark.py', 1, '--methods is missing'),
        ('benchmark.py folder', 1, "benchmark file 'folder' is a folder"),
        ('benchmark.py --methods clip --datasets icons --slots 0', 1, 'slots=0'),
        ('report.py text.txt', 1, "'text.txt' is not a folder"),
        ('demo.py --port 70000', 2, '70000 must be from 0 to 65535'),
        ('check_configs.py --fix', 2, "'--fix' is not an option"),
        ('dataset_tools/prepare.py nothing', 1, "no archives are known for 'nothing'"),
        ('dataset_tools/verify.py nothing', 1, "'nothing' is neither a folder or file of your own"),
        (
            'dataset_tools/build_icons.py --out text.txt',
            1,
            "'text.txt': file exists; choose another name",
        ),
        (
            'dataset_tools/browse_dataset.py toy.py --split nothing',
            1,
            "split='nothing' is not in this config",
        ),
        (
            'dataset_tools/check_protocol.py --vectors text.txt --splits folder',
            1,
            'text.txt is not JSON: ',
        ),
        ('dev/check_parity.py folder', 1, "'folder' holds no .npz file"),
        (
            'model_converters/import_original.py coop folder --out x.pth',
            1,
            "'folder' is not a file",
        ),
        ('analysis_tools/nearest_words.py toy.py none --top-k 0', 2, '0 must be from 1 on'),
        (
            '../projects/tiny_clip/score_on_icons.py --benchmark nothing',
            1,
            'no such file or directory',
        ),
        (
            '../projects/tiny_clip/pretrain_tiny_clip.py --out x --image-steps -1',
            2,
            '-1 must be from 0 on',
        ),
    ],
)
def test_one_sentence(line: str, code: int, sentence: str, place: Path) -> None:
    found, err = _run(line, place)
    assert sentence in err
    assert found == code
    assert 'Traceback' not in err
    assert 'should not happen' not in err


def test_the_process_of_a_run_says_that_its_file_is_damaged(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    from vamp_mm.benchmark.worker import main

    monkeypatch.setattr(sys, 'argv', ['worker', str(place / 'job')])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    assert 'job.json: it does not describe a run' in capsys.readouterr().err


@pytest.mark.skipif(os.name != 'posix' or os.geteuid() == 0, reason='root may write everywhere')
def test_a_folder_that_cannot_be_written(place: Path) -> None:
    (place / 'locked').mkdir(mode=0o500)
    code, err = _run('train.py toy.py --work-dir locked/run', place)
    assert code == 1
    assert 'permission denied; change its permissions, or choose another place' in err


def test_an_unexpected_error_leaves_its_traceback_beside_the_log(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*inputs: object, **options: object) -> None:
        raise ArithmeticError('nobody foresaw this')

    monkeypatch.setattr(toy_apis.ApiToyModel, 'forward', broken)
    code, err = _run('train.py toy.py --work-dir unexpected', place)
    (file,) = (place / 'unexpected').glob('*/traceback.txt')
    assert code == 1
    assert err.endswith(
        f'error: ArithmeticError: nobody foresaw this -- an error that should not happen; its traceback is in '
        f"'{file}'\n"
    )
    assert 'nobody foresaw this' in file.read_text()
