"""The formats of tables: numbers stay numbers, and names are text in each."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path

from helpers_report import write

from vamp_mm.report import make_report
from vamp_mm.report.names import csv_cell
from vamp_mm.report.table import Stat, Table
from vamp_mm.report.write import to_csv, to_latex, to_markdown


def test_names_of_any_kind_are_text_in_every_format(tmp_path: Path) -> None:
    method, dataset = '=HYPERLINK("x")\n# a|b *c* <script>\x1b[31m\ud800', '-1+1|\n## <img src=x>'
    write(
        tmp_path,
        {'x/all/accuracy': 50.0},
        seed=1,
        method=method,
        dataset=dataset,
        protocol='cross-dataset',
    )
    with contextlib.redirect_stdout(io.StringIO()) as out:
        make_report([tmp_path])
    page = (tmp_path / 'report' / 'tables.md').read_text('utf-8')
    assert [line for line in page.splitlines() if line.startswith('#')] == [
        '## Cross-dataset, trained on -1+1\\| ## &lt;img src=x&gt;, 16 shots (accuracy in %)',
        '## Cost',
    ]
    assert '| =HYPERLINK("x") # a\\|b \\*c\\* &lt;script&gt;\\\\x1b\\[31m\\\\ud800 |' in page
    for file in (tmp_path / 'report').glob('*.csv'):
        for row in csv.reader(file.read_text('utf-8').splitlines()):
            for cell in row:
                assert not cell.startswith(('=', '+', '@', '-1')), (file, cell)
    cost = next(csv.DictReader((tmp_path / 'report' / 'cost.csv').read_text('utf-8').splitlines()))
    assert cost['method'].startswith("'=HYPERLINK")
    assert cost['dataset'] == "'-1+1| ## <img src=x>"
    assert '\x1b' not in out.getvalue() + (tmp_path / 'report' / 'report.html').read_text('utf-8')
    assert '<script>' not in (tmp_path / 'report' / 'report.html').read_text('utf-8')


def test_numbers_in_csv_stay_numbers() -> None:
    for text in ('-', '-inf', '-1.5', '+2', '1e-3', 'mmrl'):
        assert csv_cell(text) == text
    for text in ('=1', '+a', '-a', '@x', '-1+1', '＝1', '\t1'):
        assert csv_cell(text) == f"'{text}"


def test_names_are_no_markup() -> None:
    table = Table('t', 'T', ['method', 'base'], labels=1)
    table.rows.append(['<b>a</b> |\nb', '1'])
    assert to_markdown(table).splitlines()[4] == '| &lt;b&gt;a&lt;/b&gt; \\| b | 1 |'


def test_formats() -> None:
    table = Table(
        't',
        'A_b (%)',
        ['name', 'x', 'empty'],
        rows=[['a|b', Stat(1.234, 0.5), ''], ['c_d', Stat(2), '']],
        breaks={1},
        notes=['5 % ± 1.'],
    )
    assert '| a\\|b | 1.23 ± 0.50 |\n| c_d | 2.00 |' in to_markdown(table)
    assert list(csv.reader(to_csv(table).splitlines())) == [
        ['name', 'x', 'x std'],
        ['a|b', '1.234', '0.5'],
        ['c_d', '2', ''],
    ]
    latex = to_latex(table)
    assert r'\caption{A\_b (\%). 5 \% $\pm$ 1.}' in latex
    assert 'a|b & 1.23 $\\pm$ 0.50 \\\\\n\\midrule\nc\\_d & 2.00 \\\\' in latex
