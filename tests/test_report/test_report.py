"""Tables from result files; all expected numbers are computed by hand."""

from __future__ import annotations

import contextlib
import csv
import html
import io
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from helpers_report import without_pdfs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vamp_mm.apis import ConfigError
from vamp_mm.evaluation.harmonic import harmonic_mean
from vamp_mm.report import make_report, read_results
from vamp_mm.report.compare import compare_table, student_p
from vamp_mm.report.make import tables_of
from vamp_mm.report.names import csv_cell
from vamp_mm.report.published import published
from vamp_mm.report.table import Stat, Table
from vamp_mm.report.write import to_csv, to_latex, to_markdown


def _write(folder: Path, metrics: dict[str, float], **run: Any) -> Path:
    labels = dict(method='mmrl', dataset='dtd', protocol=None, shots=16, seed=1, overrides={})
    extra = {
        key: run.pop(key)
        for key in ('config_hash', 'finished', 'checkpoint', 'resumed_at_epoch', 'seconds')
        if key in run
    }
    labels |= run
    content = (
        dict(
            config_hash=str(sorted(labels.items(), key=str)),
            run=labels,
            metrics=metrics,
            seconds=10.0,
            seconds_per_epoch=2.0,
            trainable_parameters=7,
            peak_memory_mb=100.0,
            peak_memory_of='process',
            hardware={'device': 'cpu'},
            finished='2026-01-01T00:00:00+00:00',
        )
        | extra
    )
    path = folder / str(len(list(folder.glob('*')))) / 'result.json'
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))
    return path


def _pair(base: float, novel: float) -> dict[str, float]:
    return {'base/accuracy': base, 'novel/accuracy': novel, 'H': harmonic_mean(base, novel)}


def _table(folder: Path, key: str) -> Table:
    return {table.key: table for table in tables_of(read_results([folder]))}[key]


def _cells(table: Table, *words: str) -> dict[str, Any]:
    [row] = [row for row in table.rows if tuple(row[: len(words)]) == words]
    return dict(zip(table.columns, row))


def test_base_to_novel_averages_over_seeds_first_and_takes_h_of_averages(tmp_path: Path) -> None:
    for seed, dtd, pets in (
        (1, (80, 60), (90, 30)),
        (2, (90, 50), (100, 50)),
        (3, (85, 55), (95, 40)),
    ):
        _write(tmp_path, _pair(*dtd), seed=seed)
        _write(tmp_path, _pair(*pets), seed=seed, dataset='oxford_pets')
    table = _table(tmp_path, 'base_to_novel_16shots')
    dtd = _cells(table, 'DTD', 'mmrl')
    assert dtd['base'] == Stat(85.0, 5.0)  # sample deviation of 80, 90, 85
    assert dtd['novel'] == Stat(55.0, 5.0)
    assert dtd['H'].mean == pytest.approx(2 * 85 * 55 / 140, rel=1e-12)
    # H per seed: 68.571.., 64.285.., 66.785..; deviations from their mean squared, divided by two
    assert dtd['H'].std == pytest.approx(2.152755, abs=1e-6)
    average = _cells(table, 'Average', 'mmrl')
    # per dataset 85 / 55 and 95 / 40; per seed 85 / 45, 95 / 50 and 90 / 47.5
    assert average['base'] == Stat(90.0, 5.0)
    assert average['novel'] == Stat(47.5, 2.5)
    assert average['H'].mean == pytest.approx(2 * 90 * 47.5 / 137.5, rel=1e-12)
    assert average['n'] == '3'
    # the paper prints 85.67 / 65.00 / 73.82 for MMRL on DTD
    assert (dtd['paper base'].mean, dtd['paper novel'].mean, dtd['paper H'].mean) == (
        85.67,
        65.0,
        73.82,
    )
    assert dtd['diff base'].mean == pytest.approx(-0.67)
    assert dtd['diff base'].text() == '-0.67'
    # of two datasets the paper prints no average: (85.67 + 95.90) / 2
    assert average['paper base'].mean == pytest.approx(90.785)


