"""mailslog's remote mailslots against Samba's nmbd, scapy and Wireshark."""
import json
import marshal
import os
import re
import shutil
import tempfile
import unittest

from scapy.layers.inet import IP, UDP
from scapy.layers.netbios import NBNSHeader, NBNSQueryRequest, NBNSQueryResponse

from bodies import host_announcement, pdc_answer, pdc_query
from golden import golden
from network import Machine, Tap, join, run, wait_for
from nmbd import NAME, WORKGROUP, Nmbd
from packets import BROADCAST, GROUP, UNIQUE, mailslot_write, suffix, udp
from programs import EMIT, MESSAGES, SLOTCAT
from tshark import COMPLAINTS, dissect

# `here` runs mailslog, `there` nmbd; the rest is between `left` and `right`.
here = there = left = right = nmbd = browse_reader = None


def setUpModule():
    global here, there, left, right, nmbd, browse_reader
    opened = {}
    for name in ("here", "there", "left", "right"):
        opened[name] = Machine(name)
        unittest.addModuleCleanup(opened[name].__exit__)
    here, there, left, right = opened.values()
    join(here, there)
    join(left, right)
    # nmbd announces itself as soon as it runs.
    browse_reader = slotcat(here, rf"\\*\mailslot\browse?workgroup={WORKGROUP}", "--foreign", "show", "--json")
    unittest.addModuleCleanup(browse_reader.__exit__)
    nmbd = Nmbd(there)
    unittest.addModuleCleanup(nmbd.__exit__)


def listening(program, machine):
    """The program, when it hears what comes to the machine's mailslots."""
    wait_for("a reader of mailslots", lambda: program.process.poll() is not None or machine.listens(138, program))
    if program.process.poll() is not None:
        raise AssertionError(f"{program.command} ended\n{program.out}{program.err}")
    return program


def slotcat(machine, *arguments):
    return listening(machine.start(SLOTCAT, *arguments), machine)


def messages(machine, address):
    return listening(machine.start(MESSAGES, "get", address), machine)


def put(machine, address, *bodies):
    machine.run(MESSAGES, "put", address, *[body.hex() or "-" for body in bodies])


def records(program):
    """What slotcat printed as JSON; its last line may not be whole yet."""
    return [json.loads(line) for line in program.out.splitlines(keepends=True) if line.endswith("\n")]


class Samba(unittest.TestCase):
    def test_slotcat_shows_nmbds_host_announcement(self):
        browse_reader.says("an nmbd")
        shown = records(browse_reader)[0]
        self.assertEqual(
            (shown["type"], shown["from"], shown["claimed_name"]), ("foreign", f"{there.address}:138", NAME))

    def ask_for_pdc(self, host, slot, wanted=UNIQUE):
        """Has nmbd been asked, and did its answer come to the mailslot that the question named?"""
        nmbd.wait_for_names()
        with messages(here, rf"\\.\mailslot\net\{slot}?classic=1") as reader, Tap(here) as tap:
            reader.says("open")
            put(here, rf"\\{host}\mailslot\net\netlogon?source_port=138&workgroup={WORKGROUP}",
                pdc_query("HERE", rf"\MAILSLOT\NET\{slot.upper()}"))
            reader.says(f"{there.address}:138 ({NAME}) {pdc_answer(NAME, WORKGROUP).hex()}")
            asked, = tap.wait_for(1, lambda frame: frame[IP].src == here.address and frame[UDP].dport == 138)
            self.assertEqual(bytes(asked[UDP].payload)[0], wanted)

    def test_nmbd_answers_a_pdc_query_to_its_name(self):
        self.ask_for_pdc(NAME, "getdc1")

    def test_nmbd_answers_a_pdc_query_to_its_address(self):
        self.ask_for_pdc(there.address, "getdc2")

    def test_nmbd_answers_a_pdc_query_to_the_domains_controllers(self):
        self.ask_for_pdc(f"{WORKGROUP}#1c", "getdc3", GROUP)

    def test_nmbd_answers_a_pdc_query_to_its_workgroup(self):
        self.ask_for_pdc("*", "getdc4", GROUP)

    def test_nmbd_answers_a_pdc_query_to_everybody(self):
        self.ask_for_pdc("*#00", "getdc5", BROADCAST)

    def test_nmbd_reads_packets_of_576_bytes_and_no_larger_ones(self):
        fits = 576 - 82 - 69 - len("\\MAILSLOT\\NET\\NETLOGON\0")
        nmbd.wait_for_names()
        queries = [pdc_query("HERE", rf"\MAILSLOT\NET\GETDC{n}").ljust(size, b"\0") for n, size in ((6, fits + 1), (7, fits))]
        with Tap(here) as tap:
            put(here, rf"\\{WORKGROUP}#1c\mailslot\net\netlogon?source_port=138", *queries)
            answers = tap.wait_for(1, lambda frame: frame[IP].src == there.address and b"GETDC" in bytes(frame))
            self.assertFalse([answer for answer in answers if b"GETDC7" not in bytes(answer)])


