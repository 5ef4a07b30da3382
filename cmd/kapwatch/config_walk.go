package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// walker turns a YAML file into a struct with yaml tags. Unlike the library's own decoder, which stops at the first
// fault, it notes every one and goes on, and it remembers where each value stands so that later checks can say so.
//
// Kinds of value: structs, slices, strings, bools, ints, floats and time.Duration. A key without a value counts as
// not given. Anchors, aliases and one level of merge keys work; tags and several documents do not.
type walker struct {
	file     string
	broken   bool                      // not even YAML: nothing was decoded
	anchors  map[string]ast.Node       // anchor → its value
	at       map[string]token.Position // path → where its value stands
	given    map[string]bool           // path → it has a value, wrong or right
	wrong    map[string]bool           // path → a fault was already noted; further checks say nothing new
	names    map[string]string         // path of a list's entry → its name or id
	root     reflect.Type
	faults   []Fault // until finish, their Place is a path
	warnings []Fault
}

func newWalker(file string) *walker {
	return &walker{
		file: file, anchors: map[string]ast.Node{}, at: map[string]token.Position{},
		given: map[string]bool{}, wrong: map[string]bool{}, names: map[string]string{},
	}
}

// decode reads data over what v already holds.
func (w *walker) decode(data []byte, v any) {
	file, err := parse(data)
	if err != nil {
		w.broken = true
		w.faults = append(w.faults, w.syntaxFault(err))
		return
	}
	for i, doc := range file.Docs {
		if i > 0 && doc.Body != nil {
			w.at[""] = position(doc.Body)
			w.fault("", "a second document begins here", "keep one document: remove the line ---")
			return
		}
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return
	}
	ast.Walk(collector(w.anchors), file.Docs[0].Body)
	w.root = reflect.TypeOf(v).Elem()
	w.value(file.Docs[0].Body, "", reflect.ValueOf(v).Elem())
}

// parse is the library's parser. Should it panic on nonsense, a typing error must still not look like a crash of ours.
func parse(data []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("unusual syntax")
		}
	}()
	return parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
}

// finish puts faults into the order of the file and names their places; a route's name may come after its faults.
func (w *walker) finish(faults []Fault) Faults {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	for i := range faults {
		faults[i].Place = w.place(faults[i].Place)
	}
	return faults
}

func (w *walker) syntaxFault(err error) Fault {
	f := Fault{File: w.file, What: "not YAML", Hint: "check the indentation, the quotes and the brackets there and on the line above"}
	if e, ok := errors.AsType[yaml.Error](err); ok {
		f.What = "not YAML: " + redact(strings.ReplaceAll(e.GetMessage(), "\t", `\t`))
		if t := e.GetToken(); t != nil && t.Position != nil {
			f.Line, f.Column = t.Position.Line, t.Position.Column
		}
	}
	return f
}

// collector gathers the anchors of a document.
type collector map[string]ast.Node

// Visit implements ast.Visitor.
func (c collector) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		c[a.Name.GetToken().Value] = a.Value
	}
	return c
}

// value decodes n, which stands at path, into v.
func (w *walker) value(n ast.Node, path string, v reflect.Value) {
	w.at[path] = position(n)
	n, ok := w.resolve(n, path)
	if !ok {
		return
	}
	if _, null := n.(*ast.NullNode); null {
		return
	}
	w.given[path] = true
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		w.scalar(n, path, v, w.duration)
	case v.Kind() == reflect.Struct:
		w.mapping(n, path, v)
	case v.Kind() == reflect.Slice:
		w.sequence(n, path, v)
	default:
		w.scalar(n, path, v, w.plain)
	}
}

// resolve follows anchors and aliases to the value they stand for.
func (w *walker) resolve(n ast.Node, path string) (ast.Node, bool) {
	for range 16 { // an anchor may hold an alias, even of itself
		switch x := n.(type) {
		case *ast.AnchorNode:
			n = x.Value
		case *ast.AliasNode:
			name := x.Value.GetToken().Value
			if n = w.anchors[name]; n == nil {
				w.fault(path, "no anchor "+quote("&"+name)+" for this alias", "write the value itself")
				return nil, false
			}
		case *ast.TagNode:
			w.fault(path, "tags such as "+quote(x.Start.Value)+" are not supported", "remove the tag; put text in quotes")
			return nil, false
		default:
			return n, true
		}
	}
	w.fault(path, "an alias that stands for itself", "write the value itself")
	return nil, false
}

