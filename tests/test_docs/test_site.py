"""The documentation builds without a warning, and every command and Python block on it can be run as it is written."""

from __future__ import annotations

import ast
import importlib.util
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from vamp_mm.commands import COMMANDS, parser_of

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in (
        '*.md',
        'docs/**/*.md',
        'configs/*/README.md',
        'data/README.md',
        'projects/*/*.md',
    )
    for path in ROOT.glob(pattern)
    # what a version could do is said in the words of that version
    if path.name != 'CHANGELOG.md'
)
_BLOCK = re.compile(r'^ *```(\w*)\n(.*?)^ *```$', re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r'`((?:vamp_mm|python tools/)[^`]+)`')
_TOOLS = {f'tools/{row.tool}': row for row in COMMANDS.values()}
#: Words that stand for something else: CONFIG, <name>, [options], "..."
_OPEN = ('...', '…', '<', '[', '|', '>')


def _lines(page: Path, inline: bool) -> Iterator[str]:
    text = page.read_text('utf-8')
    if inline:
        yield from _INLINE.findall(_BLOCK.sub('', text))
        return
    for kind, block in _BLOCK.findall(text):
        if kind not in ('python', 'text', 'yaml', 'eval'):
            yield from block.replace('\\\n', ' ').splitlines()


def _commands(page: Path, inline: bool) -> Iterator[str]:
    """Our commands on a page, without comments and what is to be filled in."""
    for line in _lines(page, inline):
        line = line.strip().removeprefix('$ ')
        words = line.split()
        # neither a table of output nor a name to be filled in
        named = bool(re.fullmatch(r'[a-z-]+', ''.join(words[1:2])))
        ours = (words[:1] == ['vamp_mm'] and named) or (
            words[:1] == ['python'] and words[1:2] and words[1] in _TOOLS
        )
        if ours and not any(sign in line.split(' #')[0] for sign in _OPEN):
            yield line


def _problem(line: str) -> str | None:
    """What is wrong with a command line; None if it can be read and its configs are there."""
    words = shlex.split(line, comments=True)
    if words[0] == 'vamp_mm':
        if len(words) == 1 or words[1].startswith('-'):
            return None
        if words[1] not in COMMANDS:
            return f'{words[1]!r} is not a command'
        row, words = COMMANDS[words[1]], words[2:]
    else:
        row, words = _TOOLS[words[1]], words[2:]
    if not words:  # the name of a command in a sentence
        return None
    missing = [
        word
        for word in words
        if word.startswith('configs/') and '*' not in word and not (ROOT / word).exists()
    ]
    if missing:
        return f'{missing} does not exist'
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            parser_of(row).parse_args(words)
    except SystemExit as stop:
        return said.getvalue() if stop.code else None
    return None


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_can_be_typed_as_they_are_written(page: Path) -> None:
    typed = {line: _problem(line) for line in _commands(page, inline=False)}
    named = {line: _problem(line) for line in _commands(page, inline=True)}
    assert {line: problem for line, problem in typed.items() if problem} == {}
    # in a sentence a command may be named by its first words: `vamp_mm test CONFIG`
    assert {
        line: problem
        for line, problem in named.items()
        if problem and 'arguments are required' not in problem
    } == {}


def test_many_commands_are_found() -> None:
    """The patterns above would notice if they found nothing."""
    assert (
        sum(1 for page in PAGES for inline in (False, True) for _ in _commands(page, inline)) > 100
    )


@pytest.mark.parametrize(
    ('line', 'problem'),
    [
        ('vamp_mm trian configs/coop/coop_icons.py', 'is not a command'),
        ('vamp_mm train configs/coop/none.py', 'does not exist'),
        ('python tools/train.py configs/coop/coop_icons.py --sed 3', 'did you mean --seed'),
        ('vamp_mm train configs/coop/coop_icons.py --shots four', 'invalid int'),
    ],
)
def test_a_wrong_command_would_be_noticed(line: str, problem: str) -> None:
    assert problem in (_problem(line) or '')


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_blocks_are_python(page: Path) -> None:
    for kind, block in _BLOCK.findall(page.read_text('utf-8')):
        if kind == 'python':
            ast.parse(block)


def test_the_rule_proposes_the_blocks_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = dict(_BLOCK.findall((ROOT / 'docs' / 'weights.md').read_text('utf-8'))[::-1])
    code, comment = blocks['python'].rstrip().rsplit('\n', 1)
    exec(compile(code, 'weights.md', 'exec'), {})
    assert capsys.readouterr().out == comment.removeprefix('# ') + '\n'


@pytest.mark.skipif(importlib.util.find_spec('sphinx') is None, reason='requirements/docs.txt')
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / 'docs' / 'site' / 'build.py', tmp_path],
        env={'PYTHONPATH': str(ROOT), 'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for page in (
        'docs/get_started',
        'docs/concepts',
        'made/methods',
        'made/datasets',
        'made/api_models',
        'configs/vamp/README',
    ):
        assert (tmp_path / 'html' / f'{page}.html').is_file()
    datasets = (tmp_path / 'html' / 'made' / 'datasets.html').read_text('utf-8')
    assert 'Caltech101' in datasets
    assert '4128' in datasets  # training images of Caltech101
    methods = (tmp_path / 'html' / 'made' / 'methods.html').read_text('utf-8')
    configs = [file.relative_to(ROOT).as_posix() for file in (ROOT / 'configs').glob('[a-z]*/*.py')]
    assert [config for config in configs if config not in methods] == []
    plans = (tmp_path / 'html' / '_images' / 'plans.svg').read_text('utf-8')
    assert plans.count('<path') > 60
