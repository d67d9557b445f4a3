"""What `tcpassay serve` offers: echo, discard, characters and a folder of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.live.http_server import HTTP_PORT, FileServer
from tcpassay.live.services import (
    CHARGEN_PORT,
    DISCARD_PORT,
    ECHO_PORT,
    chargen,
    discard,
    echo,
    serve,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tcpassay.live.host import Host
    from tcpassay.live.services import Handler
    from tcpassay.targets.contract import IpVersion

_WILDCARD: dict[IpVersion, str] = {4: "0.0.0.0", 6: "::"}  # noqa: S104 - the stack's, not the host's


def start_services(host: Host, ip: IpVersion, root: Path, tell: Callable[[str], None]) -> None:
    """Let the four services listen at every address of the stack, as soon as it runs."""
    services: dict[int, Handler] = {
        ECHO_PORT: echo,
        DISCARD_PORT: discard,
        CHARGEN_PORT: chargen,
        HTTP_PORT: FileServer(root, tell).attend,
    }
    for port, handler in services.items():
        host.driver.start(serve((_WILDCARD[ip], port), ip, handler, host.driver.start))
