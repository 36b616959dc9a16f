"""Checkpoints of the originals: read safely and completely, written back, turned into class embeddings."""

from __future__ import annotations

import collections
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from vamp_mm.config.errors import ConfigError, WorkDirError
from vamp_mm.datasets import DataError
from vamp_mm.engine import CheckpointError, load_checkpoint, save_checkpoint
from vamp_mm.originals.convert import export_original, import_original
from vamp_mm.originals.reading import read_original
from vamp_mm.prediction.class_embeddings import export_embeddings
from vamp_mm.registry import build_part
from vamp_mm.structures import Vocabulary

NAMES = ['cat', 'hot_dog', 'zebra crossing sign']
BACKBONE = dict(type='PromptedCLIPBackbone', arch='ViT-Ti-16-64-icons', pretrained='embedded')


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _dassl(path: Path, state: dict, **more) -> Path:
    """A file as Dassl's ``save_checkpoint`` writes it: with a live scheduler, and in it the optimizer."""
    values = {
        name: torch.nn.Parameter(value) if value.is_floating_point() else value
        for name, value in state.items()
    }
    optimizer = torch.optim.SGD(
        [value for value in values.values() if value.is_floating_point()], lr=0.002, momentum=0.9
    )
    successor = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 50)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(
        dict(
            state_dict=collections.OrderedDict(values),
            epoch=50,
            optimizer=optimizer.state_dict(),
            scheduler=dict(successor=successor, last_epoch=1),
            val_result=None,
            **more,
        ),
        path,
    )
    return path


def _coop(width: int = 96, half: bool = False) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    state = {
        'ctx': torch.randn(4, width, generator=generator),
        'token_prefix': torch.randn(3, 1, width, generator=generator),
        'token_suffix': torch.randn(3, 72, width, generator=generator),
    }
    return {name: (value.half() if half else value) for name, value in state.items()}


def test_what_is_used_dropped_and_left_is_told(tmp_path):
    state = _coop()
    result = import_original(
        'coop', _dassl(tmp_path / 'model.pth.tar-50', state), tmp_path / 'ours.pth'
    )
    assert result.used == ('ctx',)
    assert set(result.class_bound) == {'token_prefix', 'token_suffix'}
    assert result.left == ()
    assert result.epoch == 50
    assert result.settings == {'model.prompter.num_tokens': 4}
    stored = load_checkpoint(tmp_path / 'ours.pth')  # our own loader, which trusts no file either
    assert torch.equal(stored['state_dict']['prompter.context'], state['ctx'])
    assert stored['meta']['original']['method'] == 'coop'
    dead = {**state, 'bias_vectors': torch.zeros(1, 96), 'meta_net.linear1.bias': torch.zeros(96)}
    kept = import_original('kgcoop', _dassl(tmp_path / 'kg.pth', dead))
    assert set(kept.left) == {'bias_vectors', 'meta_net.linear1.bias'}


def test_half_precision_becomes_float32_of_the_same_value(tmp_path):
    state = _coop(half=True)
    result = import_original('coop', _dassl(tmp_path / 'model.pth.tar-50', state))
    assert result.state['prompter.context'].dtype == torch.float32
    assert torch.equal(result.state['prompter.context'], state['ctx'].float())


def test_the_result_evaluates_on_any_classes_and_goes_back(tmp_path):
    state = _coop()
    import_original('coop', _dassl(tmp_path / 'model.pth.tar-50', state), tmp_path / 'ours.pth')
    model = build_part(_config().model)
    model.set_vocabulary(Vocabulary(names=NAMES))
    model.load_state_dict(load_checkpoint(tmp_path / 'ours.pth')['state_dict'])
    assert torch.equal(model.prompter.context, state['ctx'])
    assert export_original(
        'coop', tmp_path / 'ours.pth', tmp_path / 'back' / 'model.pth.tar-50'
    ) == ('ctx',)
    tensors, epoch = read_original(tmp_path / 'back' / 'model.pth.tar-50')
    assert epoch == 50
    assert list(tensors) == ['ctx']
    assert torch.equal(tensors['ctx'], state['ctx'])
    # the keys that Dassl's load_model asks for
    raw = torch.load(tmp_path / 'back' / 'model.pth.tar-50', weights_only=True)
    assert set(raw) == {'state_dict', 'epoch', 'optimizer', 'scheduler', 'val_result'}


