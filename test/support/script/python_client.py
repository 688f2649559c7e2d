"""Plays a script with the dynamic Python client; prints what came of each call as a line of JSON. Arguments: a kubeconfig, the script, a namespace."""

import json
import sys
import threading

from kubernetes import config, dynamic, watch
from kubernetes.client import api_client
from kubernetes.client.rest import ApiException
from kubernetes.dynamic.exceptions import DynamicApiError

client = dynamic.DynamicClient(api_client.ApiClient(configuration=config.load_kube_config(sys.argv[1])))
NAMESPACE = sys.argv[3]
TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}
followers = {}


class Follower:
    """Watches from a list on, in a thread of its own."""

    def __init__(self, resource, where, selectors):
        before = resource.get(**where, **selectors)
        self.events = ["ADDED " + item.metadata.name for item in before.items]
        self.changed = threading.Condition()
        self.watcher = watch.Watch()
        args = dict(selectors, **where, resource_version=before.metadata.resourceVersion, timeout=60)
        threading.Thread(target=self.follow, args=(resource, args), daemon=True).start()

    def follow(self, resource, args):
        for event in resource.watch(watcher=self.watcher, **args):
            with self.changed:
                self.events.append(event["type"] + " " + event["object"].metadata.name)
                self.changed.notify()

    def heard(self, count):
        with self.changed:
            self.changed.wait_for(lambda: len(self.events) >= count, timeout=30)
        self.watcher.stop()
        return self.events


def names(resource, where, selectors, limit):
    found, more = [], None
    while True:
        page = resource.get(**where, **selectors, limit=limit, _continue=more)
        assert not limit or len(page.items) <= limit
        found += [item.metadata.name for item in page.items]
        more = page.metadata["continue"]
        if not more:
            return found


def fits(item, condition):
    conditions = (item.get("status") or {}).get("conditions") or []
    return any(one["type"] + "=" + one["status"] == condition for one in conditions)


def until(resource, where, name, condition):
    selectors = {"field_selector": "metadata.name=" + name}
    before = resource.get(**where, **selectors).to_dict()
    if condition == "deleted" and not before["items"]:
        return
    if any(fits(item, condition) for item in before["items"]):
        return
    version = before["metadata"]["resourceVersion"]
    for event in resource.watch(**where, **selectors, resource_version=version, timeout=60):
        if event["type"] == "DELETED" if condition == "deleted" else fits(event["raw_object"], condition):
            return
    raise TimeoutError("the watch has ended")


def run(step):
    what, name, body = step["do"], step["name"], step.get("body")
    resource = client.resources.get(api_version=step["apiVersion"], kind=step["kind"])
    where = {} if step.get("scope") else {"namespace": NAMESPACE}
    selectors = {"label_selector": step.get("labels"), "field_selector": step.get("fields")}
    options = {"dry_run": "All"} if step.get("dryRun") else {}
    if what == "list":
        return names(resource, where, selectors, step.get("limit"))
    if what == "follow":
        followers[name] = Follower(resource, where, selectors)
        return None
    if what == "heard":
        return followers[name].heard(step["count"])
    if what == "until":
        return until(resource, where, name, step["condition"])
    if what == "deletecollection":
        resource.delete(label_selector=step["labels"], body={}, **where)
        return None
    if what == "delete":
        body = {"propagationPolicy": step.get("propagation"), "dryRun": ["All"] if options else None}
        resource.delete(name=name, body=body, **where)
        return None
    if what == "create" and not step.get("subresource"):
        return resource.create(body=body, **where, **options).to_dict()
    target = resource.subresources[step["subresource"]] if step.get("subresource") else resource
    where["name"] = name
    if what == "create":
        return target.create(body=body, **where).to_dict()
    if what == "get":
        return target.get(**where).to_dict()
    if what == "replace":
        return target.replace(body=body, **where, **options).to_dict()
    if what == "apply":
        force = True if step.get("force") else None
        options["field_manager"] = step["manager"]
        # As text: this client sends objects only as types that have json in their name.
        return target.server_side_apply(body=json.dumps(body), force_conflicts=force, **where, **options).to_dict()
    return target.patch(body=body, content_type=TYPES[what], **where, **options).to_dict()


for step in json.load(open(sys.argv[2])):
    try:
        outcome = {"answer": run(step)}
    except (DynamicApiError, ApiException) as error:
        status = json.loads(error.body)
        outcome = {"reason": status["reason"], "message": status["message"]}
    except Exception as error:
        outcome = {"reason": repr(error), "message": ""}
    print(json.dumps(outcome), flush=True)
