"""Samba's nmbd, private: it reads no file of the system's, and listens in its own network namespace only."""
import signal
import tempfile
from pathlib import Path

from network import wait_for
from programs import NMBD

NAME, WORKGROUP = "NMBD", "LABGRP"


class Nmbd:
    """A classic domain controller, which answers PDC queries. It owns its names only after some seconds."""

    def __init__(self, machine):
        self.machine = machine
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        folders = ["lock", "state", "cache", "pid", "private", "sockets", "ncalrpc", "usershare"]
        for name in folders:
            (path / name).mkdir(mode=0o755)
        self.browse_list = path / "cache/browse.dat"
        (path / "smb.conf").write_text(f"""[global]
  netbios name = {NAME}
  workgroup = {WORKGROUP}
  server string = an nmbd
  server role = classic primary domain controller
  domain logons = yes
  domain master = yes
  preferred master = yes
  local master = yes
  os level = 65
  interfaces = eth0
  bind interfaces only = yes
  disable netbios = no
  dns proxy = no
  lock directory = {path}/lock
  state directory = {path}/state
  cache directory = {path}/cache
  pid directory = {path}/pid
  private dir = {path}/private
  ncalrpc dir = {path}/ncalrpc
  nmbd:socket dir = {path}/sockets
  usershare path = {path}/usershare
  log file = {path}/log
""")
        self.program = machine.start(
            NMBD, "--foreground", "--no-process-group", "--debug-stdout", "-d", "1", "-s", f"{path}/smb.conf", "-l", str(path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.__exit__()
        self.folder.cleanup()

    def wait_for_names(self):
        self.program.says("Samba is now a logon server")

    def wait_for_master(self):
        self.program.says(f"Samba name server {NAME} is now a local master browser for workgroup {WORKGROUP}")

    def browse_list_text(self):
        """As it is now: it writes the list when told to."""
        before = self.browse_list.stat().st_mtime_ns if self.browse_list.exists() else 0
        self.program.process.send_signal(signal.SIGHUP)
        wait_for("the browse list", lambda: self.browse_list.exists() and self.browse_list.stat().st_mtime_ns != before)
        return self.browse_list.read_text()
