// Plays a script with client-go: built-in kinds as protobuf both ways, others as JSON. Prints what came of each call as a
// line of JSON. Arguments: a kubeconfig, the script, a namespace.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const protobuf = "application/vnd.kubernetes.protobuf"

type step struct {
	Do, APIVersion, Kind, Plural, Name, Scope, Subresource string
	Body                                                   json.RawMessage
	DryRun, Force                                          bool
	Manager, Labels, Fields, Propagation, Condition        string
	Limit                                                  int64
	Count                                                  int
}

type outcome struct {
	Answer  interface{} `json:"answer,omitempty"`
	Reason  string      `json:"reason,omitempty"`
	Message string      `json:"message,omitempty"`
}

type player struct {
	config    *rest.Config
	namespace string
	followers map[string]chan string
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	must(err)
	config.QPS, config.Burst = 1000, 1000
	text, err := os.ReadFile(os.Args[2])
	must(err)
	var script []step
	must(json.Unmarshal(text, &script))
	p := &player{config, os.Args[3], map[string]chan string{}}
	for _, s := range script {
		answer, err := p.play(s)
		result := outcome{Answer: answer}
		if status, ok := err.(errors.APIStatus); ok {
			result = outcome{Reason: string(status.Status().Reason), Message: status.Status().Message}
		} else if err != nil {
			result = outcome{Reason: err.Error()}
		}
		line, err := json.Marshal(result)
		must(err)
		fmt.Println(string(line))
	}
	for _, part := range []func(*rest.Config, string) (interface{}, error){informed, elected} {
		answer, err := part(config, p.namespace)
		must(err)
		line, err := json.Marshal(answer)
		must(err)
		fmt.Println(string(line))
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (s step) resource() schema.GroupVersionResource {
	return schema.FromAPIVersionAndKind(s.APIVersion, s.Kind).GroupVersion().WithResource(s.Plural)
}

// Whether this client knows the kind, and so how it is written as protobuf.
func (s step) known() bool {
	return scheme.Scheme.Recognizes(schema.FromAPIVersionAndKind(s.APIVersion, s.Kind)) && s.Kind != "CustomResourceDefinition"
}

func (p *player) rest(s step) (rest.Interface, error) {
	config := rest.CopyConfig(p.config)
	version := schema.FromAPIVersionAndKind(s.APIVersion, s.Kind).GroupVersion()
	config.GroupVersion = &version
	config.APIPath = "/apis"
	if version.Group == "" {
		config.APIPath = "/api"
	}
	config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	if s.known() {
		config.ContentType, config.AcceptContentTypes = protobuf, protobuf
	}
	return rest.RESTClientFor(config)
}

// An object from the JSON of the script, to be sent as the client sends its own; kinds it does not know go as they are.
func decoded(s step) (interface{}, error) {
	var meta metav1.TypeMeta
	if err := json.Unmarshal(s.Body, &meta); err != nil {
		return nil, err
	}
	object, err := scheme.Scheme.New(meta.GroupVersionKind())
	if err != nil || !s.known() {
		return []byte(s.Body), nil
	}
	// What does not fit the types cannot be said in protobuf.
	if err := json.Unmarshal(s.Body, object); err != nil {
		return nil, errors.NewBadRequest(err.Error())
	}
	return object, nil
}

// Sends, and gives what comes back as JSON would have it.
func (p *player) send(s step, request *rest.Request) (interface{}, error) {
	if s.Scope == "" {
		request = request.Namespace(p.namespace)
	}
	request = request.Resource(s.Plural)
	if s.Do != "create" && s.Do != "deletecollection" || s.Subresource != "" {
		request = request.Name(s.Name)
	}
	if s.Subresource != "" {
		request = request.SubResource(s.Subresource)
	}
	if s.DryRun && s.Do != "delete" {
		request = request.Param("dryRun", "All")
	}
	result := request.Do(context.TODO())
	if err := result.Error(); err != nil {
		return nil, err
	}
	raw, err := result.Raw()
	if err != nil || !s.known() {
		return json.RawMessage(raw), err
	}
	// With its kind and version, which typed clients leave out.
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(raw, nil, nil)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(object)
	return json.RawMessage(text), err
}

var patches = map[string]types.PatchType{
	"merge": types.MergePatchType, "strategic": types.StrategicMergePatchType,
	"json": types.JSONPatchType, "apply": types.ApplyPatchType,
}

func (p *player) play(s step) (interface{}, error) {
	switch s.Do {
	case "list":
		return p.names(s)
	case "follow":
		return nil, p.follow(s)
	case "heard":
		return p.heard(s)
	case "until":
		return nil, p.until(s)
	}
	client, err := p.rest(s)
	if err != nil {
		return nil, err
	}
	switch s.Do {
	case "get":
		return p.send(s, client.Get())
	case "delete", "deletecollection":
		options := &metav1.DeleteOptions{}
		if s.DryRun {
			options.DryRun = []string{"All"}
		}
		if s.Propagation != "" {
			policy := metav1.DeletionPropagation(s.Propagation)
			options.PropagationPolicy = &policy
		}
		request := client.Delete()
		if s.Labels != "" {
			request = request.Param("labelSelector", s.Labels)
		}
		_, err := p.send(s, request.Body(options))
		return nil, err
	case "create", "replace":
		body, err := decoded(s)
		if err != nil {
			return nil, err
		}
		request := client.Post()
		if s.Do == "replace" {
			request = client.Put()
		}
		if _, raw := body.([]byte); raw {
			request = request.SetHeader("Content-Type", "application/json")
		}
		return p.send(s, request.Body(body))
	}
	request := client.Patch(patches[s.Do]).Body([]byte(s.Body))
	if s.Do == "apply" {
		request = request.Param("fieldManager", s.Manager).Param("force", strconv.FormatBool(s.Force))
	}
	return p.send(s, request)
}

func (p *player) dynamic(s step) dynamic.ResourceInterface {
	all := dynamic.NewForConfigOrDie(p.config).Resource(s.resource())
	if s.Scope != "" {
		return all
	}
	return all.Namespace(p.namespace)
}

func (p *player) names(s step) (interface{}, error) {
	names, options := []string{}, metav1.ListOptions{LabelSelector: s.Labels, FieldSelector: s.Fields, Limit: s.Limit}
	for {
		page, err := p.page(s, options)
		if err != nil {
			return nil, err
		}
		var list struct {
			Metadata metav1.ListMeta
			Items    []metav1.PartialObjectMetadata
		}
		if err := json.Unmarshal(page, &list); err != nil {
			return nil, err
		}
		if s.Limit > 0 && int64(len(list.Items)) > s.Limit {
			return nil, fmt.Errorf("%d items on a page", len(list.Items))
		}
		for _, item := range list.Items {
			names = append(names, item.Name)
		}
		if list.Metadata.Continue == "" {
			return names, nil
		}
		options.Continue = list.Metadata.Continue
	}
}

func (p *player) page(s step, options metav1.ListOptions) ([]byte, error) {
	if !s.known() {
		list, err := p.dynamic(s).List(context.TODO(), options)
		if err != nil {
			return nil, err
		}
		return list.MarshalJSON()
	}
	client, err := p.rest(s)
	if err != nil {
		return nil, err
	}
	request := client.Get().Resource(s.Plural).VersionedParams(&options, scheme.ParameterCodec)
	if s.Scope == "" {
		request = request.Namespace(p.namespace)
	}
	list, err := request.Do(context.TODO()).Get()
	if err != nil {
		return nil, err
	}
	return json.Marshal(list)
}

// A list and watch of this client's own: a reflector with its store.
func (p *player) follow(s step) error {
	events := make(chan string, 100)
	p.followers[s.Name] = events
	client, err := p.rest(s)
	if err != nil {
		return err
	}
	source := &cache.ListWatch{
		ListFunc: func(options metav1.ListOptions) (runtime.Object, error) {
			options.LabelSelector, options.FieldSelector = s.Labels, s.Fields
			if !s.known() {
				return p.dynamic(s).List(context.TODO(), options)
			}
			return client.Get().Namespace(p.namespace).Resource(s.Plural).VersionedParams(&options, scheme.ParameterCodec).Do(context.TODO()).Get()
		},
		WatchFunc: func(options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector, options.FieldSelector, options.Watch = s.Labels, s.Fields, true
			if !s.known() {
				return p.dynamic(s).Watch(context.TODO(), options)
			}
			return client.Get().Namespace(p.namespace).Resource(s.Plural).VersionedParams(&options, scheme.ParameterCodec).Watch(context.TODO())
		},
	}
	var example runtime.Object = &unstructured.Unstructured{}
	if s.known() {
		if example, err = scheme.Scheme.New(schema.FromAPIVersionAndKind(s.APIVersion, s.Kind)); err != nil {
			return err
		}
	}
	tell := func(what string, object interface{}) {
		if meta, ok := object.(metav1.ObjectMetaAccessor); ok {
			events <- what + " " + meta.GetObjectMeta().GetName()
		} else if meta, ok := object.(metav1.Object); ok {
			events <- what + " " + meta.GetName()
		}
	}
	_, controller := cache.NewInformer(source, example, 0, cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object interface{}) { tell("ADDED", object) },
		UpdateFunc: func(_, object interface{}) { tell("MODIFIED", object) },
		DeleteFunc: func(object interface{}) { tell("DELETED", object) },
	})
	go controller.Run(make(chan struct{}))
	if !cache.WaitForCacheSync(context.TODO().Done(), controller.HasSynced) {
		return fmt.Errorf("the informer has not synced")
	}
	return nil
}

