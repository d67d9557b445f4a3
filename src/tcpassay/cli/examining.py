"""What `doctor --target` finds out of one target: protocol, contract, capabilities, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.targets.examine.check import Check
from tcpassay.targets.examine.frames import check_protocol
from tcpassay.targets.examine.steps import check_contract

if TYPE_CHECKING:
    from tcpassay.conformance.probing.proposal import Proposal
    from tcpassay.targets.contract import Target


def examine(target: Target) -> tuple[list[Check], Proposal | None]:
    """Checks of a target that starts, and what its manifest should say.

    Nothing is proposed before all checks hold: each try could take as long as the watchdog.
    """
    from tcpassay.conformance.probing.proposal import propose

    manifest = target.manifest
    if manifest.kind == "wire":
        return [Check("agent", ok=None, found="there is none behind a port")], None
    checks = check_protocol(manifest) if manifest.kind == "process" else []
    if any(check.what in {"HELLO", "START"} and not check.ok for check in checks):
        return checks, None
    checks += check_contract(target)
    if any(check.ok is False for check in checks):
        why = "not tried before all of the above holds"
        return [*checks, Check("capabilities", ok=None, found=why)], None
    return checks, propose(target)
