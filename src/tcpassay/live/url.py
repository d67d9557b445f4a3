"""URLs of the scheme http, and the hosts that they name."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote, urlsplit

from tcpassay.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.targets.contract import IpVersion

HTTP_PORT: Final = 80
_UNCHANGED: Final = "/%:@!$&'()*+,;=~-._?"


class Url(NamedTuple):
    """`authority` goes into the Host field, `target` into the request line (RFC 9112, 3.2)."""

    text: str
    host: str
    port: int
    authority: str
    target: str

    def __str__(self) -> str:
        return self.text


def parse_url(text: str) -> Url:
    """Read http://HOST[:PORT][/PATH][?QUERY]. Raises ConfigurationError."""
    wanted = "wanted http://HOST[:PORT]/PATH"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"URL {text!r}: {error}; {wanted}") from None
    if parts.scheme != "http" or not host or parts.username is not None:
        raise ConfigurationError(f"URL {text!r}: {wanted}")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = HTTP_PORT if port is None else port
    if not port:
        raise ConfigurationError(f"URL {text!r}: port 0 cannot be connected to; {wanted}")
    return Url(text, host, port, parts.netloc, quote(target, safe=_UNCHANGED))


def address_of(host: str, netns: str, wanted: IpVersion | None = None) -> tuple[str, IpVersion]:
    """The address of `host`: itself, or the first in the namespace's or the host's table, of the
    IP version that is wanted.

    A table is /etc/netns/NAME/hosts or /etc/hosts; no name server is asked. Raises
    ConfigurationError for a host that is in neither, and for a link-local address: those mean
    nothing on a point-to-point link whose ends have none.
    """
    tables = [Path("/etc/netns") / netns / "hosts", Path("/etc/hosts")]
    candidates = [host] if _is_address(host) else _named(host, tables)
    for text in candidates:
        ip = ipaddress.ip_address(text)
        if ip.is_link_local:
            raise ConfigurationError(f"{text}: link-local addresses are not supported")
        if wanted in {None, ip.version}:
            return str(ip), 4 if ip.version == 4 else 6
    if candidates:
        raise ConfigurationError(f"--ip {wanted}: {host} has no address of IPv{wanted}")
    raise ConfigurationError(
        f"unknown host {host!r}: it is no address and is not in {' or '.join(map(str, tables))}; "
        "no name server is asked"
    )


def _named(name: str, tables: Iterable[Path]) -> list[str]:
    """The addresses that hosts(5) tables give a name."""
    found: list[str] = []
    for table in tables:
        try:
            lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            address, *names = line.partition("#")[0].split() or [""]
            if name.lower() in map(str.lower, names) and _is_address(address):
                found.append(address)
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