def test_average_of_all_eleven_is_the_printed_one(tmp_path: Path) -> None:
    for name in published()['base-to-novel']['vamp']:
        if name != 'average':
            _write(tmp_path, _pair(80, 60), method='vamp', dataset=name)
    average = _cells(_table(tmp_path, 'base_to_novel_16shots'), 'Average', 'vamp')
    assert [average[f'paper {word}'].mean for word in ('base', 'novel', 'H')] == [
        86.45,
        78.67,
        82.37,
    ]


def test_no_paper_numbers_for_other_shots_and_methods(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60), shots=4)
    _write(tmp_path, _pair(80, 60), method='mine')
    for key in ('base_to_novel_4shots', 'base_to_novel_16shots'):
        assert all('paper' not in column for column in _table(tmp_path, key).shown()[0])


def test_method_without_a_dataset_has_no_average(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60))
    _write(tmp_path, _pair(80, 60), dataset='eurosat')
    _write(tmp_path, _pair(70, 60), method='maple')
    _write(tmp_path, _pair(50, 40), method='clip', shots=None, seed=None)
    table = _table(tmp_path, 'base_to_novel_16shots')
    assert [row[:2] for row in table.rows] == [
        ['Average', 'mmrl'],
        ['DTD', 'clip'],
        ['DTD', 'maple'],
        ['DTD', 'mmrl'],
        ['EuroSAT', 'mmrl'],
    ]
    assert table.breaks == {1, 4}
    assert _cells(table, 'DTD', 'clip')['base'] == Stat(50.0)


def test_few_shot_has_a_column_per_number_of_shots(tmp_path: Path) -> None:
    for shots, accuracies in ((1, (60, 62)), (16, (70, 74))):
        for seed, accuracy in enumerate(accuracies):
            _write(tmp_path, {'all/accuracy': accuracy}, shots=shots, seed=seed)
            _write(
                tmp_path, {'all/accuracy': accuracy + 10}, shots=shots, seed=seed, dataset='eurosat'
            )
    table = _table(tmp_path, 'few_shot')
    assert table.columns == ['dataset', 'method', '1 shot', '16 shots', 'n']
    row = _cells(table, 'Average', 'mmrl')
    assert row['1 shot'] == Stat(66.0, pytest.approx(2**0.5))  # per seed 65 and 67
    assert _cells(table, 'DTD', 'mmrl')['16 shots'] == Stat(72.0, pytest.approx(8**0.5))


def test_cross_dataset_leaves_the_source_out_of_the_average(tmp_path: Path) -> None:
    for seed, (dtd, pets) in enumerate(((40, 90), (44, 92))):
        metrics = {
            'imagenet/all/accuracy': 70,
            'dtd/all/accuracy': dtd,
            'oxford_pets/all/accuracy': pets,
            'average/all/accuracy': (dtd + pets) / 2,
        }
        _write(tmp_path, metrics, dataset='imagenet', protocol='cross-dataset', seed=seed)
    table = _table(tmp_path, 'cross_dataset_imagenet_16shots')
    assert table.columns == ['method', 'ImageNet', 'OxfordPets', 'DTD', 'Average', 'n']
    ours, paper, difference = (dict(zip(table.columns, row)) for row in table.rows)
    assert ours['Average'] == Stat(66.5, pytest.approx(4.5**0.5))  # 65 and 68
    assert paper['DTD'].mean == 45.9
    assert paper['Average'].mean == pytest.approx((91.43 + 45.9) / 2)
    assert difference['ImageNet'].mean == pytest.approx(70 - 72.03)


def test_domain_generalization_average_of_the_paper_is_that_of_its_rows(tmp_path: Path) -> None:
    names = ('imagenet', 'imagenetv2', 'imagenet_sketch', 'imagenet_a', 'imagenet_r')
    _write(
        tmp_path,
        {f'{name}/all/accuracy': 60 for name in names},
        method='vamp',
        dataset='imagenet',
        protocol='domain-generalization',
    )
    table = _table(tmp_path, 'domain_generalization_imagenet_16shots')
    # (64.96 + 49.69 + 51.97 + 78.01) / 4
    assert table.rows[1][table.columns.index('Average')].mean == pytest.approx(61.1575)


