"""Machines in network namespaces, joined by a cable, and programs on them. Nothing leaves them."""
import ctypes
import os
import signal
import socket
import subprocess
import tempfile
import time

from scapy.layers.inet import UDP
from scapy.layers.l2 import Ether

DEADLINE = 60  # seconds, for what takes milliseconds; a machine may be slow


def wait_for(what, condition):
    """Returns what `condition` does as soon as it is true."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {DEADLINE} s")


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Program:
    """A program that runs in the background; what it printed is there at any time."""

    def __init__(self, command, env=None):
        self.command = command
        self.out_file = tempfile.TemporaryFile("w+b")
        self.err_file = tempfile.TemporaryFile("w+b")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=self.out_file, stderr=self.err_file, env={**os.environ, **(env or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end(signal.SIGKILL)
        self.out_file.close()
        self.err_file.close()

    @staticmethod
    def _read(file):
        return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode("utf-8", "backslashreplace")

    @property
    def out(self):
        return self._read(self.out_file)

    @property
    def err(self):
        return self._read(self.err_file)

    def end(self, how=signal.SIGINT):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait()

    def wait(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{' '.join(self.command)} did not end\n{self.out}{self.err}")

    def says(self, text):
        """Waits until it printed `text`; tells what it said instead if it ended before."""
        def said():
            ended = self.process.poll() is not None
            if text in self.out or text in self.err:
                return True
            if ended:
                raise AssertionError(f"{' '.join(self.command)} ended\n{self.out}{self.err}")
            return False

        try:
            wait_for(text, said)
        except AssertionError as reason:
            raise AssertionError(f"{reason}\n{self.out}{self.err}") from None


def _set_namespace(file):
    if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Machine:
    """A network namespace, with its own name, as long as it is open."""

    def __init__(self, name):
        self.name = name
        # Lives until its input ends: it ends with us, whatever happens.
        self.holder = Program(["unshare", "--net", "--uts", "sh", "-c", 'hostname "$0" && ip link set lo up && echo up && cat', name])
        self.holder.says("up")
        self.enter = ["nsenter", "--net", "--uts", "-t", str(self.holder.process.pid), "--"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.holder.__exit__()

    def run(self, *command, check=True):
        return run(*self.enter, *command, check=check)

    def start(self, *command, env=None):
        return Program([*self.enter, *command], env)

    def listens(self, port, program):
        """Has the program a UDP socket with that port on this machine's address?"""
        sockets = self.run("ss", "-Hlnup").stdout.splitlines()
        return any(f" {self.address}:{port} " in s and f"pid={program.process.pid}," in s for s in sockets)

    def socket(self, *arguments):
        """As socket.socket, on this machine."""
        with open("/proc/self/ns/net") as ours, open(f"/proc/{self.holder.process.pid}/ns/net") as theirs:
            _set_namespace(theirs)
            try:
                return socket.socket(*arguments)
            finally:
                _set_namespace(ours)

    def udp_socket(self, port=0):
        """On its address, bound; may send broadcasts."""
        s = self.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((self.address, port))
        s.settimeout(DEADLINE)
        return s

    def plug(self, link, address):
        """Gives it the end `link` of a cable, named eth0."""
        run("ip", "link", "set", link, "netns", str(self.holder.process.pid))
        self.run("ip", "link", "set", link, "name", "eth0")
        self.run("ip", "address", "add", f"{address}/24", "broadcast", "+", "dev", "eth0")
        self.run("ip", "link", "set", "eth0", "up")
        self.address = address
        self.broadcast = address.rpartition(".")[0] + ".255"


def join(one, other):
    run("ip", "link", "add", "cable0", "type", "veth", "peer", "name", "cable1")
    one.plug("cable0", "192.0.2.1")
    other.plug("cable1", "192.0.2.2")


class Tap:
    """Records the UDP datagrams that leave a machine."""

    def __init__(self, machine):
        everything = 0x0003
        self.socket = machine.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(everything))
        self.socket.bind(("eth0", everything))
        self.socket.setblocking(False)
        self.frames = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def wait_for(self, count, is_wanted):
        """At least `count` frames, as scapy's packets, that are wanted."""
        def enough():
            while True:
                try:
                    frame = Ether(self.socket.recv(65536))
                except BlockingIOError:
                    return len(self.frames) >= count
                if UDP in frame and is_wanted(frame):
                    self.frames.append(frame)

        wait_for(f"{count} datagrams on the wire", enough)
        return self.frames
