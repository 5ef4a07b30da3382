package classify_test

import (
	"os"
	"testing"

	"github.com/goccy/go-yaml"

	"kapwatch/monitor/classify"
)

// builtIn is the file that kapwatch ships.
func builtIn(t testing.TB) classify.File {
	t.Helper()
	data, err := os.ReadFile("../../configs/categories.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var f classify.File
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return f
}

func builtInClassifier(t testing.TB) *classify.Classifier {
	t.Helper()
	c, err := classify.New(builtIn(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
