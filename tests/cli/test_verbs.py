"""The other verbs: what they print and how they end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tcpassay.cli import checks
from tcpassay.cli.guard import guarded
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.targets.examine.check import Check

Tcpassay = Callable[..., tuple[int, str, str]]

_HEAVY = ("scapy", "rich.console", "rich.table", "junit_xml", "tcpassay.conformance.runner")


def _run(*arguments: str, script: str = "from tcpassay.cli import main; main()") -> str:
    """Standard output of a fresh interpreter that runs `script`."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


def test_list_imports_little() -> None:
    """`tcpassay list` in a fresh process; neither Scapy nor rich nor the runner is imported."""
    script = (
        "import atexit, sys\n"
        "from tcpassay.cli import main\n"
        f"heavy = {_HEAVY!r}\n"
        "show = lambda: print('HEAVY', [m for m in heavy if m in sys.modules], file=sys.stdout)\n"
        "atexit.register(show)\n"
        "main()\n"
    )
    assert _run("list", "--json", script=script).splitlines()[-1] == "HEAVY []"
    last = _run("--help", script=script).splitlines()[-1]
    assert "scapy" not in last
    assert "runner" not in last


def test_help_names_the_verbs(tcpassay: Tcpassay) -> None:
    """--help; the verbs that exist and no other."""
    _, out, _ = tcpassay("--help")
    verbs = ("doctor", "targets", "list", "explain", "run", "compare", "expectations", "replay")
    assert all(f"│ {verb} " in out for verb in (*verbs, "minimise", "serve", "fetch"))
    assert not any(f"│ {verb} " in out for verb in ("pkt",))


def test_version(tcpassay: Tcpassay) -> None:
    """--version; the name and a number."""
    assert tcpassay("--version")[1].startswith("tcpassay 0.")


def test_misspelt_verb_and_option(tcpassay: Tcpassay) -> None:
    """A verb and an option misspelt; exit 2 and the nearest right one."""
    code, _, err = tcpassay("runn")
    assert (code, "'run'" in err) == (2, True)
    code, _, err = tcpassay("run", "reference", "--requirment", "x")
    assert (code, "--requirement" in err) == (2, True)


def test_targets(tcpassay: Tcpassay) -> None:
    """The targets as a table and as JSON; the same names."""
    code, out, _ = tcpassay("targets")
    assert code == 0
    values = json.loads(tcpassay("targets", "--json")[1])
    assert {"reference", "linux"} <= {value["name"] for value in values}
    assert all(value["name"] in out for value in values)
    reference = next(value for value in values if value["name"] == "reference")
    assert reference["clock"] == "virtual"
    assert Path(reference["manifest"]).is_file()


def test_list(tcpassay: Tcpassay, sample: str) -> None:
    """The cases of one file, as lines and as JSON."""
    code, out, err = tcpassay("list", "--case", sample)
    assert code == 0
    assert out.splitlines()[0] == "mine/sample/handshake    A SYN to a listener; SYN-ACK."
    assert "4 cases" in err
    values = json.loads(tcpassay("list", "--json", "--case", sample)[1])
    assert [value["id"] for value in values][1] == "mine/sample/wrong/plain"
    assert values[0]["requirements"] == ["RFC9293:MUST-12"]


def test_explain_requirement(tcpassay: Tcpassay) -> None:
    """A requirement by its short id; full id, level, text, and how it is tested."""
    code, out, _ = tcpassay("explain", "MUST-14")
    assert code == 0
    assert out.startswith("RFC9293:MUST-14  MUST  (RFC 9293, section 3.7.1)\n")
    assert "why it matters\n  The document demands it of every implementation" in out
    assert "  Without it, for instance: Segments are too large for the peer's link" in out
    assert "tested by    " in out
    everybody = "gvisor, linux, lwip, lwip-asan, lwip-default, reference, reference-documents"
    assert f"    pass on {everybody}\n" in out
    assert "\n  peer_mss_ignored: " in out
    assert "\n  reference (tcpref 0.1.0): 7 pass" in out
    assert max(map(len, out.splitlines())) <= 96


