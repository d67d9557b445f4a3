"""The pytest plugin: inert without --target, and with it one item a case and target."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import tcpassay.conformance.reach
import tcpassay.pytest_plugin.session  # noqa: F401 - once here rather than once a test

pytest_plugins = ["pytester"]

_QUICK = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")

_CASES = '''
from tcpassay.conformance import reach
from tcpassay.conformance.case import case


def _opened(bench):
    reach.listener(bench)
    conn = bench.connection()
    conn.send("S")
    return conn


@case("MUST-12")
def handshake(bench):
    """A SYN to a listener; SYN-ACK."""
    _opened(bench).expect("SA")


@case("MUST-14", rows={"known": 0, "unknown": 1})
def wrong(bench, row):
    """A SYN to a listener; an RST, which no stack sends."""
    _opened(bench).expect("R", seq=row)


@case("MUST-14", needs=("cubic",))
def lacking(bench):
    """RACK, which the target does not have; not run."""


@case("MUST-12")
def surprise(bench):
    """A SYN to a listener; SYN-ACK, which the expectations do not expect."""
    _opened(bench).expect("SA")
'''

_EXPECTATIONS = """
[[expect]]
case = "mine/sample/wrong/known"
verdict = "fail"
reason = "no stack sends it"

[[expect]]
case = "mine/sample/surprise"
verdict = "fail"
reason = "it was broken once"
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with cases, with an ordinary test, and with a target: the reference stack."""
    from tcpassay.core.content import content_root

    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    mine = pytester.mkdir("mine")
    (mine / "sample.py").write_text(_CASES)
    (mine / "test_ordinary.py").write_text("def test_ordinary():\n    assert True\n")
    stack = pytester.mkdir("stack")
    manifest = (content_root() / "targets/reference/target.toml").read_text()
    assert 'name = "reference"' in manifest
    (stack / "target.toml").write_text(manifest)
    (stack / "expectations.toml").write_text(_EXPECTATIONS)
    return pytester


def _run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Pytest in this process: quick."""
    return project.runpytest_inprocess(*_QUICK, *arguments)


def _start(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """A pytest process of its own, as a user starts it."""
    return project.runpytest_subprocess(*_QUICK, *arguments)


def test_inert_without_target(project: pytest.Pytester) -> None:
    """An ordinary run; nothing of the project but the hooks is imported, no case collected."""
    project.makeconftest(
        """
        import sys
        def pytest_unconfigure(config):
            loaded = [m for m in sys.modules if m.split(".")[0] in ("tcpassay", "scapy", "rich")]
            print("LOADED", sorted(loaded))
        """
    )
    result = _start(project, "mine")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*LOADED [[]'tcpassay', 'tcpassay.pytest_plugin']"])


def test_other_peoples_target_option_wins(project: pytest.Pytester) -> None:
    """A project with a --target of its own; its option works and no case is collected."""
    project.makeconftest(
        """
        def pytest_addoption(parser):
            parser.addoption("--target", default="none")
        def pytest_report_header(config):
            return "theirs: " + config.getoption("--target")
        """
    )
    result = _run(project, "mine", "--target", "board")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["theirs: board"])