def test_open_and_other_metrics_have_tables_of_their_own(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {'open/accuracy': 50, 'open/base_accuracy': 60, 'open/novel_accuracy': 40, 'open/H': 48},
    )
    _write(tmp_path, {'toy/error': 0.25}, seed=1)
    _write(tmp_path, {'toy/error': 0.75}, seed=2)
    assert _cells(_table(tmp_path, 'open'), 'DTD', 'mmrl')['H'] == Stat(48.0)
    assert _cells(_table(tmp_path, 'other'), 'mmrl', 'DTD')['toy/error'] == Stat(
        0.5, pytest.approx(0.125**0.5), 4
    )


def test_cost_leaves_the_time_of_interrupted_runs_out(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60), seed=1)
    _write(tmp_path, _pair(80, 60), seed=2, seconds=1.0, resumed_at_epoch=4)
    row = _cells(_table(tmp_path, 'cost'), 'mmrl', 'DTD')
    assert (
        row['train and test s'].mean,
        row['s/epoch'].mean,
        row['trainable parameters'].text(),
    ) == (10.0, 2.0, '7')


def test_overrides_tell_methods_of_one_name_apart(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60), overrides={'a.b': 1, 'c': 2})
    _write(tmp_path, _pair(70, 60), overrides={'a.b': 3, 'c': 2})
    assert [result.label for result in read_results([tmp_path])] == ['mmrl (a.b=1)', 'mmrl (a.b=3)']


def test_runs_that_contradict_each_other_are_an_error(tmp_path: Path) -> None:
    old = _write(tmp_path, _pair(80, 60), config_hash='a')
    new = _write(tmp_path, _pair(70, 60), config_hash='b', finished='2026-01-02T00:00:00+00:00')
    with pytest.raises(ConfigError) as error:
        read_results([tmp_path])
    assert str(error.value) == (
        f"the runs: {old} and {new} are both called 'mmrl' on dtd, 16 shots, seed 1, and their configs differ. Take the newer "
        "one with --newest, remove one, or run one with run=dict(method='NAME') in its config, which names its row"
    )
    notes: list[str] = []
    [result] = read_results([tmp_path], newest=True, notes=notes)
    assert result.metrics['base/accuracy'] == 70
    assert str(old) in notes[0]


def test_tests_of_checkpoints_and_foreign_files_are_named_and_left_out(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60))
    _write(tmp_path, _pair(80, 60), checkpoint='epoch_3.pth')
    (tmp_path / 'x').mkdir()
    (tmp_path / 'x' / 'result.json').write_text('{"metrics": {}}')
    notes: list[str] = []
    assert len(read_results([tmp_path], notes=notes)) == 1
    assert len(notes) == 2
    with pytest.raises(FileNotFoundError, match='no result.json'):
        read_results([tmp_path / 'x'])


def test_p_values_of_printed_tables() -> None:
    # two-sided 5 % points of Student's t
    for freedom, t in (
        (1, 12.7062),
        (2, 4.30265),
        (3, 3.18245),
        (4, 2.77645),
        (9, 2.26216),
        (10, 2.22814),
    ):
        assert student_p(t, freedom) == pytest.approx(0.05, abs=2e-6)
    assert student_p(0, 4) == 1
    assert student_p(float('inf'), 2) == 0


def test_comparison_is_paired_by_seed(tmp_path: Path) -> None:
    for seed, (a, b) in enumerate(((70, 69), (72, 70), (74, 71), (76, None))):
        _write(tmp_path, {'all/accuracy': a}, seed=seed)
        if b is not None:
            _write(tmp_path, {'all/accuracy': b}, seed=seed, method='maple')
    row = _cells(compare_table(read_results([tmp_path]), 'mmrl', 'maple'), 'few-shot', '16')
    assert row['difference'].mean == 2  # 1, 2, 3
    assert row['difference'].std == 1
    assert row['t'].mean == pytest.approx(2 * 3**0.5)
    assert row['p'].mean == pytest.approx(0.0742, abs=5e-5)
    assert row['pairs'] == '3'
    with pytest.raises(ConfigError, match="did you mean 'maple'"):
        compare_table(read_results([tmp_path]), 'mmrl', 'mapel')


