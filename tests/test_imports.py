"""The directions of the imports, and that importing does nothing else."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'vamp_mm'
BASE = (
    'arguments',
    'files',
    'messages',
    'progress_bar',
    'registry',
    'version',
    'structures',
    'ops',
    'weight_files',
)
FLOOR = (*BASE, 'datasets', 'evaluation', 'engine')
#: Rooms whose functions the tools call.
CALLED = (
    'analysis',
    'apis',
    'benchmark',
    'cli',
    'config',
    'data_tools',
    'demo',
    'originals',
    'prediction',
    'report',
)

#: Package -> what it may import of vamp_mm besides itself. First match counts.
RULES: list[tuple[str, tuple[str, ...]]] = [
    ('version', ()),
    ('arguments', ()),
    ('files', ()),
    ('messages', ()),
    ('progress_bar', ()),
    ('registry', ('arguments', 'version')),
    ('weight_files', ('version', 'registry', 'messages')),
    ('structures', ('version', 'registry')),
    ('ops', ('version', 'registry', 'structures')),
    ('models.clip', BASE),
    ('models.backbones', (*BASE, 'models.clip')),
    ('models.prompters', BASE),
    ('models.adapters', BASE),
    ('models.heads', BASE),
    ('models.losses', BASE),
    ('models', (*BASE, 'models')),
    ('datasets', BASE),
    ('evaluation', BASE),
    ('engine', BASE),
    ('cli', ('version',)),  # nothing heavy before the arguments are parsed
    ('visualization', (*BASE, 'evaluation')),
    ('config', (*FLOOR, 'models.clip')),  # of models the outline of a CLIP, for the shape check
    ('runs', (*FLOOR, 'config')),
    ('data_tools', (*FLOOR, 'config', 'visualization')),
    ('prediction', (*FLOOR, 'models', 'config', 'runs', 'visualization')),
    ('originals', (*BASE, 'engine', 'config', 'runs')),
    ('apis', (*FLOOR, 'config', 'runs', 'data_tools', 'prediction', 'visualization')),
    ('benchmark', (*FLOOR, 'cli', 'config', 'runs', 'apis')),
    ('report', (*FLOOR, 'config', 'runs', 'benchmark', 'visualization')),
    ('analysis', (*FLOOR, 'models', 'config', 'prediction', 'report', 'visualization')),
    ('demo', (*FLOOR, 'cli', 'config', 'prediction')),
    # the parsers, and the functions that they call
    ('commands', (*CALLED, 'datasets.icons', 'evaluation.uncertainty_fields', 'version')),
    ('__main__', ('commands',)),
    ('', ('registry', 'version')),
]


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


def _imports(path: Path) -> set[str]:
    """Modules of vamp_mm that a file imports, relative to the package, also inside functions and on first use."""
    found: set[str] = set()
    stub = path.with_suffix('.pyi')  # of a package whose names are imported when they are used
    text = path.read_text('utf-8') + (stub.read_text('utf-8') if stub.is_file() else '')
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ''
            if node.level:
                package = path.parent.relative_to(PACKAGE).parts
                above = package[: len(package) - node.level + 1]
                base = '.'.join(['vamp_mm', *above, *filter(None, [base])])
            # `from vamp_mm import engine` imports a module; `from x import Name` imports x.
            names = [base]
            if (ROOT / Path(*base.split('.'))).is_dir():
                names = [f'{base}.{alias.name}' for alias in node.names]
        else:
            continue
        found |= {
            name.removeprefix('vamp_mm').lstrip('.')
            for name in names
            if name == 'vamp_mm' or name.startswith('vamp_mm.')
        }
    return found


def _within(module: str, package: str) -> bool:
    return not package or module == package or module.startswith(f'{package}.')


def _rule(module: str) -> tuple[str, tuple[str, ...]]:
    return next((package, allowed) for package, allowed in RULES if _within(module, package))


@pytest.mark.parametrize('path', sorted(PACKAGE.rglob('*.py')), ids=_module)
def test_imports_point_one_way(path: Path) -> None:
    module = _module(path)
    package, allowed = _rule(module)
    own = package if package else '__init__'
    for target in _imports(path):
        # A name of the package's own __init__, such as vamp_mm.__version__, is no module.
        fine = (
            target == ''
            or target.startswith('__')
            or _within(target, own)
            or any(_within(target, other) for other in allowed)
        )
        assert fine, f'vamp_mm.{module} imports vamp_mm.{target}; {own} may import {allowed} only'


@pytest.mark.parametrize('path', sorted((ROOT / 'tools').rglob('*.py')), ids=lambda path: path.stem)
def test_tools_call_a_command_and_nothing_else(path: Path) -> None:
    assert _imports(path) == {'commands.run_tool'}


def test_no_modules_import_each_other() -> None:
    """Imports within functions and for type checking count too."""
    files = {_module(path): path for path in PACKAGE.rglob('*.py')}
    imports = {
        name: {target for target in _imports(path) if target in files and target != name}
        for name, path in files.items()
    }
    order = graphlib.TopologicalSorter(imports)
    order.prepare()  # raises CycleError, which names the modules


def test_every_folder_with_modules_is_a_package() -> None:
    """Others are left out of the wheel."""
    assert [
        path for path in PACKAGE.rglob('*.py') if not (path.parent / '__init__.py').is_file()
    ] == []


def test_every_room_has_a_row() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob('*/__init__.py')}
    assert rooms <= {package.split('.')[0] for package, _ in RULES}


def test_the_rules_would_notice(tmp_path: Path) -> None:
    assert _rule('models.heads.vamp')[0] == 'models.heads'
    assert not any(
        _within('models.prompters.variational', other) for other in _rule('models.heads.vamp')[1]
    )
    assert _imports(PACKAGE / 'messages.py') == set()
    assert 'structures' in {
        name.split('.')[0] for name in _imports(PACKAGE / 'engine' / 'hooks' / 'stage_hook.py')
    }


def _run(code: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, '-c', code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_importing_the_package_is_light_and_silent() -> None:
    done = _run(
        'import warnings; warnings.simplefilter("error")\n'
        'import sys, vamp_mm\n'
        'heavy = {"torch", "open_clip", "mmpretrain", "mmcv", "torchvision", "matplotlib", "cv2"}\n'
        'print(sorted(heavy & set(sys.modules)))'
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == '[]'
    assert done.stderr == ''


def test_importing_everything_opens_no_connection_and_builds_no_tokenizer() -> None:
    done = _run(
        'import importlib, pkgutil, socket, sys, warnings\n'
        'def refuse(*args, **kwargs): raise AssertionError("a connection at import time")\n'
        'socket.socket.connect = refuse\n'
        'import open_clip\n'
        'def built(*args, **kwargs): raise AssertionError("a tokenizer at import time")\n'
        'open_clip.SimpleTokenizer.__init__ = built\n'
        'with warnings.catch_warnings(record=True) as caught:\n'
        '    warnings.simplefilter("always")\n'
        '    import vamp_mm\n'
        '    for info in pkgutil.walk_packages(vamp_mm.__path__, "vamp_mm."):\n'
        '        importlib.import_module(info.name)\n'
        # Not ours: mmcv-lite warns that it is the lite build, and old code of others about deprecations.
        'ours = [str(w.message) for w in caught if "vamp_mm" in w.filename]\n'
        'print(ours)'
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == '[]'
