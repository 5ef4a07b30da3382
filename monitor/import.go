package monitor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// importBatch is how many filings one transaction of an import holds.
const importBatch = 5000

// Import records filings without alerting anyone; those already known are left as they are. Categories are
// computed here. It may run beside the loop. On a full disk it stops with ErrFull, and what was recorded stays.
func (m *Monitor) Import(ctx context.Context, filings []Filing) (added int, err error) {
	for part := range slices.Chunk(filings, importBatch) {
		if err := ctx.Err(); err != nil {
			return added, err
		}
		n, err := m.importPart(part)
		added += n
		if err != nil {
			return added, fmt.Errorf("record imported filings: %w", err)
		}
	}
	return added, nil
}

func (m *Monitor) importPart(part []Filing) (added int, err error) {
	rules := m.Rules()
	told := m.now()
	entries := make([]Entry, 0, len(part))
	for _, f := range part {
		if f.Origin == Poll {
			f.Origin = Import
		}
		if f.SeenAt.IsZero() {
			f.SeenAt = told
		}
		entries = append(entries, Entry{Filing: f, Found: rules.Classify(Text(f))})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Filing.Index, b.Filing.Index) })
	news, err := m.store.Record(Batch{Entries: entries})
	if m.wrote(err) != nil {
		return 0, err
	}
	return len(news), nil
}
