"""What Windows and Samba write to each other's mailslots, as far as the tests need it: [MS-ADTS] 6.3.1, [MS-BRWS] 2.2.1."""
import struct


def pdc_query(computer, reply_slot):
    text = b"\x07\x00" + computer.encode() + b"\0" + reply_slot.encode() + b"\0"
    text += bytes(len(text) % 2)
    return text + computer.encode("utf-16-le") + b"\0\0" + b"\x01\0\0\0\xff\xff\xff\xff"


def pdc_answer(computer, domain):
    text = b"\x0c\x00" + computer.encode() + b"\0"
    text += bytes(len(text) % 2)
    for name in (computer, domain):
        text += name.encode("utf-16-le") + b"\0\0"
    return text + b"\x01\0\0\0\xff\xff\xff\xff"


def host_announcement(computer, comment):
    workstation_and_server = 0x00000003
    return struct.pack("<BBI16sBBIBBH", 1, 0, 60000, computer.encode(), 4, 9, workstation_and_server, 15, 1, 0xAA55) + comment.encode() + b"\0"
