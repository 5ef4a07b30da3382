package notify

import (
	"time"

	"kapwatch/monitor"
)

// words are our own words in one language.
type words struct {
	lang                                      string
	filing, filings                           string
	update, correction, cancel                string
	late, repeat, sample, notReal             string
	related, facts, seen, earlier, attachment string
	open, more, noEnglish, englishThere       string
	before, in, after, closed                 string
	changes, gone, come                       string
	names                                     map[string]string // of facts and fields, as monitor names them
	date                                      string
}

func wordsOf(l monitor.Language) words {
	if l == monitor.English {
		return words{
			lang: "en", filing: "filing", filings: "filings",
			update: "UPDATE", correction: "CORRECTION", cancel: "CANCELLED",
			late: "late", repeat: "may repeat", sample: "SAMPLE", notReal: "a sample, not a real alert",
			related: "Related: ", facts: "In the text: ", seen: "seen", earlier: "Earlier filing", attachment: "Attachment",
			open: "Open on KAP", more: "more, not shown here: kapwatch filings lists them",
			noEnglish: "KAP has no English text of this filing.", englishThere: "The English text is on KAP.",
			before: "before the session", in: "in session", after: "after the session", closed: "no session that day",
			changes: "What changed:", gone: "removed:", come: "added:",
			names: map[string]string{
				"money": "amount", "power": "power", "percent": "percentage", "shares": "shares", "date": "date", "country": "country",
				"counterparty": "other side", "subject": "subject", "summary": "summary", "body": "text",
			},
			date: "2 Jan 2006 15:04",
		}
	}
	return words{
		lang: "tr", filing: "bildirim", filings: "bildirim",
		update: "GÜNCELLEME", correction: "DÜZELTME", cancel: "İPTAL",
		late: "geç bildirim", repeat: "tekrar olabilir (may repeat)", sample: "ÖRNEK", notReal: "örnektir, gerçek bir uyarı değildir",
		related: "İlgili: ", facts: "Metinde: ", seen: "görüldü", earlier: "Önceki bildirim", attachment: "Ek",
		open: "KAP'ta aç", more: "bildirim daha, burada gösterilmedi: kapwatch filings listeler",
		before: "seans öncesi", in: "seans içinde", after: "seans sonrası", closed: "seans olmayan gün",
		changes: "Değişenler:", gone: "çıktı:", come: "eklendi:",
		names: map[string]string{
			"money": "tutar", "power": "güç", "percent": "oran", "shares": "pay", "date": "tarih", "country": "ülke",
			"counterparty": "karşı taraf", "subject": "konu", "summary": "özet", "body": "metin",
		},
		date: "02.01.2006 15:04",
	}
}

// change is the mark of a filing that stands to an earlier one, "" for a new one.
func (w words) change(c monitor.Change) string {
	switch c {
	case monitor.Update:
		return w.update
	case monitor.Correction:
		return w.correction
	case monitor.Cancel:
		return w.cancel
	}
	return ""
}

// session places an instant against Borsa İstanbul's continuous trading, 10:00 to 18:00 on weekdays. Public
// holidays are not known here.
func (w words) session(at time.Time) string {
	at = at.In(monitor.Istanbul)
	switch day := at.Weekday(); {
	case day == time.Saturday || day == time.Sunday:
		return w.closed
	case at.Hour() < 10:
		return w.before
	case at.Hour() < 18:
		return w.in
	}
	return w.after
}
