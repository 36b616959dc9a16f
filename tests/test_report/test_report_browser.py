"""The HTML report in a browser: that it fits a phone, and loads nothing."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers_report import comparison, write

from vamp_mm.report import read_results
from vamp_mm.report.figures.sections import sections_of
from vamp_mm.report.html import to_html
from vamp_mm.report.make import tables_of

_BROWSERS = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
_HARNESS = """<!DOCTYPE html><iframe style="width:%(width)dpx;height:900px;border:0" srcdoc="%(page)s"></iframe><script>
onload = () => {
  const frame = document.querySelector('iframe'), page = frame.contentDocument, root = page.documentElement
  for (const details of page.querySelectorAll('details')) details.open = true
  const outside = [...page.querySelectorAll('body *')].filter(node => !node.closest('.scroll, svg')
    && node.getBoundingClientRect().right > root.clientWidth + 1).map(node => node.tagName + '.' + node.className)
  const box = [...page.querySelectorAll('.scroll')].some(node => node.scrollWidth > node.clientWidth)
  console.log('looked at the page')
  const found = JSON.stringify({
    width: root.clientWidth, needed: root.scrollWidth, outside, box, figures: page.querySelectorAll('figure').length,
    requests: frame.contentWindow.performance.getEntriesByType('resource').length})
  document.body.innerHTML = '<pre></pre>'
  document.querySelector('pre').textContent = found
}
</script>"""


def test_browser_shows_it_on_a_phone_without_scrolling_sideways(tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        pytest.skip(f'no headless browser is installed ({", ".join(_BROWSERS)})')
    comparison(tmp_path / 'many', shots=(1, 4, 16), seeds=(1, 2))
    long = 'a_method (model.prompter.test_samples=20, optim_wrapper.optimizer.learning_rate=0.0025)'
    write(
        tmp_path / 'runs',
        {'all/accuracy': 60.0},
        method=long,
        dataset='a_very_long_dataset_name_without_any_blank_in_it',
    )
    results = read_results([tmp_path / 'many', tmp_path / 'runs'])
    page = to_html(results, sections_of(results, tables_of(results), []), [])
    harness = tmp_path / 'harness.html'
    harness.write_text(_HARNESS % {'width': 360, 'page': html.escape(page)})
    command = [
        browser,
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--hide-scrollbars',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        f'--user-data-dir={tmp_path / "profile"}',
        '--enable-logging=stderr',
        '--dump-dom',
        harness.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    found = json.loads(html.unescape(re.search(r'<pre>(.*)</pre>', done.stdout)[1]))
    assert found['width'] == 360
    assert found['needed'] == 360, found['outside']
    assert found['outside'] == []
    assert found['box']  # wide tables do scroll, inside their box
    assert found['figures'] == page.count('<figure>') > 20
    assert found['requests'] == 0
    console = [line for line in done.stderr.splitlines() if 'CONSOLE' in line]
    assert len(console) == 1, console  # our own line shows that others would have been seen
    assert 'looked at the page' in console[0]
