"""The embedded benchmark and the small CLIP that belongs to it."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from open_clip.model import CLIP

from vamp_mm.datasets.icons import (
    BENCHMARK_DESIGNERS,
    FONTS,
    PRETRAIN_DESIGNERS,
    BenchmarkSpec,
    benchmark_classes,
    build_benchmark,
    concepts,
    load_glyphs,
)
from vamp_mm.models import clip

sys.path.insert(0, str(Path(__file__).parents[2] / 'projects' / 'tiny_clip'))

from pretrain import PretrainSpec, contrastive_loss, pretrain_tiny_clip  # noqa: E402
from pretrain_init import picture_table, start_image_tower  # noqa: E402
from scores import score_on_icons  # noqa: E402

SMALL = BenchmarkSpec(classes=4, train=2, val=1, test=2)
CLIP_FOLDER = Path(clip.__file__).parent
MODEL = PretrainSpec().model


def _digest(root: Path) -> str:
    """Hash of every file below a folder, names included."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob('*')):
        if path.is_file():
            digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path):
    first = _digest(build_benchmark(tmp_path / 'a', SMALL))
    assert _digest(build_benchmark(tmp_path / 'b', SMALL)) == first
    assert _digest(build_benchmark(tmp_path / 'c', replace(SMALL, seed=1))) != first


def test_a_picture_does_not_depend_on_its_neighbours(tmp_path):
    few = build_benchmark(tmp_path / 'few', SMALL)
    many = build_benchmark(tmp_path / 'many', replace(SMALL, test=4))
    for path in (few / 'images').rglob('*.jpg'):
        assert path.read_bytes() == (many / path.relative_to(few)).read_bytes()


def test_split_has_the_layout_of_the_coop_family(tmp_path):
    root = build_benchmark(tmp_path, SMALL)
    split = json.loads((root / 'split_icons.json').read_text())
    assert list(split) == ['train', 'val', 'test']
    assert {part: len(entries) for part, entries in split.items()} == {
        'train': 8,
        'val': 4,
        'test': 8,
    }
    paths = [path for entries in split.values() for path, _, _ in entries]
    assert len(set(paths)) == len(paths)
    assert all((root / 'images' / path).is_file() for path in paths)
    for entries in split.values():
        assert sorted({label for _, label, _ in entries}) == [0, 1, 2, 3]
        assert len({(label, name) for _, label, name in entries}) == 4


def test_an_existing_benchmark_is_kept_or_refused_never_mixed(tmp_path):
    root = build_benchmark(tmp_path, SMALL)
    before = root.stat().st_mtime_ns
    assert build_benchmark(tmp_path, SMALL).stat().st_mtime_ns == before
    with pytest.raises(FileExistsError, match='--overwrite'):
        build_benchmark(tmp_path, replace(SMALL, seed=3))
    build_benchmark(tmp_path, replace(SMALL, seed=3), overwrite=True)
    assert json.loads((root / 'meta.json').read_text())['seed'] == 3
    assert [p.name for p in tmp_path.iterdir()] == ['icons']  # nothing half-built is left


@pytest.mark.parametrize('wrong', [{'classes': 1}, {'train': 0}, {'seed': -1}, {'classes': 5000}])
def test_impossible_settings_are_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        build_benchmark(tmp_path, BenchmarkSpec(**wrong))
    assert not (tmp_path / 'icons').exists()


def test_benchmark_and_pretraining_share_no_font():
    assert not set(BENCHMARK_DESIGNERS) & set(PRETRAIN_DESIGNERS)
    assert {spec.designer for spec in FONTS} == {*BENCHMARK_DESIGNERS, *PRETRAIN_DESIGNERS}
    shown = {g.path for glyphs in benchmark_classes(50).values() for g in glyphs}
    seen = {g.path for g in load_glyphs(PRETRAIN_DESIGNERS)}
    assert shown
    assert seen
    assert not shown & seen


def test_every_class_is_drawn_by_four_designers():
    others = concepts(load_glyphs(PRETRAIN_DESIGNERS))
    for name, glyphs in benchmark_classes(50).items():
        assert len({g.designer for g in [*glyphs, *others[name]]}) >= 4


def test_fonts_are_read_without_importing_the_package():
    load_glyphs(('phosphor',))
    assert 'qtawesome' not in sys.modules