def test_outcomes(project: pytest.Pytester) -> None:
    """Every kind of verdict; pass, xfail, skip and failure with the console's story."""
    result = _run(project, "mine", "--target", "./stack", "-ra", "-v")
    result.assert_outcomes(passed=2, failed=2, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "tcpassay: reference; seed *; real-time cases overlap",
            "mine/sample.py::handshake[[]reference] PASSED*",
            "mine/sample.py::wrong/known[[]reference] XFAIL*",
            "mine/sample.py::lacking[[]reference] SKIPPED*",
            "*wrong/unknown[[]reference]*",
            "FAIL  reference  mine/sample/wrong/unknown (expected pass)",
            "  requirement  RFC9293:MUST-14 (MUST*",
            "    flags  SA *R",
            "  replay       tcpassay replay tcpassay-out/*wrong__unknown.json --target ./stack",
        ],
    )
    result.stdout.fnmatch_lines(
        [
            "PASS  reference  mine/sample/surprise (expected fail)",
            "SKIPPED [[]1] mine/sample.py:25: unsupported: *cubic*",
            "XFAIL mine/sample.py::wrong/known[[]reference] - fail: no stack sends it",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    (trace,) = Path(project.path).glob("tcpassay-out/*/traces/reference/*unknown.json")
    assert trace.stat().st_size > 100


def test_keyword_selects(project: pytest.Pytester) -> None:
    """-k with part of a case's name; that case alone."""
    result = _run(project, "mine", "--target", "./stack", "-k", "handshake")
    result.assert_outcomes(passed=1, deselected=5)


def test_exit_first_cancels(project: pytest.Pytester) -> None:
    """-x; the run ends with the first failure, before the cases behind it and the tests."""
    result = _run(project, "mine", "--target", "./stack", "-x")
    result.assert_outcomes(passed=1, failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])


def test_xdist_gives_the_same_verdicts(project: pytest.Pytester) -> None:
    """Two workers; equal outcomes, and the header says what is not promised."""
    result = _start(project, "mine", "--target", "./stack", "-n", "2")
    result.assert_outcomes(passed=2, failed=2, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["tcpassay: reference; under xdist each case runs by itself:*"])


def test_interrupt_is_an_interrupt(project: pytest.Pytester) -> None:
    """Ctrl-C in a case; pytest's exit code for it, and no later case runs."""
    (project.path / "mine/sample.py").write_text(
        _CASES.replace(
            '    _opened(bench).expect("SA")\n',
            "    import os, signal\n    os.kill(os.getpid(), signal.SIGINT)\n"
            "    while True:\n        bench.now_ns\n",
            1,
        )
    )
    result = _start(project, "mine", "--target", "./stack")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mine", "--target", "nosuch"), "ERROR: unknown target 'nosuch'*"),
        (("mine", "--target", "./mine"), "ERROR: *mine: no target.toml in this folder"),
    ],
)
def test_unknown_target(project: pytest.Pytester, arguments: tuple[str, ...], said: str) -> None:
    """A target that there is not; a usage error in one line."""
    result = _run(project, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([said])


def test_file_that_is_wrong(project: pytest.Pytester) -> None:
    """A case that cites no known requirement; a collection error of one line with its place."""
    (project.path / "mine/sample.py").write_text(_CASES.replace("MUST-12", "MUST-1200", 1))
    result = _run(project, "mine/sample.py", "--target", "./stack")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*sample.py:13: unknown requirement 'MUST-1200'*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_target_that_does_not_start(project: pytest.Pytester) -> None:
    """A stack whose module is missing; every case is an error that says why, tests still run."""
    manifest = project.path / "stack/target.toml"
    manifest.write_text(manifest.read_text().replace("tcpref", "no_such_module"))
    result = _run(project, "mine", "--target", "./stack")
    result.assert_outcomes(passed=1, errors=5)
    result.stdout.fnmatch_lines(["target reference did not start: *no_such_module*"])


def test_importing_the_plugin_is_cheap() -> None:
    """The module that every pytest run imports; it names nothing of the project at its top."""
    import tcpassay.pytest_plugin as plugin

    source = Path(plugin.__file__).read_text()
    top = [line for line in source.splitlines() if line.startswith(("import", "from"))]
    assert not [line for line in top if "tcpassay" in line]
    assert "tcpassay.pytest_plugin" in sys.modules


def test_rows_of_the_matrix_need_the_option(project: pytest.Pytester) -> None:
    """With --matrix an item a row and IP version, for -k to choose among; without it none."""
    chosen = ("mine", "--target", "./stack", "-k", "matrix and CLOSED and SYN-ACK")
    _run(project, *chosen).assert_outcomes(passed=0)
    result = _run(project, *chosen, "--matrix", "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*judging.py::matrix/CLOSED/SYN-ACK[[]reference] PASSED*", "*SYN-ACK[[]reference-ip6]*"]
    )


def _slow_to_acknowledge(project: pytest.Pytester) -> None:
    """A case that its own assertion lets pass, on a stack that acknowledges text after 0.6 s."""
    manifest = project.path / "stack/target.toml"
    text = manifest.read_text()
    start = "[start.settings]\n"
    assert start in text
    manifest.write_text(text.replace(start, f"{start}delayed_ack_ms = 600\n"))
    (project.path / "mine/sample.py").write_text(
        _CASES.partition('\n\n@case("MUST-14"')[0]
        + '''

@case("MUST-12")
def text(bench):
    """Text on a connection; an ACK some time."""
    conn = reach.established(bench)
    conn.send("PA", payload=b"text")
    conn.expect("A", within=1.0)
'''
    )


@pytest.mark.parametrize("spread", [(), ("-n", "1")])
def test_oracle_fails_the_item(project: pytest.Pytester, spread: tuple[str, ...]) -> None:
    """An ACK that is late and nobody asks; the item fails with clause, level and what was due."""
    _slow_to_acknowledge(project)
    run = _start if spread else _run
    result = run(project, "mine/sample.py", "--target", "./stack", *spread)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "PASS  reference  mine/sample/text",
            "  oracle       event *: the answer due has not come; *(RFC9293:MUST-40, MUST)",
        ]
    )
    run(project, "mine/sample.py", "--target", "./stack", "--no-oracle", *spread).assert_outcomes(
        passed=2
    )


def test_oracle_of_an_expected_deviation(project: pytest.Pytester) -> None:
    """The same with an entry of the target's expectations; the item passes, the record tells."""
    _slow_to_acknowledge(project)
    with (project.path / "stack/expectations.toml").open("a") as file:
        file.write(
            '[[expect]]\ncase = "oracle/RFC9293:MUST-40"\nverdict = "fail"\nreason = "slow"\n'
        )
    _run(project, "mine/sample.py", "--target", "./stack").assert_outcomes(passed=2)
    (record,) = Path(project.path).glob("tcpassay-out/*/run.jsonl")
    assert '"id": "oracle/RFC9293:MUST-40"' in record.read_text()
