package main

import (
	"context"
	"fmt"
	"sort"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

func protobufClient(config *rest.Config) (*kubernetes.Clientset, error) {
	config = rest.CopyConfig(config)
	config.ContentType, config.AcceptContentTypes = protobuf, protobuf
	return kubernetes.NewForConfig(config)
}

// A shared informer that speaks protobuf, and what its lister and index know after changes.
func informed(config *rest.Config, namespace string) (interface{}, error) {
	client, err := protobufClient(config)
	if err != nil {
		return nil, err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	maps := factory.Core().V1().ConfigMaps()
	deleted := make(chan string, 10)
	maps.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		DeleteFunc: func(object interface{}) { deleted <- object.(*corev1.ConfigMap).Name },
	})
	stop := make(chan struct{})
	defer close(stop)
	factory.Start(stop)
	factory.WaitForCacheSync(stop)
	for _, name := range []string{"informed-1", "informed-2", "informed-3"} {
		object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, BinaryData: map[string][]byte{"b": {0, 255}}}
		if _, err := client.CoreV1().ConfigMaps(namespace).Create(context.TODO(), object, metav1.CreateOptions{}); err != nil {
			return nil, err
		}
	}
	if err := client.CoreV1().ConfigMaps(namespace).Delete(context.TODO(), "informed-2", metav1.DeleteOptions{}); err != nil {
		return nil, err
	}
	gone := <-deleted
	names, bytes := []string{}, 0
	for _, one := range maps.Informer().GetStore().List() {
		if object := one.(*corev1.ConfigMap); len(object.BinaryData) > 0 {
			names, bytes = append(names, object.Name), bytes+len(object.BinaryData["b"])
		}
	}
	sort.Strings(names)
	return map[string]interface{}{"gone": gone, "names": names, "bytes": bytes}, nil
}

// Two candidates for one Lease: the second leads when the first lets go.
func elected(config *rest.Config, namespace string) (interface{}, error) {
	client, err := protobufClient(config)
	if err != nil {
		return nil, err
	}
	events := make(chan string, 10)
	candidate := func(name string) context.CancelFunc {
		ctx, cancel := context.WithCancel(context.Background())
		lock := &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Name: "leader", Namespace: namespace},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: name},
		}
		go leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
			Lock: lock, ReleaseOnCancel: true,
			LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 100 * time.Millisecond,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { events <- name + " leads" },
				OnStoppedLeading: func() { events <- name + " has stopped" },
			},
		})
		return cancel
	}
	first := candidate("one")
	seen := []string{<-events}
	second := candidate("two")
	first()
	seen = append(seen, <-events, <-events)
	lease, err := client.CoordinationV1().Leases(namespace).Get(context.TODO(), "leader", metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	second()
	return map[string]interface{}{"seen": seen, "holder": fmt.Sprint(*lease.Spec.HolderIdentity)}, nil
}
