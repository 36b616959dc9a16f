"""Sphinx settings of the documentation; ``docs/site/build.py`` puts the pages together and calls it."""

from vamp_mm.version import __version__

project = 'vamp_mm'
author = 'The vamp_mm authors'
version = release = __version__
extensions = ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon', 'sphinx_copybutton']
html_theme = 'furo'
html_title = f'vamp_mm {__version__}'
myst_heading_anchors = 4
myst_enable_extensions = ['colon_fence']
templates_path: list[str] = []
exclude_patterns: list[str] = []
# signatures are long; the types are in them already
autodoc_typehints = 'signature'
autodoc_typehints_format = 'short'
autodoc_member_order = 'bysource'
autodoc_default_options = {'members': True, 'show-inheritance': True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
copybutton_prompt_text = '$ '
# blocks that are data or output have no language; JSON with comments is none
highlight_language = 'none'
