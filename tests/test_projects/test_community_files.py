"""What GitHub and citation managers read: it parses, and agrees with the package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from vamp_mm.version import __version__

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / '.github' / 'ISSUE_TEMPLATE'
PAGES = (
    'CONTRIBUTING.md',
    'UPGRADING.md',
    '.github/CODE_OF_CONDUCT.md',
    '.github/SECURITY.md',
    '.github/PULL_REQUEST_TEMPLATE.md',
)


def _read(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding='utf-8'))


def test_the_citation_is_that_of_this_version(package: dict[str, Any]) -> None:
    citation = _read(ROOT / 'CITATION.cff')
    assert citation['cff-version'] == '1.2.0'
    assert citation['type'] == 'software'
    assert citation['version'] == __version__
    assert citation['authors'] == [{'name': package['author']}]
    assert citation['license'] == package['license']
    assert citation['keywords'] == [word for word in package['keywords'] if word != 'OpenMMLab']


def test_the_citation_refers_to_the_paper_of_vamp() -> None:
    (paper,) = _read(ROOT / 'CITATION.cff')['references']
    readme = (ROOT / 'configs' / 'vamp' / 'README.md').read_text(encoding='utf-8')
    title, url = re.search(r'\[\*([^*]+)\*\]\(([^)]+)\)', readme).groups()
    assert paper['title'] == f'VaMP: {title}'
    assert paper['url'] == url
    assert [author['family-names'] for author in paper['authors']] == ['Cheng', 'Han']


@pytest.mark.parametrize('name', ['bug', 'question', 'method_request'])
def test_forms_have_what_github_requires(name: str) -> None:
    form = _read(TEMPLATES / f'{name}.yml')
    assert {'name', 'description', 'body'} <= set(form)
    ids = [field['id'] for field in form['body']]
    assert len(ids) == len(set(ids))
    for field in form['body']:
        assert field['type'] in ('textarea', 'input', 'checkboxes')
        assert field['attributes']['label']
    assert any(field.get('validations', {}).get('required') for field in form['body'])


def test_there_is_a_form_for_everything_else_too() -> None:
    assert {path.stem for path in TEMPLATES.iterdir()} == {
        'bug',
        'question',
        'method_request',
        'config',
    }
    assert _read(TEMPLATES / 'config.yml') == {'blank_issues_enabled': False}


@pytest.mark.parametrize('name', PAGES)
def test_links_lead_to_files(name: str) -> None:
    page = ROOT / name
    text = page.read_text(encoding='utf-8')
    missing = []
    for link in re.findall(r'\]\(([^)]+)\)', text):
        path, _, anchor = link.partition('#')
        target = page.parent / path
        if link.startswith('https://'):
            continue
        if not target.exists():
            missing.append(link)
        elif anchor:
            headings = re.findall(
                r'^#+ (.+)$', target.read_text(encoding='utf-8'), flags=re.MULTILINE
            )
            if anchor not in {
                re.sub(r'[^\w -]', '', line).lower().replace(' ', '-') for line in headings
            }:
                missing.append(link)
    assert missing == []


@pytest.mark.parametrize('name', PAGES)
def test_pages_name_commands_and_files_that_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding='utf-8')
    makefile = (ROOT / 'Makefile').read_text(encoding='utf-8')
    for target in re.findall(r'\bmake ([a-z-]+)', text):
        assert re.search(rf'^{target}:', makefile, flags=re.MULTILINE), target
    for path in re.findall(
        r'(?:vamp_mm|configs|projects|requirements|tests)/[\w/.-]+\.(?:py|txt)', text
    ):
        assert (ROOT / path).is_file(), path


def test_every_breaking_change_has_a_step() -> None:
    """A line for each **breaking** of the changelog; who adds one there adds what to do."""
    log = (ROOT / 'CHANGELOG.md').read_text(encoding='utf-8').split('\n## ', 1)[1]
    steps = (ROOT / 'UPGRADING.md').read_text(encoding='utf-8')
    assert log.count('**breaking**') == 8, (
        'write in UPGRADING.md what to do about it, and add it here'
    )
    for word in (
        'forward(output)', 'vamp_mm.apis', 'VAMP_MM_TRACEBACK=1', 'unreadable', 'HAM10000',
        "pretrained='openai@/weights/ViT-B-16.safetensors'",
    ):  # fmt: skip
        assert word in log
        assert word in steps