def test_comparison_takes_the_targets_of_both(tmp_path: Path) -> None:
    for seed, shift in ((1, 0.0), (2, 0.5), (3, 1.0)):
        shared = {'dtd/all/accuracy': 40.0 + shift, 'eurosat/all/accuracy': 50.0}
        for method, more, gain in (
            ('mmrl', {}, 0.0),
            ('coop', {'food101/all/accuracy': 90.0}, 1.0 + shift),
        ):
            metrics = {**{name: value + gain for name, value in shared.items()}, **more}
            average = sum(metrics.values()) / len(metrics)
            _write(
                tmp_path,
                {**metrics, 'average/all/accuracy': average, 'imagenet/all/accuracy': 70.0},
                method=method,
                dataset='imagenet',
                protocol='cross-dataset',
                seed=seed,
            )
    table = compare_table(read_results([tmp_path]), 'coop', 'mmrl')
    (row,) = table.rows
    # not Food101's 15 points
    assert (row[4].mean, row[4].std) == (pytest.approx(1.5), pytest.approx(0.5))
    assert 'the same targets' in table.notes[0]


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (
            dict(metrics={'base/accuracy': float('nan'), 'novel/accuracy': 50.0}),
            'base/accuracy is nan',
        ),
        (dict(metrics={'base/accuracy': '70', 'novel/accuracy': 50.0}), "base/accuracy is '70'"),
        (dict(run={'dataset': 'dtd'}), 'no method'),
        (dict(metrics=None), 'not the result of a run'),
        (dict(metrics=[1, 2]), 'no metrics'),
        (dict(metrics={'base/accuracy': True, 'novel/accuracy': 50.0}), 'base/accuracy is True'),
        (
            dict(metrics={'base/accuracy': [70], 'novel/accuracy': 50.0}),
            'base/accuracy is a list of 1',
        ),
        (
            dict(metrics={'base/accuracy': 10**400, 'novel/accuracy': 50.0}),
            'is an integer of more than 20 digits',
        ),
        (
            dict(metrics={'base/accuracy': 170.0, 'novel/accuracy': -3}),
            'base/accuracy is 170.0, not a finite number from 0 to 100',
        ),
        (dict(run={'method': ['mmrl'], 'dataset': ' '}), 'its run names no method and no dataset'),
        (
            dict(run={'method': 'a', 'dataset': 'dtd', 'shots': 'many'}),
            "its run has shots='many', which must be an integer",
        ),
        (dict(run={'method': 'a', 'dataset': 'dtd', 'seed': True}), 'its run has seed=True'),
        (
            dict(run={'method': 'a', 'dataset': 'dtd', 'overrides': [1]}),
            'its run has overrides=a list of 1',
        ),
    ],
)
def test_damaged_result_is_named_and_left_out(tmp_path: Path, change: dict, said: str) -> None:
    _write(tmp_path, _pair(60.0, 50.0), seed=1)
    damaged = _write(tmp_path, _pair(61.0, 51.0), seed=2)
    damaged.write_text(json.dumps({**json.loads(damaged.read_text()), **change}))
    notes: list[str] = []
    assert len(read_results([tmp_path], notes=notes)) == 1
    assert str(damaged) in notes[0]
    assert said in notes[0]


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        (b'', 'it is no JSON'),
        (b'{"metrics": {"base/accuracy": 7', 'it is no JSON'),
        (b'\xff\xfe{}', 'it is no UTF-8 text'),
        (b'[1]', 'it holds a list in place of an object'),
        (b'[' * 100_000, 'it is nested too deeply'),
        (b'{"a":' * 100_000, 'it is nested too deeply'),
        (b'{"metrics": {"x": ' + b'9' * 5000 + b'}}', 'it is no JSON'),
        (b'{"run": {}, "metrics": {}, "run": {}}', "it holds the key 'run' twice"),
        (
            b'{"run": {}, "metrics": {"base/accuracy": 1, "base/accuracy": 2}}',
            "it holds the key 'base/accuracy' twice",
        ),
    ],
)
def test_damaged_file_is_named_and_left_out(tmp_path: Path, text: bytes, said: str) -> None:
    _write(tmp_path, _pair(60.0, 50.0), seed=1)
    damaged = _write(tmp_path, _pair(61.0, 51.0), seed=2)
    damaged.write_bytes(text)
    notes: list[str] = []
    assert len(read_results([tmp_path], notes=notes)) == 1
    [note] = notes
    assert note.startswith(f'{damaged} is left out: {said}')
    make_report([tmp_path])
    assert said.split("'")[0] in (tmp_path / 'report' / 'report.html').read_text('utf-8')


