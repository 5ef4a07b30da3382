package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
)

func sample() monitor.Record {
	at := time.Unix(1714140333, 0)
	return monitor.Record{
		Sequence: 9,
		Filing: monitor.Filing{
			Index: 77, PublishedAt: at, SeenAt: at.Add(1), Company: "SYNTH A.Ş.", Tickers: []string{"SYNTH"},
			Subject: "Konu", Summary: "500 MW santral",
		},
		Found: classify.Result{Facts: []classify.Fact{
			{Kind: "power", Text: "500 MW", Value: 500, Unit: "MW", Span: classify.Span{Field: classify.Summary, Start: 0, End: 6}},
		}},
		Decisions: []monitor.Decision{{Route: "a", Verdict: monitor.VerdictFiltered, Reason: "no"}},
	}
}

// FuzzDecodeRecord seals what it makes up, so that the decoder behind the checksum is reached: it never panics,
// and what it takes it takes whole.
func FuzzDecodeRecord(f *testing.F) {
	r := sample()
	value := encodeRecord(77, header{sequence: 9}, &r, nil)
	f.Add(value[:len(value)-checksum])
	f.Add([]byte{version})
	names := []string{"a", "b"}
	opts := cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateNaNs()}
	f.Fuzz(func(t *testing.T, b []byte) {
		value := seal(indexKey(77), append([]byte(nil), b...))
		got, h, err := decodeRecord(77, value, names)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("decodeRecord = %v, want ErrCorrupt", err)
			}
		} else {
			again, _, err := decodeRecord(77, encodeRecord(77, h, &got, nil), nil)
			if got.Filing.Origin != monitor.Poll {
				got.Decisions = kept(&got.Filing, got.Decisions)
			}
			if d := cmp.Diff(got, again, opts); err != nil || d != "" {
				t.Fatalf("written again: %v\n%s", err, d)
			}
		}
		if _, err := decodeDetail(77, value, names, false); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("decodeDetail = %v, want ErrCorrupt", err)
		}
		key := alertKey(&monitor.Alert{Index: 1, ID: "1-a"})
		if _, err := decodeAlert(key, seal(key, append([]byte(nil), b...)), names); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("decodeAlert = %v, want ErrCorrupt", err)
		}
		if err := addPosting(newBitmap(100), 100, 0, nil, seal(nil, append([]byte(nil), b...))); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("addPosting = %v, want ErrCorrupt", err)
		}
	})
}

func TestChecksum(t *testing.T) {
	r := sample()
	value := encodeRecord(77, header{}, &r, nil)
	for i := range value {
		for bit := range 8 {
			value[i] ^= 1 << bit
			if _, _, err := decodeRecord(77, value, nil); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("bit %d of byte %d turned: %v, want ErrCorrupt", bit, i, err)
			}
			value[i] ^= 1 << bit
		}
	}
	if _, _, err := decodeRecord(78, value, nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("under another key: %v, want ErrCorrupt", err)
	}
}

func TestBitmap(t *testing.T) {
	b := newBitmap(200)
	members := []uint32{0, 5, 63, 64, 130, 199}
	for _, i := range members {
		b.set(i)
	}
	for from := range 201 {
		for to := from; to <= 200; to++ {
			next, previous := -1, -1
			for _, m := range members {
				if int(m) >= from && int(m) < to {
					if next < 0 {
						next = int(m)
					}
					previous = int(m)
				}
			}
			if got := b.next(from, to); got != next {
				t.Fatalf("next(%d, %d) = %d, want %d", from, to, got, next)
			}
			if got := b.previous(from, to); got != previous {
				t.Fatalf("previous(%d, %d) = %d, want %d", from, to, got, previous)
			}
		}
	}
}

// Every stage is kept, beside links and edits or without them, and a number that is none is damage.
func TestStageIsKept(t *testing.T) {
	for stage := classify.NoStage; stage <= classify.Delivery; stage++ {
		for _, h := range []header{{sequence: 9}, {sequence: 9, edits: 2}} {
			r := sample()
			r.Found.Stage = stage
			if h.edits > 0 {
				r.Links = []monitor.Link{{Index: 3, Kind: monitor.LinkFollowUp, Why: "same project"}}
			}
			got, back, err := decodeRecord(77, encodeRecord(77, h, &r, nil), nil)
			if err != nil || got.Found.Stage != stage || back.edits != h.edits || len(got.Links) != len(r.Links) {
				t.Errorf("stage %q, %d edits: %q, %d edits, %v", stage, h.edits, got.Found.Stage, back.edits, err)
			}
		}
	}
	r := sample()
	r.Found.Stage = classify.Delivery + 1
	if _, _, err := decodeRecord(77, encodeRecord(77, header{}, &r, nil), nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a stage that is none: %v, want ErrCorrupt", err)
	}
}
