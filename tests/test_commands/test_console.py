"""The console script: every command, its help, and what a wrong first word gives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vamp_mm.commands import COMMANDS, parser_of
from vamp_mm.commands.main import main
from vamp_mm.originals import METHODS, ORIGINALS
from vamp_mm.version import __version__

ROOT = Path(__file__).parents[2]


def _run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, *words: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, 'argv', ['vamp_mm', *words])
    try:
        main()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, *capsys.readouterr()


def test_no_parser_imports_torch_or_mmengine() -> None:
    """A help text and a typing error are answered at once."""
    code = (
        'import json, sys\n'
        'from vamp_mm.commands import COMMANDS, parser_of\n'
        'import vamp_mm.commands.main\n'
        'helps = {name: parser_of(row).format_help() for name, row in COMMANDS.items()}\n'
        'heavy = {"torch", "mmengine", "mmpretrain", "mmcv", "open_clip", "numpy", "matplotlib", "PIL"}\n'
        'print(json.dumps([sorted(heavy & set(sys.modules)), helps]))'
    )
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy, helps = json.loads(done.stdout)
    assert heavy == []
    assert list(helps) == list(COMMANDS)


def test_every_script_under_tools_is_a_command() -> None:
    scripts = {
        path.relative_to(ROOT / 'tools').as_posix() for path in (ROOT / 'tools').rglob('*.py')
    }
    earlier = {'dataset_tools/check_protocol.py'}  # a name that still works
    assert {row.tool for row in COMMANDS.values()} | earlier == scripts


@pytest.mark.parametrize('name', COMMANDS)
def test_examples_are_shown_as_they_were_called(name: str) -> None:
    row = COMMANDS[name]
    text = parser_of(row).description or ''
    assert f'vamp_mm {name}' in text
    as_script = parser_of(row, call=f'python tools/{row.tool}').description or ''
    assert f'python tools/{row.tool}' in as_script
    assert f'vamp_mm {name} ' not in as_script


def test_help_lists_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    code, out, err = _run(monkeypatch, capsys)
    assert (code, err) == (0, '')
    for row in COMMANDS.values():
        assert f'  {row.name} ' in out
        assert row.summary in out
    assert _run(monkeypatch, capsys, '--help') == (0, out, '')


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    assert _run(monkeypatch, capsys, '--version') == (0, f'vamp_mm {__version__}\n', '')


@pytest.mark.parametrize(
    ('words', 'sentence'),
    [
        (
            ['trian'],
            "vamp_mm: 'trian' is not a command; did you mean train? (--help lists all commands)",
        ),
        (['zzzzzz'], "vamp_mm: 'zzzzzz' is not a command (--help lists all commands)"),
        (
            ['train', 'a.py', '--sed', '3'],
            "vamp_mm train: '--sed' is not an option; did you mean --seed? (--help lists all options)",
        ),
        (
            ['train'],
            'vamp_mm train: the following arguments are required: config (--help lists all options)',
        ),
        (
            ['uncertain-images', 'a.jsonl', '--class-column', 'kind', '--split', 'novel'],
            'vamp_mm uncertain-images: --class-column, --split cannot change the predictions that are read from a.jsonl; '
            'give a config and a checkpoint, or leave the option out (--help lists all options)',
        ),
        (
            ['uncertain-images', 'a.jsonl', 'b.pth'],
            'vamp_mm uncertain-images: give only a predictions_<split>.jsonl, or a config and a checkpoint '
            '(--help lists all options)',
        ),
    ],
)
def test_a_wrong_word_is_one_sentence(
    words: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    assert _run(monkeypatch, capsys, *words) == (2, '', f'{sentence}\n')


def test_the_module_is_the_same_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'vamp_mm', 'train', 'nothing.py'],
        cwd=tmp_path,
        env={'PYTHONPATH': str(ROOT), 'PATH': '/usr/bin:/bin'},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: config 'nothing.py' does not exist")


@pytest.mark.parametrize('shell', ['bash', 'zsh'])
def test_completion_knows_commands_and_options(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    code, out, err = _run(monkeypatch, capsys, '--completion', shell)
    assert (code, err) == (0, '')
    for name in COMMANDS:
        assert name in out
    assert '--cfg-options' in out


def test_names_of_the_originals_are_those_of_their_table() -> None:
    assert tuple(dict.fromkeys(original.name for original in ORIGINALS)) == METHODS
