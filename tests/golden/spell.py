#!/usr/bin/python3
"""Spells datagrams out from docs/wire-format.md: spell.py NAME prints NAME.hex. Knows nothing of the code that reads and writes them.

It made sharing.hex, checked.hex and ring.hex (from docs/ring-format.md); the older files were spelled out by hand.
"""
import struct
import sys

SECOND = 1_704_164_645_000_000_000  # 2024-01-02T03:04:05Z
LEVELS = ["trace", "debug", "info", "notice", "warning", "error", "critical"]


def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def svarint(n):
    return varint(n << 1 if n >= 0 else (-n << 1) - 1)


def string(s):
    s = s.encode() if isinstance(s, str) else s
    return varint(len(s)) + s


def u64(n):
    return struct.pack("<Q", n)


def crc32c(data):
    """Castagnoli's polynomial, bit by bit; RFC 3720, appendix B.4."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Datagram:
    """Rows of bytes and what they are."""

    def __init__(self, number):
        self.rows = [
            (b"\x9c\x6d", "magic"), (b"\x01", "version 1"), (b"\x00", "flags"),
            (struct.pack("<I", 0x8AF022EE), "slot tag 0x8af022ee"),
            (u64(0x0123456789ABCDEF), "sender id 0x0123456789abcdef"),
            (u64(number), f"datagram number {number}")]

    def bytes(self):
        return b"".join(row for row, _ in self.rows)

    def frame(self, kind, name, body):
        size = sum(len(row) for row, _ in body)
        self.rows += [(bytes([kind]), f"frame: {name}"), (varint(size), f"{size} bytes")]
        self.rows += [(row, "  " + what) for row, what in body if row]
        return self

    def sender(self, age=None):
        body = [(u64(SECOND + 6), "started 2024-01-02T03:04:05.000000006Z"), (varint(4711), "process 4711"),
                (string("buildbox"), 'host "buildbox"'), (string("cc"), 'app "cc"')]
        if age is not None:
            body.append((struct.pack("<I", age), f"age {age} ms"))
        return self.frame(1, "sender", body)

    def record(self, level, number, time, thread=None, logger=None, source=None, attributes=None, text="", shares=None):
        """`number` and `thread` None: as the page's bits say; `time` is a delta then. A file, function or name None is shared."""
        flags = (LEVELS.index(level) | (number is None) << 3 | (thread is None) << 4 | (logger is None) << 5 |
                 (source is not None) << 6 | (attributes is not None) << 7)
        names = ["follows", "same_thread", "same_logger", "has_source", "has_attributes"]
        said = [level] + [name for bit, name in enumerate(names, 3) if flags >> bit & 1]
        body = [(bytes([flags]), "flags: " + ", ".join(said))]
        if shares is not None:
            said = [name for bit, name in enumerate(["same_file", "same_function", "same_names"]) if shares >> bit & 1]
            body.append((bytes([shares]), "shares: " + ", ".join(said)))
        if number is None:
            body.append((svarint(time), f"delta {time:+}"))
        else:
            body += [(varint(number), f"number {number}"), (u64(SECOND + time), f"time 2024-01-02T03:04:05Z + {time} ns")]
        if thread is not None:
            body.append((varint(thread), f"thread {thread}"))
        if logger is not None:
            body.append((string(logger), f'logger "{logger}"'))
        if source is not None:
            file, line, function = source
            body.append((b"" if file is None else string(file), f'file "{file}"'))
            body.append((varint(line), f"line {line}"))
            body.append((b"" if function is None else string(function), f'function "{function}"'))
        if attributes is not None:
            if not (shares or 0) & 4:
                body.append((varint(len(attributes)), f"{len(attributes)} attributes"))
            for name, kind, value in attributes:
                body.append((b"" if name is None else string(name), f'name "{name}"'))
                body.append((bytes([kind]) + value, f"  type {kind}, value"))
        body.append((text.encode(), "text"))
        return self.frame(2 if shares is None else 11, "record" if shares is None else "sharing", body)

    def progress(self, number):
        return self.frame(5, "progress", [(varint(number), f"next number {number}")])

    def check(self):
        sum_of_all = crc32c(self.bytes())
        return self.frame(12, "check", [(struct.pack("<I", sum_of_all), f"CRC32C 0x{sum_of_all:08x}")])

    def padding(self, size):
        self.rows.append((bytes(size), "padding"))
        return self

    def spell(self, name):
        print(f"\n= {name}")
        for row, what in self.rows:
            for at in range(0, len(row), 16):
                print(f"{row[at:at + 16].hex(' '):<48} # {what if at == 0 else ''}".rstrip(" #") if at else f"{row[:16].hex(' '):<48} # {what}")


