"""What kustomize makes of deploy/kubernetes is what the API server and the Prometheus operator take."""

import copy
import subprocess
import unittest
from pathlib import Path

import kubernetes_validate
import yaml
from cloudcoil.models.prometheus_operator import v1 as operator

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
OPERATOR = KUBERNETES / "prometheus-operator"
# The oldest that is still looked after somewhere, and the newest that there are schemas for.
VERSIONS = ["1.30", kubernetes_validate.latest_version()]


def rendered(folder):
    text = subprocess.run(["kubectl", "kustomize", folder], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def is_of_the_operator(document):
    """Whether the operator's types hold all of a document: what they do not know is gone when it is written again."""
    model = getattr(operator, document["kind"]).model_validate(document)
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True) == document


class Kubernetes(unittest.TestCase):
    def test_the_schemas_take_it_and_nothing_misspelt(self):
        documents = rendered(KUBERNETES)
        self.assertEqual(set(documents), {"ConfigMap", "Deployment", "Namespace", "PersistentVolumeClaim", "Service"})
        for version in VERSIONS:
            for document in documents.values():
                kubernetes_validate.validate(document, version, strict=True)
            misspelt = copy.deepcopy(documents["Deployment"])
            misspelt["spec"]["template"]["spec"]["containers"][0]["livenessprobe"] = {}
            with self.assertRaises(kubernetes_validate.ValidationError):
                kubernetes_validate.validate(misspelt, version, strict=True)

    def test_the_pod_keeps_to_the_restricted_standard(self):
        documents = rendered(KUBERNETES)
        labels = documents["Namespace"]["metadata"]["labels"]
        self.assertEqual(labels["pod-security.kubernetes.io/enforce"], "restricted")
        pod = documents["Deployment"]["spec"]["template"]["spec"]
        self.assertFalse(pod["automountServiceAccountToken"])
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])
        self.assertEqual(pod["securityContext"]["runAsUser"], 65532)
        self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
        (container,) = pod["containers"]
        self.assertEqual(
            container["securityContext"],
            {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
        )

    def test_parts_find_each_other(self):
        documents = rendered(KUBERNETES)
        deployment = documents["Deployment"]["spec"]
        labels = deployment["template"]["metadata"]["labels"]
        self.assertEqual(deployment["selector"]["matchLabels"], labels)
        self.assertEqual(documents["Service"]["spec"]["selector"], labels)
        pod = deployment["template"]["spec"]
        mounted = [volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume]
        self.assertEqual(mounted, [documents["ConfigMap"]["metadata"]["name"]])
        volumes = [volume["persistentVolumeClaim"] for volume in pod["volumes"] if "persistentVolumeClaim" in volume]
        self.assertEqual([volume["claimName"] for volume in volumes], [documents["PersistentVolumeClaim"]["metadata"]["name"]])
        (container,) = pod["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        self.assertEqual(ports[documents["Service"]["spec"]["ports"][0]["targetPort"]], 10365)
        probes = {name: container[name]["httpGet"] for name in ["livenessProbe", "readinessProbe"]}
        self.assertEqual(probes["livenessProbe"], {"path": "/-/healthy", "port": "http"})
        self.assertEqual(probes["readinessProbe"], {"path": "/-/ready", "port": "http"})

    def test_the_list_is_the_shipped_one(self):
        shipped = (ROOT / "endpoints.yaml").read_text()
        self.assertEqual((KUBERNETES / "endpoints.yaml").read_text(), shipped)
        self.assertEqual(rendered(KUBERNETES)["ConfigMap"]["data"], {"endpoints.yaml": shipped})


class Operator(unittest.TestCase):
    def test_its_types_hold_it_and_nothing_misspelt(self):
        documents = rendered(OPERATOR)
        self.assertEqual(set(documents), {"PrometheusRule", "ServiceMonitor"})
        for document in documents.values():
            self.assertTrue(is_of_the_operator(document), document["kind"])
        misspelt = copy.deepcopy(documents["ServiceMonitor"])
        misspelt["spec"]["endpoints"][0]["intervall"] = "30s"
        self.assertFalse(is_of_the_operator(misspelt))

    def test_it_scrapes_the_service(self):
        monitor, service = rendered(OPERATOR)["ServiceMonitor"], rendered(KUBERNETES)["Service"]
        self.assertEqual(monitor["spec"]["selector"]["matchLabels"], service["metadata"]["labels"])
        self.assertEqual(monitor["spec"]["endpoints"][0]["port"], service["spec"]["ports"][0]["name"])
        self.assertEqual(monitor["metadata"]["namespace"], service["metadata"]["namespace"])

    def test_the_rules_are_the_tested_ones(self):
        written = subprocess.run([OPERATOR / "rules"], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual((OPERATOR / "prometheusrule.yaml").read_text(), written, "run the script `rules` again")
        sources = [ROOT / "deploy" / "prometheus" / name for name in ["alerts.yaml", "recording.yaml"]]
        groups = [group for source in sources for group in yaml.safe_load(source.read_text())["groups"]]
        self.assertEqual(yaml.safe_load(written)["spec"]["groups"], groups)
