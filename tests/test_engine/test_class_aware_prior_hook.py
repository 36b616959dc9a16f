"""Prototypes against a direct computation, alone and in two processes."""

from __future__ import annotations

import pytest
import torch
from mmengine.dataset import ConcatDataset, RepeatDataset
from torch.nn import functional
from toy_engine import NAMES, Interrupted, ToyDataset, ToyModel, ToyPack, toy_runner
from toy_processes import LIMIT, start

from vamp_mm.engine import ClassAwarePriorHook
from vamp_mm.engine.class_means import class_means
from vamp_mm.engine.unaugmented import with_pipeline


def features(**changes):
    """Frozen features (17, 4) of the un-augmented images, and their labels."""
    dataset = ToyDataset(pipeline=[ToyPack()], **changes)
    items = [dataset[index] for index in range(len(dataset))]
    images = torch.stack([item['inputs'] for item in items])
    labels = torch.cat([item['data_samples'].gt_label for item in items])
    return ToyModel().extract_frozen(images).double(), labels


def direct(vectors, labels):
    return torch.stack([vectors[labels == label].mean(dim=0) for label in range(len(NAMES))])


def prototypes(work_dir, *, epochs=0, **changes):
    """Prototypes that stand after so many epochs; they are computed before the first iteration."""
    runner = toy_runner(work_dir, stop=5 * epochs, **changes)
    with pytest.raises(Interrupted):
        runner.train()
    return runner.model.prototype_owner.prototypes


def prior(**arguments):
    return {
        'custom_hooks': [{'type': 'VocabularyHook'}, {'type': 'ClassAwarePriorHook', **arguments}]
    }


def test_unit_mean_of_unit_features(tmp_path):
    """o_y = mean of unit features, then unit length, without the training augmentation."""
    vectors, labels = features()
    expected = functional.normalize(direct(functional.normalize(vectors, dim=1), labels), dim=1)
    result = prototypes(tmp_path)
    assert result.dtype == torch.float32
    # Sums in float64, rounded once to float32.
    torch.testing.assert_close(result.double(), expected, rtol=0, atol=1e-7)


def test_two_processes_equal_one(tmp_path):
    """17 images do not divide by two: none may count twice. The bits of both ranks are the same."""
    (tmp_path / 'one').mkdir()
    alone = prototypes(tmp_path / 'one')
    ranks = [start(tmp_path, '--rank', str(rank), '--world', '2') for rank in range(2)]
    for process in ranks:
        _, errors = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, errors[-3000:]
    first, second = (torch.load(tmp_path / f'rank{rank}.pt') for rank in range(2))
    assert torch.equal(first, second)
    # float64 sums in another order, rounded to float32: one unit in the last place below 1.
    torch.testing.assert_close(first, alone, rtol=0, atol=1.2e-7)


@pytest.mark.parametrize(
    'arguments', [{'batch_size': 1}, {'batch_size': 100}, {'batch_size': 5, 'num_workers': 1}]
)
def test_batches_do_not_matter(tmp_path, arguments):
    # As above: another order of float64 sums.
    torch.testing.assert_close(
        prototypes(tmp_path / 'a', **prior(**arguments)),
        prototypes(tmp_path / 'b'),
        rtol=0,
        atol=1.2e-7,
    )


@pytest.mark.parametrize(
    'wrapper',
    [
        lambda cfg: {'type': 'RepeatDataset', 'times': 3, 'dataset': cfg},
        lambda cfg: {'type': 'ClassBalancedDataset', 'oversample_thr': 0.9, 'dataset': cfg},
        lambda cfg: {'type': 'ConcatDataset', 'datasets': [cfg, cfg]},
    ],
    ids=['repeat', 'balanced', 'concat'],
)
def test_wrapped_datasets(tmp_path, wrapper, monkeypatch):
    monkeypatch.setattr(ToyDataset, 'get_cat_ids', lambda self, idx: [idx % 3])
    plain = {'type': 'ToyDataset', 'pipeline': [{'type': 'ToyNoise'}, {'type': 'ToyPack'}]}
    result = prototypes(
        tmp_path / 'w',
        train_dataloader={
            '_delete_': True,
            'batch_size': 4,
            'num_workers': 0,
            'dataset': wrapper(plain),
            'sampler': {'type': 'DefaultSampler', 'shuffle': True},
        },
    )
    torch.testing.assert_close(result, prototypes(tmp_path / 'p'), rtol=0, atol=1.2e-7)


