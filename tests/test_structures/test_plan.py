"""Plans check their own values."""

import pytest
import torch

from vamp_mm.structures import EMBED, EMPTY_PLAN, TextPrompts, TokenEdit, TowerPlan

TOKENS = torch.zeros(1, 1, 1, 3, 8)


def test_an_edit_knows_its_length():
    assert TokenEdit(0, 1, 'insert', TOKENS).length == 3


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        (dict(mode='replace'), "'replace'.*'insert', 'overwrite', 'blend'"),
        (dict(layer=-2), 'layer=-2'),
        (dict(weight=1.5), 'weight=1.5'),
        (dict(weight=-0.1), 'weight=-0.1'),
    ],
)
def test_wrong_values_are_named(change, told):
    with pytest.raises(ValueError, match=told):
        TokenEdit(**{**dict(layer=0, start=1, mode='insert', tokens=TOKENS), **change})


def test_a_tower_plan_knows_where_it_begins():
    edits = (
        TokenEdit(4, 1, 'insert', TOKENS),
        TokenEdit(2, 1, 'insert', TOKENS, name='first'),
        TokenEdit(2, 1, 'overwrite', TOKENS, name='second'),
    )
    plan = TowerPlan(edits=edits)
    assert plan.first == 2
    assert [edit.name for edit in plan.at(2)] == ['first', 'second']
    assert plan.at(3) == ()
    assert TowerPlan(edits=edits, residuals={1: torch.nn.Identity()}).first == 1
    assert TowerPlan(edits=(TokenEdit(EMBED, 1, 'insert', TOKENS),)).first == EMBED
    assert TowerPlan().first is None


def test_the_empty_plan_edits_nothing():
    assert EMPTY_PLAN.text is None
    assert EMPTY_PLAN.text_tower.first is None
    assert EMPTY_PLAN.vision_tower.first is None
    assert EMPTY_PLAN.latent is None


def test_prompts_check_their_shapes():
    assert (
        len(TextPrompts(torch.zeros(3, 9, dtype=torch.long), torch.zeros(3, dtype=torch.long), 1))
        == 3
    )
    with pytest.raises(ValueError, match=r'\(3, 9\).*\(2,\)'):
        TextPrompts(torch.zeros(3, 9, dtype=torch.long), torch.zeros(2, dtype=torch.long), 1)
