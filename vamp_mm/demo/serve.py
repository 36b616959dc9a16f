"""What ``vamp_mm demo`` does."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from vamp_mm.config.errors import ConfigError

from .models import Models
from .offers import find_offers
from .page import CSS, build

#: Gradio reads these when it is imported: no telemetry, no tunnel, no record of questions.
_QUIET = {
    'GRADIO_ANALYTICS_ENABLED': 'False',
    'GRADIO_SHARE': 'False',
    'GRADIO_RUN_HISTORY': 'False',
    'HF_HUB_DISABLE_TELEMETRY': '1',
}
_FONTS = ('system-ui', '-apple-system', 'Segoe UI', 'DejaVu Sans', 'sans-serif')


def serve(
    checkpoints: Sequence[str | Path] = (),
    zero_shot: str | Path | None = None,
    config: str | Path | None = None,
    device: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    host: str = '127.0.0.1',
    port: int = 7860,
) -> None:
    """Offer models on a page in the browser until Ctrl-C. Nothing is fetched from, or sent to, another computer.

    Args:
        checkpoints: Files, and folders that are searched for runs.
        zero_shot: Config of a zero-shot CLIP; None for the embedded one.
        config: Config for the checkpoints; None for those in them.
        device: Where models run; None for a GPU if there is one.
        overrides: Dotted config key -> value.
        host: Address to listen at: ``0.0.0.0`` lets other computers in.
        port: Port to listen at.

    Raises:
        ConfigError: If Gradio is missing, the port is taken, or a model or device cannot be offered.
        FileNotFoundError: If a file is missing.
    """
    if not 1 <= port <= 65535:
        raise ConfigError(
            [f'--port {port} is not a port; give a number from 1 to 65535'], 'the call'
        )
    models = Models(find_offers(checkpoints, zero_shot, config), device, overrides)
    os.environ.update(_QUIET)
    gr = import_gradio()
    print('Starting the page ...', flush=True)
    with tempfile.TemporaryDirectory(prefix='vamp_mm_') as folder:
        page = build(gr, models, Path(folder))
        try:
            _, address, _ = page.launch(
                server_name=host, server_port=port, share=False, inbrowser=False, quiet=True, prevent_thread_lock=True,
                ssr_mode=False, pwa=False, mcp_server=False, enable_monitoring=False, footer_links=[], theme=_theme(gr),
                css_paths=CSS, allowed_paths=[folder])  # fmt: skip
        except OSError as error:
            raise ConfigError(
                [
                    f'cannot listen at {host}:{port} ({error}); is another page there? Take another --port'
                ],
                'the call',
            ) from error
        print(f'{len(models.offers)} model(s) to try at {address} (Ctrl-C ends it)', flush=True)
        page.block_thread()


def _theme(gr: Any) -> Any:
    theme = gr.themes.Soft(
        primary_hue='blue',
        neutral_hue='slate',
        radius_size='md',
        font=_FONTS,
        font_mono=('monospace',),
    )
    plain = dict(background_fill='transparent', text_color='*body_text_color', text_weight='600')
    return theme.set(
        **{
            f'block_{part}_{key}{dark}': value
            for part in ('title', 'label')
            for key, value in plain.items()
            for dark in ('', '_dark')
            if not (dark and key == 'text_weight')
        },
        block_title_padding='0',
        block_info_text_size='*text_sm',
    )


def import_gradio() -> ModuleType:
    """Gradio, which nothing else needs.

    Returns:
        The module.

    Raises:
        ConfigError: If it, or a part of it, is not installed or too old.
    """
    try:
        import gradio
    except ImportError as error:
        raise ConfigError(
            [f"the page needs Gradio ({error}): pip install 'gradio>=6,<7'"], 'the call'
        ) from error
    if int(gradio.__version__.split('.')[0]) < 6:
        raise ConfigError(
            [f"the page needs Gradio 6, this is {gradio.__version__}: pip install 'gradio>=6,<7'"],
            'the call',
        )
    return gradio