def test_a_folder_and_a_huge_file_of_that_name_are_left_out(tmp_path: Path) -> None:
    _write(tmp_path, _pair(60.0, 50.0))
    (tmp_path / 'a' / 'result.json').mkdir(parents=True)
    (tmp_path / 'b').mkdir()
    with open(tmp_path / 'b' / 'result.json', 'wb') as file:
        file.truncate(2**40)  # takes no room on the disk
    notes: list[str] = []
    assert len(read_results([tmp_path], notes=notes)) == 1
    assert [note.split(': ', 1)[1] for note in notes] == [
        'it is no file',
        'it has 1,099,511,627,776 bytes, more than a result can have (67,108,864)',
    ]


_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    key=st.sampled_from(
        [
            'seconds',
            'peak_memory_mb',
            'trainable_parameters',
            'hardware',
            'versions',
            'curves',
            'finished',
            'config_hash',
            'peak_memory_of',
            'resumed_at_epoch',
            'compared_with_zero_shot',
            'checkpoint',
            'metrics',
            'run',
            'metrics.base/ece',
            'metrics.base/zero_shot_accuracy',
            'run.protocol',
            'run.method',
            'run.shots',
            'run.overrides',
            'versions.torch',
            'curves.base',
        ]
    ),
    value=_JUNK,
)
def test_no_value_anywhere_stops_the_report(tmp_path: Path, key: str, value: object) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        _write(Path(folder), _pair(60.0, 50.0), seed=1)
        damaged = _write(Path(folder), _pair(61.0, 51.0), seed=2)
        content = json.loads(damaged.read_text())
        *outer, last = key.split('.')
        node = content.setdefault(outer[0], {}) if outer else content
        node[last] = value
        damaged.write_text(json.dumps(content))
        with contextlib.redirect_stdout(io.StringIO()), without_pdfs():
            tables = make_report([folder])
        assert any(table.key.startswith('base_to_novel') for table in tables)
        page = (Path(folder) / 'report' / 'report.html').read_text('utf-8')
        assert not re.search('[\x00-\x08\x0b-\x1f\x7f]', page)


