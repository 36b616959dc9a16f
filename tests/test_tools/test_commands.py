"""The commands as a user types them, on a toy config in a folder of its own."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import toy_apis
from runner_state import forget_runners

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / 'tools'


@dataclass
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def _run(*words: str | Path, cwd: Path) -> Done:
    """Run a command in a process of its own."""
    paths = [str(ROOT), str(ROOT / 'tests'), os.environ.get('PYTHONPATH', '')]
    env = {
        **os.environ,
        'PYTHONPATH': os.pathsep.join(filter(None, paths)),
        'PYTHON': sys.executable,
        'OMP_NUM_THREADS': '1',
    }
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def _python(tool: str, *words: str | Path, cwd: Path) -> Done:
    """Run a tool as ``python tools/<tool> <words>`` would, in this process: importing torch anew takes seconds."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(cwd)
        patch.setattr(sys, 'argv', [str(TOOLS / tool), *map(str, words)])
        try:
            runpy.run_path(str(TOOLS / tool), run_name='__main__')
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
    forget_runners()  # as the end of the process would
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope='module')
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy config and a run of it in ``run``, trained by the command."""
    folder = tmp_path_factory.mktemp('commands')
    toy_apis.write_config(folder)
    done = _python(
        'train.py',
        'toy.py',
        '--work-dir',
        'run',
        '--seed',
        '5',
        '--shots',
        '6',
        '--amp',
        '--cfg-options',
        'optim_wrapper.optimizer.lr=0.1',
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_a_command_in_a_process_of_its_own(trained: Path) -> None:
    done = _run(sys.executable, TOOLS / 'train.py', 'toy.py', '--work-dir', 'own', cwd=trained)
    assert done.returncode == 0, done.stderr
    assert json.loads((trained / 'own' / 'result.json').read_text())['epochs'] == 2


def test_train_takes_its_options(trained: Path) -> None:
    result = json.loads((trained / 'run' / 'result.json').read_text())
    assert result['seed'] == 5
    text = (trained / 'run' / 'toy.py').read_text()
    assert 'shots=6' in text
    assert 'lr=0.1' in text
    assert 'OptimWrapper' in text


def test_the_terminal_is_spared_what_nobody_reads_there(trained: Path) -> None:
    done = _python('train.py', 'toy.py', '--work-dir', 'short', cwd=trained)
    assert done.returncode == 0, done.stderr
    (log,) = (trained / 'short').glob('*/*.log')
    for words in ('System environment:', 'Config:\n', 'Hooks will be executed', 'SyncBatchNorm'):
        assert words in log.read_text()
        assert words not in done.stdout
    assert f'environment, config and hooks of this run are in {log}\n' in done.stdout


def test_test_takes_the_folder_of_a_run(trained: Path) -> None:
    done = _python('test.py', 'toy.py', 'run', '--work-dir', 'tested', cwd=trained)
    assert done.returncode == 0, done.stderr
    assert 'its last checkpoint is taken, epoch_2.pth' in done.stdout
    (result,) = (trained / 'tested').glob('*/result.json')
    assert json.loads(result.read_text())['checkpoint'].endswith('epoch_2.pth')


def test_train_refuses_a_folder_in_use_without_a_traceback(trained: Path) -> None:
    done = _python('train.py', 'toy.py', '--work-dir', 'run', cwd=trained)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: work_dir '{trained / 'run'}' is not empty")
    assert '--resume' in done.stderr
    assert 'Traceback' not in done.stderr


def test_train_refuses_a_misspelt_option(trained: Path) -> None:
    done = _python('train.py', 'toy.py', '--cfg-options', 'model.strat=2.0', cwd=trained)
    assert done.returncode == 1
    assert "did you mean 'start'" in done.stderr
    assert not (trained / 'work_dirs').exists()


def test_test_repeats_the_number_of_training(trained: Path) -> None:
    done = _python('test.py', 'toy.py', 'run/epoch_2.pth', '--work-dir', 'test', cwd=trained)
    assert done.returncode == 0, done.stderr
    found = [json.loads(path.read_text()) for path in (trained / 'test').glob('*/result.json')]
    trained_metrics = json.loads((trained / 'run' / 'result.json').read_text())['metrics']
    assert [result['metrics'] for result in found] == [trained_metrics]


def test_test_without_checkpoint_is_refused_for_a_trained_method(trained: Path) -> None:
    done = _python('test.py', 'toy.py', 'none', '--work-dir', 'none', cwd=trained)
    assert done.returncode == 1
    assert 'no checkpoint is given' in done.stderr


def test_print_config_shows_what_would_run(trained: Path) -> None:
    done = _python('print_config.py', 'toy.py', '--shots', '2', cwd=trained)
    assert done.returncode == 0, done.stderr
    assert 'shots=2' in done.stdout
    assert "type='ApiToyModel'" in done.stdout


def test_check_configs_fails_on_a_faulty_file(trained: Path) -> None:
    toy_apis.write_config(trained, 'optim_wraper = 1\n', name='faulty.py')
    good, bad = (_python('check_configs.py', name, cwd=trained) for name in ('toy.py', 'faulty.py'))
    assert good.returncode == 0, good.stdout
    assert bad.returncode == 1
    assert "did you mean 'optim_wrapper'" in bad.stdout


def test_two_processes_train_and_test_without_a_gpu(trained: Path) -> None:
    done = _run('bash', TOOLS / 'dist_train.sh', 'toy.py', '2', '--work-dir', 'two', cwd=trained)
    assert done.returncode == 0, done.stderr
    result = json.loads((trained / 'two' / 'result.json').read_text())
    assert result['processes'] == 2
    done = _run(
        'bash',
        TOOLS / 'dist_test.sh',
        'toy.py',
        'two/epoch_2.pth',
        '2',
        '--work-dir',
        'two_test',
        cwd=trained,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(path.read_text()) for path in (trained / 'two_test').glob('*/result.json')]
    # Two processes see the same eight numbers in batches of two; the mean over batches is that of one process.
    assert [item['metrics'] for item in found] == [result['metrics']]


@pytest.mark.parametrize('script', ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh'])
def test_scripts_tell_their_usage(script: str, tmp_path: Path) -> None:
    done = _run('bash', TOOLS / script, cwd=tmp_path)
    assert done.returncode == 2
    assert 'usage' in done.stderr


def test_slurm_script_asks_for_what_it_was_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    srun = tmp_path / 'srun'
    srun.write_text('#!/bin/sh\necho "$@"\n')
    srun.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}{os.pathsep}{os.environ["PATH"]}')
    monkeypatch.setenv('GPUS', '4')
    done = _run(
        'bash', TOOLS / 'slurm_train.sh', 'part', 'job', 'config.py', '--seed', '2', cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert '--partition part' in done.stdout
    assert '--ntasks 4' in done.stdout
    assert 'config.py --launcher slurm --seed 2' in done.stdout


def test_print_config_of_the_quickstart_config(tmp_path: Path) -> None:
    done = _python(
        'print_config.py', ROOT / 'configs' / 'vamp' / 'vamp_mmrl_icons.py', cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "type='VariationalPrompter'" in done.stdout


def test_check_protocol_exits_with_what_it_found(tmp_path: Path) -> None:
    lists = {part: [[f'{part}.jpg', 0, 'a']] for part in ('train', 'val', 'test')}
    (tmp_path / 'split_zhou_DescribableTextures.json').write_text(json.dumps(lists))
    codes = []
    for size in (1, 2):
        (tmp_path / 'vectors.json').write_text(json.dumps({'dtd': {'sizes': {'train': size}}}))
        done = _python(
            'dataset_tools/check_protocol.py',
            '--vectors',
            'vectors.json',
            '--splits',
            '.',
            cwd=tmp_path,
        )
        codes.append(done.returncode)
    assert codes == [0, 1]
    assert 'DIFFERENT dtd.sizes.train: recorded 2, found 1' in done.stdout
