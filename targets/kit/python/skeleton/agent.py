#!/usr/bin/env python3
"""The agent of mystack: it drives one stack for tcpassay.

tcpassay_agent.py beside this file speaks the protocol. The upper half of this file ties it to a
stack; the lower half is a stack, the smallest that tells the truth: a host whose TCP ports are all
closed. Put yours in its place: each comment that begins with "Yours:" says what belongs there.
"""

import ipaddress
import struct

from tcpassay_agent import Agent, serve


class MyStack(Agent):
    # Yours: name and version of your stack as it runs, as people will read them in reports.
    name = "mystack"
    version = "0.1"

    def start(self, config):
        # Yours: make a fresh stack and give its interface these addresses. Take every random
        # number (ISNs, ports, hashes) from config["seed"], so that a run can be repeated. Raise
        # tcpassay_agent.Refused for a setting in config["settings"] that you do not have.
        self.addresses = {ipaddress.ip_address(text).packed for text in config["addresses"]}
        self.sleeping = []

    def datagram(self, octets):
        # Yours: hand `octets`, an IP datagram without a link header, to the input of your stack.
        # Where your stack sends, at any time, call self.sent(octets).
        for answer in stack_input(self.addresses, octets):
            self.sent(answer)

    def deadline(self):
        # Yours: the earliest of your stack's timers too, in nanoseconds of self.now_ns. A stack
        # with a periodic tick gives its next tick, or None while no timer of its is running.
        return min((moment for moment, _ in self.sleeping), default=None)

    def timer(self):
        # Yours: set your stack's clock to self.now_ns and run what is due.
        for moment, call in list(self.sleeping):
            if moment <= self.now_ns:
                self.sleeping.remove((moment, call))
                call.answer(0, ("pollfds", []))

    # Yours: one method for each socket call that your stack has: call_socket, call_bind,
    # call_listen, call_accept, call_connect, call_send, call_recv, call_shutdown, call_close come
    # first. Arguments and results stand in docs/targets.md. call.answer() when it returns and
    # call.fail("ECONNREFUSED") when it fails; a call that has to wait, such as accept() without a
    # connection, is kept, and answered when the stack says that it is ready. A call that has no
    # method is answered ENOSYS-AGENT, and what needs it is unsupported.

    def call_poll(self, call):
        """poll() of no descriptors, which is a sleep: an example of a call that waits."""
        timeout_ms = call.get("timeout")
        if call.get("pollfds"):
            call.fail("EBADF")
        elif timeout_ms == 0:
            call.answer(0, ("pollfds", []))
        elif timeout_ms > 0:
            self.sleeping.append((self.now_ns + timeout_ms * 1_000_000, call))

    def cancelled(self, call):
        # Yours: forget the call, as if a signal had interrupted it.
        self.sleeping = [each for each in self.sleeping if each[1] is not call]

    # Yours, where your stack can tell: def state(self, local, remote), which gives a state's name
    # in RFC 9293's spelling and numbers such as {"snd.una": 1}; def stats(self).


# -- Yours in place of all that follows: a host with all ports closed (RFC 9293, 3.10.7.1) ---------

TCP = 6
FIN, SYN, RST, ACK = 1, 2, 4, 16


def stack_input(addresses, octets):
    """The datagrams that answer one; none for what is damaged, for others, or not TCP."""
    source, destination, segment = read_ip(octets)
    if destination not in addresses or len(segment) < 20:
        return
    offset = (segment[12] >> 4) * 4
    if not 20 <= offset <= len(segment) or checksum(source, destination, segment) != 0:
        return
    sport, dport, seq, ack, _, flags = struct.unpack_from("!HHIIBB", segment)
    if flags & RST:
        return
    if flags & ACK:
        numbers = (ack, 0, RST)
    else:
        length = len(segment) - offset + bool(flags & SYN) + bool(flags & FIN)
        numbers = (0, (seq + length) % 2**32, RST | ACK)
    yield write_ip(destination, source, reset(dport, sport, *numbers))


def reset(sport, dport, seq, ack, flags):
    """A segment without data and with a checksum of zero."""
    return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 0, 0, 0)


def read_ip(octets):
    """Source, destination and TCP segment; an empty segment where there is none in one piece."""
    if len(octets) >= 20 and octets[0] >> 4 == 4:
        header, total = (octets[0] & 15) * 4, int.from_bytes(octets[2:4], "big")
        fragment = int.from_bytes(octets[6:8], "big") & 0x3FFF
        whole = 20 <= header <= total <= len(octets) and not fragment
        if whole and octets[9] == TCP and ones_complement(octets[:header]) == 0:
            return octets[12:16], octets[16:20], octets[header:total]
    elif len(octets) >= 40 and octets[0] >> 4 == 6 and octets[6] == TCP:
        end = 40 + int.from_bytes(octets[4:6], "big")
        if end <= len(octets):
            return octets[8:24], octets[24:40], octets[40:end]
    return b"", b"", b""


def write_ip(source, destination, segment):
    """An IP datagram; the checksums are filled in."""
    total = checksum(source, destination, segment)
    segment = segment[:16] + total.to_bytes(2, "big") + segment[18:]
    if len(source) == 16:
        head = struct.pack("!IHBB", 6 << 28, len(segment), TCP, 64)
        return head + source + destination + segment
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, TCP, 0)
    total = ones_complement(head + source + destination)
    return head[:10] + total.to_bytes(2, "big") + source + destination + segment


def checksum(source, destination, segment):
    """TCP's checksum, its pseudo-header included; 0 over a segment whose checksum is right."""
    pseudo = source + destination + struct.pack("!II", len(segment), TCP)
    return ones_complement(pseudo + segment)


def ones_complement(octets):
    """The Internet checksum (RFC 1071)."""
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack("!%dH" % (len(octets) // 2), octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


if __name__ == "__main__":
    serve(MyStack())