def test_names_of_any_kind_are_text_in_every_format(tmp_path: Path) -> None:
    method, dataset = '=HYPERLINK("x")\n# a|b *c* <script>\x1b[31m\ud800', '-1+1|\n## <img src=x>'
    _write(
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


def _beside(metrics: dict[str, float], **zero_shot: float) -> dict[str, float]:
    return metrics | {f'{split}/zero_shot_accuracy': value for split, value in zero_shot.items()}


def test_zero_shot_stands_beside_and_what_is_below_it_is_marked(tmp_path: Path) -> None:
    for seed, (base, novel) in enumerate(((80, 50), (82, 54)), start=1):
        _write(tmp_path, _beside(_pair(base, novel), base=60, novel=60), seed=seed)
        _write(tmp_path, _beside(_pair(base, 70), base=40, novel=40), seed=seed, dataset='eurosat')
    _write(tmp_path, _pair(60, 60), method='clip', shots=None, seed=None)
    table = _table(tmp_path, 'base_to_novel_16shots')
    row = _cells(table, 'DTD', 'mmrl')
    assert [row[f'zero-shot {name}'].text() for name in ('base', 'novel', 'H')] == ['60.00'] * 3
    assert row['worse than zero-shot'] == 'novel'  # 81 and 52 give an H of 63.3
    average = _cells(table, 'Average', 'mmrl')
    assert average['zero-shot base'].mean == average['zero-shot novel'].mean == 50
    assert average['worse than zero-shot'] == ''
    assert _cells(table, 'DTD', 'clip')['zero-shot H'] == ''
    assert any(note.startswith('zero-shot: the same frozen CLIP') for note in table.notes)


def test_reports_of_runs_that_did_not_measure_zero_shot_are_as_before(tmp_path: Path) -> None:
    _write(tmp_path, _pair(80, 60))
    _write(tmp_path, {'all/accuracy': 60}, dataset='eurosat')
    for key in ('base_to_novel_16shots', 'few_shot'):
        table = _table(tmp_path, key)
        assert not any('zero-shot' in text for text in [*table.shown()[0], *table.notes])


def test_few_shot_zero_shot_and_the_shots_that_are_below_it(tmp_path: Path) -> None:
    for shots, accuracy in ((1, 55), (16, 70)):
        _write(tmp_path, _beside({'all/accuracy': accuracy}, all=60), shots=shots)
    row = _cells(_table(tmp_path, 'few_shot'), 'DTD', 'mmrl')
    assert row['zero-shot'].text() == '60.00'
    assert row['worse than zero-shot'] == '1 shot'


def test_transfer_and_open_have_zero_shot_too(tmp_path: Path) -> None:
    targets = {'imagenet/all': (70, 66), 'dtd/all': (40, 44), 'eurosat/all': (50, 48)}
    _write(
        tmp_path,
        {
            f'{name}/{key}': value
            for name, pair in targets.items()
            for key, value in zip(('accuracy', 'zero_shot_accuracy'), pair)
        },
        dataset='imagenet',
        protocol='cross-dataset',
        method='own',
    )
    row = _cells(_table(tmp_path, 'cross_dataset_imagenet_16shots'), 'own')
    assert row['zero-shot average'].mean == 46
    assert row['worse than zero-shot'] == 'DTD, Average'  # (40 + 50) / 2 is 45
    _write(
        tmp_path,
        {
            'open/accuracy': 55,
            'open/base_accuracy': 60,
            'open/novel_accuracy': 50,
            'open/zero_shot_base_accuracy': 50,
            'open/zero_shot_novel_accuracy': 58,
        },
        protocol='open',
    )
    row = _cells(_table(tmp_path, 'open'), 'DTD', 'mmrl')
    assert row['zero-shot novel'].mean == 58
    assert row['worse than zero-shot'] == 'novel'


def test_training_that_made_it_worse_is_said(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    compared = dict(
        images='validation',
        count=105,
        accuracy=65.24,
        zero_shot_accuracy=72.38,
        worse=True,
        likely_causes=['only 3 optimiser steps'],
    )
    path = _write(tmp_path, _pair(80, 60))
    path.write_text(
        json.dumps({**json.loads(path.read_text()), 'compared_with_zero_shot': compared})
    )
    make_report([tmp_path])
    said = (
        f'{path}: training made mmrl worse than zero-shot CLIP, on 105 validation images zero-shot 72.4 -> 65.2 (-7.1); '
        'likely causes: only 3 optimiser steps'
    )
    assert said in capsys.readouterr().out
    page = (tmp_path / 'report' / 'report.html').read_text('utf-8')
    assert html.escape(said) in page


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


def test_report_writes_its_files(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    _write(tmp_path, _pair(80, 60))
    make_report([tmp_path])
    assert 'paper' in capsys.readouterr().out
    assert {path.name for path in (tmp_path / 'report').iterdir()} == {
        'report.html',
        'tables.md',
        'tables.tex',
        'base_to_novel_16shots.csv',
        'cost.csv',
        'figures',
    }
    assert 'printed in the VaMP paper' in (tmp_path / 'report' / 'tables.tex').read_text()
