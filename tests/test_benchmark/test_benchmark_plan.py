"""Which runs a benchmark has, and what it says before it runs them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import toy_apis

from vamp_mm.apis import ConfigError, compose
from vamp_mm.benchmark import plan, read_spec, run_benchmark
from vamp_mm.benchmark.estimate import Estimator, clock, on_slots
from vamp_mm.benchmark.jobs import Job, read_job
from vamp_mm.benchmark.slots import environments
from vamp_mm.benchmark.spec import ELEVEN, Method, Spec
from vamp_mm.benchmark.watch import read_progress
from vamp_mm.config.methods import config_of, names
from vamp_mm.files import write_json
from vamp_mm.runs.result_file import read_result

CONFIGS = Path(__file__).parents[2] / 'configs'
METHODS = (
    'coop',
    'cocoop',
    'proda',
    'kgcoop',
    'prograd',
    'bpl',
    'tcp',
    'vpt',
    'ivlp',
    'maple',
    'promptsrc',
    'mma',
    'twosfs',
    'skipt',
    'mmrl',
    'mmrlpp',
    'vamp',
)


def test_every_run_of_a_plan_has_the_published_settings() -> None:
    found = {}
    for job in plan(
        Spec(
            methods=(Method('vamp', 'vamp'), Method('mmrl', 'mmrl')),
            datasets=('eurosat', 'imagenet'),
            protocols=('few-shot', 'cross-dataset'),
            targets=('source',),
            seeds=(1,),
        )
    ):
        cfg = compose(**job.options)
        found[job.labels['method'], job.labels['dataset'], job.labels['protocol']] = (
            cfg.model.head.consistency,
            cfg.model.prompter.host.space_width,
            cfg.train_dataloader.batch_size,
            cfg.train_cfg.max_epochs,
        )
    assert found == {
        (method, *run): settings
        for method in ('vamp', 'mmrl')
        for run, settings in {
            ('eurosat', 'few-shot'): (0.01, 2048, 32, 50),
            ('imagenet', 'few-shot'): (0.5, 512, 32, 5),
            ('eurosat', 'cross-dataset'): (0.2, 512, 32, 1),
            ('imagenet', 'cross-dataset'): (0.2, 512, 32, 1),
        }.items()
    }


@pytest.mark.parametrize(
    ('method', 'dataset', 'protocol', 'file'),
    [
        ('vamp', 'dtd', 'base-to-novel', 'vamp_mmrl_vit-b16_caltech101'),
        ('vamp', 'imagenet', 'base-to-novel', 'vamp_mmrl_vit-b16_imagenet'),
        ('vamp', 'imagenet', 'cross-dataset', 'vamp_mmrl_vit-b16_cross_dataset'),
        ('mmrl', 'imagenet', 'domain_generalization', 'mmrl_vit-b16_cross_dataset'),
        ('mmrl', 'eurosat', 'few-shot', 'mmrl_vit-b16_few_shot'),
        ('coop', 'eurosat', 'few-shot', 'coop_vit-b16_few_shot'),
        ('coop', 'imagenet', 'few-shot', 'coop_vit-b16_imagenet'),
        ('bpl', None, 'cross-dataset', 'bpl_vit-b16_cross_dataset'),
        ('proda', 'eurosat', 'few-shot', 'proda_vit-b16_caltech101'),
        ('vpt', 'icons', 'few-shot', 'vpt_deep_icons'),
        ('clip', 'icons', 'base-to-novel', 'zero_shot_icons'),
        ('my/own.py', 'dtd', 'few-shot', 'own'),
    ],
)
def test_config_of_a_name(method: str, dataset: str | None, protocol: str, file: str) -> None:
    assert config_of(method, dataset, protocol).stem == file


def test_every_name_has_a_config_and_a_misspelt_one_says_which() -> None:
    assert {'vamp', 'vamp_maple', 'mmrl', 'clip', 'clip_ensemble', 'twosfs'} <= set(names())
    for name in names():
        assert config_of(name, 'dtd', 'base-to-novel').is_file()
    with pytest.raises(ConfigError, match="did you mean 'mmrl'"):
        config_of('mmlr', 'dtd', 'base-to-novel')


def test_product_of_the_lists_without_repetition() -> None:
    jobs = plan(
        read_spec(
            None,
            dict(
                methods=['clip', 'mmrl'], datasets=['dtd', 'eurosat'], shots=[4, 16], seeds=[1, 2]
            ),
        )
    )
    labels = [
        (job.labels['method'], job.labels['dataset'], job.labels['shots'], job.labels['seed'])
        for job in jobs
    ]
    trained = [
        ('mmrl', data, shots, seed)
        for data in ('dtd', 'eurosat')
        for shots in (4, 16)
        for seed in (1, 2)
    ]
    assert sorted(labels, key=str) == sorted(
        [*trained, ('clip', 'dtd', None, None), ('clip', 'eurosat', None, None)], key=str
    )
    assert len({job.work_dir for job in jobs}) == len(jobs)
    assert [job.trains for job in jobs if job.labels['method'] == 'clip'] == [False, False]


def test_untrained_config_is_known_by_its_path_too() -> None:
    path = config_of('clip', 'icons', None)
    jobs = plan(read_spec(None, dict(methods=[f'zero={path}'], seeds=[1, 2, 3])))
    assert [(job.labels['method'], job.trains) for job in jobs] == [('zero', False)]


def test_file_and_flags(tmp_path: Path) -> None:
    file = tmp_path / 'b.yaml'
    file.write_text(
        'methods: [mmrl, {name: strong, config: mmrl, overrides: {model.head.consistency: 0.9}}]\n'
        'datasets: all\nprotocol: base_to_novel\nseeds: [1, 2]\nshots: 16\n'
    )
    spec = read_spec(file, dict(seeds=[5], datasets=None, amp=False))
    assert spec.methods == (
        Method('mmrl', 'mmrl'),
        Method('strong', 'mmrl', {'model.head.consistency': 0.9}),
    )
    assert (spec.datasets, spec.protocols, spec.seeds, spec.shots) == (
        ELEVEN,
        ('base-to-novel',),
        (5,),
        (16,),
    )
    one, strong = plan(read_spec(file, dict(datasets=['dtd'], seeds=[1])))
    assert one.config_hash != strong.config_hash
    assert strong.labels['overrides'] == {'model.head.consistency': 0.9}


def test_one_row_without_a_list_and_two_words_for_one_key(tmp_path: Path) -> None:
    file = tmp_path / 'b.yaml'
    file.write_text(
        'methods: {name: vamp, overrides: {model.prompter.test_samples: 2}}\ndatasets: [dtd]\n'
    )
    assert read_spec(file, dict(methods=['vamp'])).methods[0].overrides == {
        'model.prompter.test_samples': 2
    }
    file.write_text(
        'methods: [vamp]\ndatasets: [dtd]\nprotocol: few-shot\nprotocols: base-to-novel\n'
    )
    with pytest.raises(ConfigError, match='mean the same'):
        read_spec(file)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('methods: [vamp]\ndatasets: [dtd]\nseeds: [1]\nseeds: [2]\n', "key 'seeds' appears twice"),
        (
            'methods: [vamp]\ndatasets: [dtd]\noverrides: {model.head.alpha: 0.5, model.head.alpha: 0.7}\n',
            'appears twice',
        ),
        ('methods: [vamp\n', 'no.* the YAML of a benchmark'),
        ('methods: !!python/name:os.system\n', 'not the YAML of a benchmark'),
        ('- vamp\n', 'the file holds a list'),
        ('3: [vamp]\n', 'key 3 is not a word'),
        ('methods: [vamp]\ndatasets: [101]\n', r'datasets=\[101\] must be words'),
        ('methods: [vamp]\ndatasets: [dtd]\noutside: [{a: b}]\n', 'outside=.* must be words'),
        ('\x00', 'not the YAML of a benchmark'),
        ('methods: ' + '[' * 3000 + ']' * 3000, 'more than 50 deep in line 1'),
        ('- ' * 3000 + 'a', 'more than 50 deep'),
        (
            'methods: [vamp]\noverrides: &a {model: *a}\n',
            r'\*a in line 2 is inside &a: it would contain itself',
        ),
        ('methods: [vamp]\noverrides: {x: &a [1, {y: *a}]}\n', 'it would contain itself'),
        (
            'a: &a [1, 2]\n'
            + ''.join(
                f'{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n'
                for old, new in zip('abcdef', 'bcdefg', strict=True)
            ),
            'holds more than 100000 values',
        ),
        (
            'seeds: [' + '9' * 5000 + ']',
            'the number in line 1 has 5000 digits; at most 100 are read',
        ),
        ('seeds: [0x' + 'f' * 5000 + ']', 'has 5002 digits'),
        ('methods: ' + 'a' * 1_000_000, 'has 1000009 bytes; at most 1000000 are read'),
        ('overrides: {a: 2020-99-99}', 'not the YAML of a benchmark: month must be in 1..12'),
        (
            'overrides: {a.b: [2020-01-02]}',
            r'overrides.a.b.0 is datetime.date\(2020, 1, 2\), a date; .* needs quotes',
        ),
    ],
)
def test_file_that_is_no_benchmark(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / 'b.yaml'
    file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_spec(file)


def test_long_words_and_repeated_values_are_no_numbers_and_no_loops(tmp_path: Path) -> None:
    file = tmp_path / 'b.yaml'
    file.write_text(
        f"methods: [vamp]\ndatasets: [&d dtd, *d]\noverrides: {{a: '{'9' * 500}', b: {'cafe' * 100}}}\n"
    )
    spec = read_spec(file)
    assert spec.overrides == {'a': '9' * 500, 'b': 'cafe' * 100}
    assert spec.datasets == ('dtd',)


def test_name_of_a_run_is_one_line_that_moves_no_cursor() -> None:
    labels = dict(method='vamp', dataset='a\nb\x1b[31m', protocol='few-shot', shots=1, seed=2)
    assert Job({}, labels, True, 'hash').name == r'vamp a\nb\x1b[31m few-shot 1 shot seed 2'


def test_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='is a folder; give a YAML file'):
        read_spec(tmp_path)


@pytest.mark.parametrize('text', ['', '[]', '{"options": {}}', '[' * 100_000])
def test_damaged_files_of_a_run(tmp_path: Path, text: str) -> None:
    for name in ('job.json', 'progress.json', 'result.json'):
        (tmp_path / name).write_text(text)
    with pytest.raises(
        ConfigError, match='job.json: it does not describe a run .*start the benchmark again'
    ):
        read_job(tmp_path)
    assert read_progress(tmp_path) is None
    assert read_result(tmp_path / 'result.json') is None


def test_yaml_may_merge_and_repeat_by_anchors(tmp_path: Path) -> None:
    file = tmp_path / 'b.yaml'
    file.write_text(
        'methods:\n- {name: a, config: vamp, overrides: &some {model.prompter.test_samples: 2}}\n'
        '- {name: b, config: vamp, overrides: &more {<<: *some, model.prompter.prior: standard}}\n'
        '- {name: c, config: vamp, overrides: {<<: *more, model.prompter.test_samples: 3}}\ndatasets: [dtd]\n'
    )
    _, b, c = read_spec(file).methods
    assert b.overrides == {'model.prompter.test_samples': 2, 'model.prompter.prior': 'standard'}
    assert c.overrides == {'model.prompter.test_samples': 3, 'model.prompter.prior': 'standard'}


def test_flag_picks_a_row_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / 'b.yaml'
    file.write_text(
        'methods: [clip, {name: vamp_s2, config: vamp, overrides: {model.prompter.test_samples: 2}}]\n'
        'datasets: [dtd]\n'
    )
    row, other = read_spec(file, dict(methods=['vamp_s2', 'mmrl'])).methods
    assert (row.config, row.overrides) == ('vamp', {'model.prompter.test_samples': 2})
    assert (other.name, other.config, other.overrides) == ('mmrl', 'mmrl', {})


@pytest.mark.parametrize(
    ('flags', 'message'),
    [
        (dict(), '--methods is missing'),
        (dict(methods=['vamp']), '--datasets is missing'),
        (dict(methods=['vamp', 'vamp'], datasets=['dtd']), 'two methods are called'),
        (dict(methods=['vamp'], datasets=['dtd'], sedes=[1]), "did you mean 'seeds'"),
        (dict(methods=['vamp'], datasets=['dtd'], seeds=['one']), 'must be whole numbers'),
        (dict(methods=['vamp'], datasets=['dtd'], seeds=[]), 'nothing would run'),
        (dict(methods=[{'config': 'vamp'}], datasets=['dtd']), 'must be a name'),
        (
            dict(methods=['vamp'], datasets=['dtd'], overrides={'model': 1, 'model.head': 2}),
            "overrides: 'model' and 'model.head' are",
        ),
        (dict(methods=['vamp'], datasets=['dtd'], overrides={3: 1}), 'must be keys and values'),
        (
            dict(methods=[{'name': 'a', 'overrides': {'a.b': 1, 'a.b.0': 2}}], datasets=['dtd']),
            "overrides of method 'a': 'a.b' and",
        ),
    ],
)
def test_benchmark_that_means_nothing(flags: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_spec(None, flags)


def test_two_own_datasets_of_one_name_are_refused(tmp_path: Path) -> None:
    for place in ('a', 'b'):
        for label in ('cat', 'dog'):
            (tmp_path / place / 'pets' / label).mkdir(parents=True)
            (tmp_path / place / 'pets' / label / 'x.jpg').write_bytes(b'')
    flags = dict(
        methods=['mmrl'],
        datasets=[str(tmp_path / place / 'pets') for place in 'ab'],
        protocols=['few-shot'],
    )
    with pytest.raises(ConfigError, match="both called 'pets'"):
        plan(read_spec(None, flags))


def test_estimate_takes_the_most_alike() -> None:
    run = dict(method='a', dataset='x', protocol='p', shots=16, overrides={})
    estimator = Estimator()
    assert estimator.seconds(run) is None
    estimator.learn({**run, 'dataset': 'y'}, {'seconds': 100.0})
    assert estimator.seconds(run) == 100
    estimator.learn(run, {'seconds': 10.0})
    estimator.learn(run, {'seconds': 30.0})
    estimator.learn(run, {'seconds': 1.0, 'resumed_at_epoch': 3})  # only its last part
    assert estimator.seconds(run) == 20
    assert estimator.seconds({**run, 'method': 'b'}) is None


def test_time_on_slots() -> None:
    assert on_slots([5, 3, 3], 1) == 11
    assert on_slots([5, 3, 3], 2) == 6  # 5 on one; 3 and 3 on the other
    assert on_slots([], 2) == 0
    assert [clock(8), clock(190), clock(7500)] == ['8 s', '3 min 10 s', '2 h 05 min']


def test_slots_share_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('OMP_NUM_THREADS', raising=False)
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '3,5')
    monkeypatch.setattr('torch.cuda.device_count', lambda: 2)
    assert [env['CUDA_VISIBLE_DEVICES'] for env in environments()] == ['3', '5']
    assert [env['CUDA_VISIBLE_DEVICES'] for env in environments(3)] == ['3', '5', '3']
    monkeypatch.setattr('torch.cuda.device_count', lambda: 0)
    monkeypatch.setattr('os.cpu_count', lambda: 8)
    assert [env['OMP_NUM_THREADS'] for env in environments(4)] == ['2'] * 4
    assert len(environments()) == 1
    with pytest.raises(ConfigError, match='at least 1'):
        environments(0)


def test_dry_run_and_slurm_run_nothing(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    toy = toy_apis.write_config(tmp_path)
    spec = read_spec(None, dict(methods=[str(toy)], seeds=[1, 2], work_dir=str(tmp_path / 'b')))
    assert run_benchmark(spec, dry_run=True) == 0
    assert 'their time is not known' in capsys.readouterr().out
    assert not (tmp_path / 'b').exists()
    script = tmp_path / 'array.sh'
    assert run_benchmark(spec, slots=4, slurm=script) == 0
    text = script.read_text()
    assert '#SBATCH --array=0-1%4' in text
    subprocess.run(['bash', '-n', script], check=True)
    jobs = plan(spec)
    assert all(read_job(job.work_dir).config_hash == job.config_hash for job in jobs)
    assert all(job.work_dir in text for job in jobs)
    for job in jobs:
        write_json(
            Path(job.work_dir) / 'result.json', dict(metrics={}, config_hash=job.config_hash)
        )
    assert run_benchmark(spec, slurm=tmp_path / 'none.sh') == 0
    assert 'nothing is left to submit' in capsys.readouterr().out
    assert not (tmp_path / 'none.sh').exists()


def test_a_run_that_another_benchmark_finished_meanwhile_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    toy = toy_apis.write_config(tmp_path)
    spec = read_spec(None, dict(methods=[str(toy)], seeds=[1, 2], work_dir=str(tmp_path / 'b')))

    def elsewhere(entries: list, *_: object) -> None:
        for entry in entries:
            entry.state = 'busy'
        write_json(
            Path(entries[0].job.work_dir) / 'result.json',
            dict(metrics={}, config_hash=entries[0].job.config_hash),
        )

    monkeypatch.setattr('vamp_mm.benchmark.run.work_off', elsewhere)
    assert run_benchmark(spec) == 1
    out = capsys.readouterr().out
    assert out.count('BUSY') == 1
    assert '1 of 2 runs are finished' in out


def test_result_of_another_config_does_not_count(tmp_path: Path) -> None:
    labels = dict(method='a', dataset='x', protocol='p', shots=1, seed=1)
    job = Job({}, labels, True, 'abc', str(tmp_path))
    assert job.state() == 'new'
    for text, state in (
        ('{"metrics": {}, "config_hash": "other"}', 'new'),
        ('{"metr', 'new'),
        (json.dumps({'metrics': {'a': 1}, 'config_hash': 'abc'}), 'finished'),
    ):
        (tmp_path / 'result.json').write_text(text)
        assert job.state() == state


def test_layers_that_do_not_exist_show_in_the_plan() -> None:
    spec = Spec(
        methods=(Method('mmrl', 'mmrl'),),
        datasets=('icons',),
        protocols=('base-to-novel',),
        seeds=(1, 2),
        overrides={'model.prompter.start': 11},
    )
    with pytest.raises(ConfigError, match=r'model\.prompter: text blocks start=11.*has 6 blocks'):
        plan(spec)


@pytest.mark.parametrize(
    'file', sorted((CONFIGS / 'benchmarks').glob('*.yaml')), ids=lambda file: file.stem
)
def test_benchmark_files_of_the_project_can_be_planned(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / 'configs').symlink_to(CONFIGS)
    monkeypatch.chdir(tmp_path)  # so that data/... are folders made here
    spec = read_spec(file, dict(seeds=[1]))
    for name in (*spec.datasets, *(spec.targets or ()), *(spec.outside or ())):
        if '/' in name:
            for word in ('one', 'two'):
                (tmp_path / name / word).mkdir(parents=True)
                (tmp_path / name / word / 'picture.png').touch()
    toy_apis.write_minilit(tmp_path)
    jobs = plan(spec)
    assert [job.labels['method'] for job in jobs] == [method.name for method in spec.methods]
    if file.stem != 'pacs_minilit':
        assert {'clip', *METHODS} <= {str(job.labels['method']) for job in jobs}