func (p *player) heard(s step) (interface{}, error) {
	events := []string{}
	for len(events) < s.Count {
		select {
		case event := <-p.followers[s.Name]:
			events = append(events, event)
		case <-time.After(20 * time.Second):
			return events, fmt.Errorf("only %d events came", len(events))
		}
	}
	return events, nil
}

func (p *player) until(s step) error {
	selected := "metadata.name=" + s.Name
	before, err := p.dynamic(s).List(context.TODO(), metav1.ListOptions{FieldSelector: selected})
	if err != nil {
		return err
	}
	if s.Condition == "deleted" && len(before.Items) == 0 || len(before.Items) > 0 && fits(&before.Items[0], s.Condition) {
		return nil
	}
	options := metav1.ListOptions{FieldSelector: selected, ResourceVersion: before.GetResourceVersion()}
	events, err := p.dynamic(s).Watch(context.TODO(), options)
	if err != nil {
		return err
	}
	defer events.Stop()
	for event := range events.ResultChan() {
		if s.Condition == "deleted" {
			if event.Type == watch.Deleted {
				return nil
			}
		} else if fits(event.Object.(*unstructured.Unstructured), s.Condition) {
			return nil
		}
	}
	return fmt.Errorf("the watch has ended")
}

func fits(object *unstructured.Unstructured, condition string) bool {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, one := range conditions {
		fields := one.(map[string]interface{})
		if fmt.Sprintf("%v=%v", fields["type"], fields["status"]) == condition {
			return true
		}
	}
	return false
}
