"""A stack whose listener becomes the connection, by the kit: enough of TCP to be served by.

It sends nothing again and keeps nothing that is out of order.
"""

import struct
import sys
from pathlib import Path

KIT = Path(__file__).resolve().parents[3] / "targets" / "kit" / "python"
sys.path[:0] = [str(KIT), str(KIT / "skeleton")]
sys.dont_write_bytecode = True

import agent as closed  # noqa: E402
from tcpassay_agent import Agent, serve  # noqa: E402

FIN, SYN, RST, ACK = closed.FIN, closed.SYN, closed.RST, closed.ACK
WINDOW = 8192


class Connection:
    """One connection; `ends` are addresses and ports, ours first."""

    def __init__(self, ends, iss, irs):
        self.ends, self.snd_nxt, self.rcv_nxt = ends, iss, (irs + 1) % 2**32
        self.text, self.ended, self.open = b"", False, False
        self.fd = None


class SingleShot(Agent):
    name, version = "single-shot", "1"

    def start(self, config):
        self.addresses = {closed.ipaddress.ip_address(text).packed for text in config["addresses"]}
        self.seed = config["seed"]
        self.last_fd = 2
        self.bound, self.armed, self.made, self.connections, self.waiting = {}, {}, {}, {}, []

    # -- calls -----------------------------------------------------------------------------------

    def call_socket(self, call):
        self.last_fd += 1
        call.answer(self.last_fd)

    def call_bind(self, call):
        self.bound[call.get("fd")] = call.get("address")[1]
        call.answer()

    def call_listen(self, call):
        fd = call.get("fd")
        self.armed[self.bound[fd]] = fd
        call.answer()

    def call_accept(self, call):
        self.waiting.append(call)
        self.wake()

    def call_recv(self, call):
        self.waiting.append(call)
        self.wake()

    def call_send(self, call):
        conn = self.made[call.get("fd")]
        self.emit(conn, ACK, call.get("octets"))
        call.answer(len(call.get("octets")))

    def call_shutdown(self, call):
        self.emit(self.made[call.get("fd")], FIN | ACK)
        call.answer()

    def call_close(self, call):
        conn = self.made.pop(call.get("fd"), None)
        if conn is not None:
            self.emit(conn, FIN | ACK)
        call.answer()

    def cancelled(self, call):
        self.waiting.remove(call)

    def wake(self):
        """Answer the calls that wait, as far as there is something for them."""
        for call in list(self.waiting):
            fd = call.get("fd")
            conn = self.made.get(fd)
            if call.name == "accept":
                ready = [c for c in self.connections.values() if c.open and c.fd == fd]
                if ready:
                    self.waiting.remove(call)
                    ready[0].fd = None
                    self.last_fd += 1
                    self.made[self.last_fd] = ready[0]
                    host = str(closed.ipaddress.ip_address(ready[0].ends[1]))
                    call.answer(self.last_fd, ("address", [host, ready[0].ends[3]]))
            elif conn is not None and (conn.text or conn.ended):
                self.waiting.remove(call)
                text, conn.text = conn.text[: call.get("length")], conn.text[call.get("length") :]
                call.answer(len(text), ("octets", text))

    # -- segments --------------------------------------------------------------------------------

    def datagram(self, octets):
        source, destination, segment = closed.read_ip(octets)
        whole = len(segment) >= 20 and not closed.checksum(source, destination, segment)
        if destination not in self.addresses or not whole:
            return
        sport, dport, seq, _, offset, flags = struct.unpack_from("!HHIIBB", segment)
        ends = destination, source, dport, sport
        conn = self.connections.get(ends)
        if conn is not None:
            self.arrived(conn, seq, flags, segment[(offset >> 4) * 4 :])
        elif flags & (SYN | ACK | RST) == SYN and dport in self.armed:
            conn = self.connections[ends] = Connection(ends, (self.seed + sport) % 2**32, seq)
            conn.fd = self.armed.pop(dport)
            self.emit(conn, SYN | ACK)
        else:
            for answer in closed.stack_input(self.addresses, octets):
                self.sent(answer)

    def arrived(self, conn, seq, flags, text):
        if flags & RST:
            del self.connections[conn.ends]
            return
        conn.open = conn.open or bool(flags & ACK)
        if seq == conn.rcv_nxt and (text or flags & FIN):
            conn.text += text
            conn.ended = bool(flags & FIN)
            conn.rcv_nxt = (seq + len(text) + conn.ended) % 2**32
            self.emit(conn, ACK)
        self.wake()

    def emit(self, conn, flags, text=b""):
        local, remote, lport, rport = conn.ends
        window = max(0, WINDOW - len(conn.text))
        numbers = (conn.snd_nxt, conn.rcv_nxt, 5 << 4, flags, window, 0, 0)
        segment = struct.pack("!HHIIBBHHH", lport, rport, *numbers)
        self.sent(closed.write_ip(local, remote, segment + text))
        taken = len(text) + bool(flags & SYN) + bool(flags & FIN)
        conn.snd_nxt = (conn.snd_nxt + taken) % 2**32


serve(SingleShot())
