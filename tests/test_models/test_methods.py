"""Every promise on every method: the rows of ``tests/methods.py`` on the small CLIP, in float64."""

from __future__ import annotations

import copy
import itertools

import helpers_models as helpers
import methods
import pytest
import torch
from helpers_models import NAMES, batch, build_method, run, stir, total_loss
from methods import METHODS, TRAINED, Method
from mmengine.runner.checkpoint import load_state_dict as load_leniently

from vamp_mm.models import PromptedCLIPBackbone
from vamp_mm.structures import EMPTY_PLAN, Vocabulary
from vamp_mm.weight_files import CheckpointError

every = pytest.mark.parametrize('row', METHODS, ids=methods.ids)
trained = pytest.mark.parametrize('row', TRAINED, ids=methods.ids)
FIELDS = ('predictive_entropy', 'expected_entropy', 'mutual_information', 'pred_std')


@pytest.fixture(scope='module')
def single(small_files) -> PromptedCLIPBackbone:
    """The small CLIP in float32, for what is about precision."""
    return PromptedCLIPBackbone(**small_files)


@pytest.fixture(scope='module')
def states(small) -> list[dict]:
    """Checkpoints of all methods."""
    return [
        build_method(small, row.prompter, row.head, **row.arguments).state_dict() for row in METHODS
    ]


def _build(small, row: Method, moved: bool = True, **arguments):
    model = build_method(small, row.prompter, row.head, **{**row.arguments, **arguments})
    if moved:
        stir(model)
    if row.stage == 2:
        model.prompter.enter_stage(2, model.eval().text_features()[0, 0])
        if moved:
            stir(model.prompter, scale=0.05)
    return model.eval()


def _scores(model, images):
    with torch.no_grad():
        return torch.stack([sample.pred_score for sample in model(images, mode='predict')])


def _trainable(model, row=None):
    """Trainable tensors, without those that rest at the stage of a row."""
    resting = () if row is None else row.resting
    return {
        name: value
        for name, value in model.named_parameters()
        if value.requires_grad and not name.startswith(resting or ('nothing',))
    }


@every
def test_trains_what_the_table_declares_and_saves_nothing_else(small, row):
    model = _build(small, row)
    names = list(_trainable(model))
    assert all(name.startswith(row.modules) for name in names)
    for prefix in row.modules:
        assert any(name.startswith(prefix) for name in names), prefix
    assert set(model.state_dict()) == set(names) | set(row.buffers)


@every
def test_predictions_are_distributions_with_their_uncertainty(small, row):
    model, (images, samples) = _build(small, row), batch()
    with torch.no_grad():
        logits = model(images, mode='tensor')
        out = model(images, samples, mode='predict')
    assert logits.shape == (10 if row.samples else 1, 5, len(NAMES))
    assert out[0] is samples[0]
    mean = logits.softmax(-1).mean(0)
    for n, sample in enumerate(out):
        torch.testing.assert_close(sample.pred_score, mean[n], rtol=0, atol=1e-12)
        assert sample.pred_label.tolist() == [int(mean[n].argmax())]
        assert int(sample.gt_label) == n
        values = {name: float(sample.get(name)) for name in FIELDS}
        assert values['predictive_entropy'] == pytest.approx(
            float(torch.special.entr(mean[n]).sum()), abs=1e-12
        )
        if row.samples:
            assert values['mutual_information'] > 0
            assert values['pred_std'] > 0
        else:
            assert values['mutual_information'] == values['pred_std'] == 0


@every
def test_a_prediction_does_not_depend_on_the_batch_around_it(small, row):
    model, (images, _) = _build(small, row), batch(5)
    together = _scores(model, images)
    assert float(together.std(0).max()) > 1e-3  # the images differ
    order = [3, 0, 4, 1, 2]
    torch.testing.assert_close(_scores(model, images[order]), together[order], rtol=0, atol=1e-10)
    for n in range(5):
        torch.testing.assert_close(
            _scores(model, images[n : n + 1])[0], together[n], rtol=0, atol=1e-10
        )


