"""Packaging of vamp_mm. The tools (ruff, mypy, pytest ...) are configured in pyproject.toml."""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
#: What an installed package carries in vamp_mm/.mim, the convention of OpenMMLab.
CARRIED = ('configs', 'tools', 'model-index.yml')


class BuildWithConfigs(build_py):
    """Puts configs, tools and the model index into the package; an installation in place finds them beside it."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self._copy(Path(self.build_lib) / 'vamp_mm' / '.mim')

    def _copy(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)  # of an earlier build
        folder.mkdir(parents=True)
        for name in CARRIED:
            source = HERE / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns('__pycache__'))
            else:
                shutil.copy2(source, folder / name)


def read_version() -> str:
    """The version string of vamp_mm/version.py, read without importing the package."""
    text = (HERE / 'vamp_mm' / 'version.py').read_text(encoding='utf-8')
    match = re.search(r"^__version__ = '([^']+)'$", text, flags=re.MULTILINE)
    if match is None:
        raise RuntimeError("vamp_mm/version.py must hold a line __version__ = '<version>'")
    return match.group(1)


def read_requirements(name: str) -> list[str]:
    """The requirements of requirements/<name>.txt without comments."""
    lines = (HERE / 'requirements' / f'{name}.txt').read_text(encoding='utf-8').splitlines()
    lines = [line.split('#')[0].strip() for line in lines]
    return [line for line in lines if line]


setup(
    name='vamp_mm',
    cmdclass={'build_py': BuildWithConfigs},
    version=read_version(),
    description='Prompt learning for CLIP-style vision-language models on MMEngine, with VaMP at its heart',
    long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    author='The vamp_mm authors',
    keywords=[
        'CLIP',
        'few-shot learning',
        'OpenMMLab',
        'prompt learning',
        'uncertainty',
        'variational inference',
        'vision-language models',
    ],
    classifiers=[
        'Development Status :: 4 - Beta',
        'Environment :: Console',
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3',
        *(f'Programming Language :: Python :: 3.{minor}' for minor in range(10, 14)),
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition',
        'Typing :: Typed',
    ],
    python_requires='>=3.10,<3.14',
    packages=find_packages(include=['vamp_mm', 'vamp_mm.*']),
    package_data={
        'vamp_mm': [
            'demo/*.css',
            'report/*.json',
            'report/html/templates/*',
            'datasets/sources/*.json',
            'models/clip/configs/*.json',
            'models/clip/weights/*.safetensors',
            'py.typed',
        ],
        # the stubs of packages whose names are imported on first use are read at run time
        '': ['*.pyi'],
    },
    install_requires=read_requirements('runtime') + read_requirements('mminstall'),
    extras_require={
        name: read_requirements(name) for name in ('icons', 'tests', 'docs', 'optional', 'demo')
    },
    entry_points={'console_scripts': ['vamp_mm = vamp_mm.commands.main:main']},
    zip_safe=False,
)
