"""How a command ends, in processes of their own: exit codes, streams, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vamp_mm.cli import command

ROOT = Path(__file__).parents[2]
HEAD = 'import os, sys, time\nfrom vamp_mm.cli import command, loading, ToolParser\n'


def _start(
    body: str,
    *words: str,
    env: dict[str, str] | None = None,
    shell: str = '',
    how: str = '',
    **options: object,
) -> subprocess.Popen:
    """A command whose main function is ``body``; ``shell`` follows it on a shell's command line."""
    lines = '\n'.join(f'    {line}' for line in body.splitlines())
    code = f'{HEAD}@command(next_step="--resume continues it"{how})\ndef main():\n{lines}\nmain()\n'
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), **(env or {})}
    call = [sys.executable, '-c', code, *words]
    if shell:
        call = ['bash', '-o', 'pipefail', '-c', f'"$@" {shell}', 'bash', *call]
    return subprocess.Popen(
        call,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        preexec_fn=_heed_ctrl_c,
        **options,
    )  # type: ignore


def _heed_ctrl_c() -> None:
    """Tests that run in the background of a shell have SIGINT ignored, and so has all that they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _run(body: str, *words: str, **options: object) -> tuple[int, str, str]:
    process = _start(body, *words, **options)  # type: ignore[arg-type]
    out, err = process.communicate(timeout=120)
    return (
        process.returncode,
        out.decode('utf-8', 'surrogateescape'),
        err.decode('utf-8', 'surrogateescape'),
    )


def test_an_error_of_the_system_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    code, out, err = _run(f'open({str(tmp_path / "no")!r})')
    assert (code, out, err) == (1, '', f"error: '{tmp_path}/no': no such file or directory\n")


def test_an_unexpected_error_names_a_file_with_its_traceback(tmp_path: Path) -> None:
    code, _, err = _run("raise RuntimeError('shapes\\n differ')", env={'TMPDIR': str(tmp_path)})
    (file,) = tmp_path.glob('vamp_mm_traceback_*.txt')
    assert code == 1
    assert (
        err
        == f"error: RuntimeError: shapes differ -- an error that should not happen; its traceback is in '{file}'\n"
    )
    assert 'RuntimeError: shapes' in file.read_text()


def test_the_traceback_is_shown_on_demand() -> None:
    code, _, err = _run("ToolParser('x').parse_args()\nraise ValueError('bad')", '--traceback')
    assert code == 1
    assert err.startswith('Traceback')
    assert err.endswith('ValueError: bad\n')


def test_a_missing_package_while_loading_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, '-c', f'{HEAD}with loading():\n    import no_such_package\n'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
    )
    assert done.returncode == 1
    assert done.stderr == (
        "error: No module named 'no_such_package': install the package, or put the folder that holds it on "
        'PYTHONPATH\n'
    )


@pytest.mark.parametrize('ending', ['', '\nsys.exit(0)'])
def test_a_closed_pipe_ends_quietly(ending: str) -> None:
    code, out, err = _run(f"for n in range(100000): print('line', n){ending}", shell='| head -1')
    assert (code, out, err) == (141, 'line 0\n', '')


def test_a_closed_pipe_that_only_the_end_meets() -> None:
    code, _, err = _run("print('one line')", shell='| sleep 0')
    assert code in (0, 141)  # as the reader is quicker or not
    assert err == ''


LONG = (
    'import logging\n'
    'logging.basicConfig(stream=sys.stdout)\n'
    "for n in range(3000): print('line', n, flush=True); logging.warning('line'); os.write(2, b'')\n"
    "open('result', 'w').write('done')"
)
LEFT = 'nobody reads standard output any more; the run continues\n'


def test_work_outlives_its_reader(tmp_path: Path) -> None:
    code, out, err = _run(LONG, shell='| head -1', how=', outlives_reader=True', cwd=tmp_path)
    assert (code, out, err) == (0, 'line 0\n', LEFT)
    assert (tmp_path / 'result').read_text() == 'done'


def test_work_outlives_both_readers_without_a_word(tmp_path: Path) -> None:
    body = f"for n in range(99): print('on stderr', file=sys.stderr, flush=True)\n{LONG}"
    code, out, err = _run(body, shell='2>&1 | head -1', how=', outlives_reader=True', cwd=tmp_path)
    assert (code, out, err) == (0, 'on stderr\n', '')
    assert (tmp_path / 'result').read_text() == 'done'


def test_only_the_first_of_several_processes_says_that_its_reader_left(tmp_path: Path) -> None:
    code, _, err = _run(
        LONG, shell='| head -1', how=', outlives_reader=True', cwd=tmp_path, env={'LOCAL_RANK': '1'}
    )
    assert (code, err) == (0, '')


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='a device of Linux')
def test_a_full_disk_is_said_of_work_that_outlives_its_reader_too() -> None:
    code, _, err = _run("print('answer')", shell='> /dev/full', how=', outlives_reader=True')
    assert (code, err) == (
        1,
        'error: no space left on device; free some space, or write to another folder\n',
    )


def test_output_that_outlives_its_reader_is_the_same() -> None:
    body = "print('a', end='')\nsys.stdout.buffer.write(b'b')\nprint('写真', sys.stdout.fileno(), sys.stdout.isatty())"
    for how in ('', ', outlives_reader=True'):
        body_flushed = body.replace("end='')", "end='', flush=True)").replace(
            "b'b')", "b'b')\nsys.stdout.flush()"
        )
        assert _run(body_flushed, how=how, env={'PYTHONIOENCODING': 'ascii'}) == (
            0,
            'ab\\u5199\\u771f 1 False\n',
            '',
        )


def test_a_loading_process_whose_parent_left_the_connection_says_nothing() -> None:
    body = (
        'import multiprocessing\n'
        'def work(kind):\n    sys.excepthook(kind, kind("gone"), None)\n'
        'for kind in (ConnectionResetError, BrokenPipeError, EOFError, RuntimeError):\n'
        "    child = multiprocessing.get_context('fork').Process(target=work, args=(kind,))\n"
        '    child.start(); child.join()'
    )
    assert _run(body) == (0, '', 'RuntimeError: gone\n')


@pytest.mark.parametrize(('number', 'code'), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_are_answered_before_anything_heavy_is_imported(
    number: signal.Signals, code: int
) -> None:
    heavy = "print(sorted({name.partition('.')[0] for name in sys.modules} & {'mmengine', 'numpy', 'torch', 'mmcv'}))"
    lines = f'{HEAD}with loading():\n    {heavy}\n    os.kill(os.getpid(), {int(number)})\n    time.sleep(60)\n'
    done = subprocess.run(
        [sys.executable, '-c', lines],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        preexec_fn=_heed_ctrl_c,
    )
    assert (done.returncode, done.stdout) == (code, '[]\n')
    assert done.stderr == ('interrupted\n' if code == 130 else 'terminated\n')


def test_lines_of_a_closed_standard_error_go_nowhere(tmp_path: Path) -> None:
    body = (
        "with open('data.txt', 'w') as file:\n"
        "    file.write('data\\n')\n"
        '    file.flush()\n'
        "    print('a log line', file=sys.stderr, flush=True)\n"
        "    os.write(2, b'of a library')\n"
        "print('answer')"
    )
    code, out, _ = _run(body, shell='2>&-', cwd=tmp_path)
    assert (code, out) == (0, 'answer\n')
    assert (tmp_path / 'data.txt').read_text() == 'data\n'


def test_a_closed_standard_output_is_no_error(tmp_path: Path) -> None:
    code, out, err = _run(
        "print('answer')\nopen('data.txt', 'w').write('x')", shell='>&-', cwd=tmp_path
    )
    assert (code, out, err) == (0, '', '')
    assert (tmp_path / 'data.txt').read_text() == 'x'


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='a device of Linux')
def test_a_full_disk_is_said() -> None:
    code, _, err = _run("print('answer')", shell='> /dev/full')
    assert (code, err) == (
        1,
        'error: no space left on device; free some space, or write to another folder\n',
    )


def test_what_an_encoding_cannot_write_is_escaped() -> None:
    code, out, err = _run(
        r"print('写真 \udcff')" '\n' r"raise FileNotFoundError('no 写真')",
        env={'PYTHONIOENCODING': 'ascii'},
    )
    assert (code, out, err) == (1, '\\u5199\\u771f \\udcff\n', 'error: no \\u5199\\u771f\n')


def test_control_characters_of_a_message_are_escaped() -> None:
    _, _, err = _run(r"raise FileNotFoundError('a\x1b[31m\r\x07b' + chr(0x202e) + '写\nnext')")
    assert err == 'error: a\\x1b[31m\\r\\x07b\\u202e写\nnext\n'


@pytest.mark.parametrize(
    ('number', 'code', 'word'),
    [(signal.SIGINT, 130, 'interrupted'), (signal.SIGTERM, 143, 'terminated')],
)
def test_signals_end_with_a_line(number: signal.Signals, code: int, word: str) -> None:
    process = _start("print('ready', flush=True)\ntime.sleep(60)")
    assert process.stdout is not None
    assert process.stdout.readline() == b'ready\n'
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (
        code,
        b'',
        f'{word}; --resume continues it\n'.encode(),
    )


def test_a_signal_that_a_library_turns_into_another_error_is_still_a_signal() -> None:
    body = (
        "print('ready', flush=True)\n"
        'try:\n    time.sleep(60)\n'
        "except BaseException:\n    raise SyntaxError('Failed to format the config file') from None"
    )
    process = _start(body)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1] == b'interrupted; --resume continues it\n'
    assert process.returncode == 130


def test_a_signal_while_a_tool_loads_is_one_line() -> None:
    code = f"{HEAD}with loading():\n    print('ready', flush=True)\n    time.sleep(60)\n"
    process = subprocess.Popen(
        [sys.executable, '-c', code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, 'PYTHONPATH': str(ROOT)},
        preexec_fn=_heed_ctrl_c,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1] == b'interrupted\n'
    assert process.returncode == 130


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_loading_processes_print_nothing_when_all_are_stopped(number: signal.Signals) -> None:
    body = (
        'import multiprocessing\n'
        "child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(60,), daemon=True)\n"
        'child.start()\n'
        "print('ready', flush=True)\n"
        'time.sleep(60)'
    )
    process = _start(body, start_new_session=True)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.2)  # the child has begun
    os.killpg(process.pid, number)
    err = process.communicate(timeout=60)[1].decode()
    assert err.splitlines() == [
        f'{"interrupted" if number == signal.SIGINT else "terminated"}; --resume continues it'
    ]


def test_processes_that_do_the_same_say_it_once() -> None:
    body = "raise FileNotFoundError('no config')"
    assert _run(body, env={'LOCAL_RANK': '0'}) == (1, '', 'error: no config\n')
    assert _run(body, env={'LOCAL_RANK': '1'}) == (1, '', '')


def test_the_signal_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen = []
    command(lambda: seen.append(signal.getsignal(signal.SIGTERM)))()
    assert seen[0] is not before
    assert signal.getsignal(signal.SIGTERM) is before
