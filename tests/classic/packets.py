"""Packets around payloads, made by scapy."""
import itertools

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.layers.netbios import NBTDatagram
from scapy.layers.smb import SMB_Header, SMBMailSlot, SMBNetlogon_Protocol_Response_Header

_ids = itertools.count(1)
UNIQUE, GROUP, BROADCAST = 0x10, 0x11, 0x12


def udp(payload, port=4424, ip=None):
    ip = ip or IP(src="192.0.2.1", dst="192.0.2.2")
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / ip / UDP(sport=50123, dport=port) / payload


def udp6(payload, port=4424):
    return udp(payload, port, IPv6(src="2001:db8::1", dst="2001:db8::2"))


def suffix(value):
    """As scapy wants it: the two letters of the last byte of a NetBIOS name."""
    return (0x41 + (value >> 4)) << 8 | 0x41 + (value & 15)


def mailslot_write(slot, data, to, to_suffix=0x00, kind=GROUP, source="SCAPY", source_ip="192.0.2.1", id=None, **smb_fields):
    """The payload of a UDP packet, laid out as Samba does it. `slot` without \\MAILSLOT\\. Each has an `id` of its own."""
    name = f"\\MAILSLOT\\{slot}".encode()
    fields = dict(TotalDataCount=len(data), DataCount=len(data), DataOffset=70 + len(name))
    fields.update(smb_fields)
    smb = (
        SMB_Header(Command=0x25, PIDLow=0)
        / SMBNetlogon_Protocol_Response_Header(**fields)
        / SMBMailSlot(size=len(name) + 1 + len(data), name=name)
        / data
    )
    # scapy encodes `*` with spaces behind it, where NetBIOS has zeros.
    datagram = bytearray(bytes(NBTDatagram(
        Type=kind, ID=next(_ids) if id is None else id, SourceIP=source_ip, Length=68 + len(bytes(smb)), SourceName=source.encode(),
        DestinationName=to.encode(), SUFFIX2=suffix(to_suffix)) / smb))
    if to == "*":
        datagram[48 + 3:48 + 33] = b"A" * 30
    return bytes(datagram)


def in_mailslot(*args, **kwargs):
    payload = mailslot_write(*args, **kwargs)
    return (Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff") / IP(src="192.0.2.1", dst="192.0.2.255")
            / UDP(sport=138, dport=138) / payload)
