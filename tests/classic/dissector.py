"""docs/wireshark/mailslog.lua, against the golden datagrams."""
import unittest

from scapy.layers.inet import UDP

from golden import golden, valid
from packets import in_mailslot, udp, udp6
from tshark import COMPLAINTS, dissect, fields_of

HEADER_SIZE = 24
MALFORMED = ["mailslog.malformed", *COMPLAINTS]


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def places_between_frames(datagram):
    """Lengths to which a good datagram can be cut and still be good."""
    places, at = {HEADER_SIZE}, HEADER_SIZE
    while at < len(datagram) and datagram[at] != 0:
        length, at = varint(datagram, at + 1)
        at += length
        places.add(at)
    return places | set(range(at, len(datagram) + 1))


class Dissector(unittest.TestCase):
    maxDiff = None

    def check(self, datagram, expected):
        fields = {f"mailslog.{name}": values for name, values in expected.items()}
        self.assertEqual(dissect([udp(datagram)], [*fields, *COMPLAINTS]), [fields])

    def test_a_complete_record_field_by_field(self):
        self.check(golden("complete-record")["complete"], {
            "magic": ["0x9c6d"],
            "version": ["1"],
            "flags": ["0x00"],
            "flags.sealed": ["0"],
            "slot_tag": ["0x8af022ee"],
            "sender_id": ["0x0123456789abcdef"],
            "datagram": ["7"],
            "frame.type": ["1", "2"],
            "frame.length": ["22", "134"],
            "sender.started": ["Jan  2, 2024 03:04:05.000000006 UTC"],
            "sender.process": ["4711"],
            "sender.host": ["buildbox"],
            "sender.app": ["cc"],
            "record.flags": ["0xc4"],
            "record.level": ["4"],
            "record.follows": ["0"],
            "record.same_thread": ["0"],
            "record.same_logger": ["0"],
            "record.has_source": ["1"],
            "record.has_attributes": ["1"],
            "record.number": ["300"],
            "record.time": ["Jan  2, 2024 03:04:05.123456789 UTC"],
            "record.thread": ["4242"],
            "record.logger": ["compiler"],
            "record.file": ["main.cpp"],
            "record.line": ["42"],
            "record.function": ["parse"],
            "record.attributes": ["7"],
            "attribute.name": ["path", "delta", "count", "ratio", "ok", "last", ""],
            "attribute.type": ["0", "1", "2", "3", "4", "5", "1"],
            "attribute.string": ["/x"],
            "attribute.signed": ["-812", "-9223372036854775808"],
            "attribute.unsigned": ["18446744073709551615"],
            "attribute.double": ["-0.5"],
            "record.text": ["unused variable “x”"],
        })

    def test_records_that_take_what_they_can_from_the_one_before(self):
        self.check(golden("packed-records")["four in one datagram"], {
            "frame.type": ["1", "2", "2", "2", "2"],
            "record.flags": ["0x02", "0x38", "0x2e", "0x11"],
            "record.level": ["2", "0", "6", "1"],
            "record.follows": ["0", "1", "1", "0"],
            "record.same_thread": ["0", "1", "0", "1"],
            "record.same_logger": ["0", "1", "1", "0"],
            "record.number": ["0", "1", "2", "9"],
            "record.delta": ["1000", "-2000"],
            "record.time": [
                "Jan  2, 2024 03:04:05.000000000 UTC",
                "Jan  2, 2024 03:04:05.000001000 UTC",
                "Jan  2, 2024 03:04:04.999999000 UTC",
                "Jan  2, 2024 03:04:04.999999005 UTC",
            ],
            "record.thread": ["1", "0"],
            "record.logger": ["a", ""],
            "record.text": ["first", "second", "third", ""],
        })

    def test_fragments_and_the_text_in_them(self):
        fields = {
            "mailslog.datagram": [["1"], ["2"], ["3"]],
            "mailslog.record.level": [["5"]] * 3,
            "mailslog.record.has_source": [["1"]] * 3,
            "mailslog.record.number": [["5"]] * 3,
            "mailslog.record.time": [["Jan  2, 2024 03:04:05.000000001 UTC"]] * 3,
            "mailslog.fragment.total": [["54"]] * 3,
            "mailslog.fragment.offset": [["0"], ["6"], ["30"]],
            "mailslog.fragment.text_start": [["24"]] * 3,
            "mailslog.fragment.piece": [
                [b"\x4d\x08net.".hex()],
                [b"http\x08http.cpp\x09\x03get012345".hex()],
                [b"678901234567890123456789".hex()],
            ],
            "mailslog.fragment.text": [None, ["012345"], ["678901234567890123456789"]],
        }
        expected = [{name: values[i] for name, values in fields.items() if values[i]} for i in range(3)]
        packets = [udp(datagram) for datagram in golden("fragments").values()]
        self.assertEqual(dissect(packets, [*fields, *COMPLAINTS]), expected)

    def test_frames_without_a_record(self):
        fields = {
            "mailslog.frame.type": ["4", "4", "4", "5", "6", "7", "7"],
            "mailslog.dropped.reason": ["0", "1", "2"],
            "mailslog.dropped.first": ["0", "127", "128"],
            "mailslog.dropped.count": ["1", "128", "16384"],
            "mailslog.next_number": ["16512", "18446744073709551615"],
            "mailslog.message": ["32312e35"],
            "_ws.expert.message": [
                "The sender dropped 1 records from #0: queue full",
                "The sender dropped 128 records from #127: refused by the system",
                "The sender dropped 16384 records from #128: record too large",
            ],
        }
        found = dissect([udp(golden("control")["all of them"])], [*fields, "_ws.malformed"])
        self.assertEqual(found, [fields])

    def test_what_later_revisions_may_add(self):
        fields = {
            "mailslog.flags": ["0xfe"],
            "mailslog.frame.type": ["1", "8", "200", "5", "4", "255", "2"],
            "mailslog.frame.body": ["ffff", "000000"],
            "mailslog.frame.surplus": ["010203", "07", "00"],
            "mailslog.next_number": ["4"],
            "mailslog.dropped.reason": ["9"],
            "mailslog.record.text": ["still here"],
            "mailslog.padding": ["0002ffffffff"],
        }
        found = dissect([udp(golden("tolerated")["all of it"])], [*fields, "_ws.malformed"])
        self.assertEqual(found, [fields])

    def test_records_that_share_strings(self):
        self.check(golden("sharing")["seven records"], {
            "frame.type": ["1", "2", "11", "2", "11", "11", "11", "11"],
            "record.shares": ["0x07", "0x01", "0x04", "0x02", "0x07"],
            "record.same_file": ["1", "1", "0", "0", "1"],
            "record.same_function": ["1", "0", "0", "1", "1"],
            "record.same_names": ["1", "0", "1", "0", "1"],
            "record.number": ["0", "1", "2", "3", "4", "9", "10"],
            "record.file": ["main.cpp", "main.cpp", "main.cpp", "x.cpp", "x.cpp"],
            "record.line": ["10", "11", "300", "1", "0"],
            "record.function": ["main", "main", "run", "run", "run"],
            "attribute.name": ["user", "tries", "load", "user", "tries", "load", "user", "tries", "load", "n", "n"],
            "attribute.string": ["ann", "bob", ""],
            "attribute.signed": ["-1", "1", "2"],
            "record.text": ["first", "second", "neither source nor attributes", "third", "4", "fifth", ""],
        })

    def test_times_before_1970(self):
        datagram = golden("complete-record")["complete"]
        started = datagram.index(bytes.fromhex("06320130b768a617"))
        for nanoseconds, expected in ((-1, "Dec 31, 1969 23:59:59.999999999 UTC"),
                                      (-1_000_000_000, "Dec 31, 1969 23:59:59.000000000 UTC"),
                                      (-1_500_000_000, "Dec 31, 1969 23:59:58.500000000 UTC")):
            altered = datagram[:started] + nanoseconds.to_bytes(8, "little", signed=True) + datagram[started + 8:]
            self.check(altered, {"sender.started": [expected]})

    def test_check_sums(self):
        datagrams = golden("checked").values()
        sums = {"frame.type": ["1", "2", "12"], "check": ["0x931f006d"]}, {"frame.type": ["5", "12"], "check": ["0xb01b6be7"]}
        for datagram, expected in zip(datagrams, sums):
            self.check(datagram, expected)

    def test_attributes_of_types_of_a_later_revision(self):
        self.check(golden("later-attributes")["between attributes that are known"], {
            "sender.age": ["16909060"],
            "record.attributes": ["5"],
            "attribute.name": ["", "ok", "when", "n", ""],
            "attribute.type": ["16", "5", "255", "2", "17"],
            "attribute.later": ["616263", "00"],
            "attribute.unsigned": ["128"],
            "record.text": ["text"],
        })

    def test_every_field_there_is_stands_in_some_golden_datagram(self):
        elsewhere = {"mailslog.sealed_bytes"}
        fields = sorted(fields_of("mailslog"))
        self.assertIn("mailslog.record.text", fields)
        packets = [udp(datagram) for datagram in valid().values()]
        seen = {name for packet in dissect(packets, fields, "-o", "mailslog.slots:build-farm") for name in packet}
        self.assertEqual(set(fields) - seen, elsewhere)

    def test_each_malformed_datagram_is_marked_and_no_other(self):
        datagrams = [*valid().values(), *golden("malformed").values()]
        found = dissect([udp(datagram) for datagram in datagrams], MALFORMED)
        marked = ["mailslog.malformed" in packet and "_ws.malformed" in packet for packet in found]
        self.assertEqual(marked, [False] * len(valid()) + [True] * len(golden("malformed")))
        self.assertFalse([packet for packet in found if "_ws.lua.error" in packet])

    def test_a_datagram_cut_inside_a_frame_is_malformed(self):
        cuts = [(datagram, size) for datagram in valid().values() for size in range(HEADER_SIZE, len(datagram) + 1)]
        found = dissect([udp(datagram[:size]) for datagram, size in cuts], MALFORMED)
        self.assertEqual(
            ["mailslog.malformed" in packet for packet in found],
            [size not in places_between_frames(datagram) for datagram, size in cuts])
        self.assertFalse([packet for packet in found if "_ws.lua.error" in packet])

    def test_what_the_capture_cut_off_is_not_called_malformed(self):
        packet = udp(golden("complete-record")["complete"])
        cut = packet.__class__(bytes(packet)[:-30])
        cut.wirelen = len(packet)
        fields = ["mailslog.captured_in_part", "mailslog.sender.app", "mailslog.malformed", "_ws.malformed"]
        self.assertEqual(
            dissect([cut], fields), [{"mailslog.captured_in_part": ["1"], "mailslog.sender.app": ["cc"]}])

    def test_any_port_and_ip_version(self):
        datagram = golden("complete-record")["complete"]
        packets = [udp(datagram, 5000), udp6(datagram), udp6(datagram, 5000)]
        fields = ["mailslog.record.number", *COMPLAINTS]
        self.assertEqual(dissect(packets, fields), [{"mailslog.record.number": ["300"]}] * 3)

    def test_other_datagrams_are_left_to_others(self):
        other_version = b"\x9c\x6d\x02" + bytes(30)
        packets = [udp(b"text, on our port"), udp(b"\x9c\x6d\x01"), udp(other_version, 5000), udp(other_version)]
        fields = ["mailslog.version", "mailslog.slot_tag", "mailslog.malformed", "mailslog.other_version"]
        self.assertEqual(
            dissect(packets, fields), [{}, {}, {}, {"mailslog.version": ["2"], "mailslog.other_version": ["1"]}])

    def test_sealed_datagrams_are_not_read(self):
        datagram = bytearray(golden("complete-record")["complete"])
        datagram[3] = 1
        fields = ["mailslog.flags.sealed", "mailslog.sealed_bytes", "mailslog.frame.type", "mailslog.malformed"]
        self.assertEqual(
            dissect([udp(bytes(datagram))], fields),
            [{"mailslog.flags.sealed": ["1"], "mailslog.sealed_bytes": [datagram[24:].hex()]}])

    def test_the_name_of_a_slot_for_its_tag(self):
        packets = [udp(golden("complete-record")["complete"])]
        for slots, expected in (("other, Build-Farm", [{"mailslog.slot": ["build-farm"]}]), ("other", [{}])):
            self.assertEqual(dissect(packets, ["mailslog.slot"], "-o", f"mailslog.slots:{slots}"), expected)

    def test_datagrams_in_mailslot_writes(self):
        datagram = golden("complete-record")["complete"]
        packets = [
            in_mailslot("build-farm", datagram, "LABGRP"),
            in_mailslot("build-farm", b"plain text", "LABGRP"),
            in_mailslot("build-farm", golden("malformed")["a record of level 7"], "LABGRP"),
        ]
        fields = ["mailslot.name", "mailslog.slot", "mailslog.record.text", "mailslog.malformed", "_ws.lua.error"]
        name = {"mailslot.name": ["\\MAILSLOT\\build-farm"]}
        self.assertEqual(dissect(packets, fields), [
            {**name, "mailslog.slot": ["build-farm"], "mailslog.record.text": ["unused variable “x”"]},
            name,
            {**name, "mailslog.slot": ["build-farm"], "mailslog.malformed": ["1"]},
        ])

    def test_no_control_character_reaches_the_summary(self):
        whole = golden("complete-record")["complete"]
        text = "unused variable “x”".encode()
        self.assertTrue(whole.endswith(text))
        packet = udp(whole[:-len(text)] + b"\x1b[31m \xc2\x9b31m \xff\r\n".ljust(len(text), b"x"))
        for where in (packet, in_mailslot("x", bytes(packet[UDP].payload), "LABGRP")):
            summary, = dissect([where], ["_ws.col.Info"])
            summary, = summary.values()
            self.assertIn("[31m", summary[0])
            self.assertTrue(summary[0].isprintable(), summary)
