package store

import (
	"encoding/binary"
	"math"
	"time"

	"kapwatch/monitor"
)

// The file. Numbers in keys are 8 bytes big-endian, so that keys sort as numbers; instants have their sign bit
// turned for the same reason. Every value but the empty ones and the bare numbers ends in a CRC-32C over key and
// value; see codec.go.
//
//	("state", "schema")                 → version of this layout, one number
//	("state", "counters")               → counters
//	("state", "cursor")                 → monitor.Cursor
//	("state", "history")                → days that backfill has read whole
//	("state", "sealing")                → days whose receipts are sealed
//	("state", "pause")                  → monitor.Wait: the source wants nothing asked
//	("state", "told")                   → []monitor.Trouble: what operators have been told of
//	("filing", index)                   → record: the filing's row, what was found and decided, its sequence
//	("detail", index)                   → monitor.Detail, where it has been fetched
//	("sequence", sequence)              → index, one number
//	("raw", day seen, index)            → the row as received, for keepRaw days; day = days since 1970, Istanbul
//	("alert", index, id)                → alert; index 0 for notes to operators
//	("open", kind, created, index, id)  → nothing; alerts that are not sent, kind 'p', those blocked 'x'
//	("todo", kind, index)               → nothing; 'd' = detail to be fetched, 'p' = row to be completed
//	("bad", id)                         → monitor.BadRow: seen, and not recorded
//	("digest", message id)              → ids of the alerts in it
//	("number", route)                   → number of the route's last digest, one number
//	("specimen", number)                → answer of unknown shape
//	("name", id)                        → string that records name by id; ids are 4 bytes
//	("amendment", day)                  → the day's receipt as it was sealed; none where nothing was recorded
//	("amendment", day, written, number) → what changed after the day's receipt was sealed
//	("segment", segment, "entries")     → its filings in order of (published, index); segments are 4 bytes, and each
//	                                      is a bucket; one without entries is not finished and does not count
//	("segment", segment, "head")        → what its lists were made by, and from which rank on it counts
//	("segment", segment, kind + text)   → which of its filings have the term: c category, k class, q qualifier,
//	                                      w word; a ticker is a word that ends in a zero byte
//	("redo", index)                     → nothing; indexed anew although its sequence was sealed in a segment
//
// Since schema 2:
//
//	("edit", index, number)             → monitor.Edit; numbers from 1
//	("later", index, later index)       → nothing; the later filing links to this one
var (
	bucketState     = []byte("state")
	bucketFiling    = []byte("filing")
	bucketDetail    = []byte("detail")
	bucketSequence  = []byte("sequence")
	bucketRaw       = []byte("raw")
	bucketAlert     = []byte("alert")
	bucketOpen      = []byte("open")
	bucketTodo      = []byte("todo")
	bucketBad       = []byte("bad")
	bucketDigest    = []byte("digest")
	bucketNumber    = []byte("number")
	bucketSpecimen  = []byte("specimen")
	bucketName      = []byte("name")
	bucketAmendment = []byte("amendment")
	bucketSegment   = []byte("segment")
	bucketRedo      = []byte("redo")
	bucketEdit      = []byte("edit")
	bucketLater     = []byte("later")

	keySchema   = []byte("schema")
	keyCounters = []byte("counters")
	keyCursor   = []byte("cursor")
	keyHistory  = []byte("history")
	keySealing  = []byte("sealing")
	keyTold     = []byte("told")
	keyPause    = []byte("pause")

	keyEntries = []byte("entries")
	keyHead    = []byte("head")
)

// buckets lists every bucket of the schema, those of the first one first.
func buckets() [][]byte {
	return [][]byte{
		bucketState, bucketFiling, bucketDetail, bucketSequence, bucketRaw, bucketAlert, bucketOpen, bucketTodo,
		bucketBad, bucketDigest, bucketNumber, bucketSpecimen, bucketName, bucketAmendment, bucketSegment,
		bucketRedo,
		bucketEdit, bucketLater,
	}
}

// firstBuckets is how many of buckets every ledger has had; a file without one of them is none. Those that came
// later are made when an older ledger is opened.
const firstBuckets = 16

const (
	schema = 2 // of the layout above; each value carries its own version besides

	// fill is for buckets whose keys mostly come in ascending order: half-empty pages would double the file.
	fill = 0.95

	keepRaw  = 7   // days
	pruneRaw = 512 // rows that one transaction removes at most

	kindDetail  = 'd'
	kindPartial = 'p'
	kindPending = 'p'
	kindBlocked = 'x'
)

func number(v uint64) []byte           { return binary.BigEndian.AppendUint64(nil, v) }
func indexKey(index int64) []byte      { return number(uint64(index)) }
func segmentKey(id uint32) []byte      { return binary.BigEndian.AppendUint32(nil, id) }
func parseNumber(b []byte) uint64      { return binary.BigEndian.Uint64(b) }
func pairKey(i int64, n uint64) []byte { return binary.BigEndian.AppendUint64(indexKey(i), n) }
func kindKey(k byte, i int64) []byte   { return binary.BigEndian.AppendUint64([]byte{k}, uint64(i)) }

// ordered turns v's sign bit, so that big-endian bytes sort as numbers.
func ordered(v int64) uint64 { return uint64(v) ^ 1<<63 }

func alertKey(a *monitor.Alert) []byte { return append(indexKey(a.Index), a.ID...) }

// openKey sorts open alerts of one kind by creation; what follows the first nine bytes is the alert's own key.
func openKey(a *monitor.Alert) []byte {
	k := byte(kindPending)
	if a.State == monitor.Blocked {
		k = kindBlocked
	}
	created := int64(math.MinInt64)
	if !a.CreatedAt.IsZero() {
		created = a.CreatedAt.UnixNano()
	}
	b := binary.BigEndian.AppendUint64([]byte{k}, ordered(created))
	return append(b, alertKey(a)...)
}

// openTime is the creation time in an openKey.
func openTime(key []byte) time.Time {
	nanos := int64(binary.BigEndian.Uint64(key[1:9]) ^ 1<<63)
	if nanos == math.MinInt64 {
		return time.Time{}
	}
	return time.Unix(0, nanos).In(monitor.Istanbul)
}

// dayNumber counts Istanbul's days since 1970; what lies before is in the first.
func dayNumber(t time.Time) uint64 {
	_, offset := t.In(monitor.Istanbul).Zone()
	return uint64(max(0, (t.Unix()+int64(offset))/(24*60*60)))
}

func rawKey(seen time.Time, index int64) []byte {
	return binary.BigEndian.AppendUint64(number(dayNumber(seen)), uint64(index))
}