def test_explain_case(tcpassay: Tcpassay, sample: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case, and a case with rows; docstring, requirement with its level, place, rows."""
    from tcpassay.conformance import load

    cases = load.load_cases(Path(sample))
    monkeypatch.setattr(load, "load_cases", lambda: cases)
    _, out, _ = tcpassay("explain", "mine/sample/wrong")
    assert out.startswith(
        "mine/sample/wrong/plain\n\nA SYN to a listener; an RST, which no stack sends."
    )
    assert "requirement  RFC9293:MUST-14 (MUST): The MSS option" in out
    assert "sample.py:15" in out
    assert "rows         plain" in out
    _, out, _ = tcpassay("explain", "MUST-14")
    assert "cases\n  mine/sample/wrong/plain\n    A SYN to a listener; an RST" in out
    assert "\n  mine/sample/broken\n" in out


def test_explain_tells_why_a_target_fails(tcpassay: Tcpassay) -> None:
    """A requirement that a target is known not to meet; its verdict, case and reason."""
    _, out, _ = tcpassay("explain", "MUST-23")
    hasty = "gvisor, lwip, lwip-asan, lwip-default, reference-documents"
    assert f"    fail on {hasty}; pass on reference\n" in out
    assert "reference-documents (tcpref 0.1.0): 1 fail" in out
    told = (
        "fail: rfc9293/3.8.3/unanswered_syn_lasts_three_minutes, oracle/RFC9293:MUST-23. RFC 9293"
    )
    assert told in " ".join(out.split())


def test_explain_uses_the_kill_table(
    tcpassay: Tcpassay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of kills is there; the case that kills each mutant is named."""
    from tcpassay.conformance import killed

    case = "rfc9293/3.7.1/servers_mss_bounds_segments"
    table = tmp_path / "kills.json"
    told = {"requirement": "RFC9293:MUST-14", "source": "", "killed_by": [case], "also_fail": []}
    table.write_text(json.dumps({"kills": 1, "mutants": {"peer_mss_ignored": told}, "files": {}}))
    monkeypatch.setattr(killed, "kills_file", lambda: table)
    _, out, _ = tcpassay("explain", "MUST-14")
    assert "    shown to fail on mutants: peer_mss_ignored\n" in out
    assert f"  peer_mss_ignored: killed by {case}\n" in out
    table.write_text('{"kills": 7}')
    code, _, err = tcpassay("explain", "MUST-14")
    assert (code, "not a kill table of version 1" in err) == (2, True)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("MUST-1499", "(nearest: "), ("RFC9293:NONE", "unknown requirement"), ("a/b", "unknown case")],
)
def test_explain_unknown(tcpassay: Tcpassay, name: str, complaint: str) -> None:
    """An id that nothing has; exit 2 and one line."""
    code, _, err = tcpassay("explain", name)
    assert code == 2
    assert complaint in err
    assert len(err.splitlines()) == 1


def test_doctor_on_a_good_target(tcpassay: Tcpassay) -> None:
    """The reference stack; exit 0, it starts, and the machine is described."""
    code, out, _ = tcpassay("doctor", "--target", "reference")
    assert code == 0
    rows = {line.split("│")[1].strip(): line.split("│")[2].strip() for line in _rows(out)}
    assert rows["target reference"] == "yes"
    assert rows["python"] == "yes"
    assert {"scapy", "system", "/dev/net/tun", "network namespaces", "user namespaces"} <= set(rows)


def test_doctor_proposes_lines(tcpassay: Tcpassay) -> None:
    """A target named; its checks, its capabilities as TOML, and the same as JSON."""
    _, out, _ = tcpassay("doctor", "--target", "reference")
    assert "capabilities that differ: 0" in out
    assert "\ncapabilities = [\n" in out
    assert "\n[limits]\n" in out
    code, out, _ = tcpassay("doctor", "--target", "reference", "--json")
    told = json.loads(out)
    assert code == 0
    assert {k: told["checks"][7][k] for k in ("what", "ok")} == {"what": "ADVANCE", "ok": True}
    assert told["proposal"]["capabilities"]["sack"]["found"] is True
    assert told["proposal"]["limits"]["listen"] == "queue"


