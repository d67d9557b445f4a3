// Yours in place of this file: a host with all ports closed (RFC 9293, 3.10.7.1).
package main

import (
	"encoding/binary"
	"net"
)

const (
	tcp = 6
	fin = 1
	syn = 2
	rst = 4
	ack = 16
)

type closedHost struct {
	addresses []net.IP
}

// input gives the datagrams that answer one; none for what is damaged, for others, or not TCP.
func (h *closedHost) input(octets []byte) [][]byte {
	source, destination, segment := readIP(octets)
	if !h.has(destination) || len(segment) < 20 {
		return nil
	}
	offset := int(segment[12]>>4) * 4
	flags := segment[13]
	if offset < 20 || offset > len(segment) || checksum(source, destination, segment) != 0 || flags&rst != 0 {
		return nil
	}
	reset := make([]byte, 20)
	copy(reset, segment[2:4])
	copy(reset[2:], segment[:2])
	reset[12] = 5 << 4
	if flags&ack != 0 {
		copy(reset[4:], segment[8:12])
		reset[13] = rst
	} else {
		taken := uint32(len(segment) - offset)
		taken += uint32(flags&fin) + uint32(flags&syn)>>1
		binary.BigEndian.PutUint32(reset[8:], binary.BigEndian.Uint32(segment[4:])+taken)
		reset[13] = rst | ack
	}
	return [][]byte{writeIP(destination, source, reset)}
}

func (h *closedHost) has(address net.IP) bool {
	for _, each := range h.addresses {
		if each.Equal(address) {
			return true
		}
	}
	return false
}

// readIP gives source, destination and TCP segment; nil where there is none in one piece.
func readIP(octets []byte) (source, destination net.IP, segment []byte) {
	switch {
	case len(octets) >= 20 && octets[0]>>4 == 4:
		head, total := int(octets[0]&15)*4, int(binary.BigEndian.Uint16(octets[2:]))
		fragment := binary.BigEndian.Uint16(octets[6:])&0x3fff != 0
		if head < 20 || head > total || total > len(octets) || octets[9] != tcp || fragment ||
			folded(add(0, octets[:head])) != 0 {
			return nil, nil, nil
		}
		return octets[12:16], octets[16:20], octets[head:total]
	case len(octets) >= 40 && octets[0]>>4 == 6 && octets[6] == tcp:
		end := 40 + int(binary.BigEndian.Uint16(octets[4:]))
		if end <= len(octets) {
			return octets[8:24], octets[24:40], octets[40:end]
		}
	}
	return nil, nil, nil
}

// writeIP puts a segment into a datagram and fills in the checksums.
func writeIP(source, destination net.IP, segment []byte) []byte {
	binary.BigEndian.PutUint16(segment[16:], checksum(source, destination, segment))
	var head []byte
	if len(source) == 4 {
		head = []byte{0x45, 0, 0, byte(20 + len(segment)), 0, 0, 0, 0, 64, tcp, 0, 0}
		sum := folded(add(add(add(0, head), source), destination))
		binary.BigEndian.PutUint16(head[10:], sum)
	} else {
		head = []byte{0x60, 0, 0, 0, 0, byte(len(segment)), tcp, 64}
	}
	return append(append(append(head, source...), destination...), segment...)
}

// checksum is TCP's, its pseudo-header included; 0 over a segment whose checksum is right.
func checksum(source, destination net.IP, segment []byte) uint16 {
	return folded(add(add(add(uint32(len(segment)+tcp), source), destination), segment))
}

// add and folded are the Internet checksum (RFC 1071).
func add(sum uint32, octets []byte) uint32 {
	for i, octet := range octets {
		if i&1 == 0 {
			sum += uint32(octet) << 8
		} else {
			sum += uint32(octet)
		}
	}
	return sum
}

func folded(sum uint32) uint16 {
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return ^uint16(sum)
}