// mapping decodes the keys of n into the fields of v.
func (w *walker) mapping(n ast.Node, path string, v reflect.Value) {
	pairs, ok := w.pairs(n, path)
	if !ok {
		w.fault(path, "want keys and values, found "+describe(n), "use the keys: "+strings.Join(keys(v.Type()), ", "))
		return
	}
	seen := map[string]token.Position{}
	for _, p := range pairs {
		key, at := keyText(p.Key), position(p.Key)
		if first, twice := seen[key]; twice {
			w.note(at, path, fmt.Sprintf("key %s is given twice, first on line %d", quote(key), first.Line), "remove one of the two")
			continue
		}
		seen[key] = at
		field, ok := fieldOf(v, key)
		if !ok {
			w.note(at, path, "unknown key "+quote(key), w.unknownKey(key, v.Type()))
			w.literals(p.Value, path)
			continue
		}
		w.value(p.Value, join(path, key), field)
		if field.Kind() == reflect.String && (key == "name" || key == "id") {
			w.names[path] = field.String()
		}
	}
}

// pairs lists the keys and values of n, those merged in from an anchor last; the keys that n gives itself win.
func (w *walker) pairs(n ast.Node, path string) ([]*ast.MappingValueNode, bool) {
	m, ok := n.(ast.MapNode)
	if !ok {
		return nil, false
	}
	var own, merged []*ast.MappingValueNode
	for it := m.MapRange(); it.Next(); {
		p := it.KeyValue()
		if !p.Key.IsMergeKey() {
			own = append(own, p)
			continue
		}
		base, ok := w.resolve(p.Value, path)
		from, isMap := base.(ast.MapNode)
		if !ok || !isMap {
			w.note(position(p.Key), path, "<< wants the alias of one set of keys", "write << : *anchor, or repeat the keys")
			continue
		}
		for it := from.MapRange(); it.Next(); {
			if q := it.KeyValue(); q.Key.IsMergeKey() {
				w.note(position(q.Key), path, "<< inside what is merged is not supported", "repeat the keys")
			} else {
				merged = append(merged, q)
			}
		}
	}
	for _, q := range merged {
		if !slices.ContainsFunc(own, func(p *ast.MappingValueNode) bool { return keyText(p.Key) == keyText(q.Key) }) {
			own = append(own, q)
		}
	}
	return own, true
}

// sequence decodes the entries of n into v, which loses what it held.
func (w *walker) sequence(n ast.Node, path string, v reflect.Value) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		hint := "write a list, one entry a line, each behind a dash"
		if _, single := n.(ast.ScalarNode); single {
			hint = "put it in brackets: [" + quote(strings.TrimSpace(n.GetToken().Value)) + "]"
		}
		w.literals(n, path)
		w.fault(path, "want a list, found "+describe(n), hint)
		return
	}
	out := reflect.MakeSlice(v.Type(), 0, len(list.Values)) // an empty list is not the same as none: body: [] asks nothing
	for i, n := range list.Values {
		entry := reflect.New(v.Type().Elem())
		if d, ok := entry.Interface().(interface{ setDefaults() }); ok {
			d.setDefaults()
		}
		inside := fmt.Sprintf("%s[%d]", path, i)
		w.value(n, inside, entry.Elem())
		if !w.given[inside] && !w.wrong[inside] {
			w.fault(inside, "this entry of the list is empty", "remove the dash, or write the entry")
		}
		out = reflect.Append(out, entry.Elem())
	}
	v.Set(out)
}

// scalar decodes a single value.
func (w *walker) scalar(n ast.Node, path string, v reflect.Value, decode func(ast.Node, string, reflect.Value)) {
	text, ok := scalarText(n)
	if !ok {
		w.fault(path, "want "+kindOf(v.Type())+", found "+describe(n), "write one value")
		return
	}
	if literalShape.MatchString(text) {
		w.fault(path, literalFault, literalHint)
		return
	}
	decode(n, path, v)
}