def test_doctor_on_a_stack_that_breaks_the_contract(tcpassay: Tcpassay) -> None:
    """A toy that knows one state only; exit 1, the line, and no capabilities."""
    toy = Path(__file__).parent.parent / "targets" / "toy"
    code, out, _ = tcpassay("doctor", "--target", str(toy))
    assert code == 1
    rows = {line.split("│")[1].strip(): line for line in _rows(out)}
    assert "│ no " in rows["READ-STATE"]
    assert "where there is no connection it is CLOSED" in rows["READ-STATE"]
    assert "not tried before all of the above holds" in rows["capabilities"]
    assert "[limits]" not in out


def test_targets_new(tcpassay: Tcpassay) -> None:
    """A new target; three commands to go on with, and the folder is not written to twice."""
    code, out, _ = tcpassay("targets", "new", "mine", "--language", "python")
    assert code == 0
    commands = [line.strip() for line in out.partition("next:\n")[2].splitlines()]
    assert [line.split()[0] for line in commands] == ["less", "tcpassay", "tcpassay"]
    assert commands[1] == "tcpassay doctor --target ./mine"
    code, _, err = tcpassay("targets", "new", "mine", "--language", "c")
    assert (code, "mine: is there already" in err) == (2, True)
    code, out, _ = tcpassay("targets", "new", "mine", "--language", "c", "--into", "other folder")
    assert (code, "make -C './other folder'" in out) == (0, True)
    assert (Path("other folder") / "tcpassay_agent.h").is_file()


def test_first_case_of_a_new_target(tcpassay: Tcpassay) -> None:
    """The skeleton without a socket call; its resets are judged, the rest is unsupported."""
    tcpassay("targets", "new", "mine", "--language", "python")
    code, out, _ = tcpassay("run", "./mine", "--case", "rfc9293/3.10.7.1/ack_*", "--ip", "4")
    assert code == 0
    assert re.search(r"mine: 4 cases: 4 pass; .*; all as expected", out)


def test_doctor_says_what_to_do(tcpassay: Tcpassay, monkeypatch: pytest.MonkeyPatch) -> None:
    """No TUN device, no namespaces, a target that does not start; exit 4 and what to do."""

    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    def unavailable(_name: str | None) -> list[Check]:
        return [Check("target linux", ok=False, found=str(TargetUnavailableError("run as root")))]

    monkeypatch.setattr(os, "open", refused)
    monkeypatch.setattr(checks, "_unshare", lambda _flags: 1)
    monkeypatch.setattr(checks, "check_targets", unavailable)
    code, out, _ = tcpassay("doctor")
    assert code == 4
    assert "Permission denied; run as root, or chmod 0666 /dev/net/tun" in out
    assert "Operation not permitted; sysctl -w kernel.unprivileged_userns_clone=1" in out
    assert "run as root" in out


def _rows(out: str) -> list[str]:
    return [line for line in out.splitlines() if line.count("│") == 4]


def _guarded(error: BaseException) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    @guarded
    def verb() -> int:
        """Fail."""
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (TargetUnavailableError("no\x1b agent"), 4, "tcpassay: no\\x1b agent\n"),
        (KeyboardInterrupt(), 130, "tcpassay: interrupted\n"),
    ],
)
def test_every_error_has_its_code(error: BaseException, code: int, said: str) -> None:
    """A verb that raises; the exit code of the error and one line."""
    result = CliRunner().invoke(_guarded(error))
    assert (result.exit_code, result.stderr) == (code, said)


