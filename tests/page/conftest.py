"""A page of a small real comparison, and a headless Chromium that opens pages."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from typer.testing import CliRunner

from tcpassay.cli.app import make_app
from tests.sample_cases import HANDSHAKE

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

#: `.ci/run` sets it to 1 where `make browser` has succeeded: what is missing then is a fault.
NEEDS_BROWSER = "TCPASSAY_NEEDS_BROWSER"
BROWSER = "chromium or chromedriver is not installed: apt-get install chromium chromium-driver"
DRIVER = "selenium is not installed: make setup"
AXE = "axe-core is not installed: make browser"

#: A case that no stack passes, one that all pass.
SAMPLE = (
    HANDSHAKE
    + '''

@case("MUST-14")
def wrong(bench):
    """A SYN to a listener; an RST, which no stack sends."""
    reach.listener(bench)
    conn = bench.connection()
    conn.send("S")
    conn.expect("R", seq=0)
'''
)

_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--hide-scrollbars",
)  # fmt: skip

#: Beside them some of the project's own, where the two targets differ.
CASES = ("rfc9293/3.5/*", "rfc9293/3.8.3/unanswered*", "measures/opening/*")


@dataclass(frozen=True)
class Compared:
    """What `tcpassay compare` wrote: the folder of the run, and the page in it."""

    out: Path

    @property
    def page(self) -> Path:
        return self.out / "compare.html"

    @property
    def url(self) -> str:
        return self.page.as_uri()


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Two targets on a few cases; one of them fails on both, not expected."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "own").mkdir()
    sample = folder / "own" / "sample.py"
    sample.write_text(SAMPLE)
    options = [word for case in (str(sample), *CASES) for word in ("--case", case)]
    out = folder / "out"
    names = ["reference", "reference-documents"]
    command = ["compare", *names, *options, "--seed", "1", "--out", str(out)]
    answer = CliRunner().invoke(make_app(), command)
    assert answer.exit_code == 1, answer.output
    return Compared(out)


class Page:
    """A page in the browser: what a reader does with it, and what it has complained of."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Open a page in a window of that size, with nothing kept from the page before."""
        self.driver.get("about:blank")
        self._tell("Emulation.setEmulatedMedia", media="", features=[_scheme(dark=dark)])
        self._tell(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        self.complaints()
        self.driver.get(url)

    def printed(self) -> None:
        """As on paper."""
        self._tell("Emulation.setEmulatedMedia", media="print", features=[])

    def _tell(self, command: str, **parameters: object) -> None:
        self.driver.execute_cdp_cmd(command, parameters)

    def run(self, script: str, *arguments: object) -> Any:
        """What the body of an async function returns; it sees `arguments` as `args`."""
        body = (
            "const done = arguments[arguments.length - 1], args = [...arguments].slice(0, -1);"
            f"(async () => {{ {script} }})().then(done, (error) => done('raised: ' + error));"
        )
        answer = self.driver.execute_async_script(body, *arguments)
        assert not str(answer).startswith("raised: "), answer
        return answer

    def texts(self, selector: str) -> list[str]:
        """The text of each element."""
        found = self.run(
            "return [...document.querySelectorAll(args[0])].map(e => e.textContent)", selector
        )
        return [str(text) for text in found]

    def click(self, selector: str) -> None:
        """Click on the first such element."""
        self.driver.find_element("css selector", selector).click()

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def wait_for(self, condition: str) -> None:
        """Until an expression of the page is true; 10 seconds at most."""
        self.run(
            "const end = performance.now() + 10000;"
            f"while (!({condition})) {{"
            "  if (performance.now() > end) throw new Error('not within 10 s');"
            "  await new Promise(requestAnimationFrame);"
            "}"
        )

    def complaints(self) -> list[str]:
        """What the console has said since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]


def _scheme(*, dark: bool) -> dict[str, str]:
    return {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}


def missing(what: str) -> NoReturn:
    """End a test that cannot be run here: it is skipped, and fails where a browser is needed."""
    if os.environ.get(NEEDS_BROWSER) == "1":
        pytest.fail(f"{what}; {NEEDS_BROWSER} is 1")
    pytest.skip(what)


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    """One browser for a file of tests: others look whether their process has children."""
    if find_spec("selenium") is None:
        missing(DRIVER)
    webdriver = import_module("selenium.webdriver")
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        missing(BROWSER)
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for word in _OPTIONS:
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    found.set_script_timeout(30)
    yield found
    found.quit()


@pytest.fixture
def page(driver: Chrome) -> Iterator[Page]:
    """The browser; whatever a test does, the console must have stayed quiet."""
    opened = Page(driver)
    yield opened
    assert opened.complaints() == []


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core, which finds faults of accessibility."""
    root = Path(__file__).parents[2]
    file = root / "build" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
    if not file.is_file():
        missing(AXE)
    return file.read_text(encoding="utf-8")


@pytest.fixture
def write() -> Callable[[Path, object], str]:
    """Write JSON to a file; its path."""

    def put(path: Path, value: object) -> str:
        path.write_text(json.dumps(value))
        return str(path)

    return put
