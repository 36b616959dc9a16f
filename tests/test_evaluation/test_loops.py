"""One test run over class splits: numbers, vocabularies, files, hooks, refusals, two processes."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.model import BaseModel, MMDistributedDataParallel
from torch import distributed, multiprocessing
from toy_splits import BASE_NOVEL, ToyModel, logits_and_labels, make_runner

from vamp_mm.evaluation import PredictionDump, SplitError, read_predictions
from vamp_mm.structures import Vocabulary

OUTSIDE = dict(**BASE_NOVEL, unseen=dict(outside='base', dataset=dict(class_split='novel')))


def expected_accuracy(which: str) -> float:
    logits, labels = logits_and_labels(which, 11)
    columns = slice(0, 3) if which == 'base' else slice(3, 6)
    return 100 * float((logits[:, columns].argmax(dim=-1) == labels).double().mean())


class Witness(Hook):
    """Writes down what the loop tells."""

    def __init__(self) -> None:
        self.metrics: list[dict] = []
        self.sizes: list[int] = []
        self.starts = 0

    def before_test_epoch(self, runner: Any) -> None:
        self.starts += 1

    def after_test_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        assert batch_idx < len(runner.test_loop.dataloader)
        self.sizes.append(len(data_batch['inputs']))

    def after_test_epoch(self, runner: Any, metrics: dict | None = None) -> None:
        self.metrics.append(dict(metrics or {}))


def test_base_and_novel_in_one_run(tmp_path: Path) -> None:
    model, witness = ToyModel(), Witness()
    training = Vocabulary(names=('ant', 'bee'), seen=True)
    model.set_vocabulary(training)
    runner = make_runner(tmp_path, model, custom_hooks=[witness])
    metrics = runner.test()
    base, novel = expected_accuracy('base'), expected_accuracy('novel')
    assert base != novel
    # mmpretrain counts in float32
    assert metrics['base/accuracy'] == pytest.approx(base, abs=1e-4)
    assert metrics['novel/accuracy'] == pytest.approx(novel, abs=1e-4)
    assert metrics['H'] == pytest.approx(2 * base * novel / (base + novel), abs=1e-4)
    names = {
        'accuracy',
        'ece',
        'ece_l2',
        'ece_debiased',
        'nll',
        'brier',
        'aurc',
        'aurc_entropy',
        'accuracy_at_80',
        'accuracy_at_90',
        'accuracy_at_80_entropy',
        'accuracy_at_90_entropy',
        'predictive_entropy',
        'expected_entropy',
        'mutual_information',
        'pred_std',
    }
    assert set(metrics) == {f'{split}/{name}' for split in ('base', 'novel') for name in names} | {
        'H'
    }
    logits, labels = logits_and_labels('novel', 11)
    nll = torch.nn.functional.cross_entropy(logits[:, 3:].double(), labels)
    assert metrics['novel/nll'] == pytest.approx(float(nll), abs=1e-5)
    # the model was told both vocabularies and got its own back
    assert model.history == [
        training,
        Vocabulary(('ant', 'bee', 'cat'), ('a {}.',), True),
        Vocabulary(('dog', 'elk', 'fox'), ('a {}.',), False),
        training,
    ]
    # hooks: one epoch with all metrics, every batch seen
    assert witness.starts == 1
    assert witness.metrics == [metrics]
    assert witness.sizes == [4, 4, 3, 4, 4, 3]


def test_the_vocabulary_hook_leaves_the_test_to_the_loop(tmp_path: Path) -> None:
    model = ToyModel()
    make_runner(tmp_path, model, custom_hooks=[dict(type='VocabularyHook')]).test()
    assert [vocabulary.names[0] for vocabulary in model.history] == ['ant', 'dog']


def test_the_log_shows_both_splits_and_the_result(tmp_path: Path) -> None:
    runner = make_runner(tmp_path)
    metrics = runner.test()
    log = next(tmp_path.glob('*/*.log')).read_text()
    assert "Testing split 'base': 11 images of 3 classes" in log
    assert len(re.findall(r'Epoch\(test\) \[[123]/3\]', log)) >= 6
    assert f'H: {metrics["H"]:.4f}' in log


def test_names_of_files_that_are_no_utf8_are_dumped(tmp_path: Path) -> None:
    name = os.fsdecode(b'caf\xe9.jpg')
    dump = PredictionDump(str(tmp_path / 'out.jsonl'))
    dump.dataset_meta = dict(classes=('a', 'b'))
    dump.process(
        None,
        [dict(img_path=name, gt_label=torch.tensor([1]), pred_score=torch.tensor([0.25, 0.75]))],
    )
    dump.evaluate(1)
    assert read_predictions(tmp_path / 'out.jsonl')[0]['img_path'] == name


def test_predictions_are_written_per_split(tmp_path: Path) -> None:
    metrics = make_runner(tmp_path).test()
    for split in ('base', 'novel'):
        records = read_predictions(tmp_path / f'predictions_{split}.jsonl')
        assert [record['img_path'] for record in records] == [
            f'{split}_{index}.png' for index in range(11)
        ]
        right = sum(record['pred_label'] == record['gt_label'] for record in records)
        assert 100 * right / 11 == pytest.approx(metrics[f'{split}/accuracy'], abs=1e-4)
        assert sum(record['confidence'] for record in records) > 0
    assert set(records[0]) == {
        'img_path',
        'split',
        'gt_label',
        'gt_class',
        'pred_label',
        'pred_class',
        'confidence',
        'gt_confidence',
        'runner_up_label',
        'runner_up_class',
        'runner_up_confidence',
        'predictive_entropy',
        'expected_entropy',
        'mutual_information',
        'pred_std',
    }
    for record in records:
        assert record['runner_up_label'] != record['pred_label']
        assert record['runner_up_confidence'] <= record['confidence']
        if record['gt_label'] == record['pred_label']:
            assert record['gt_confidence'] == record['confidence']
    assert records[0]['gt_class'] == ('dog', 'elk', 'fox')[records[0]['gt_label']]
    (tmp_path / 'predictions_base.jsonl').write_text(
        '{"confidence": 1, "gt_class": "\u2028\x85"}\n', 'utf-8'
    )
    assert read_predictions(tmp_path / 'predictions_base.jsonl')[0]['gt_class'] == '\u2028\x85'
    (tmp_path / 'predictions_base.jsonl').write_text('{"confidence": 1}\n[]\n')
    with pytest.raises(ValueError, match='line 2 is not a prediction record'):
        read_predictions(tmp_path / 'predictions_base.jsonl')


def test_a_single_split_has_no_harmonic_mean(tmp_path: Path) -> None:
    metrics = make_runner(
        tmp_path, test_cfg=dict(type='SplitTestLoop', splits=dict(base=BASE_NOVEL['base']))
    ).test()
    assert 'base/accuracy' in metrics
    assert 'H' not in metrics


def test_other_metrics_keep_their_names(tmp_path: Path) -> None:
    metrics = make_runner(
        tmp_path, test_evaluator=dict(type='mmpretrain.Accuracy', topk=(1, 2))
    ).test()
    assert set(metrics) == {
        'base/accuracy',
        'base/accuracy/top2',
        'novel/accuracy',
        'novel/accuracy/top2',
        'H',
    }


def test_the_vocabulary_comes_back_after_an_error(tmp_path: Path) -> None:
    class Failing(ToyModel):
        def forward(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError('out of luck')

    model = Failing()
    training = Vocabulary(names=('ant', 'bee'))
    model.set_vocabulary(training)
    with pytest.raises(RuntimeError, match='out of luck'):
        make_runner(tmp_path, model).test()
    assert model.vocabulary == training


def test_templates_for_datasets_that_have_none(tmp_path: Path) -> None:
    loader = make_runner(tmp_path / 'a')._test_dataloader
    loader['dataset']['bare'] = True
    model = ToyModel()
    with pytest.raises(ValueError, match=r"split 'base' \(ToyData\) lacks \['templates'\]"):
        make_runner(tmp_path / 'b', model, test_dataloader=loader).test()
    cfg = dict(type='SplitTestLoop', splits=BASE_NOVEL, templates=['one {}'])
    make_runner(tmp_path / 'c', model, test_dataloader=loader, test_cfg=cfg).test()
    assert model.history[-1].templates == ('one {}',)


def test_several_named_datasets_in_one_run(tmp_path: Path) -> None:
    splits = {
        'here/all': dict(seen=True),
        'there/all': dict(seen=False, dataset=dict(count=7)),
        'there/base': dict(seen=False, dataset=dict(count=7, class_split='base')),
        'there/novel': dict(seen=False, dataset=dict(count=7, class_split='novel')),
        'elsewhere/all': dict(seen=False, dataset=dict(count=5)),
    }
    loop = dict(type='SplitTestLoop', splits=splits, trained_on='here')
    model = ToyModel()
    metrics = make_runner(tmp_path, model, test_cfg=loop).test()
    assert {f'{name}/accuracy' for name in splits} <= set(metrics)
    assert metrics['average/all/accuracy'] == pytest.approx(
        (metrics['there/all/accuracy'] + metrics['elsewhere/all/accuracy']) / 2
    )
    base, novel = metrics['there/base/accuracy'], metrics['there/novel/accuracy']
    assert metrics['there/H'] == pytest.approx(2 * base * novel / (base + novel))
    assert 'H' not in metrics
    assert [vocabulary.seen for vocabulary in model.history] == [True, False, False, False, False]
    assert [len(vocabulary) for vocabulary in model.history] == [6, 6, 3, 3, 6]
    assert (tmp_path / 'predictions_there_novel.jsonl').is_file()
    with pytest.raises(
        ValueError, match=r"trained_on='dtd' is not a dataset.*'elsewhere', 'here', 'there'"
    ):
        make_runner(tmp_path / 'again', test_cfg={**loop, 'trained_on': 'dtd'}).test()


@pytest.mark.parametrize(
    ('splits', 'message'),
    [
        ({}, 'names no split'),
        ({'a/b/c': BASE_NOVEL['base']}, "must be '<split>' or '<dataset>/<split>'"),
        ({'a/': BASE_NOVEL['base']}, "must be '<split>' or '<dataset>/<split>'"),
        ({'average/base': BASE_NOVEL['base']}, 'the name of the averages'),
        ({'base': dict(dataset=dict(class_split='base'))}, 'must have seen=True'),
        ({'base': dict(seen='yes')}, 'must have seen=True'),
        ({'base': dict(seen=True, data=dict())}, 'allowed keys: seen'),
        ({'base': dict(seen=True, dataset='base')}, 'dict of overrides'),
        (
            {'base': BASE_NOVEL['base'], 'again': BASE_NOVEL['base']},
            "'base' and 'again' are the same",
        ),
        ({'base': dict(seen=True, dataset=dict(count=0))}, "'base' has no images"),
        ({**BASE_NOVEL, 'x': dict(outside='bas')}, r"outside='bas' must be.*\['base', 'novel'\]"),
        ({**BASE_NOVEL, 'x': dict(outside='base', seen=False)}, 'allowed keys: seen'),
        ({**BASE_NOVEL, 'x': dict(outside='base', exclude='dog')}, 'must be a list of class names'),
        ({**OUTSIDE, 'x': OUTSIDE['unseen']}, "'unseen' and 'x' are the same"),
    ],
)
def test_refuses_bad_splits(tmp_path: Path, splits: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_runner(tmp_path, test_cfg=dict(type='SplitTestLoop', splits=splits)).test()


def test_refuses_an_unknown_half_or_key_of_the_dataset(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match='new'):
        make_runner(
            tmp_path / 'a',
            test_cfg=dict(
                type='SplitTestLoop',
                splits=dict(new=dict(seen=False, dataset=dict(class_split='new'))),
            ),
        ).test()
    with pytest.raises(TypeError, match='shotz'):
        make_runner(
            tmp_path / 'b',
            test_cfg=dict(
                type='SplitTestLoop', splits=dict(base=dict(seen=True, dataset=dict(shotz=4)))
            ),
        ).test()


def test_refuses_a_model_without_vocabulary(tmp_path: Path) -> None:
    class Plain(BaseModel):
        def forward(self, *args: Any, **kwargs: Any) -> None:
            """Never called."""

    with pytest.raises(TypeError, match=r'Plain has no set_vocabulary\(\)'):
        make_runner(tmp_path, Plain()).test()


def test_the_dump_wants_json_lines(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in '\.jsonl'"):
        make_runner(tmp_path, test_evaluator=dict(type='PredictionDump', out_file='out.pkl')).test()


def test_curves_of_every_named_split(tmp_path: Path) -> None:
    runner = make_runner(tmp_path, test_cfg=dict(type='SplitTestLoop', splits=OUTSIDE))
    metrics = runner.test()
    curves = runner.test_loop.curves
    assert list(curves) == ['base', 'novel']
    for split, found in curves.items():
        assert set(found) == {'reliability', 'risk_coverage'}
        assert sum(found['reliability']['count']) == 11
        assert (
            len(found['reliability']['confidence']) == len(found['reliability']['accuracy']) == 15
        )
        assert found['risk_coverage']['coverage'] == [n / 20 for n in range(1, 21)]
        assert found['risk_coverage']['risk'][-1] == pytest.approx(
            1 - metrics[f'{split}/accuracy'] / 100, abs=1e-6
        )
        assert 100 * (1 - found['risk_coverage']['risk'][15]) == pytest.approx(
            metrics[f'{split}/accuracy_at_80']
        )
    json.dumps(curves)


def test_unseen_classes_are_answered_with_the_names_of_the_base_classes(tmp_path: Path) -> None:
    model, witness = ToyModel(), Witness()
    runner = make_runner(
        tmp_path,
        model,
        custom_hooks=[witness],
        test_cfg=dict(type='SplitTestLoop', splits=dict(unseen=OUTSIDE['unseen'], **BASE_NOVEL)),
    )
    metrics = runner.test()
    assert {name for name in metrics if name.startswith('unseen/')} == {
        f'unseen/auroc_{key}'
        for key in (
            'confidence',
            'predictive_entropy',
            'expected_entropy',
            'mutual_information',
            'pred_std',
        )
    }
    # tested last
    assert [vocabulary.names[0] for vocabulary in model.history] == ['ant', 'dog', 'ant']
    assert model.history[2] == model.history[0]
    doubt = {}
    for split in ('base', 'novel'):
        logits, _ = logits_and_labels(split, 11)
        doubt[split] = 1 - logits[:, :3].softmax(dim=-1).amax(dim=-1)
    pairs = [float(out > known) for out in doubt['novel'] for known in doubt['base']]
    assert metrics['unseen/auroc_confidence'] == pytest.approx(sum(pairs) / 121)
    # one sample
    assert metrics['unseen/auroc_mutual_information'] == metrics['unseen/auroc_pred_std'] == 0.5
    assert metrics['H'] == make_runner(tmp_path / 'alone').test()['H']


def test_images_of_known_classes_do_not_count_as_outside(tmp_path: Path) -> None:
    splits = dict(
        base=BASE_NOVEL['base'],
        other=dict(outside='base', dataset=dict(class_split='all', count=40), exclude=['Elk']),
    )
    metrics = make_runner(tmp_path, test_cfg=dict(type='SplitTestLoop', splits=splits)).test()
    logits, labels = logits_and_labels('all', 40)
    known = 1 - logits_and_labels('base', 11)[0][:, :3].softmax(dim=-1).amax(dim=-1)
    # dog and fox
    counted = (1 - logits[:, :3].softmax(dim=-1).amax(dim=-1))[(labels == 3) | (labels == 5)]
    pairs = [float(out > inside) for out in counted for inside in known]
    assert metrics['other/auroc_confidence'] == pytest.approx(sum(pairs) / len(pairs))
    assert "'other': images of 4 classes do not count" in next(tmp_path.glob('*/*.log')).read_text()
    for dataset, exclude, message in (
        (dict(class_split='base', count=5), [], 'no OOD class'),
        (dict(class_split='novel'), ['yak'], r"exclude names \['yak'\]"),
    ):
        splits['other'] = dict(outside='base', dataset=dataset, exclude=exclude)
        with pytest.raises(SplitError, match=message):
            make_runner(
                tmp_path / message[:5], test_cfg=dict(type='SplitTestLoop', splits=splits)
            ).test()


def _rank(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR='127.0.0.1', RANK=str(rank), WORLD_SIZE='2', LOCAL_RANK=str(rank))
    distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/rendezvous', rank=rank, world_size=2
    )
    model = MMDistributedDataParallel(module=ToyModel())
    loop = dict(type='SplitTestLoop', splits=OUTSIDE)
    metrics = make_runner(f'{folder}/work', model, test_cfg=loop).test()
    Path(folder, f'{rank}.json').write_text(json.dumps(metrics))
    assert [vocabulary.names[0] for vocabulary in model.module.history] == ['ant', 'dog', 'ant']
    distributed.destroy_process_group()


def test_two_processes_give_the_numbers_of_one(tmp_path: Path) -> None:
    (tmp_path / 'work').mkdir()
    multiprocessing.spawn(_rank, (str(tmp_path),), nprocs=2)
    alone = make_runner(
        tmp_path / 'alone', test_cfg=dict(type='SplitTestLoop', splits=OUTSIDE)
    ).test()
    assert 'unseen/auroc_confidence' in alone
    for rank in range(2):
        assert json.loads((tmp_path / f'{rank}.json').read_text()) == pytest.approx(alone, abs=1e-9)
    for split in ('base', 'novel'):  # 11 images on 2 ranks: one is padded, and dropped again
        file = f'predictions_{split}.jsonl'
        assert (tmp_path / 'work' / file).read_text() == (tmp_path / 'alone' / file).read_text()
