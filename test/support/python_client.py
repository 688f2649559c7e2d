"""Walks the Python client through the API; prints one line of JSON per finding. Argument: a kubeconfig."""

import json
import sys
import threading

from kubernetes import client, config, watch

config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
apps = client.AppsV1Api()
NS = "default"


def found(**what):
    print(json.dumps(what), flush=True)


def config_map(name, data, labels=None):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels=labels), data=data)


created = core.create_namespaced_config_map(NS, config_map("py", {"a": "1"}))
created.data["a"] = "2"
replaced = core.replace_namespaced_config_map("py", NS, created)
patched = core.patch_namespaced_config_map("py", NS, {"data": {"b": "3"}})
found(replaced=replaced.data, patched=patched.data)

try:
    core.replace_namespaced_config_map("py", NS, created)
except client.ApiException as error:
    found(conflict=error.status, reason=json.loads(error.body)["reason"])

version = core.list_namespaced_config_map(NS).metadata.resource_version


def change():
    core.create_namespaced_config_map(NS, config_map("py-watched", {}, {"watched": "py"}))
    core.delete_namespaced_config_map("py-watched", NS)


threading.Timer(0.1, change).start()
events = []
stream = watch.Watch()
selector = {"label_selector": "watched=py", "resource_version": version, "timeout_seconds": 20}
for event in stream.stream(core.list_namespaced_config_map, NS, **selector):
    events.append(event["type"])
    if len(events) == 2:
        stream.stop()
found(events=events)

labels = {"app": "py"}
container = client.V1Container(name="web", image="web:1", resources={"limits": {"cpu": "0.5"}})
template = client.V1PodTemplateSpec(
    metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
)
spec = client.V1DeploymentSpec(replicas=2, selector={"matchLabels": labels}, template=template)
apps.create_namespaced_deployment(NS, client.V1Deployment(metadata={"name": "py"}, spec=spec))
stream = watch.Watch()
for event in stream.stream(apps.list_namespaced_deployment, NS, field_selector="metadata.name=py", timeout_seconds=20):
    if event["object"].status.ready_replicas == 2:
        stream.stop()
pods = core.list_namespaced_pod(NS, label_selector="app=py").items
found(pods=sorted(pod.status.phase for pod in pods), cpu=pods[0].spec.containers[0].resources.limits["cpu"])

try:
    core.read_namespaced_pod("nope", NS)
except client.ApiException as error:
    found(missing=error.status)
core.delete_collection_namespaced_config_map(NS, label_selector="!none")
found(left=[item.metadata.name for item in core.list_namespaced_config_map(NS).items if item.metadata.name == "py"])
found(version=client.VersionApi().get_code().minor)
