"""Benchmarks of toy runs: one fails, one is killed, the benchmark itself is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toy_apis

from vamp_mm.apis import compose, train
from vamp_mm.benchmark import Job, plan, read_spec, run_benchmark
from vamp_mm.benchmark.worker import run_job

ROOT = Path(__file__).parents[2]
HOOK = (
    "custom_imports = dict(imports=['toy_apis', 'benchmark_hooks'])\n"
    "custom_hooks = [dict(type='InterruptOnceHook', marker={marker!r}, wait={wait})]\n"
)


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processes of runs find the toys."""
    monkeypatch.setenv(
        'PYTHONPATH', os.pathsep.join([str(ROOT), str(ROOT / 'tests'), str(Path(__file__).parent)])
    )
    monkeypatch.setenv('OMP_NUM_THREADS', '1')


def _interrupted(folder: Path, wait: float = 0.0) -> Path:
    return toy_apis.write_config(
        folder, HOOK.format(marker=str(folder / 'marker'), wait=wait), name='interrupted.py'
    )


def _results(jobs: list[Job]) -> dict[str, bytes]:
    paths = [Path(job.work_dir) / 'result.json' for job in jobs]
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


@pytest.mark.usefixtures('paths')
def test_failing_and_killed_runs_do_not_stop_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    toy, killed = toy_apis.write_config(tmp_path), _interrupted(tmp_path)
    broken = {
        'name': 'broken',
        'config': str(toy),
        'overrides': {'train_dataloader.dataset.shots': -1},
    }
    flags = dict(
        methods=[broken, f'killed={killed}', f'toy={toy}'], seeds=[1], work_dir=str(tmp_path / 'b')
    )
    jobs = {job.labels['method']: job for job in plan(read_spec(None, flags))}

    assert run_benchmark(read_spec(None, flags), slots=3) == 2
    said = capsys.readouterr().out
    assert 'FAILED broken data all images seed 1 (status 1)' in said
    assert 'RuntimeError' in said  # the tail of its log
    assert 'FAILED killed data 4 shots seed 1 (signal 9)' in said
    assert [jobs[name].state() for name in ('broken', 'killed', 'toy')] == [
        'new',
        'interrupted',
        'finished',
    ]
    before = _results(list(jobs.values()))

    flags['methods'] = flags['methods'][1:]
    assert run_benchmark(read_spec(None, flags), slots=2) == 0
    said = capsys.readouterr().out
    assert '2 runs in' in said
    assert '1 finished, 1 to resume' in said
    result = jobs['killed'].result()
    assert result is not None
    assert (result['resumed_at_epoch'], result['epochs']) == (1, 2)
    after = _results(list(jobs.values()))
    assert {path: after[path] for path in before} == before  # the finished one was left alone

    result = jobs['toy'].result()
    assert result is not None
    assert result['run'] == dict(
        method='toy', dataset='data', protocol=None, shots=4, seed=1, overrides={}
    )
    assert result['config_hash'] == jobs['toy'].config_hash
    assert {
        'versions',
        'hardware',
        'seconds',
        'peak_memory_mb',
        'trainable_parameters',
    } <= result.keys()
    assert not list((tmp_path / 'b').rglob('progress.json'))


@pytest.mark.usefixtures('paths')
@pytest.mark.skipif(os.name != 'posix', reason='processes are looked at as on POSIX')
def test_killed_benchmark_takes_its_runs_along_and_goes_on(tmp_path: Path) -> None:
    config = _interrupted(tmp_path, wait=300)
    flags = ['--methods', str(config), '--seeds', '1', '--work-dir', str(tmp_path / 'b')]
    with open(tmp_path / 'log', 'w') as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / 'tools/benchmark.py'), *flags], stdout=log, stderr=log
        )
    marker = tmp_path / 'marker'
    deadline = time.monotonic() + 120
    while not (marker.is_file() and marker.read_text()):
        assert time.monotonic() < deadline, (tmp_path / 'log').read_text()
        assert process.poll() is None, (tmp_path / 'log').read_text()
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    run = int(marker.read_text())
    while _alive(run):
        assert time.monotonic() < deadline, 'the run outlived its benchmark'
        time.sleep(0.1)

    spec = read_spec(None, dict(methods=[str(config)], seeds=[1], work_dir=str(tmp_path / 'b')))
    [job] = plan(spec)
    assert job.state() == 'interrupted'
    run_job(job.work_dir)  # what the benchmark would start
    result = json.loads((Path(job.work_dir) / 'result.json').read_text())
    assert result['resumed_at_epoch'] == 1
    # the marker is there: no wait
    whole = train(compose(**{**job.options, 'work_dir': str(tmp_path / 'whole')}))
    # SGD without momentum over all data: the order within an epoch, which a resumed sampler repeats, is the same
    assert result['metrics'] == whole


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f'/proc/{process}/stat')
    return not (stat.is_file() and stat.read_text().rsplit(')', 1)[-1].split()[0] == 'Z')
