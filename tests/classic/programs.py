"""The programs under test."""
import os
from pathlib import Path

_folder = Path(os.environ["PROGRAMS"])
SLOTCAT, EMIT, MESSAGES = (str(_folder / name) for name in ("slotcat", "emit", "mailslot_messages"))
NMBD = os.environ["NMBD"]
