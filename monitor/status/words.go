package status

import (
	"fmt"
	"strconv"
	"time"

	"kapwatch/monitor"
)

// words are the page's own words in one language; labels of categories and qualifiers come from the rules.
type words struct {
	Language, Other, OtherName, OtherHint                       string
	Tagline, Skip                                               string
	StateOK, StateDegraded, Problems                            string
	LastPoll, Never, Readers, Reader, Recorded, Unknown         string
	UnknownNote, Pending, PendingNote, Blocked, Today           string
	Search, SearchHint, SearchButton, Filters, Clear            string
	Category, Class, Ticker, Qualifier, Since, Until, Order     string
	Remove, Caption, CaptionFound, Empty, EmptyFound            string
	Time, Codes, What, Matter, Alerts, None, Seen               string
	OnKAP, Whole, Next, First, Partial, BadRequest              string
	Back, Explanation, EnglishText, Evidence, Term              string
	Pages, Found, For, Facts, Decisions, Route, Outcome, Reason string
	Files, Form, Late, AsJSON, Metrics, NoText, NoEnglish       string
	Chain, Changed, Edits, SeenBy, Before, After, Gone, Come    string
	LaterFiling, NewFiling                                      string
	OneDay, OneWeek, OneMonth, AsOf, Refresh                    string
	Live, Lost, Arrived, Demo                                   string
	Charts, HoursTitle, DelaysTitle, OneMinute, Newest          string

	receipt                                                 string // format of a receipt's line
	usual                                                   string // formats of the charts' words
	todayTotal, usualTotal, noUsual, delaySummary, noAlerts string
	units                                                   [4]string // day, hour, minute, second
	ago                                                     [4]string
	alert                                                   map[monitor.AlertState]string
	verdict                                                 map[monitor.Verdict]string
	change                                                  map[monitor.Change]string
	class                                                   map[string]string
	reader                                                  map[string]string
	fact                                                    map[string]string
	stage                                                   map[string]string
	link                                                    map[monitor.LinkKind]string
	field                                                   map[string]string // as the public JSON names them
	thousands                                               string
}

func wordsFor(l monitor.Language) words {
	if l == monitor.English {
		return english()
	}
	return turkishWords()
}