class Scapy(unittest.TestCase):
    maxDiff = None

    def send(self, *payloads, to=None):
        with right.udp_socket() as s:
            for payload in payloads:
                s.sendto(payload, (to or left.address, 138))

    def read(self, reader, *messages):
        """Waits for the messages, and returns all that came with the last of them."""
        reader.says(messages[-1])
        return [r["message"] for r in records(reader)]

    def foreign_reader(self, address):
        return slotcat(left, address, "--foreign", "show", "--json", "--stats")

    def test_slotcat_reads_what_is_addressed_to_it(self):
        with self.foreign_reader(r"\\*\mailslot\applog") as reader:
            self.send(mailslot_write("applog", b"to the computer", "LEFT", kind=UNIQUE),
                      mailslot_write("APPLOG", b"to its file server", "LEFT", 0x20, kind=UNIQUE))
            self.send(mailslot_write("AppLog", b"to the workgroup", "WORKGROUP"),
                      mailslot_write("applog", b"to everybody", "*", kind=BROADCAST), to=left.broadcast)
            self.assertEqual(
                sorted(self.read(reader, "to the computer", "to its file server", "to the workgroup", "to everybody")),
                ["to everybody", "to its file server", "to the computer", "to the workgroup"])
            for shown in records(reader):
                self.assertEqual(shown["type"], "foreign")
                self.assertEqual(shown["claimed_name"], "SCAPY")
                self.assertRegex(shown["from"], rf"^{re.escape(right.address)}:\d+$")

    def test_slotcat_reads_both_layouts_and_all_sizes(self):
        sizes = [0, 1, 2, 423, 424]
        with messages(left, r"\\.\mailslot\applog?classic=1") as reader:
            padding = bytes(2)  # name and its zero end at 87, data begin at 88
            for i, size in enumerate(sizes):
                body = bytes([0x41 + i]) * size
                fields = dict(TotalDataCount=size, DataCount=size, DataOffset=88)
                self.send(mailslot_write("applog", padding + body, "LEFT", kind=UNIQUE, **fields),
                          mailslot_write("applog", body, "LEFT", kind=UNIQUE))
            wait_for("all", lambda: reader.out.count("\n") >= 1 + 2 * len(sizes))
            came = [line.split()[-1] for line in reader.out.splitlines()[1:]]
            expected = [(bytes([0x41 + i]) * size).hex() or "-" for i, size in enumerate(sizes) for _ in range(2)]
            self.assertEqual(came, expected)

    def test_slotcat_drops_what_is_malformed_or_for_others(self):
        def smb(offset, value):
            payload = bytearray(mailslot_write("applog", b"bad", "LEFT", kind=UNIQUE))
            payload[offset:offset + len(value)] = value
            return bytes(payload)

        whole = mailslot_write("applog", b"bad", "LEFT", kind=UNIQUE)
        scoped = whole[:81] + b"\x03LAB\x00" + whole[82:]
        malformed = {
            "an error packet": smb(0, b"\x13"),
            "not the first fragment": smb(1, b"\x00"),
            "more fragments": smb(1, b"\x03"),
            "an offset": smb(12, b"\x00\x01"),
            "longer than what came": whole[:-1],
            "longer than what it says": smb(10, b"\x00\x10"),
            "a bad letter in the source name": smb(15, b"Q"),
            "a bad letter in the destination name": smb(49, b"@"),
            "a short label": smb(48, b"\x1f"),
            "a compression pointer": smb(48, b"\xc0\x0e"),
            "a scope": scoped[:10] + (len(scoped) - 14).to_bytes(2, "big") + scoped[12:],
            "no SMB": smb(82, b"\xfeSMB"),
            "another command": smb(86, b"\x26"),
            "another word count": smb(114, b"\x10"),
            "totals that differ": smb(117, b"\x04\x00"),
            "data outside": smb(137, b"\xff\x00"),
            "data before the name ends": smb(139, b"\x50\x00"),
            "data far away": smb(139, b"\xff\xff"),
            "another setup count": smb(141, b"\x02"),
            "another opcode": smb(143, b"\x02"),
            "no mailslot": smb(151, b"\\MAILSLAT\\"),
        }
        others = {
            "another computer": mailslot_write("applog", b"bad", "OTHER", kind=UNIQUE),
            "another workgroup": mailslot_write("applog", b"bad", "OTHERGRP"),
            "another slot": mailslot_write("applogs", b"bad", "LEFT", kind=UNIQUE),
        }
        with self.foreign_reader(r"\\*\mailslot\applog") as reader:
            self.send(*malformed.values(), *others.values())
            self.send(mailslot_write("applog", b"the good one", "LEFT", kind=UNIQUE))
            self.assertEqual(self.read(reader, "the good one"), ["the good one"])
            reader.end()
            self.assertIn(f"malformed {len(malformed)},", reader.err)
            self.assertIn(f"refused {len(others)},", reader.err)

    def test_slotcat_shows_what_python_marshalled(self):
        with self.foreign_reader(r"\\*\mailslot\applog") as reader:
            self.send(mailslot_write("applog", marshal.dumps("Grüße"), "LEFT", kind=UNIQUE),
                      mailslot_write("applog", marshal.dumps(b"some bytes"), "LEFT", kind=UNIQUE))
            self.assertEqual(self.read(reader, "some bytes"), ["Grüße", "some bytes"])

    def test_slotcat_shows_people_who_claims_to_have_written_without_being_asked(self):
        with slotcat(left, r"\\*\mailslot\applog") as reader:
            self.send(mailslot_write("applog", b"from a stranger", "LEFT", kind=UNIQUE))
            reader.says("from a stranger")
            self.assertIn(f"SCAPY@{right.address}:", reader.out)

    def test_slotcat_reads_golden_records_from_scapys_mailslot_writes(self):
        with slotcat(left, r"\\*\mailslot\build-farm", "--json") as reader:
            self.send(mailslot_write("build-farm", golden("complete-record")["complete"], "LEFT", kind=UNIQUE))
            reader.says("unused variable")
            shown = records(reader)[0]
            self.assertEqual(
                (shown["type"], shown["seq"], shown["level"], shown["host"], shown["app"], shown["pid"]),
                ("record", 300, "warning", "buildbox", "cc", 4711))


    def test_a_broadcast_reaches_all_readers_of_a_machine(self):
        with self.foreign_reader(r"\\*\mailslot\applog") as one, self.foreign_reader(r"\\.\mailslot\applog?classic=1") as other:
            self.send(mailslot_write("applog", b"to all of them", "WORKGROUP"), to=left.broadcast)
            one.says("to all of them")
            other.says("to all of them")