def sharing():
    print("# Records that do not say again what records before them in the datagram said.")
    d = Datagram(9).sender(age=1500)
    d.record("info", 0, 0, 1, "a", ("main.cpp", 10, "main"),
             [("user", 0, string("ann")), ("tries", 1, svarint(-1)), ("load", 3, struct.pack("<d", 0.5))], "first")
    d.record("info", None, 100, source=(None, 11, None),
             attributes=[(None, 0, string("bob")), (None, 2, varint(7)), (None, 5, b"")], text="second", shares=7)
    d.record("debug", None, 100, text="neither source nor attributes")
    d.record("error", None, 100, source=(None, 300, "run"), text="third", shares=1)
    d.record("error", None, 100, attributes=[(None, 4, b""), (None, 0, string("")), (None, 16, string("later"))], text="4", shares=4)
    d.record("error", 9, 0, 2, "b", ("x.cpp", 1, None), [("n", 1, svarint(1))], "fifth", shares=2)
    d.record("trace", None, -5, source=(None, 0, None), attributes=[(None, 1, svarint(2))], text="", shares=7)
    d.spell("seven records")


def checked():
    print("# Datagrams that end with a check sum.")
    Datagram(10).sender(age=0).record("info", 0, 0, 1, "a", text="what a device might alter").check().spell("a record")
    Datagram(11).progress(1).check().padding(7).spell("before padding")


def malformed():
    """What was added to malformed.hex."""
    def first(**more):
        return Datagram(0).sender().record("info", 0, 0, 1, "a", **more)
    source, names = ("f" * 255, 1, "g"), [("n" * 255, 5, b"")]
    first().frame(11, "sharing", [(b"\x78", "flags")]).spell("a sharing record without its second flags")
    first().record("info", None, 0, source=(None, 1, None), shares=1).spell("a file that is shared and was not said")
    first(attributes=names).record("info", None, 0, source=(None, 1, "g"), shares=1).spell("a file shared with attributes only")
    first(source=source).record("info", None, 0, shares=1).spell("a file shared without a source")
    first(source=source).record("info", None, 0, shares=2).spell("a function shared without a source")
    first(source=("f" * 256, 1, "g")).record("info", None, 0, source=(None, 1, "g"), shares=1).spell("a file shared that is too long")
    first(source=("f", 1, "g" * 256)).record("info", None, 0, source=("f", 1, None), shares=2).spell("a function shared that is too long")
    first(source=source).record("info", None, 0, attributes=[(None, 5, b"")], shares=4).spell("names that are shared and were not said")
    first(attributes=names).record("info", None, 0, shares=4).spell("names shared without attributes")
    first(attributes=[("n" * 256, 5, b"")]).record("info", None, 0, attributes=[(None, 5, b"")], shares=4).spell("names shared that are too long")
    first(attributes=[("", 5, b"")] * 33).record("info", None, 0, attributes=[(None, 5, b"")] * 33, shares=4).spell("names shared that are too many")
    first(source=source).record("info", None, 0, source=(None, 1, "g"), shares=9).spell("a sharing record with an unknown flag")
    Datagram(0).sender().record("info", 0, 0, 1, "a", ("f", 1, None), shares=2).spell("a sharing record that is the first")
    wrong = Datagram(0).sender().progress(1).check()
    wrong.rows[-1] = (bytes([wrong.rows[-1][0][0] ^ 1]) + wrong.rows[-1][0][1:], "CRC32C, one bit of it altered")
    wrong.spell("a check sum of something else")
    Datagram(0).sender().check().progress(1).spell("a frame after the check sum")
    Datagram(0).sender().frame(12, "check", [(b"abc", "three bytes")]).spell("a check sum of three bytes")


class Piece(Datagram):
    """The same of a ring: of its header, or a block with a datagram in it."""

    def __init__(self, rows, datagram=None):
        self.rows = rows + (datagram.rows if datagram else [])


def ring():
    print("# A ring of three blocks of 4096 bytes, of which two are in use, by docs/ring-format.md. What is not said is 0.")
    header = [
        (b"\x9cmslring", "magic"), (struct.pack("<I", 1), "version 1"), (struct.pack("<I", 4096), "header size"),
        (struct.pack("<I", 4096), "block size"), (struct.pack("<I", 3), "3 blocks"), (struct.pack("<I", 0x8AF022EE), "slot tag"),
        (struct.pack("<I", 1), "scope: LAN"), (u64(0x0123456789ABCDEF), "sender id"), (u64(SECOND + 6), "started"), (u64(4711), "process"),
        (u64(1), "state: ended well"), (u64(4), "next record"), (bytes(24), "")]
    header += [(bytes([len(s)]) + s, s.decode()) for s in (b"buildbox", b"cc", b"build-farm")]
    Piece(header).spell("header")

    def block(sequence, first, time, datagram):
        used = len(datagram.bytes())
        Piece([(u64(sequence), f"sequence {sequence}"), (u64(used), f"used {used}"), (u64(first), f"first record {first}"),
               (u64(SECOND + time), "first time"), (bytes(32), "")], datagram).spell(f"block {sequence - 1}")
    d = Datagram(0).sender(age=0).record("info", 0, 0, 1, "a", text="first").record("info", None, 100, text="second")
    block(1, 0, 0, d.frame(4, "dropped", [(b"\x02", "too large"), (varint(2), "first 2"), (varint(1), "one")]))
    block(2, 3, 300, Datagram(0).sender(age=0).record("error", 3, 300, 2, "b", text="x" * 3950))


if __name__ == "__main__":
    globals()[sys.argv[1]]()
