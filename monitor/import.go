package monitor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kapwatch/monitor/classify"
)

// importBatch is how many filings one transaction of an import holds.
const importBatch = 5000

// Importer records filings that were not polled. It needs no running Monitor.
type Importer struct {
	Store Ledger
	Rules *classify.Classifier
}

// Import records filings without alerting anyone; those already known are left as they are, and categories are
// computed here. It may run beside the loop. On a full disk it stops with ErrFull, and what was recorded stays.
func (im Importer) Import(ctx context.Context, filings []Filing) (added int, err error) {
	told := time.Now()
	for part := range slices.Chunk(filings, importBatch) {
		if err := ctx.Err(); err != nil {
			return added, err
		}
		entries := make([]Entry, 0, len(part))
		for _, f := range part {
			if f.Origin == Poll {
				f.Origin = Import
			}
			if f.SeenAt.IsZero() {
				f.SeenAt = told
			}
			e := Entry{Filing: f}
			if err := contained(func() { e.Found = im.Rules.Classify(Text(f)) }); err != nil {
				return added, fmt.Errorf("classify filing %d: %w", f.Index, err)
			}
			entries = append(entries, e)
		}
		slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Filing.Index, b.Filing.Index) })
		news, err := im.Store.Record(Batch{Entries: entries})
		if err != nil {
			return added, fmt.Errorf("record imported filings: %w", err)
		}
		added += len(news)
	}
	return added, nil
}

// Import is Importer.Import with the rules in force. An ambiguous write error ends the run, as it does for a poll.
func (m *Monitor) Import(ctx context.Context, filings []Filing) (added int, err error) {
	added, err = Importer{m.store, m.Rules()}.Import(ctx, filings)
	if ctx.Err() == nil {
		err = m.wrote("", err)
	}
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		for i := range filings {
			m.unknown.found(filings[i].Index)
		}
	}
	return added, err
}
