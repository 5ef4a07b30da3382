package kap

import (
	"bytes"
	"compress/gzip"
	"io"
	"sync"
)

// desk is where one answer is read: the body and what is cut out of it. Nothing that a reader returns may point to
// it, for the next answer is read on the same one.
type desk struct {
	body bytes.Buffer
	page cutting
}

// desks lends desks and inflaters, so that a poll allocates neither body nor window. What nobody uses for some minutes
// is freed.
type desks struct{ free, inflaters sync.Pool }

func (d *desks) take() *desk {
	if x, ok := d.free.Get().(*desk); ok {
		return x
	}
	return new(desk)
}

// give takes a desk back. One that a huge answer has blown up is left to the collector.
func (d *desks) give(x *desk) {
	const most = 8 << 20
	if x.body.Cap() <= most {
		d.free.Put(x)
	}
}

// inflate opens a gzip stream; the reader goes back to d.inflaters.
func (d *desks) inflate(r io.Reader) (*gzip.Reader, error) {
	z, ok := d.inflaters.Get().(*gzip.Reader)
	if !ok {
		return gzip.NewReader(r)
	}
	return z, z.Reset(r)
}
