"""VocabularyHook, EpochSeedHook, FiniteLossHook and ThroughputHook."""

from __future__ import annotations

import random

import pytest
import torch
import toy_engine
from toy_engine import NAMES, VAL, Interrupted, toy_runner

from vamp_mm.engine import (
    EpochSeedHook,
    FiniteLossHook,
    find_latest_checkpoint,
    load_checkpoint,
)
from vamp_mm.engine.hooks.epoch_seed_hook import epoch_seed
from vamp_mm.structures import Vocabulary

TOY = Vocabulary(NAMES, ('a toy {}.',), seen=True)


class TestVocabularyHook:
    def test_training_names(self, tmp_path):
        runner = toy_runner(tmp_path, stop=0)
        with pytest.raises(Interrupted):
            runner.train()
        assert runner.model.vocabulary == TOY

    def test_validation_has_its_own_and_gives_them_back(self, tmp_path):
        val = {**VAL, 'val_dataloader__dataset__metainfo': {'classes': ('cat', 'gnu', 'emu')}}
        runner = toy_runner(tmp_path, train_cfg__max_epochs=2, **val)
        runner.train()
        other = Vocabulary(('cat', 'gnu', 'emu'), ('a toy {}.',), seen=False)
        assert runner.model.seen_vocabularies == [TOY, other, TOY, other, TOY]

    def test_test_dataset_after_training_and_from_a_checkpoint(self, tmp_path):
        novel = {'test_dataloader__dataset__metainfo': {'classes': ('cat', 'gnu', 'emu')}}
        toy_runner(tmp_path).train()
        for changes, names, seen in (({}, NAMES, True), (novel, ('cat', 'gnu', 'emu'), False)):
            runner = toy_runner(
                tmp_path / 'test', load_from=str(tmp_path / 'epoch_4.pth'), **changes
            )
            runner.test()
            assert runner.model.vocabulary == Vocabulary(names, ('a toy {}.',), seen)

    def test_loops_that_set_names_are_left_alone(self, tmp_path):
        runner = toy_runner(tmp_path)
        runner._test_loop = runner.build_test_loop(runner._test_loop)
        runner.test_loop.sets_vocabulary = True
        runner.test()
        assert runner.model.vocabulary is None

    @pytest.mark.parametrize('learns', [True, False])
    def test_a_plain_test_loop_says_that_it_does_not_compare(self, tmp_path, learns, monkeypatch):
        log = []
        monkeypatch.setattr(
            'vamp_mm.engine.hooks.vocabulary_hook.print_log', lambda text, _: log.append(text)
        )
        runner = toy_runner(tmp_path)
        runner.model.beside_zero_shot = False
        runner.model.requires_grad_(learns)
        runner.test()
        told = (
            'TestLoop does not test zero-shot CLIP beside the method; '
            "test_cfg=dict(type='vamp_mm.SplitTestLoop', splits=dict(all=dict(seen=True))) does"
        )
        assert log == [told] * learns

    def test_templates_of_the_hook_serve_datasets_without(self, tmp_path):
        runner = toy_runner(
            tmp_path, stop=0, custom_hooks=[{'type': 'VocabularyHook', 'templates': ['see {}']}]
        )
        runner.train_dataloader.dataset._metainfo.pop('templates')
        with pytest.raises(Interrupted):
            runner.train()
        assert runner.model.vocabulary.templates == ('see {}',)

    @pytest.mark.parametrize(
        ('classes', 'message'), [((), 'no class names'), (('cat',), 'single class')]
    )
    def test_bad_class_names(self, tmp_path, classes, message):
        runner = toy_runner(tmp_path)
        runner.train_dataloader.dataset._metainfo['classes'] = classes
        with pytest.raises(ValueError, match=message):
            runner.train()

    def test_model_without_vocabulary(self, tmp_path):
        runner = toy_runner(tmp_path)
        del runner.model.vocabulary
        with pytest.raises(TypeError, match='ToyModel takes no class names'):
            runner.train()


