"""deploy/systemd is understood by systemd, and exposes next to nothing."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "reachwatch.service"
# In tenths, by `systemd-analyze security`: under 2.0.
MOST_EXPOSED = 19


def analyze(*arguments):
    command = ["systemd-analyze", "--no-pager", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def exposure(unit):
    return analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit)


class Unit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.copy = Path(folder.name) / UNIT.name

    def test_it_is_understood(self):
        text = UNIT.read_text()
        # What is started has to be there.
        there = text.replace("/usr/local/bin/reachwatch", os.environ["REACHWATCH_BIN"])
        self.assertNotEqual(there, text)
        self.copy.write_text(there)
        done = analyze("verify", self.copy)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

        self.copy.write_text(there + "\n[Service]\nProtectSystems=strict\n")
        self.assertIn("ProtectSystems", analyze("verify", self.copy).stdout)

    def test_it_exposes_little(self):
        done = exposure(UNIT)
        self.assertEqual(done.returncode, 0, done.stdout)
        # What the threshold is good for.
        self.copy.write_text(re.sub("^SystemCallFilter=.*$", "", UNIT.read_text(), flags=re.MULTILINE))
        self.assertNotEqual(exposure(self.copy).returncode, 0)
