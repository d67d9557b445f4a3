"""One capability and how it is tried; a stack has it where nothing of the probe fails."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from tcpassay.conformance.bench import Bench
from tcpassay.core.errors import TcpassayError
from tcpassay.core.trace import Trace
from tcpassay.targets.capabilities import CAPABILITIES
from tcpassay.targets.contract import StackOptions

if TYPE_CHECKING:
    from tcpassay.targets.contract import IpVersion, Target
    from tcpassay.targets.manifest import Manifest

Try = Callable[[Bench], None]


class Found(NamedTuple):
    """Whether the stack has a capability, and what shows it; `has` None: it cannot be tried."""

    name: str
    has: bool | None
    why: str


@dataclass(frozen=True, slots=True)
class Probe:
    """`attempt` raises where the stack lacks the capability; its docstring says what it wants.

    `settings` are laid over the stack's own where the manifest has them; without `required` the
    stack is tried as it is where it has not. `ip`: the version that it needs. `beyond`: a
    capability without which there is none of this one.
    """

    name: str
    attempt: Try
    settings: tuple[str, ...] = ()
    required: bool = False
    ip: IpVersion | None = None
    own_process: bool = False
    beyond: str = ""

    @property
    def title(self) -> str:
        """The first line of the docstring: stimulus; then what shows the capability."""
        return (inspect.getdoc(self.attempt) or "").split("\n", 1)[0]


class Probes(dict[str, Probe]):
    """Probes by capability; an instance decorates the functions that try one."""

    def __call__(
        self,
        name: str,
        *,
        settings: tuple[str, ...] = (),
        required: bool = False,
        ip: IpVersion | None = None,
        own_process: bool = False,
        beyond: str = "",
    ) -> Callable[[Try], Try]:
        """Make a function the probe of a capability."""

        def attach(attempt: Try) -> Try:
            self[name] = Probe(name, attempt, settings, required, ip, own_process, beyond)
            return attempt

        return attach


def run_probe(target: Target, probe: Probe) -> Found:
    """Try one capability on a fresh stack; raises nothing that the stack can cause."""
    manifest = target.manifest
    ip = probe.ip or (4 if manifest.ipv4 else 6)
    if manifest.addresses(ip) is None:
        return Found(probe.name, None, f"the manifest has no [addresses.ipv{ip}] to try it with")
    missing = [name for name in probe.settings if name not in manifest.settings]
    if missing and probe.required:
        return Found(probe.name, None, f"the manifest has no [settings.{missing[0]}] to try it in")
    settings = tuple(name for name in probe.settings if name not in missing)
    try:
        with_bench(target, probe.attempt, ip, settings, own_process=probe.own_process)
    except TcpassayError as error:
        return Found(probe.name, has=False, why=str(error))
    except LookupError as error:
        return Found(probe.name, has=False, why=f"a call returned without {error}")
    return Found(probe.name, has=True, why=probe.title)


def demand(bench: Bench, holds: bool, otherwise: str) -> None:
    """Judge what a probe worked out itself; `otherwise` says what there is instead."""
    bench.judge("value", {}, met=holds, message=otherwise)


def with_bench(
    target: Target,
    attempt: Try,
    ip: IpVersion,
    settings: tuple[str, ...] = (),
    *,
    own_process: bool = False,
    listen: Literal["queue", "single_shot", "callback"] | None = None,
) -> None:
    """Work with a bench around a fresh stack, to which every capability is credited.

    `listen`: how listeners are taken to behave, if not as the manifest says.
    """
    credited = _credited(target.manifest, listen or target.manifest.limits.listen)
    trace = Trace(case="probe", target=credited.name, ip=ip, settings=settings)
    options = StackOptions(seed=1, ip=ip, settings=settings, own_process=own_process)
    stack = target.start(options)
    try:
        attempt(Bench(credited, stack, trace, requirements=("",), ip=ip, own_process=own_process))
    finally:
        stack.close()


def _credited(manifest: Manifest, listen: Literal["queue", "single_shot", "callback"]) -> Manifest:
    """The manifest as if the stack could do everything, so that nothing is left out."""
    limits = replace(manifest.limits, listen=listen)
    return replace(manifest, capabilities=frozenset(CAPABILITIES), limits=limits)
