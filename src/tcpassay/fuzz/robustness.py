"""The requirements that the fuzzer's own judges speak for (RFC 1122, 1.2.2)."""

from __future__ import annotations

from typing import Final

SURVIVES: Final = "RFC1122:1.2.2-SURVIVES"
SERVES: Final = "RFC1122:1.2.2-SERVES"
LETS_GO: Final = "RFC1122:1.2.2-LETS-GO"
NO_STORM: Final = "RFC1122:1.2.2-NO-STORM"

#: Stream integrity: what recv() gives is what was sent; what is sent is what was written.
READ_INTACT: Final = "RFC9293:3.10.7.4-SEQ-OVERLAP-OOO"
SENT_INTACT: Final = "RFC9293:3.8.1-RETX-SAME"