func turkishWords() words {
	return words{
		Language: "tr", Other: "en", OtherName: "English", OtherHint: "Show this page in English",
		Tagline: "KAP bildirimleri, olduğu anda", Skip: "Bildirimlere geç",
		StateOK: "Çalışıyor", StateDegraded: "Sorun var", Problems: "Sorunlar",
		LastPoll: "Son başarılı okuma", Never: "henüz yok", Readers: "Okuyucular", Reader: "Okuyucu", Recorded: "Kayıtlı bildirim",
		Unknown: "Okunamayan", UnknownNote: "satır çözülmeyi bekliyor", Pending: "Bekleyen uyarı",
		PendingNote: "en eskisi", Blocked: "engelli", Today: "Bugünün hesabı",
		Search: "Ara", SearchHint: "şirket, konu, metin ya da kod", SearchButton: "Ara", Filters: "Süzgeçler", Clear: "Tümünü kaldır",
		Category: "Kategori", Class: "Sınıf", Ticker: "Kod", Qualifier: "Nitelik", Since: "Başlangıç", Until: "Bitiş", Order: "Sıra",
		Remove: "kaldır", Caption: "Son bildirimler", CaptionFound: "Bulunan bildirimler",
		Empty: "Henüz kayıtlı bildirim yok.", EmptyFound: "Bu süzgeçlere uyan bildirim yok.",
		Time: "Zaman", Codes: "Kod", What: "Ne oldu", Matter: "Şirket ve konu", Alerts: "Uyarılar", None: "yok", Seen: "görüldü",
		OnKAP: "KAP’ta aç", Whole: "Ayrıntı", Next: "Sonraki sayfa", First: "Başa dön",
		Partial: "Liste tam değil", BadRequest: "İstek anlaşılamadı",
		Back: "Tüm bildirimler", Explanation: "Açıklama", EnglishText: "İngilizce metin", Evidence: "Dayanak", Term: "Kural terimi",
		Pages: "Sayfalar", Found: "Metindeki ifade", For: "Neye dayanak", Facts: "Metnin söyledikleri", Decisions: "Kime, neden",
		Route: "Rota", Outcome: "Sonuç", Reason: "Neden", Files: "Ekler", Form: "Form alanları", Late: "geç bildirim",
		AsJSON: "JSON", Metrics: "Metrikler", NoText: "Metin kayıtta yok; KAP’taki sayfada bulunur.",
		Chain: "Aynı konudaki bildirimler", Changed: "Önceki bildirime göre değişenler", Edits: "Yayından sonraki değişiklikler",
		SeenBy: "gören", Before: "Önce", After: "Sonra", Gone: "çıkan:", Come: "gelen:", LaterFiling: "Sonraki bildirim", NewFiling: "yeni",
		OneDay: "Bugün", OneWeek: "7 gün", OneMonth: "30 gün", AsOf: "Şu an:", Refresh: "Yenile",
		Live: "Canlı", Lost: "Bağlantı koptu; yeniden deneniyor", Arrived: "yeni bildirim", Demo: "Gösterim: yapay bildirimlerle bir gün, saniyeler içinde oynatılıyor; saatler ve süreler oynatılan günündür.",
		Charts: "Günün seyri", HoursTitle: "Saat saat bildirim", DelaysTitle: "Yayından uyarıya", OneMinute: "1 dk", Newest: "en yeni",
		usual: "alışılan %s", todayTotal: "bugün %s", usualTotal: "saat %02d.00 itibarıyla alışılan %s",
		noUsual: "karşılaştıracak geçmiş henüz yok", delaySummary: "son %d uyarı: ortanca %s, en uzunu %s",
		noAlerts: "henüz gönderilen uyarı yok", units: [4]string{"gün", "sa", "dk", "sn"},
		receipt: "%d listelendi · %d kaydedildi · %d gönderildi · %d özette · %d bekliyor · %d istenmedi · %d okunamadı",
		ago:     [4]string{"%d sn önce", "%d dk önce", "%d sa önce", "%d gün önce"},
		alert: map[monitor.AlertState]string{
			monitor.Pending: "bekliyor", monitor.Sent: "gönderildi", monitor.Unknown: "yanıt belirsiz",
			monitor.Blocked: "engelli", monitor.Held: "tutuluyor",
		},
		verdict: map[monitor.Verdict]string{
			monitor.VerdictSent: "gönderildi", monitor.VerdictPending: "bekliyor", monitor.VerdictHeld: "tutuluyor",
			monitor.VerdictBlocked: "engelli", monitor.VerdictFiltered: "istenmedi", monitor.VerdictBaseline: "önceki kayıt",
			monitor.VerdictMuted: "susturuldu", monitor.VerdictTest: "KAP denemesi",
		},
		link: map[monitor.LinkKind]string{
			monitor.LinkUpdate: "Güncellediği bildirim", monitor.LinkCorrection: "Düzelttiği bildirim",
			monitor.LinkCancel: "İptal ettiği bildirim", monitor.LinkFollowUp: "Önceki adım",
		},
		field: map[string]string{
			"subject": "Konu", "summary": "Özet", "body": "Açıklama", "body_en": "İngilizce metin", "change": "Durum",
			"published_at": "Yayın zamanı", "tickers": "Kodlar", "related": "İlgili kodlar", "class": "Sınıf",
			"attachments": "Ek sayısı", "company": "Şirket", "type": "Tür", "period": "Dönem", "languages": "Diller",
			"detail_summary": "Formdaki özet", "delayed": "Ertelenmiş açıklama", "earlier_dates": "Önceki açıklama tarihleri",
			"withdrawn_because": "Geri çekilme nedeni", "files": "Ekler",
		},
		change: map[monitor.Change]string{monitor.Update: "güncelleme", monitor.Correction: "düzeltme", monitor.Cancel: "geri çekildi"},
		class: map[string]string{
			"ODA": "Özel durum", "FR": "Finansal rapor", "DG": "Diğer", "DUY": "Düzenleyici kurum", "FON": "Fon",
		},
		reader: map[string]string{"criteria": "JSON listesi", "page": "HTML sayfası", "detail": "bildirimin sayfası"},
		fact: map[string]string{
			"money": "tutar", "power": "güç", "percent": "oran", "shares": "pay", "date": "tarih", "country": "ülke", "counterparty": "karşı taraf",
		},
		stage: map[string]string{
			"mou": "aşama: mutabakat", "bid": "aşama: teklif", "award": "aşama: kazanıldı", "contract": "aşama: sözleşme", "delivery": "aşama: teslim",
		},
		thousands: ".",
	}
}