class Privileges(unittest.TestCase):
    """Of a user without any."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        os.chmod(self.folder.name, 0o755)
        self.slotcat = shutil.copy(SLOTCAT, self.folder.name)
        nobody = 65534
        slots = os.path.join(self.folder.name, "slots")
        os.mkdir(slots, 0o700)
        try:
            os.chown(slots, nobody, nobody)
        except OSError:
            self.skipTest("there are no other users here")
        self.user = ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups", "env", f"MAILSLOG_DIR={slots}"]

    def test_a_user_who_may_not_listen_is_told_the_two_ways_out(self):
        refused = left.run(*self.user, self.slotcat, r"\\*\mailslot\applog", check=False)
        self.assertEqual(refused.returncode, 3)
        self.assertIn("CAP_NET_BIND_SERVICE", refused.stderr)
        self.assertIn("net.ipv4.ip_unprivileged_port_start", refused.stderr)

    def test_both_ways_out_lead_out(self):
        def reads():
            with listening(left.start(*self.user, self.slotcat, r"\\*\mailslot\applog", "--json"), left) as reader:
                right.run(*self.user, self.slotcat, "send", r"\\*\mailslot\applog", "from user to user")
                reader.says("from user to user")

        run("setcap", "cap_net_bind_service=+ep", self.slotcat)
        reads()
        run("setcap", "-r", self.slotcat)
        self.addCleanup(self.first_free_port, 1024)
        self.first_free_port(137)
        reads()

    def first_free_port(self, port):
        left.run("sh", "-c", f"echo {port} >/proc/sys/net/ipv4/ip_unprivileged_port_start")


class Wireshark(unittest.TestCase):
    maxDiff = None
    text = b"2026-01-02 03:04:05 INFO hello"

    def written(self, command, count):
        with Tap(right) as tap:
            right.run(*command)
            return tap.wait_for(count, lambda frame: frame[IP].src == right.address and frame[UDP].dport == 138)

    def test_our_writes_field_by_field(self):
        # Everything but the datagram's id, as in the layout of Windows; names of 6, text of 30 bytes.
        same = {
            "nbdgm.first": ["1"],
            "nbdgm.next": ["0"],
            "nbdgm.src.ip": [right.address],
            "nbdgm.src.port": ["138"],
            "nbdgm.dgram_len": ["186"],
            "nbdgm.pkt_offset": ["0"],
            "nbdgm.source_name": ["RIGHT<00>"],
            "smb.server_component": ["0x424d53ff"],
            "smb.cmd": ["0x25"],
            "smb.wct": ["17"],
            "smb.tpc": ["0"],
            "smb.tdc": ["30"],
            "smb.mdc": ["0"],
            "smb.msc": ["0"],
            "smb.transaction.flags": ["0x0000"],
            "smb.pc": ["0"],
            "smb.dc": ["30"],
            "smb.data_offset": ["88"],
            "smb.sc": ["3"],
            "smb.bcc": ["49"],
            "smb.trans_name": ["\\MAILSLOT\\applog"],
            "mailslot.opcode": ["1"],
            "mailslot.class": ["2"],
            "mailslot.size": ["49"],
            "mailslot.name": ["\\MAILSLOT\\applog"],
            "data.data": [self.text.hex()],
        }
        cases = {
            left.address: (UNIQUE, left.address, "*<00><00><00><00><00><00><00><00><00><00><00><00><00><00><00>"),
            "*": (GROUP, left.broadcast, "WORKGROUP<00>"),
            "LABGRP#1c": (GROUP, left.broadcast, "LABGRP<1c>"),
            "*#00": (BROADCAST, left.broadcast, "*<00><00><00><00><00><00><00><00><00><00><00><00><00><00><00>"),
        }
        for host, (kind, address, name) in cases.items():
            with self.subTest(host):
                packets = self.written([MESSAGES, "put", rf"\\{host}\mailslot\applog", self.text.hex()], 1)
                self.assertEqual(packets[0][IP].dst, address)
                expected = {**same, "nbdgm.type": [str(kind)], "nbdgm.destination_name": [name]}
                shown, = dissect(packets, [*expected, *COMPLAINTS])
                shown["nbdgm.destination_name"] = [part.split(" (")[0] for part in shown["nbdgm.destination_name"]]
                self.assertEqual(shown, expected)

    def test_our_writes_of_all_sizes_without_a_complaint(self):
        sizes = [0, 1, 2, 3, 423, 424]
        packets = self.written(
            [MESSAGES, "put", r"\\*\mailslot\applog", *["2b" * size or "-" for size in sizes]], len(sizes))
        shown = dissect(packets, ["smb.dc", *COMPLAINTS])
        self.assertEqual(shown, [{"smb.dc": [str(size)]} for size in sizes])

    def test_the_golden_writes_without_a_complaint(self):
        writes = golden("classic")
        shown = dissect([udp(write, 138) for write in writes.values()], ["mailslot.opcode", *COMPLAINTS])
        self.assertEqual(shown, [{"mailslot.opcode": ["1"]}] * 3)

    def test_our_records_in_mailslot_writes(self):
        packets = self.written(
            [SLOTCAT, "send", r"\\*\mailslot\build-farm", "-l", "error", "-t", "pump", "-f", "level=7", "pump is dry"], 1)
        expected = {
            "mailslot.name": ["\\MAILSLOT\\build-farm"],
            "mailslog.slot": ["build-farm"],
            "mailslog.sender.host": ["right"],
            "mailslog.sender.app": ["pump"],
            "mailslog.record.level": ["5"],
            "mailslog.record.number": ["0"],
            "mailslog.record.logger": ["pump"],
            "mailslog.attribute.name": ["level"],
            "mailslog.attribute.signed": ["7"],
            "mailslog.record.text": ["pump is dry"],
        }
        self.assertEqual(dissect(packets[:1], [*expected, *COMPLAINTS]), [expected])

    def test_nothing_above_the_limit_is_written(self):
        with Tap(right) as tap:
            refused = right.run(MESSAGES, "put", r"\\*\mailslot\applog", "2b" * 425, check=False)
            self.assertIn("425 bytes", refused.stderr)
            put(right, r"\\*\mailslot\applog", b"sentinel")
            packet, = tap.wait_for(1, lambda frame: frame[UDP].dport == 138)
            self.assertTrue(bytes(packet).endswith(b"sentinel"))


class Names(unittest.TestCase):
    """NetBIOS's name service, for machines that DNS does not know."""

    maxDiff = None

    def test_a_reader_answers_queries_for_its_name_and_no_other(self):
        with slotcat(left, r"\\*\mailslot\applog?announce=1"), right.udp_socket() as s:
            for name in (b"OTHER", b"LEFT"):
                s.sendto(bytes(NBNSHeader(NAME_TRN_ID=7, NM_FLAGS="RD+B", QDCOUNT=1) / NBNSQueryRequest(QUESTION_NAME=name)),
                         (left.broadcast, 137))
            answer = NBNSHeader(s.recv(2000))
            self.assertEqual((answer.NAME_TRN_ID, answer.RESPONSE, answer.ANCOUNT, answer.RCODE), (7, 1, 1, 0))
            found = NBNSQueryResponse(bytes(answer.payload))
            self.assertEqual((found.RR_NAME.strip(), found.SUFFIX), (b"LEFT", suffix(0x00)))
            self.assertEqual([(a.G, a.NB_ADDRESS) for a in found.ADDR_ENTRY], [(0, left.address)])

    def test_a_writer_finds_a_reader_by_its_netbios_name(self):
        with messages(left, r"\\.\mailslot\applog?classic=1&announce=1") as reader, Tap(right) as tap:
            put(right, r"\\LEFT\mailslot\applog", b"found you")
            reader.says(f"(RIGHT) {b'found you'.hex()}")
            frames = tap.wait_for(2, lambda frame: 137 in (frame[UDP].sport, frame[UDP].dport))
            fields = ["nbns.flags.response", "nbns.flags.opcode", "nbns.flags.rcode", "nbns.name", "nbns.addr", *COMPLAINTS]
            query, answer = dissect(frames, fields)
            opcode = {"nbns.flags.opcode": ["0"]}
            self.assertEqual(
                query, {**opcode, "nbns.flags.response": ["0"], "nbns.name": ["LEFT<00>"]})
            self.assertEqual(
                answer, {**opcode, "nbns.flags.response": ["1"], "nbns.flags.rcode": ["0"], "nbns.addr": [left.address],
                         "nbns.name": ["LEFT<00> (Workstation/Redirector)"]})


