"""Runs a script of calls with the dynamic Python client; prints what came of each as a line of JSON. Arguments: a kubeconfig, the script."""

import json
import sys

from kubernetes import config, dynamic
from kubernetes.client import api_client
from kubernetes.dynamic.exceptions import DynamicApiError

client = dynamic.DynamicClient(api_client.ApiClient(configuration=config.load_kube_config(sys.argv[1])))
NS = "python"
TYPES = {"merge": "application/merge-patch+json", "json": "application/json-patch+json"}


def run(step):
    resource = client.resources.get(api_version=step["apiVersion"], kind=step["kind"])
    what, name, body = step["do"], step["name"], step.get("body")
    if what == "create":
        return resource.create(body=body, namespace=NS).to_dict()
    if what == "get":
        return resource.get(name=name, namespace=NS).to_dict()
    if what == "replace":
        return resource.replace(body=body, namespace=NS).to_dict()
    if what in TYPES:
        return resource.patch(body=body, name=name, namespace=NS, content_type=TYPES[what]).to_dict()
    if what == "apply":
        path = resource.path(name=name, namespace=NS) + "?fieldManager=script&force=true"
        kind = "application/apply-patch+yaml"
        return client.request("patch", path, body=json.dumps(body), content_type=kind).to_dict()
    if what == "list":
        return sorted(item.metadata.name for item in resource.get(namespace=NS, label_selector="script=yes").items)
    resource.delete(name=name, namespace=NS, body={})
    return None


for step in json.load(open(sys.argv[2])):
    try:
        print(json.dumps({"answer": run(step)}), flush=True)
    except DynamicApiError as error:
        print(json.dumps({"reason": json.loads(error.body)["reason"]}), flush=True)
