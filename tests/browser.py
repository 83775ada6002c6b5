"""A real browser for the tests of what people look at."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from tests.conftest import absent

# No sandbox: CI runs as root. The rest keeps Chromium from calling home.
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1920, "height": 1080}


@contextmanager
def browser() -> Iterator[Any]:
    """A browser that has never been anywhere."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        absent("no Chromium is installed")
    if find_spec("playwright") is None:
        absent("playwright is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM))
        try:
            yield started
        finally:
            started.close()


@contextmanager
def browser_page(**options: Any) -> Iterator[Any]:
    """A page of such a browser; options are those of playwright's `new_page`."""
    with browser() as started:
        yield started.new_page(**{"viewport": DESKTOP, **options})
