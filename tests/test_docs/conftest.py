"""Runs the commands of a page in a folder like the root of the repository."""

from __future__ import annotations

import io
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from runner_state import forget_runners

from vamp_mm.commands.main import main

ROOT = Path(__file__).parents[2]
# what the pages print where a run prints the folder that it is started in
HOME = '/home/me/vamp_mm'
_BLOCK = re.compile(r'^```(bash|text|python)\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def _tool(words: list[str], cwd: Path) -> str:
    """``python tools/...`` in this process: importing torch anew takes seconds."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(cwd)
        patch.setattr(sys, 'argv', words)
        try:
            runpy.run_path(str(cwd / words[0]), run_name='__main__')
        except SystemExit as stop:
            if stop.code:
                raise RuntimeError(f'{words}: {err.getvalue()}') from stop
    forget_runners()  # as the end of the process would
    return out.getvalue()


def _command(words: list[str], cwd: Path) -> str:
    """``vamp_mm ...`` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(cwd)
        patch.setattr(sys, 'argv', words)
        try:
            main()
        except SystemExit as stop:
            if stop.code:
                raise RuntimeError(f'{words}: {err.getvalue()}') from stop
    forget_runners()
    return out.getvalue()


def _module(words: list[str], cwd: Path) -> str:
    """``python -m ...`` in a process of its own: a second pytest in this one would see the modules of the first."""
    done = subprocess.run(
        [sys.executable, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=400
    )
    if done.returncode:
        raise RuntimeError(f'{words}: {done.stdout[-3000:]}{done.stderr[-3000:]}')
    return done.stdout


def _run(line: str, cwd: Path) -> str:
    tool, _, pipe = line.partition(' | ')
    if tool.startswith('python -m '):
        return _module(shlex.split(line)[1:], cwd)
    if tool.startswith(('python ', 'vamp_mm ')):
        words = shlex.split(tool)
        said = _tool(words[1:], cwd) if words[0] == 'python' else _command(words, cwd)
        if not pipe:
            return ''  # a log, which no page prints
        line = pipe
    else:
        said = ''
    done = subprocess.run(
        ['bash', '-c', line],
        cwd=cwd,
        input=said,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, 'LC_ALL': 'C'},
    )
    return done.stdout


def follow(page: Path, cwd: Path) -> Iterator[tuple[str, str]]:
    """Do what a page says.

    Yields:
        tuple[str, str]: What the page prints, and what the commands above it printed.
    """
    said = ''
    for kind, text in _BLOCK.findall(page.read_text(encoding='utf-8')):
        if kind == 'bash':
            said = ''.join(_run(line, cwd) for line in text.splitlines()).replace(str(cwd), HOME)
        elif kind == 'python':
            name = text.split('\n', 1)[0].removeprefix('# ')
            (cwd / name).write_text(text, encoding='utf-8')
        else:
            yield text, said


@pytest.fixture(scope='session')
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the configs and tools of the repository, in which the pages write what they write."""
    folder = tmp_path_factory.mktemp('checkout')
    for name in ('configs', 'tools'):
        (folder / name).symlink_to(ROOT / name, target_is_directory=True)
    return folder


@pytest.fixture
def follow_page(checkout: Path) -> Callable[[str], list[tuple[str, str]]]:
    """Do what a page in ``docs/tutorials`` says, in the checkout."""
    return lambda name: list(follow(ROOT / 'docs' / 'tutorials' / name, checkout))
