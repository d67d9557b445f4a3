"""A recorded trace in the forms of other tools: packetdrill's notation, pcapng, Scapy."""