def test_changed_bytes_of_a_tensor_are_noticed(tmp_path):
    state = _coop()
    data = bytearray(_dassl(tmp_path / 'model.pth.tar-50', state).read_bytes())
    data[bytes(data).index(state['ctx'].numpy().tobytes()) + 2] ^= 0x40
    (tmp_path / 'rotten').write_bytes(data)
    with pytest.raises(CheckpointError, match='other bytes than were written'):
        read_original(tmp_path / 'rotten')


def test_learned_tokens_that_do_not_fit_are_not_taken_for_frozen_weights(tmp_path):
    deep = {'prompt_learner.ctx': torch.zeros(2, 96)}
    deep |= {
        f'text_encoder.transformer.resblocks.{i}.VPT_shallow': torch.zeros(2, 96) for i in (1, 3)
    }
    with pytest.raises(
        CheckpointError, match=r'also holds text_encoder.transformer.resblocks.3.VPT_shallow'
    ):
        import_original('ivlp', _dassl(tmp_path / 'hole', deep))
    shallow = {
        'image_encoder.VPT': torch.zeros(2, 96),
        'image_encoder.ln_post.weight': torch.ones(96),
        'image_encoder.transformer.resblocks.1.VPT_shallow': torch.zeros(2, 96),
    }
    with pytest.raises(CheckpointError, match=r'also holds image_encoder.VPT, '):
        import_original('skipt', _dassl(tmp_path / 'vpt', shallow))


@pytest.mark.parametrize('shape', [(96,), (2, 7, 1, 96)])
def test_tensors_of_other_shapes_are_an_explained_error(tmp_path, shape):
    deep = {
        'prompt_learner.ctx': torch.zeros(2, 96),
        'text_encoder.transformer.resblocks.1.VPT_shallow': torch.zeros(shape),
    }
    with pytest.raises(CheckpointError, match='other shapes'):
        import_original('ivlp', _dassl(tmp_path / 'file', deep))


@pytest.mark.parametrize(
    'ctx',
    [torch.full((4, 96), torch.nan), torch.zeros(0, 96), torch.zeros(4, 96, dtype=torch.long)],
)
def test_learnables_that_no_training_left_are_refused(tmp_path, ctx):
    with pytest.raises(CheckpointError, match='holds ctx without numbers'):
        import_original('coop', _dassl(tmp_path / 'model.pth.tar-50', {**_coop(), 'ctx': ctx}))


@pytest.mark.parametrize(('change', 'told'), [
    (lambda ctx: {'ctx': ctx.to(torch.complex64)}, r'holds ctx \(complex64\) of types that CLIP weights do not have'),
    (lambda ctx: {'ctx': ctx.to(torch.float8_e4m3fn)}, r'holds ctx \(float8_e4m3fn\) of types that CLIP weights do not have'),
    (lambda ctx: {'ctx': ctx, 'module.ctx': ctx + 1}, "'ctx' and 'module.ctx', two values of one weight"),
])  # fmt: skip
def test_other_kinds_of_number_and_double_names_are_refused(tmp_path, change, told):
    state = _coop()
    with pytest.raises(CheckpointError, match=told):
        import_original(
            'coop', _dassl(tmp_path / 'model.pth.tar-50', {**state, **change(state['ctx'])})
        )


class _Evil:
    def __reduce__(self):
        return (open, (str(_Evil.file), 'w'))


