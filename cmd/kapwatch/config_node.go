package main

import (
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// The functions of this file say small things about syntax nodes and about structs with yaml tags.

// position is where a reader would say that n begins; the library takes the colon for the beginning of a mapping.
func position(n ast.Node) token.Position {
	t := n.GetToken()
	switch x := n.(type) {
	case *ast.MappingNode:
		if !x.IsFlowStyle && len(x.Values) > 0 {
			return position(x.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return position(x.Key)
	case *ast.LiteralNode:
		t = x.Start
	}
	if t == nil || t.Position == nil {
		return token.Position{}
	}
	return *t.Position
}

// keyText is a key as it was written, without quotes.
func keyText(k ast.MapKeyNode) string {
	if x, ok := k.(*ast.MappingKeyNode); ok {
		return x.Value.GetToken().Value
	}
	return k.GetToken().Value
}

// scalarText is the text of a single value as it was written, without quotes.
func scalarText(n ast.Node) (string, bool) {
	switch x := n.(type) {
	case *ast.StringNode:
		return x.Value, true
	case *ast.LiteralNode:
		return x.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(n.GetToken().Value), true
	}
	return "", false
}

// quoted reports whether a value stands in quotes, so that it is text whatever it looks like.
func quoted(n ast.Node) bool {
	t := n.GetToken().Type
	return t == token.DoubleQuoteType || t == token.SingleQuoteType
}

// describe names the kind of n for a message.
func describe(n ast.Node) string {
	switch n.(type) {
	case ast.MapNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	}
	return "text"
}

// kindOf names the kind of value that a field takes.
func kindOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "a duration"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int:
		return "a whole number"
	case t.Kind() == reflect.Float64:
		return "a number"
	}
	return "text"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// keys lists the yaml names of a struct's fields.
func keys(t reflect.Type) []string {
	var out []string
	for f := range t.Fields() {
		out = append(out, yamlName(f))
	}
	return out
}

func yamlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

// fieldOf is the field of the struct v that has the yaml name key.
func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for f := range v.Type().Fields() {
		if yamlName(f) == key {
			return v.FieldByIndex(f.Index), true
		}
	}
	return reflect.Value{}, false
}
