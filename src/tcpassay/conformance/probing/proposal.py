"""What the probes found, set beside what the manifest says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcpassay.conformance.probing.calls import CALLS
from tcpassay.conformance.probing.connections import CONNECTIONS
from tcpassay.conformance.probing.network import NETWORK
from tcpassay.conformance.probing.options import OPTIONS
from tcpassay.conformance.probing.probe import Found, Probe, run_probe
from tcpassay.conformance.probing.sizes import measure_limits
from tcpassay.targets.capabilities import CAPABILITIES

if TYPE_CHECKING:
    from tcpassay.conformance.probing.sizes import Measured
    from tcpassay.targets.contract import Target
    from tcpassay.targets.manifest import Manifest

PROBES: Final[dict[str, Probe]] = {**CONNECTIONS, **NETWORK, **OPTIONS, **CALLS}

#: Capabilities that nothing a peer sees tells apart from their absence.
NOT_PROBED: Final = {
    "ethernet": "the tester gives and takes IP datagrams",
    "cubic": "a few round trips look the same without it",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was found, in the order of the list of capabilities, and measured."""

    manifest: Manifest
    found: tuple[Found, ...]
    measured: tuple[Measured, ...]

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Those to declare: what was found, and of what could not be tried what is declared."""
        return tuple(
            each.name
            for each in self.found
            if each.has or (each.has is None and each.name in self.manifest.capabilities)
        )

    @property
    def new(self) -> tuple[Found, ...]:
        """What the stack has and the manifest does not say."""
        return tuple(f for f in self.found if f.has and f.name not in self.manifest.capabilities)

    @property
    def missing(self) -> tuple[Found, ...]:
        """What the manifest says and the stack does not have."""
        return tuple(
            f for f in self.found if f.has is False and f.name in self.manifest.capabilities
        )

    @property
    def untried(self) -> tuple[Found, ...]:
        """What could not be tried, and stays as the manifest has it."""
        return tuple(f for f in self.found if f.has is None)


def propose(target: Target) -> Proposal:
    """Try every capability on fresh stacks of the target and measure its limits."""
    found: dict[str, Found] = {}
    for name in (*PROBES, *NOT_PROBED):
        found[name] = _found(target, name, found)
    ordered = tuple(found[name] for name in CAPABILITIES)
    return Proposal(target.manifest, ordered, tuple(measure_limits(target)))


def _found(target: Target, name: str, so_far: dict[str, Found]) -> Found:
    if name in NOT_PROBED:
        return Found(name, None, NOT_PROBED[name])
    probe = PROBES[name]
    if probe.beyond and not so_far[probe.beyond].has:
        return Found(name, so_far[probe.beyond].has, f"there is no {probe.beyond}")
    return run_probe(target, probe)