def test_no_code_of_a_file_is_run(tmp_path):
    _Evil.file = tmp_path / 'harm'
    with pytest.raises(
        CheckpointError,
        match='refused: besides tensors it pickles .*open.*Nothing of it was executed',
    ):
        read_original(_dassl(tmp_path / 'evil.pth', _coop(), extra=_Evil()))
    assert not _Evil.file.exists()
    with pytest.raises(CheckpointError, match=r'pickles torch.optim.rmsprop.RMSprop'):
        read_original(
            _dassl(tmp_path / 'other.pth', _coop(), extra=torch.optim.RMSprop([torch.zeros(1)]))
        )
    (tmp_path / 'plain.pth').write_bytes(pickle.dumps({'state_dict': {}}))
    with pytest.raises(CheckpointError, match='a bare Python pickle'):
        read_original(tmp_path / 'plain.pth')
    # newer pickle protocols name classes by other opcodes
    torch.save(
        {'state_dict': _coop(), 'scheduler': _Evil()}, tmp_path / 'four.pth', pickle_protocol=4
    )
    with pytest.raises(CheckpointError, match='it pickles .*open'):
        read_original(tmp_path / 'four.pth')
    assert not _Evil.file.exists()
    # and what was allowed in this process before is neither more nor less now
    assert torch.optim.SGD not in torch.serialization.get_safe_globals()


def test_the_live_objects_of_a_file_are_not_rebuilt(tmp_path, monkeypatch):
    file = _dassl(tmp_path / 'model.pth.tar-50', _coop())
    for kind in (torch.optim.SGD, torch.optim.lr_scheduler.CosineAnnealingLR):
        monkeypatch.setattr(kind, '__setstate__', lambda *_: pytest.fail('rebuilt'), raising=False)
        monkeypatch.setattr(kind, '__init__', lambda *_, **__: pytest.fail('built'))
    tensors, _ = read_original(file)
    assert set(tensors) == {'ctx', 'token_prefix', 'token_suffix'}


def test_other_methods_and_broken_files_are_refused(tmp_path):
    cocoop = {
        **_coop(),
        **{
            f'meta_net.linear{i}.{kind}': torch.zeros(2, 2)
            for i in (1, 2)
            for kind in ('weight', 'bias')
        },
    }
    file = _dassl(tmp_path / 'model.pth.tar-10', cocoop)
    with pytest.raises(
        CheckpointError, match='also holds meta_net.linear1.*which coop does not have'
    ):
        import_original('coop', file)
    with pytest.raises(CheckpointError, match='is not a checkpoint of maple: .*missing'):
        import_original('maple', file)
    with pytest.raises(ValueError, match='not an original implementation known here; allowed'):
        import_original('coup', file)
    file.write_bytes(file.read_bytes()[:-400])
    with pytest.raises(CheckpointError, match='truncated'):
        import_original('cocoop', file)
    with pytest.raises(FileNotFoundError, match=r'there are .*model\.pth\.tar-10'):
        import_original('cocoop', tmp_path)
    import_original('coop', _dassl(tmp_path / 'again.pth', _coop()), tmp_path / 'ours.pth')
    with pytest.raises(CheckpointError, match='is not a checkpoint of tcp'):
        export_original('tcp', tmp_path / 'ours.pth', tmp_path / 'theirs')


def _config(**prompter) -> Config:
    return Config(
        dict(
            default_scope='vamp_mm',
            model=dict(
                type='PromptedClassifier',
                backbone=BACKBONE,
                prompter=dict(type='ContextPrompter', num_tokens=4, **prompter),
                head=dict(type='PromptClsHead'),
            ),
        )
    )


