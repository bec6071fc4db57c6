"""The golden datagrams of tests/golden."""
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "golden"


def golden(file):
    """The datagrams of a file, by name."""
    datagrams = {}
    for line in (FOLDER / f"{file}.hex").read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("="):
            name = line[1:].strip()
            datagrams[name] = b""
        elif line:
            datagrams[name] += bytes.fromhex(line)
    return datagrams


def valid():
    """All that a reader takes, by name."""
    return {
        f"{file}, {name}": datagram
        for file in ("checked", "complete-record", "control", "fragments", "later-attributes", "packed-records", "sharing", "tolerated")
        for name, datagram in golden(file).items()
    }