def test_reader_that_goes_away() -> None:
    """Standard output closed by its reader; 141, as a shell reports SIGPIPE, and no complaint."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tcpassay", "targets", "--json"],
            check=False,
            stdout=write_end,
            stderr=subprocess.PIPE,
        )
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


def test_internal_fault_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw; exit 3, file and line, and the traceback only on request."""
    monkeypatch.delenv("TCPASSAY_DEBUG", raising=False)
    result = CliRunner().invoke(_guarded(ZeroDivisionError("by zero")))
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1
    assert "ZeroDivisionError: by zero at " in result.stderr
    assert "test_verbs.py:" in result.stderr
    assert "please report it" in result.stderr
    monkeypatch.setenv("TCPASSAY_DEBUG", "1")
    result = CliRunner().invoke(_guarded(ZeroDivisionError("by zero")))
    assert "Traceback" in result.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(sample: str, tmp_path: Path, number: signal.Signals, code: int) -> None:
    """A signal in mid-run; the exit code, a record that holds what had ended, nothing else left."""
    stuck = (
        "\n\n@case('MUST-12')\ndef stuck(bench):\n    '''Never ends; interrupted.'''\n"
        "    import os, signal\n"
        f"    os.kill(os.getpid(), {int(number)})\n    while True: bench.now_ns\n"
    )
    path = tmp_path / "mine/sample.py"
    path.write_text(path.read_text() + stuck)
    done = subprocess.run(
        [sys.executable, "-m", "tcpassay", "run", "reference", "--case", sample, "--out", "out"],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert f"interrupted by {number.name}" in done.stdout
    lines = [json.loads(line) for line in Path("out/run.jsonl").read_text().splitlines()]
    oracle = [line for line in lines if line.get("case", {}).get("id", "").startswith("oracle/")]
    told = [next(iter(line)) for line in lines if line not in oracle]
    assert told == ["header", *["case"] * 4, "end"]
    assert lines[-1]["end"]["interrupted"] == number.name


# The matrix


def test_list_matrix(tcpassay: Tcpassay) -> None:
    """The product, what is merged, impossible and left out, and every row."""
    code, out, err = tcpassay("list", "--matrix")
    assert code == 0
    assert "38808 cells" in out
    assert "SYN-RECEIVED  connect() that is answered by SYN,ACK goes to ESTABLISHED" in out
    assert "    294  SYN-RECEIVED" in out
    assert out.splitlines()[-1].startswith("matrix/LAST-ACK/data/seq=far-above/")
    assert "2544 rows for each IP version" in err


def test_list_matrix_as_json(tcpassay: Tcpassay) -> None:
    """The same for a machine; --full has every way."""
    counted = json.loads(tcpassay("list", "--matrix", "--full", "--json")[1])
    assert counted["cells"] == sum(counted["totals"].values())
    assert counted["totals"]["generated"] == len(counted["rows"]) == 11742
    assert {entry["fate"] for entry in counted["entries"]} == {"generated", "merged", "impossible"}


def test_list_rows_of_a_state(tcpassay: Tcpassay) -> None:
    """A glob that begins with the matrix's name; rows, listed as cases."""
    code, out, _ = tcpassay("list", "--case", "matrix/CLOSED")
    assert code == 0
    assert len(out.splitlines()) == 12
    assert tcpassay("list", "--case", "matrix/CLOSED", "--full")[0] == 0
    assert tcpassay("list", "--full")[0] == 2


def test_explain_row(tcpassay: Tcpassay) -> None:
    """A row's segment and branches, with clause and label; an unknown one is told."""
    code, out, _ = tcpassay("explain", "matrix/CLOSE-WAIT/RST/seq=inside/connect")
    assert code == 0
    assert "sent         <SEQ=RCV.NXT+100><CTL=RST> in CLOSE-WAIT, after connect()" in out
    assert "standard     <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>; CLOSE-WAIT" in out
    assert "RFC5961:3.2-RST-INWINDOW (MUST)" in out
    assert "variant (RFC 793) silence; CLOSED, connection reset" in out
    code, _, err = tcpassay("explain", "matrix/CLOSE-WAIT/RST/seq=insid/connect")
    assert code == 2
    assert "unknown row" in err


def test_explain_states(tcpassay: Tcpassay, tmp_path: Path) -> None:
    """Every way between the states, as lines and as files; what cannot be drawn is told."""
    code, out, _ = tcpassay("explain", "states")
    assert code == 0
    assert "  rcv FIN / snd ACK                 -> CLOSE-WAIT    RFC9293:3.10.7.4-FIN-ESTAB" in out
    svg = tmp_path / "states.svg"
    assert tcpassay("explain", "states", "--svg", str(svg))[:2] == (0, "")
    assert svg.read_text().startswith("<svg ")
    code, out, _ = tcpassay("explain", "states", "--dot", "-")
    assert (code, out[:13]) == (0, "digraph tcp {")
    code, _, err = tcpassay("explain", "MUST-14", "--svg", "-")
    assert code == 2
    assert "`explain states`, not 'MUST-14'" in err
    code, _, err = tcpassay("explain", "states", "--svg", str(tmp_path / "none" / "states.svg"))
    assert code == 2
    assert "No such file or directory" in err