def test_class_embeddings_give_the_logits_of_the_method(tmp_path):
    import_original('coop', _dassl(tmp_path / 'model.pth.tar-50', _coop()), tmp_path / 'ours.pth')
    assert export_embeddings(_config(), tmp_path / 'ours.pth', tmp_path / 'classes.npz', NAMES) == (
        3,
        112,
    )
    with np.load(tmp_path / 'classes.npz', allow_pickle=False) as file:
        features, names, scale = (
            torch.from_numpy(file['features']),
            file['names'].tolist(),
            float(file['logit_scale']),
        )
    assert names == NAMES
    torch.testing.assert_close(features.norm(dim=-1), torch.ones(3))
    model = build_part(_config().model)
    model.set_vocabulary(Vocabulary(names=NAMES))
    model.load_state_dict(load_checkpoint(tmp_path / 'ours.pth')['state_dict'])
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        image = model.extract_frozen(images)
        expected = model.eval()(images)[0]
    torch.testing.assert_close(
        scale * torch.nn.functional.normalize(image, dim=-1) @ features.T,
        expected,
        rtol=0,
        atol=1e-4,
    )
    for export in (
        lambda out: export_embeddings(_config(), tmp_path / 'ours.pth', out, NAMES),
        lambda out: export_original('coop', tmp_path / 'ours.pth', out),
    ):
        before = (tmp_path / 'ours.pth').read_bytes()
        for out, message in (
            (tmp_path / 'ours.pth', 'is there already'),
            (tmp_path, 'is there already'),
            ('', 'names no file'),
            (tmp_path / 'ours.pth' / 'x', 'cannot be written: '),
        ):
            with pytest.raises((ConfigError, WorkDirError), match=message):
                export(out)
        assert (tmp_path / 'ours.pth').read_bytes() == before
    with pytest.raises(DataError, match='cannot answer about these classes: .* tokens'):
        export_embeddings(
            _config(), tmp_path / 'ours.pth', tmp_path / 'x.npz', ['cat', 'long ' * 90]
        )
    save_checkpoint({'meta': {}}, tmp_path / 'empty.pth')
    with pytest.raises(CheckpointError, match='does not fit the model .*prompter.context'):
        export_embeddings(_config(), tmp_path / 'empty.pth', tmp_path / 'x.npz', NAMES)
    with pytest.raises(ConfigError, match=r'no class names are known .*--classes'):
        export_embeddings(_config(), tmp_path / 'ours.pth', tmp_path / 'x.npz')


@pytest.mark.parametrize(
    ('shift', 'message'),
    [
        (dict(type='ImageShift'), 'functions of the image'),
        (dict(type='GaussianShift', test_samples=3), 'samples'),
    ],
)
def test_some_methods_have_no_single_embedding_a_class(tmp_path, shift, message):
    config = _config(shift=shift)
    _write_untrained(config, tmp_path / 'x.pth')
    with pytest.raises(ConfigError, match=message):
        export_embeddings(config, tmp_path / 'x.pth', tmp_path / 'x.npz', NAMES)


def test_class_embeddings_are_those_of_the_recorded_classes(tmp_path):
    _write_untrained(_config(), tmp_path / 'x.pth', classes=['cat', 'dog'])
    assert export_embeddings(_config(), tmp_path / 'x.pth', tmp_path / 'a.npz') == (2, 112)
    assert export_embeddings(_config(), tmp_path / 'x.pth', tmp_path / 'b.npz', ['fox']) == (1, 112)
    with np.load(tmp_path / 'a.npz', allow_pickle=False) as file:
        assert file['names'].tolist() == ['cat', 'dog']
    with pytest.raises(FileNotFoundError, match=r"'.*y\.pth' does not exist; there are .*x\.pth"):
        export_embeddings(_config(), tmp_path / 'y.pth', tmp_path / 'c.npz')
    with pytest.raises(
        ConfigError, match='no checkpoint is given, and the model has 384 trainable'
    ):
        export_embeddings(_config(), 'none', tmp_path / 'c.npz', NAMES)


def _write_untrained(config: Config, file: Path, **data) -> None:
    state = build_part(config.model).state_dict()
    save_checkpoint({'state_dict': state, 'meta': {'dataset_meta': data}}, file)
