"""The parser of all tools."""

from __future__ import annotations

import pytest

from vamp_mm.cli import ToolParser, whole


def _parser() -> ToolParser:
    parser = ToolParser('Does something.')
    parser.prog = 'tool.py'
    parser.add_argument('file')
    parser.add_argument('--shots', type=whole(1, 64))
    parser.add_argument('--names', nargs='+')
    return parser


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        ([], 'the following arguments are required: file'),
        (['a', '--shotz', '4'], "'--shotz' is not an option; did you mean --shots?"),
        (['a', '--banana'], "'--banana' is not an option ("),
        (['a', 'b', 'c'], "'b' 'c': more words than this command takes"),
        (['a', '--shots', 'x'], "argument --shots: 'x' is not a whole number"),
        (['a', '--shots', '0'], 'argument --shots: 0 must be from 1 to 64'),
        ([''], 'file is empty: a variable of the shell that is not set?'),
        (['a', '--names', 'b', ''], '--names is empty'),
        (['a', '--trace'], "'--trace' is not an option; did you mean --traceback?"),
    ],
)
def test_one_line_and_exit_code_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit) as stop:
        _parser().parse_args(words)
    err = capsys.readouterr().err
    assert stop.value.code == 2
    assert err.startswith('tool.py: ')
    assert message in err
    assert err.endswith(' (--help lists all options)\n')
    assert err.count('\n') == 1


def test_values_and_the_common_option() -> None:
    found = _parser().parse_args(['a', '--traceback', '--shots', '4'])
    assert vars(found) == {'file': 'a', 'shots': 4, 'names': None}
    with pytest.raises(SystemExit):
        _parser().parse_args(['--help'])


def test_help_shows_the_defaults(capsys: pytest.CaptureFixture) -> None:
    parser = _parser()
    parser.add_argument('--size', type=int, default=0, help='pixels')
    parser.add_argument('--orders', nargs='+', default=['a', 'b%'], help='ways to sort')
    parser.add_argument('--fast', action='store_true', help='skip the rest')
    parser.add_argument('--out', help='folder')
    with pytest.raises(SystemExit):
        parser.parse_args(['--help'])
    shown = capsys.readouterr().out
    assert 'pixels (default: 0)' in shown
    assert 'ways to sort (default: a b%)' in shown
    assert shown.count('(default: ') == 2  # neither switches nor options without a default