@every
def test_evaluation_is_deterministic_and_leaves_random_state_alone(small, row):
    model, (images, _) = _build(small, row), batch(2)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = _scores(model, images)
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(99)
    assert torch.equal(_scores(model, images), first)


@trained
def test_loss_terms_are_the_declared_ones_and_finite(small, row):
    model, (images, samples) = _build(small, row).train(), batch()
    losses = model(images, samples, mode='loss')
    assert tuple(key for key in losses if 'loss' in key) == row.losses
    assert all(value.ndim == 0 and bool(value.isfinite()) for value in losses.values())
    assert 0 <= float(losses['metric_accuracy']) <= 100
    assert ('metric_sigma' in losses) == (row.looks_at_image and row.head['type'] == 'VaMPHead')


@trained
def test_gradients_equal_finite_differences(small, row):
    model, (images, samples) = _build(small, row).train(), batch()
    tensors = _trainable(model, row)
    gradients = torch.autograd.grad(total_loss(model, images, samples), list(tensors.values()))
    generator, step = torch.Generator().manual_seed(0), 1e-5
    for (name, value), gradient in zip(tensors.items(), gradients):
        for _ in range(2):
            direction = torch.randn(value.shape, generator=generator, dtype=torch.float64)
            direction /= direction.norm()
            with torch.no_grad():
                value.add_(direction, alpha=step)
                ahead = total_loss(model, images, samples)
                value.add_(direction, alpha=-2 * step)
                behind = total_loss(model, images, samples)
                value.add_(direction, alpha=step)
            slope = float((ahead - behind) / (2 * step))
            # curvature gives an error of order step^2 = 1e-10, rounding of the loss 1e-15 / step = 1e-10
            slope *= row.gradient_factor
            assert float((gradient * direction).sum()) == pytest.approx(
                slope, rel=1e-5, abs=1e-7
            ), name
        assert float(gradient.abs().max()) > 1e-8, name


@trained
def test_a_step_moves_all_that_is_declared_and_nothing_else(small, row):
    model, (images, samples) = _build(small, row).train(), batch()
    before = copy.deepcopy(dict(model.named_parameters()))
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=1e-3, weight_decay=0.01
    )
    total_loss(model, images, samples).backward()
    assert all(value.grad is None for value in model.backbone.parameters())
    optimizer.step()
    for name, value in model.named_parameters():
        moves = name.startswith(row.modules) and not name.startswith(row.resting or ('nothing',))
        assert torch.equal(value, before[name]) != moves, name


@trained
def test_training_lowers_the_loss(small, row):
    model, (images, samples) = _build(small, row, moved=False).train(), batch()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    start = float(total_loss(model, images, samples).detach())
    for step in range(15):
        optimizer.zero_grad()
        total_loss(model, images, samples, step).backward()
        optimizer.step()
    assert float(total_loss(model, images, samples).detach()) < 0.8 * start


@every
def test_a_checkpoint_brings_back_every_bit(small, row):
    model, (images, _) = _build(small, row), batch(2)
    other = build_method(small, row.prompter, row.head, seed=7).eval()
    if row.modules:
        assert not torch.equal(_scores(other, images), _scores(model, images))
    result = other.load_state_dict(copy.deepcopy(model.state_dict()), strict=True)
    assert result.missing_keys == result.unexpected_keys == []
    assert torch.equal(_scores(other, images), _scores(model, images))


@every
def test_a_checkpoint_of_another_method_or_width_is_refused_even_leniently(small, states, row):
    model = _build(small, row)
    refused, before = 0, copy.deepcopy(model.state_dict())
    for stored in states:
        if {k: v.shape for k, v in stored.items()} == {k: v.shape for k, v in before.items()}:
            continue
        for load in (load_leniently, lambda m, s: m.load_state_dict(s, strict=False)):
            with pytest.raises(CheckpointError, match='does not fit the model PromptedClassifier'):
                load(model, stored)
            for key, value in model.state_dict().items():
                assert torch.equal(value, before[key]), key
            refused += 1
    assert refused >= 10


