"""select(): what it refuses."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.reach import listener

NO_SUCH_DESCRIPTOR = 99


@case("POSIX:EBADF-ENOTSOCK", needs=("poll", "descriptors"))
def descriptor_that_is_not_open(bench: Bench) -> None:
    """select() of a descriptor that is not open; EBADF."""
    sock = listener(bench)
    nobody = Socket(bench.app, NO_SUCH_DESCRIPTOR)
    bench.app.select(read=(sock, nobody)).expect_return(errno="EBADF")