def test_without_the_fonts_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    with pytest.raises(
        ModuleNotFoundError, match=r"not installed: pip install 'qtawesome>=1\.4,<2'"
    ):
        build_benchmark(tmp_path, BenchmarkSpec())


def test_contrastive_loss_shares_the_target_among_equal_names():
    eye, scale = torch.eye(2), torch.tensor(2.0)
    different = contrastive_loss(eye, eye, torch.tensor([0, 1]), scale)
    # softmax of (2, 0) at the right place, both ways
    assert different.item() == pytest.approx(np.log1p(np.exp(-2.0)), abs=1e-6)
    same = contrastive_loss(eye, eye, torch.tensor([0, 0]), scale)
    assert same.item() == pytest.approx(np.log1p(np.exp(-2.0)) + 1.0, abs=1e-6)


def test_picture_table_places_like_drawings_together():
    rng = np.random.default_rng(0)
    drawings = rng.integers(0, 256, (3, 16, 16), dtype=np.uint8).repeat(2, axis=0)
    drawings[4:] = drawings[0]  # name 2 looks like name 0
    table = picture_table(drawings, np.array([0, 0, 1, 1, 2, 2]), 3, 2)
    cosine = table @ table.T
    assert cosine[0, 2] > 0.99
    assert cosine[0, 1] < 0


def test_image_tower_begins_by_looking_at_one_patch_a_head():
    torch.manual_seed(0)
    open_clip.add_model_config(CLIP_FOLDER / 'configs' / f'{MODEL}.json')
    visual = open_clip.create_model(MODEL, load_weights=False).visual
    start_image_tower(visual)
    block = visual.transformer.resblocks[0]
    tokens = visual.conv1(torch.randn(2, 3, 64, 64)).flatten(2).transpose(1, 2)
    tokens = torch.cat([visual.class_embedding.expand(2, 1, -1), tokens], dim=1)
    tokens = block.ln_1(visual.ln_pre(tokens + visual.positional_embedding))
    _, attention = block.attn(tokens, tokens, tokens, average_attn_weights=False)
    assert attention[:, :, 0, 1:].argmax(dim=-1).tolist() == [[0, 1, 2, 3]] * 2


def test_a_tower_too_narrow_for_its_patches_is_refused():
    vision = {'layers': 1, 'width': 32, 'head_width': 16, 'patch_size': 16, 'image_size': 64}
    text = {'layers': 1, 'width': 8, 'heads': 1, 'vocab_size': 10, 'context_length': 4}
    with pytest.raises(ValueError, match='16 position codes'):
        start_image_tower(CLIP(8, vision, text).visual)


def test_pretraining_repeats_itself_and_writes_what_open_clip_loads(tmp_path):
    spec = PretrainSpec(
        image_steps=2,
        text_steps=1,
        joint_steps=1,
        batch=4,
        joint_batch=4,
        warmup=1,
        common=1,
        rare=0,
    )
    files = [tmp_path / 'a.safetensors', tmp_path / 'b.safetensors']
    threads = torch.get_num_threads()
    try:
        logs = [pretrain_tiny_clip(file, spec) for file in files]
    finally:
        torch.set_num_threads(threads)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert {phase: len(loss) for phase, loss in logs[0]['loss'].items()} == {
        'image': 2,
        'text': 1,
        'joint': 1,
    }
    open_clip.create_model(MODEL, pretrained=str(files[0]))


def test_shipped_weights_are_small_and_load_strictly():
    weights = CLIP_FOLDER / 'weights' / f'{MODEL}.safetensors'
    assert weights.stat().st_size <= 16e6
    open_clip.add_model_config(CLIP_FOLDER / 'configs' / f'{MODEL}.json')
    model = open_clip.create_model(MODEL, pretrained=str(weights))  # open_clip loads strictly
    assert all(torch.isfinite(p).all() for p in model.parameters())


def test_shipped_weights_know_the_classes_on_fresh_pictures(tmp_path):
    # Other pictures (seed 1) than the documented ones (52.5 and 50.9 there). A half has 150 pictures, so
    # a standard error is 4 points: the bounds are five away. Chance is 4 %.
    root = build_benchmark(tmp_path, BenchmarkSpec(train=4, val=1, test=6, seed=1))
    scores = score_on_icons(root, shots=4)
    assert min(scores['zero_shot'].values()) > 30
    assert max(scores['zero_shot'].values()) < 75
