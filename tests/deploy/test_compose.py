"""deploy/compose.yaml is what compose takes, and holds every service to the restrictions that it promises."""

import os
import subprocess
import unittest
from pathlib import Path

import yaml

FILE = Path(__file__).resolve().parents[2] / "deploy" / "compose.yaml"


def read(**variables):
    environment = {"PATH": os.environ["PATH"], **variables}
    command = ["docker-compose", "--file", FILE, "config"]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Compose(unittest.TestCase):
    def setUp(self):
        done = read(GRAFANA_PASSWORD="chosen")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.services = yaml.safe_load(done.stdout)["services"]

    def test_grafana_has_no_password_that_everybody_knows(self):
        done = read()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("choose a password for Grafana", done.stderr)

    def test_every_service_is_restricted(self):
        self.assertEqual(set(self.services), {"alertmanager", "grafana", "prometheus", "reachwatch"})
        for name, service in self.services.items():
            with self.subTest(name):
                self.assertTrue(service["read_only"])
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                self.assertNotIn("privileged", service)
        self.assertEqual(self.services["reachwatch"]["user"], "65532:65532")

    def test_what_is_mounted_is_there(self):
        sources = [
            source
            for service in self.services.values()
            for source, *_ in (volume.split(":") for volume in service.get("volumes", []))
            if source.startswith("/")
        ]
        self.assertGreater(len(sources), 3)
        for source in sources:
            self.assertTrue(Path(source).exists(), source)

    def test_the_image_is_built_from_here(self):
        build = self.services["reachwatch"]["build"]
        self.assertTrue((Path(build["context"]) / build["dockerfile"]).is_file())