@every
def test_the_same_weights_answer_about_other_classes(small, row):
    model, (images, _) = _build(small, row), batch(2)
    first = _scores(model, images)
    state = copy.deepcopy(model.state_dict())
    if row.fixed_classes:
        for names, seen in ((('bus', 'red car', *NAMES), True), (NAMES, False)):
            with pytest.raises(ValueError, match='cannot answer about'):
                model.set_vocabulary(Vocabulary(names=names, seen=seen))
        assert torch.equal(_scores(model, images), first)  # the old classes stay
        return
    model.set_vocabulary(Vocabulary(names=('bus', 'red car', *NAMES), seen=False))
    assert len(model.vocabulary) == 7
    more = model(images, mode='tensor')
    assert more.shape[1:] == (2, 7)
    model.set_vocabulary(Vocabulary(names=NAMES, seen=False))
    # a class's own logit does not depend on the other classes
    torch.testing.assert_close(model(images, mode='tensor'), more[..., 2:], rtol=0, atol=1e-9)
    model.set_vocabulary(Vocabulary(names=NAMES))
    torch.testing.assert_close(_scores(model, images), first, rtol=0, atol=1e-12)
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())


@every
def test_the_order_of_classes_only_reorders_the_answer(small, row):
    model, (images, _) = _build(small, row), batch(2)
    first, order = _scores(model, images), [2, 4, 0, 1, 3]
    if row.fixed_classes:
        pytest.skip('each class has a context of its own')
    model.set_vocabulary(Vocabulary(names=[NAMES[i] for i in order]))
    torch.testing.assert_close(_scores(model, images), first[:, order], rtol=0, atol=1e-10)


@every
def test_copies_compute_the_same_and_live_on_their_own(small, row):
    model, (images, _) = _build(small, row), batch(2)
    first = _scores(model, images)
    twin = copy.deepcopy(model)
    assert torch.equal(_scores(twin, images), first)
    with torch.no_grad():
        for value in twin.parameters():
            value.mul_(0.5)
    twin.eval()
    assert not torch.equal(_scores(twin, images), first)
    assert torch.equal(_scores(model, images), first)


@every
def test_bfloat16_autocast_is_finite_and_close(single, row):
    model, (images, samples) = _build(single, row), batch(dtype=torch.float32)
    exact, start = _scores(model, images), model.train()
    exact_loss = total_loss(start, images, samples).detach() if row.modules else None
    with torch.autocast('cpu', torch.bfloat16):
        if row.modules:
            loss = total_loss(model, images, samples)
            grads = torch.autograd.grad(loss, list(_trainable(model, row).values()))
            assert all(
                bool(grad.isfinite().all()) and grad.dtype == torch.float32 for grad in grads
            )
            assert float(loss.detach()) == pytest.approx(float(exact_loss), rel=0.1, abs=0.1)
        rough = _scores(model.eval(), images)
    assert rough.dtype == torch.float32
    # cosines are off by some 2^-9 a layer, the logit scale is 20
    assert float((rough - exact).abs().max()) < 0.15


@every
def test_teacher_and_zero_shot_features_are_plain_clip(small, row):
    model, (images, _) = _build(small, row), batch(2)
    torch.testing.assert_close(
        model.extract_frozen(images),
        small.encode_image(images, EMPTY_PLAN).pooled[0],
        rtol=0,
        atol=0,
    )
    sentences = [f'a photo of a {name}.'.replace('_', ' ') for name in NAMES]
    expected = small.encode_text(small.tokenize(sentences)).pooled[0, 0]
    torch.testing.assert_close(
        model.teacher_text(), expected / expected.norm(dim=-1, keepdim=True), rtol=0, atol=1e-12
    )
    assert not model.teacher_text().requires_grad