def test_training_dataset_keeps_its_augmentation():
    dataset = ToyDataset(pipeline=[{'type': 'vamp_mm.ToyNoise'}, {'type': 'vamp_mm.ToyPack'}])
    twin = with_pipeline(RepeatDataset(dataset, 2), [{'type': 'vamp_mm.ToyPack'}])
    assert len(twin) == len(dataset) == 17
    assert len(dataset.pipeline.transforms) == 2
    assert not dataset.test_mode
    assert len(twin.pipeline.transforms) == 1
    assert twin.data_address is dataset.data_address  # annotations are not copied
    assert len(with_pipeline(ConcatDataset([dataset, dataset]), [])) == 34
    with pytest.raises(TypeError, match='not an mmengine BaseDataset'):
        with_pipeline([1, 2], [])


def test_loaded_prototypes_are_kept(tmp_path):
    with pytest.raises(Interrupted):
        toy_runner(tmp_path, stop=5).train()
    runner = toy_runner(tmp_path, resume=True)
    runner.model.extract_frozen = None  # would fail if it were used
    hook = ClassAwarePriorHook()
    runner.model.prototype_owner.prototypes = torch.ones(3, 4)
    hook.before_train(runner)
    assert torch.equal(runner.model.prototype_owner.prototypes, torch.ones(3, 4))
    runner.model.prototype_owner.prototypes = torch.ones(2, 4)
    with pytest.raises(ValueError, match='prototypes of 2 classes, the training dataset has 3'):
        hook.before_train(runner)


def test_model_without_prototypes_is_left_alone(tmp_path):
    runner = toy_runner(tmp_path)
    runner.model.prototype_owner = None
    ClassAwarePriorHook().before_train(runner)


def test_empty_class_is_named(tmp_path):
    runner = toy_runner(tmp_path, train_dataloader__dataset__empty=1)
    with pytest.raises(
        ValueError, match="no training image of class 'dog' \\(1 of 3 classes are empty\\)"
    ):
        runner.train()


def test_label_out_of_range_names_the_image(tmp_path):
    runner = toy_runner(tmp_path)
    runner.train_dataloader.dataset._metainfo['classes'] = ('cat', 'dog')
    with pytest.raises(ValueError, match=r'image 2\.png has gt_label \[2\]'):
        ClassAwarePriorHook().before_train(runner)


def test_pipeline_must_be_found(tmp_path):
    runner = toy_runner(tmp_path, custom_hooks=[{'type': 'ClassAwarePriorHook'}])
    runner.cfg.test_dataloader = None
    with pytest.raises(KeyError, match="no 'pipeline' in test_dataloader or val_dataloader"):
        ClassAwarePriorHook().before_train(runner)
    own = ClassAwarePriorHook(pipeline=[{'type': 'vamp_mm.ToyPack'}], batch_size=4, num_workers=0)
    own.before_train(runner)
    assert runner.model.prototype_owner.num_prototypes == 3
    with pytest.raises(ValueError, match='refresh_interval=0'):
        ClassAwarePriorHook(refresh_interval=0)


def test_posterior_means_are_refreshed(tmp_path):
    """Source 'posterior': recomputed at epochs 0, 2, ... with the weights of then."""
    changes = {'model__source': 'posterior', **prior(refresh_interval=2)}
    vectors, labels = features()

    def expected(scale):
        return direct(torch.stack([vectors * scale, vectors], dim=1), labels)

    start_values = prototypes(tmp_path / 'a', **changes)
    torch.testing.assert_close(start_values.double(), expected(0.5), rtol=1e-6, atol=1e-6)
    assert torch.equal(prototypes(tmp_path / 'b', epochs=1, **changes), start_values)
    runner = toy_runner(tmp_path / 'c', stop=10, **changes)
    with pytest.raises(Interrupted):
        runner.train()
    owner = runner.model.prototype_owner
    scale = owner.scale.detach().double()
    # Means of float32 products: a few units in the last place.
    torch.testing.assert_close(owner.prototypes.double(), expected(scale), rtol=1e-6, atol=1e-6)
    assert not torch.equal(owner.prototypes, start_values)


def test_broken_features(tmp_path):
    runner = toy_runner(tmp_path)
    runner.model.frozen.fill_(float('nan'))
    with pytest.raises(
        FloatingPointError, match="prototypes of 'cat', 'dog', 'owl' are not finite"
    ):
        runner.train()


def test_rank_without_images_follows_the_others(monkeypatch):
    """What the other rank adds is stood in for by the reduction."""
    monkeypatch.setattr(
        'vamp_mm.engine.class_means.all_reduce', lambda value, op='sum': value.copy_(others.pop(0))
    )
    others = [torch.tensor([2, 3, 0, 0, 0, 0, 0, 0]), torch.ones(2, 3), torch.tensor([1.0, 2.0])]
    means = class_means(None, [], lambda images: images, ('cat', 'dog'))
    assert means.tolist() == [[1.0] * 3, [0.5] * 3]
