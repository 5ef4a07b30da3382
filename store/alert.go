package store

import (
	"fmt"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

func encodeAlert(a *monitor.Alert, name func(string, int) (uint64, bool)) []byte {
	e := newEncoder(name)
	e.names(a.Route, a.Channel, string(a.State))
	e.uint(flags(a.Urgent))
	e.time(a.CreatedAt)
	e.time(a.DueAt)
	e.time(a.IntendedAt)
	e.time(a.SentAt)
	e.int(int64(a.Attempts))
	e.str(a.Note)
	e.str(a.LastError)
	e.str(a.TS)
	e.str(a.Digest)
	return seal(alertKey(a), e.b)
}

func decodeAlert(key, value []byte, names []string) (monitor.Alert, error) {
	if len(key) < 8 {
		return monitor.Alert{}, fmt.Errorf("read alert: %w: key of %d bytes", ErrCorrupt, len(key))
	}
	a := monitor.Alert{Index: int64(parseNumber(key)), ID: string(key[8:])}
	payload, err := unseal(key, value)
	if err != nil {
		return a, fmt.Errorf("read alert %q: %w", a.ID, err)
	}
	d := &decoder{b: payload, names: names}
	a.Route, a.Channel, a.State = d.named(), d.named(), monitor.AlertState(d.named())
	a.Urgent = d.uint()&1 != 0
	a.CreatedAt, a.DueAt, a.IntendedAt, a.SentAt = d.time(), d.time(), d.time(), d.time()
	a.Attempts = int(d.int())
	a.Note, a.LastError, a.TS, a.Digest = d.str(), d.str(), d.str(), d.str()
	if err := d.end(); err != nil {
		return a, fmt.Errorf("read alert %q: %w", a.ID, err)
	}
	return a, nil
}

// alertsOf reads the alerts of one filing, in order of their ids.
func alertsOf(tx *bolt.Tx, index int64, names []string) ([]monitor.Alert, error) {
	var out []monitor.Alert
	prefix := indexKey(index)
	c := tx.Bucket(bucketAlert).Cursor()
	for k, v := c.Seek(prefix); len(k) >= 8 && string(k[:8]) == string(prefix); k, v = c.Next() {
		a, err := decodeAlert(k, v, names)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// alert reads one alert as it is stored.
func (c *change) alert(key []byte) (monitor.Alert, bool, error) {
	v := c.tx.Bucket(bucketAlert).Get(key)
	if v == nil {
		return monitor.Alert{}, false, nil
	}
	a, err := decodeAlert(key, v, c.names())
	return a, err == nil, err
}

// putAlert writes a over what is stored, and keeps the list of open ones and the counters right.
func (c *change) putAlert(a monitor.Alert) error {
	key := alertKey(&a)
	if err := c.dropAlert(key); err != nil {
		return err
	}
	if err := c.tx.Bucket(bucketAlert).Put(key, encodeAlert(&a, c.name)); err != nil {
		return err
	}
	*c.tally(&a)++
	if !a.Open() {
		return nil
	}
	return c.tx.Bucket(bucketOpen).Put(openKey(&a), nil)
}

// dropAlert removes an alert, if it is there.
func (c *change) dropAlert(key []byte) error {
	a, found, err := c.alert(key)
	if err != nil || !found {
		return err
	}
	*c.tally(&a)--
	if err := c.tx.Bucket(bucketOpen).Delete(openKey(&a)); err != nil {
		return err
	}
	return c.tx.Bucket(bucketAlert).Delete(key)
}

// tally is the counter that a belongs to.
func (c *change) tally(a *monitor.Alert) *uint64 {
	switch a.State {
	case monitor.Sent:
		return &c.n.sent
	case monitor.Blocked:
		return &c.n.blocked
	}
	return &c.n.pending
}
