"""The page in a real browser: pictures uploaded, names typed, a click, answers read, and no request to another computer."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import micro as world
import pytest
from micro_runs import Finished

_BROWSER = next(
    filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None
)
_DRIVER = shutil.which('chromedriver')
_MISSING = [name for name in ('gradio', 'selenium') if importlib.util.find_spec(name) is None]
_MISSING += [
    name for name, found in (('chromium', _BROWSER), ('chromedriver', _DRIVER)) if found is None
]
pytestmark = pytest.mark.skipif(
    bool(_MISSING), reason=f'the page is tried in a browser; not installed: {_MISSING}'
)

_FLAGS = (
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--window-size=1280,1000',
)
#: Seconds; a busy machine needs them.
_PATIENCE = 240


@pytest.fixture(scope='module')
def address(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page of the trained VaMP and of the embedded CLIP, served by the command in a process of its own."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp('page')
    env = {
        **os.environ,
        'PYTHONPATH': str(world.ROOT),
        'OMP_NUM_THREADS': '1',
        'GRADIO_TEMP_DIR': str(folder / 'uploads'),
        'TMPDIR': str(folder),
    }
    words = [
        sys.executable,
        world.ROOT / 'tools' / 'demo.py',
        finished.file,
        '--port',
        port,
        '--device',
        'cpu',
    ]
    with open(folder / 'log', 'w', encoding='utf-8') as log:
        server = subprocess.Popen(
            [str(word) for word in words], cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        end = time.monotonic() + _PATIENCE
        while 'to try at' not in (said := (folder / 'log').read_text(encoding='utf-8')):
            assert server.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.2)
        yield f'http://127.0.0.1:{port}'
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Headless Chromium with an empty profile, which records its requests."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = _BROWSER
    for flag in (*_FLAGS, f'--user-data-dir={tmp_path / "profile"}'):
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'performance': 'ALL'})
    driver = webdriver.Chrome(options=options, service=Service(_DRIVER))
    driver.set_page_load_timeout(_PATIENCE)
    yield driver
    driver.quit()


class _Page:
    """The page as a visitor uses it."""

    def __init__(self, browser: Any, address: str) -> None:
        self.browser = browser
        browser.get(address)
        self.until(lambda: self.all('#ask') and self.all('#pictures input[type=file]'))

    def all(self, selector: str) -> list[Any]:
        return self.browser.find_elements('css selector', selector)

    def one(self, selector: str) -> Any:
        self.until(lambda: self.all(selector))
        return self.all(selector)[0]

    def texts(self, selector: str) -> list[str]:
        return self.browser.execute_script(
            'return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)', selector
        )

    def until(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + _PATIENCE
        while not condition():
            assert time.monotonic() < end, self.texts('#answers')
            time.sleep(0.1)

    def upload(self, *files: Path | str) -> None:
        self.one('#pictures input[type=file]').send_keys('\n'.join(map(str, files)))
        # Gradio shortens names that are long
        self.until(lambda: Path(files[-1]).stem in ''.join(self.texts('#pictures')))

    def type(self, selector: str, text: str) -> None:
        field = self.one(selector)
        field.send_keys('\ue009a')  # Ctrl-A
        field.send_keys('\ue000', text, '\ue004')  # Ctrl up, text over what was marked, Tab

    def ask(self) -> None:
        button = self.one('#ask')
        self.browser.execute_script('arguments[0].scrollIntoView({block: "center"})', button)
        button.click()

    def foreign_requests(self) -> set[str]:
        """Addresses asked for that are not this computer's; ``chrome:`` is the browser's own first tab."""
        found = set()
        for entry in self.browser.get_log('performance'):
            content = json.loads(entry['message'])['message']
            if content['method'] in ('Network.requestWillBeSent', 'Network.webSocketCreated'):
                parameters = content['params']
                found.add(parameters.get('url') or parameters['request']['url'])
        assert any('127.0.0.1' in url for url in found)
        return {
            url
            for url in found
            if not url.startswith(('http://127.0.0.1:', 'data:', 'blob:', 'chrome:'))
        }


def test_a_picture_is_uploaded_and_the_answer_read(address, browser, micro, tmp_path):
    page = _Page(browser, address)
    page.ask()
    page.until(lambda: 'no picture yet' in ''.join(page.texts('.vamp-problem')))
    broken = tmp_path / 'broken.png'
    picture = micro.root / 'data' / 'images' / '0' / 'test_0.png'
    broken.write_bytes(picture.read_bytes()[:200])
    page.upload(picture, broken)
    page.type('#names textarea', 'red ball, <b>pine</b> tree, ${1+1} {{x}}')
    page.ask()
    page.until(lambda: page.all('.vamp-card .vamp-verdict'))
    # the names as they were typed, escaped once and never taken for a template
    assert set(page.texts('.vamp-name')) == {'red ball', '<b>pine</b> tree', '${1+1} {{x}}'}
    scores = [float(text.split(' %')[0]) for text in page.texts('.vamp-score')]
    assert sum(scores) == pytest.approx(100, abs=0.2)  # three roundings to a tenth
    assert len(page.all('.vamp-bar circle')) == 9  # three samples over each of three bars
    assert ['broken.png cannot be read' in text for text in page.texts('.vamp-problem')] == [True]
    assert (
        page.browser.execute_script('return document.querySelector(".vamp-card img").naturalWidth')
        == 40
    )
    # a threshold of 0: not sure, without asking again
    page.type('#threshold input[type=number]', '0')
    page.until(lambda: page.texts('.vamp-verdict') == ['not sure'])
    assert 'least confidence' in page.texts('.vamp-why')[0]
    assert page.foreign_requests() == set()


def test_zero_shot_and_mistakes(address, browser):
    page = _Page(browser, address)
    page.one('#examples').click()
    page.until(lambda: 'camera' in ''.join(page.texts('#pictures')))
    page.one('#model input').click()
    page.until(lambda: page.all('[role=option]'))
    next(option for option in page.all('[role=option]') if 'zero-shot' in option.text).click()
    for names, said in (('ghost', 'needs two'), ('ghost, Ghost', 'several labels')):
        page.type('#names textarea', names)
        page.ask()
        page.until(lambda: said in ''.join(page.texts('.vamp-problem')))  # noqa: B023
    page.type('#names textarea', 'ghost\numbrella\nrocket')
    page.ask()
    page.until(lambda: len(page.all('.vamp-card')) == 5)
    assert not page.all('.vamp-bar circle')
    assert 'zero-shot' in page.texts('.vamp-summary')[0]
    assert '3 classes' in page.texts('.vamp-summary')[0]
    assert page.foreign_requests() == set()