class Loss(unittest.TestCase):
    """From spdlog to slotcat, over a cable that loses one datagram in a hundred."""

    def lose_some_of_the_first(self, size):
        # Not of all: who does not get the last datagram cannot tell how many records were in it.
        rule = ["INPUT", "-p", "udp", "--dport", "138", "-m", "quota", "--quota", str(size),
                "-m", "statistic", "--mode", "random", "--probability", "0.01", "-j", "DROP"]
        left.run("iptables", "-A", *rule)
        self.addCleanup(left.run, "iptables", "-F")

    def account(self, count, size):
        self.lose_some_of_the_first(count * size * 9 // 10)
        with slotcat(left, r"\\*\mailslot\volume", "--json", "--stats") as reader:
            posted = right.run(EMIT, "--via", "spdlog", "--to", r"\\*\mailslot\volume?overflow=block&block_time=forever",
                               "--count", str(count), "--size", str(size))
            self.assertIn(f"emit: {count} written, 0 dropped", posted.stderr)

            wait_for("all to be told", lambda: sum(r.get("lost", 1) for r in records(reader)) >= count)
            reader.end()
            shown, stats = records(reader), reader.err
        came = [r for r in shown if r["type"] == "record"]
        whole = [r for r in came if "missing" not in r]
        missing = sum(r["lost"] for r in shown if r["type"] == "gap")
        self.assertEqual(len(came) + missing, count)
        self.assertEqual(len({r["seq"] for r in came}), len(came))
        self.assertEqual([r["seq"] for r in came], sorted(r["seq"] for r in came))
        for r in whole:
            self.assertTrue(r["message"].startswith(f"record {r['seq']} of thread 0"), r)
            self.assertGreaterEqual(len(r["message"]), size)
        self.assertIn(f"missing {missing}, incomplete {len(came) - len(whole)},", stats)
        self.assertGreater(count - len(whole), 0, "nothing was lost")
        print(f"        of {count}: {len(whole)} whole, {len(came) - len(whole)} with holes, {missing} missing")

    def test_packed_records_are_accounted_for(self):
        self.account(20000, 60)

    def test_fragmented_records_are_accounted_for(self):
        self.account(500, 10240)


class MasterBrowser(unittest.TestCase):
    """Last, because an nmbd needs half a minute to become one."""

    def test_nmbd_lists_a_host_that_we_announce(self):
        nmbd.wait_for_master()
        put(here, rf"\\{WORKGROUP}#1d\mailslot\browse", host_announcement("OURHOST", "announced by mailslog"))
        wait_for("our host in the browse list", lambda: re.search(
            rf'^"OURHOST" .*"announced by mailslog" *"{WORKGROUP}"', nmbd.browse_list_text(), re.MULTILINE))