class TestEpochSeedHook:
    def test_epoch_is_a_function_of_seed_epoch_and_rank(self):
        seeds = {
            epoch_seed(seed, epoch, rank)
            for seed in (1, 2)
            for epoch in range(50)
            for rank in range(8)
        }
        assert len(seeds) == 2 * 50 * 8
        assert max(seeds) < 2**32

    def test_seeds_all_generators_and_tells_the_dataset(self, tmp_path):
        runner = toy_runner(tmp_path)
        hook, drawn = EpochSeedHook(), []
        for _ in range(2):
            hook.before_train_epoch(runner)
            drawn.append((random.random(), toy_engine._legacy_randn(), float(torch.rand(()))))
        assert drawn[0] == drawn[1]
        runner.train_loop._epoch = 1
        hook.before_train_epoch(runner)
        assert random.random() != drawn[0][0]
        assert runner.train_dataloader.dataset.epochs == [0, 0, 1]

    @pytest.mark.parametrize(('counts', 'warned'), [(5, False), (2, True)])
    def test_gradients_accumulated_over_the_end_of_an_epoch(self, tmp_path, counts, warned):
        runner = toy_runner(tmp_path, optim_wrapper__accumulative_counts=counts)
        said = []
        runner.logger.warning = said.append
        runner.train()
        assert [f'accumulative_counts={counts}' in text for text in said] == [True] * warned

    def test_wrapped_dataset_is_told(self, tmp_path):
        inner = {'type': 'ToyDataset', 'pipeline': [{'type': 'ToyPack'}]}
        runner = toy_runner(
            tmp_path,
            train_dataloader__dataset={
                '_delete_': True,
                'type': 'RepeatDataset',
                'times': 2,
                'dataset': inner,
            },
        )
        EpochSeedHook().before_train_epoch(runner)
        assert runner.train_dataloader.dataset.dataset.epochs == [0]


class TestFiniteLossHook:
    def test_names_term_place_and_images(self, tmp_path):
        runner = toy_runner(tmp_path, model__break_at=12)
        with pytest.raises(FloatingPointError) as error:
            runner.train()
        text = str(error.value)
        assert text.startswith(
            'loss_kl = nan in epoch 3, iteration 12 (batch 2 of the epoch); images: '
        )
        assert text.count('.png') == 4
        assert 'loss_ce' not in text

    def test_earlier_checkpoints_stay(self, tmp_path):
        runner = toy_runner(
            tmp_path, model__break_at=10, default_hooks__checkpoint__max_keep_ckpts=1
        )
        with pytest.raises(
            FloatingPointError, match=r'batch 5 of the epoch'
        ):  # the last one before a checkpoint
            runner.train()
        assert [path.name for path in tmp_path.glob('*.pth')] == ['epoch_1.pth']
        state = load_checkpoint(find_latest_checkpoint(tmp_path))
        assert all(value.isfinite().all() for value in state['state_dict'].values())

    def test_broken_weights_under_a_finite_loss_are_not_saved(self, tmp_path):
        runner = toy_runner(tmp_path, model__break_weights=True)
        with pytest.raises(FloatingPointError, match=r'not saved: .* head\.weight.* after epoch 1'):
            runner.train()
        assert not list(tmp_path.glob('*.pth'))

    @pytest.mark.parametrize(
        'value', [torch.tensor(float('inf')), torch.tensor([1.0, float('nan')]), float('nan')]
    )
    def test_kinds_of_values(self, tmp_path, value):
        runner = toy_runner(tmp_path)
        with pytest.raises(FloatingPointError, match='loss_x'):
            FiniteLossHook().after_train_iter(runner, 0, None, {'loss_x': value, 'loss': value})
        with pytest.raises(FloatingPointError, match='loss = '):
            FiniteLossHook().after_train_iter(runner, 0, None, {'loss': value})
        FiniteLossHook().after_train_iter(
            runner, 0, None, {'metric_x': value, 'loss': torch.ones(())}
        )

    def test_acts_before_losses_are_averaged_and_logged(self, tmp_path):
        """Wherever the hooks stand in the config."""
        custom = [{'type': 'MeanLossHook'}, {'type': 'FiniteLossHook'}]
        names = [type(hook).__name__ for hook in toy_runner(tmp_path, custom_hooks=custom).hooks]
        assert names[:3] == ['FiniteLossHook', 'MeanLossHook', 'RuntimeInfoHook']

    def test_a_loss_that_broke_on_another_rank_stops_this_one(self, tmp_path, monkeypatch):
        runner = toy_runner(tmp_path)
        monkeypatch.setattr(
            'vamp_mm.engine.hooks.finite_loss_hook.all_reduce', lambda flag, op: flag.fill_(1)
        )
        with pytest.raises(FloatingPointError, match='another rank'):
            FiniteLossHook().after_train_iter(runner, 0, None, {'loss': torch.ones(())})


def test_throughput(tmp_path):
    runner = toy_runner(tmp_path)
    runner.train()
    runner.test()
    info = runner.message_hub.get_info('throughput')
    assert info['trainable_parameters'] == 4 * 3 + 3 + 4
    assert info['peak_memory_mb'] > 0
    assert info['peak_memory_of'] == 'process'
    # 17 images an epoch: rate and duration must tell of the same images.
    assert info['train_images_per_second'] * info['seconds_per_epoch'] == pytest.approx(17)
    assert info['test_images_per_second'] > 0
    assert (
        'throughput' not in load_checkpoint(tmp_path / 'epoch_4.pth')['message_hub']['runtime_info']
    )
