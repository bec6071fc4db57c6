"""What tshark makes of packets."""
import json
import subprocess
import tempfile
from pathlib import Path

from scapy.utils import wrpcap

DISSECTOR = Path(__file__).parent.parent.parent / "docs/wireshark/mailslog.lua"
COMPLAINTS = ["_ws.malformed", "_ws.lua.error", "_ws.expert.message"]


def tshark(*arguments):
    done = subprocess.run(["tshark", *arguments, "-X", f"lua_script:{DISSECTOR}"], capture_output=True, text=True, timeout=120)
    trouble = [line for line in done.stderr.splitlines() if "Running as user" not in line]
    if done.returncode != 0 or trouble:
        raise AssertionError(f"tshark {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def dissect_file(capture, fields, *options):
    """For each packet: those of the fields that are in it, each a list of its values."""
    asked = [argument for field in fields for argument in ("-e", field)]
    packets = json.loads(tshark("-r", str(capture), "-T", "json", *asked, *options))
    return [packet["_source"].get("layers", {}) for packet in packets]


def dissect(packets, fields, *options):
    with tempfile.NamedTemporaryFile(suffix=".pcap") as capture:
        wrpcap(capture.name, packets)
        return dissect_file(capture.name, fields, *options)


def fields_of(protocol):
    """All fields that a protocol has registered, without its notes."""
    rows = [line.split("\t") for line in tshark("-G", "fields").splitlines()]
    return {row[2] for row in rows if row[0] == "F" and row[4] == protocol and row[3] != "FT_NONE"}