// plain decodes text, true or false, and numbers.
func (w *walker) plain(n ast.Node, path string, v reflect.Value) {
	text, _ := scalarText(n)
	mismatch := func(hint string) {
		w.fault(path, "want "+kindOf(v.Type())+", found "+describe(n)+" "+quote(text), hint)
	}
	_, isBool := n.(*ast.BoolNode)
	switch v.Kind() {
	case reflect.String:
		if isBool {
			mismatch("put it in quotes if it is text")
			return
		}
		v.SetString(text)
	case reflect.Bool:
		if !isBool {
			mismatch("write true or false, without quotes")
			return
		}
		v.SetBool(strings.EqualFold(text, "true"))
	case reflect.Int:
		i, err := strconv.Atoi(text)
		if err != nil || quoted(n) {
			mismatch("write a whole number, without quotes")
			return
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || quoted(n) || math.IsNaN(f) || math.IsInf(f, 0) {
			mismatch("write a number such as 1 or 0.5, without quotes")
			return
		}
		v.SetFloat(f)
	default:
		panic("no rule to decode " + v.Type().String())
	}
}

// duration decodes Go's syntax and plain 0.
func (w *walker) duration(n ast.Node, path string, v reflect.Value) {
	text, _ := scalarText(n)
	d, err := time.ParseDuration(text)
	if err != nil {
		hint := "write hours, minutes and seconds, such as 72h, 5m or 1h30m"
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			hint = "say of what: " + text + "h, " + text + "m or " + text + "s"
		}
		w.fault(path, "not a duration: "+quote(text), hint)
		return
	}
	v.SetInt(int64(d))
}

// literalShape is a value that is a secret, not the path of a file that holds one.
var literalShape = regexp.MustCompile(`(?i)^\s*(xox[a-z](\.xox[a-z])?|xapp)-[^/]*$|hooks\.slack(-gov)?\.com/`)

const (
	literalFault = "a secret must not stand in the configuration"
	literalHint  = "put it in a file of mode 0600 and name that file here; have a new secret issued, since this one could be read"
)

// literals looks for secrets under a key that is not decoded.
func (w *walker) literals(n ast.Node, path string) {
	ast.Walk(visitor(func(n ast.Node) {
		if text, ok := scalarText(n); ok && literalShape.MatchString(text) {
			w.note(position(n), path, literalFault, literalHint)
		}
	}), n)
}

type visitor func(ast.Node)

// Visit implements ast.Visitor.
func (v visitor) Visit(n ast.Node) ast.Visitor {
	v(n)
	return v
}

// unknownKey is the hint for a key that t does not have: the nearest one there, else the place where it belongs.
func (w *walker) unknownKey(key string, t reflect.Type) string {
	if n := nearest(key, keys(t)); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	if slices.Contains(keys(w.root), key) {
		return fmt.Sprintf("%q belongs at the left margin", key)
	}
	for f := range w.root.Fields() {
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && slices.Contains(keys(inner), key) {
			return fmt.Sprintf("%q belongs under %q", key, yamlName(f))
		}
	}
	return "use one of: " + strings.Join(keys(t), ", ")
}

// fault notes what is wrong with the value at path; once something is noted of a value, later checks of it are mute.
func (w *walker) fault(path, what, hint string) {
	if !w.wrong[path] {
		w.wrong[path] = true
		w.note(w.position(path), path, what, hint)
	}
}

// warn notes what is legal but unusual at path.
func (w *walker) warn(path, what, hint string) {
	at := w.position(path)
	w.warnings = append(w.warnings, Fault{w.file, at.Line, at.Column, path, what, hint})
}

func (w *walker) note(at token.Position, path, what, hint string) {
	w.faults = append(w.faults, Fault{w.file, at.Line, at.Column, path, what, hint})
}

// position is where the value at path stands, else the nearest thing around it that the file has.
func (w *walker) position(path string) token.Position {
	for {
		if p, ok := w.at[path]; ok || path == "" {
			return p
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
}

// place shows a path with the name of the list entry that it goes through: routes[3] "energy": tickers[1].
func (w *walker) place(path string) string {
	i := strings.Index(path, "]")
	if i < 0 {
		return path
	}
	name, ok := w.names[path[:i+1]]
	if !ok {
		return path
	}
	rest := strings.TrimPrefix(path[i+1:], ".")
	if rest == "" {
		return path[:i+1] + " " + quote(name)
	}
	return path[:i+1] + " " + quote(name) + ": " + rest
}