@every
def test_several_templates_are_averaged_as_unit_features(small, row):
    model, (images, _) = _build(small, row), batch(2)
    templates = ('a photo of a {}.', 'art of the {}.', '{}')
    model.set_vocabulary(Vocabulary(names=NAMES, templates=templates))
    teacher = []
    for template in templates:
        features = small.encode_text(
            small.tokenize([template.replace('{}', n.replace('_', ' ')) for n in NAMES])
        ).pooled[0, 0]
        teacher.append(features / features.norm(dim=-1, keepdim=True))
    mean = torch.stack(teacher).mean(0)
    torch.testing.assert_close(
        model.teacher_text(), mean / mean.norm(dim=-1, keepdim=True), rtol=0, atol=1e-12
    )
    text = run(model, images).text
    torch.testing.assert_close(
        text.norm(dim=-1), torch.ones(text.shape[:-1]).double(), rtol=0, atol=1e-12
    )
    if not row.modules:
        torch.testing.assert_close(text[0, 0], model.teacher_text(), rtol=0, atol=1e-12)


@every
def test_text_features_are_kept_only_where_they_do_not_depend_on_the_image(small, row, monkeypatch):
    model, (images, _) = _build(small, row), batch(2)
    calls, encode = [], small.encode_text
    # the teacher's features, which some methods build on, are encoded without a plan
    monkeypatch.setattr(
        model.backbone,
        'encode_text',
        lambda *a, **k: (calls.append(1) if len(a) + len(k) > 1 else None) or encode(*a, **k),
    )
    first = _scores(model, images)
    assert torch.equal(_scores(model, images), first)
    once = 0 if row.stage == 2 else 1  # a classifier that knows all classes encodes none
    assert len(calls) == (2 if row.looks_at_image else once)
    for change in (
        lambda: model.eval(),
        lambda: model.set_vocabulary(Vocabulary(names=NAMES)),
        lambda: model.load_state_dict(model.state_dict()),
    ):
        before = len(calls)
        change()
        torch.testing.assert_close(_scores(model, images), first, rtol=0, atol=0)
        assert len(calls) == before + once
    with torch.enable_grad():  # a graph may not end at a kept tensor
        before = len(calls)
        model(images, mode='tensor')
        assert len(calls) == before + once


@trained
def test_kept_text_features_never_cut_a_gradient(small, row):
    model, (images, samples) = _build(small, row), batch(2)
    _scores(model, images)  # fills the cache, if there is one
    # a loss in evaluation mode, as validation hooks compute it
    loss = total_loss(model, images, samples)
    grads = torch.autograd.grad(loss, list(_trainable(model, row).values()), allow_unused=True)
    missing = [name for name, grad in zip(_trainable(model, row), grads) if grad is None]
    assert missing == []


@every
def test_a_cast_model_forgets_what_it_kept(small_files, row):
    model = _build(PromptedCLIPBackbone(**small_files), row)
    images, _ = batch(2)
    narrow = _scores(model, images.float())
    wide = _scores(model.double(), images)
    assert wide.dtype == torch.float64
    torch.testing.assert_close(wide.float(), narrow, rtol=0, atol=1e-3)
    fresh = build_method(model.backbone, row.prompter, row.head, seed=3).eval()
    fresh.load_state_dict(model.state_dict())
    torch.testing.assert_close(wide, _scores(fresh, images), rtol=0, atol=1e-12)


def test_shared_tokens_and_their_images_are_the_only_rows_that_differ_in_nothing_but_the_switches():
    for rows in (methods.MMRL, methods.MAPLE):
        for one, other in itertools.combinations(rows, 2):
            changed = {
                key
                for key in {*one.prompter, *other.prompter}
                if one.prompter.get(key) != other.prompter.get(key)
            }
            assert changed <= {'tokens', 'prior'}
            assert one.head == other.head