func english() words {
	return words{
		Language: "en", Other: "tr", OtherName: "Türkçe", OtherHint: "Bu sayfayı Türkçe göster",
		Tagline: "KAP filings, as they happen", Skip: "Skip to the filings",
		StateOK: "Running", StateDegraded: "Degraded", Problems: "Problems",
		LastPoll: "Last good poll", Never: "not yet", Readers: "Readers", Reader: "Reader", Recorded: "Filings recorded",
		Unknown: "Unreadable", UnknownNote: "rows wait to be read", Pending: "Alerts pending",
		PendingNote: "oldest", Blocked: "blocked", Today: "Today’s receipt",
		Search: "Search", SearchHint: "company, subject, text or code", SearchButton: "Search", Filters: "Filters", Clear: "Clear all",
		Category: "Category", Class: "Class", Ticker: "Code", Qualifier: "Qualifier", Since: "Since", Until: "Until", Order: "Order",
		Remove: "remove", Caption: "Recent filings", CaptionFound: "Filings found",
		Empty: "No filing is recorded yet.", EmptyFound: "No filing fits these filters.",
		Time: "Time", Codes: "Code", What: "What happened", Matter: "Company and subject", Alerts: "Alerts", None: "none", Seen: "seen",
		OnKAP: "Open on KAP", Whole: "Details", Next: "Next page", First: "Back to the start",
		Partial: "This list is not whole", BadRequest: "The request was not understood",
		Back: "All filings", Explanation: "Explanation", EnglishText: "English text", Evidence: "Evidence", Term: "Term of the rules",
		Pages: "Pages", Found: "Words found", For: "Evidence for", Facts: "What the text states", Decisions: "Who, and why",
		Route: "Route", Outcome: "Outcome", Reason: "Reason", Files: "Attachments", Form: "Fields of the form", Late: "late",
		AsJSON: "JSON", Metrics: "Metrics", NoText: "The text is not on record; KAP’s own page has it.",
		NoEnglish: "KAP has no English text of this filing.",
		Chain:     "Filings on the same matter", Changed: "What changed since the earlier filing", Edits: "Changes after publication",
		SeenBy: "seen by", Before: "Before", After: "After", Gone: "removed:", Come: "added:", LaterFiling: "Later filing", NewFiling: "new",
		OneDay: "Today", OneWeek: "7 days", OneMonth: "30 days", AsOf: "As of", Refresh: "Refresh",
		Live: "Live", Lost: "Connection lost; trying again", Arrived: "new filings", Demo: "Demonstration: a day of synthetic filings, played in seconds; times and delays are those of the day played.",
		Charts: "The day so far", HoursTitle: "Filings by hour", DelaysTitle: "From publication to alert", OneMinute: "1 min", Newest: "newest",
		usual: "usual %s", todayTotal: "%s today", usualTotal: "usual until %02d:00 is %s",
		noUsual: "no history to compare with yet", delaySummary: "last %d alerts: median %s, longest %s",
		noAlerts: "no alert has been sent yet", units: [4]string{"d", "h", "min", "s"},
		receipt: "%d listed · %d recorded · %d sent · %d in digests · %d pending · %d not wanted · %d unknown",
		ago:     [4]string{"%d s ago", "%d min ago", "%d h ago", "%d days ago"},
		alert: map[monitor.AlertState]string{
			monitor.Pending: "pending", monitor.Sent: "sent", monitor.Unknown: "answer unclear",
			monitor.Blocked: "blocked", monitor.Held: "held",
		},
		verdict: map[monitor.Verdict]string{
			monitor.VerdictSent: "sent", monitor.VerdictPending: "pending", monitor.VerdictHeld: "held",
			monitor.VerdictBlocked: "blocked", monitor.VerdictFiltered: "not wanted", monitor.VerdictBaseline: "earlier record",
			monitor.VerdictMuted: "muted", monitor.VerdictTest: "KAP's own test",
		},
		link: map[monitor.LinkKind]string{
			monitor.LinkUpdate: "Updates", monitor.LinkCorrection: "Corrects", monitor.LinkCancel: "Cancels",
			monitor.LinkFollowUp: "Earlier step",
		},
		field: map[string]string{
			"subject": "Subject", "summary": "Summary", "body": "Explanation", "body_en": "English text", "change": "State",
			"published_at": "Publish time", "tickers": "Codes", "related": "Related codes", "class": "Class",
			"attachments": "Number of attachments", "company": "Company", "type": "Type", "period": "Period", "languages": "Languages",
			"detail_summary": "Summary on the form", "delayed": "Delayed disclosure", "earlier_dates": "Dates of earlier filings",
			"withdrawn_because": "Why it was withdrawn", "files": "Attachments",
		},
		change: map[monitor.Change]string{monitor.Update: "update", monitor.Correction: "correction", monitor.Cancel: "withdrawn"},
		class: map[string]string{
			"ODA": "Material event", "FR": "Financial report", "DG": "Other", "DUY": "Regulator", "FON": "Fund",
		},
		reader: map[string]string{"criteria": "JSON list", "page": "HTML page", "detail": "the filing’s own page"},
		fact: map[string]string{
			"money": "amount", "power": "power", "percent": "rate", "shares": "shares", "date": "date", "country": "country", "counterparty": "counterparty",
		},
		stage: map[string]string{
			"mou": "stage: memorandum", "bid": "stage: bid", "award": "stage: award", "contract": "stage: contract", "delivery": "stage: delivery",
		},
		thousands: ",",
	}
}

// or gives the word for key, or the key itself: what the words do not know is shown as it is.
func or[K ~string](m map[K]string, key K) string {
	if w, ok := m[key]; ok {
		return w
	}
	return string(key)
}

// Count writes n with its thousands apart, as the language does it.
func (w words) Count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + w.thousands + s[i:]
	}
	return s
}

// since says how long ago t was.
func (w words) since(t, now time.Time) string {
	d := max(now.Sub(t), 0)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf(w.ago[0], int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf(w.ago[1], int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf(w.ago[2], int(d.Hours()))
	}
	return fmt.Sprintf(w.ago[3], int(d.Hours()/24))
}

func (w words) receiptLine(r monitor.Receipt) string {
	return fmt.Sprintf(w.receipt, r.Listed, r.Recorded, r.Sent, r.Digest, r.Pending, r.NotWanted, r.Unknown)
}
