// Decodes the manifests on standard input into the types of their APIs. A field that an API does not know, or that
// stands there twice, is an error.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	if err := monitoring.AddToScheme(scheme.Scheme); err != nil {
		panic(err)
	}
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	reader := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	count, failed := 0, false
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if _, kind, err := decoder.Decode(document, nil, nil); err != nil {
			failed = true
			fmt.Printf("%v: %v\n", kind, err)
		} else {
			count++
		}
	}
	if failed || count == 0 {
		os.Exit(1)
	}
	fmt.Printf("%d manifests\n", count)
}