def test_wrong_use_is_told_clearly(small):
    model = build_method(small, methods.MMRL[-1].prompter, methods.MMRL[-1].head).eval()
    images, samples = batch()
    with pytest.raises(
        ValueError, match="'train' is unknown; allowed: 'tensor', 'loss', 'predict'"
    ):
        model(images, samples, mode='train')
    with pytest.raises(ValueError, match='needs data_samples with gt_label'):
        model(images, mode='loss')
    for label in (5, -1):
        wrong = [
            sample.set_gt_label(label) if n == 1 else sample for n, sample in enumerate(batch()[1])
        ]
        with pytest.raises(
            ValueError, match=f'label {label} is outside the vocabulary of 5 classes'
        ):
            model(images, wrong, mode='loss')
    before = model(images, mode='tensor')
    with pytest.raises(ValueError, match='needs 79 tokens'):
        model.set_vocabulary(
            Vocabulary(names=('cat', ' '.join(['dog'] * 72)), templates=('a photo of a {}.', '{}'))
        )
    assert model.vocabulary.names == NAMES  # a vocabulary that does not fit changes nothing
    assert torch.equal(model(images, mode='tensor'), before)
    torch.manual_seed(0)
    fresh = type(model)(
        small, dict(methods.MMRL[-1].prompter), dict(methods.MMRL[-1].head)
    ).double()
    with pytest.raises(RuntimeError, match='no vocabulary yet.*VocabularyHook'):
        fresh(images, mode='predict')


def test_a_vocabulary_may_stand_in_the_config(small):
    model = build_method(
        small, dict(type='TemplatePrompter'), dict(type='PromptClsHead', losses=[])
    )
    given = dict(names=list(NAMES), templates=['art of {}'], seen=False)
    torch.manual_seed(0)
    other = type(model)(
        small,
        dict(type='TemplatePrompter'),
        dict(type='PromptClsHead', losses=[]),
        vocabulary=given,
    )
    assert other.vocabulary == Vocabulary(names=NAMES, templates=('art of {}',), seen=False)


def test_zero_shot_equals_clips_own_logits(small, small_files):
    model = _build(small, methods.ZERO_SHOT)
    clip = helpers.build_open_clip(helpers.SMALL).double()
    images, _ = batch()
    ids = small._tokenizer._tokenizer([f'a photo of a {name}.'.replace('_', ' ') for name in NAMES])
    with torch.no_grad():
        expected, _ = clip.get_logits(images, ids)
        # the scale exp(3) is taken in float32 when the weights are loaded: 6e-8 relative
        torch.testing.assert_close(model(images, mode='tensor')[0], expected, rtol=1e-7, atol=0)


def test_the_preprocessor_takes_statistics_from_the_weights_and_no_mixed_labels(small):
    row = methods.ZERO_SHOT
    model = build_method(
        small,
        row.prompter,
        row.head,
        data_preprocessor=dict(mean=[0, 0, 0], std=[1, 1, 1], to_rgb=True),
    )
    assert model.data_preprocessor.to_rgb
    expected = 255 * torch.tensor(small.image_std, dtype=torch.float64)
    torch.testing.assert_close(
        model.data_preprocessor.std.flatten().double(), expected, rtol=1e-6, atol=0
    )
    with pytest.raises(ValueError, match='batch_augments=.*Mixup.*one label per image'):
        build_method(
            small,
            row.prompter,
            row.head,
            data_preprocessor=dict(batch_augments=dict(augments=[dict(type='Mixup', alpha=1)])),
        )


@trained
def test_zero_shot_beside_a_method_is_zero_shot_clip_and_changes_nothing_else(single, row):
    pure = build_method(
        single, dict(type='TemplatePrompter'), dict(type='PromptClsHead', losses=[])
    ).eval()
    model, (images, _) = _build(copy.deepcopy(single), row), batch(5)
    model, images = model.float(), images.float()
    alone = _scores(model, images)
    # after the vocabulary changed, the scores are those of the new one
    for names in (NAMES, NAMES[::-1]):
        vocabulary = Vocabulary(names, templates=('a photo of a {}.', 'art of the {}.'))
        pure.set_vocabulary(vocabulary)
        if not row.fixed_classes:
            model.set_vocabulary(vocabulary)
        else:
            pure.set_vocabulary(model.vocabulary)
        model.beside_zero_shot = True
        with torch.no_grad():
            out = model(images, mode='predict')
        assert torch.equal(
            torch.stack([sample.zero_shot_score for sample in out]), _scores(pure, images)
        )
        model.beside_zero_shot = False
        assert torch.equal(
            torch.stack([sample.pred_score for sample in out]), _scores(model, images)
        )
    if row.fixed_classes:
        assert torch.equal(alone, _scores(model, images))
    assert 'zero_shot_score' not in model(images, mode='predict')[0]
