package classify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kapwatch/monitor/classify"
)

// shymkent is synthetic: our own wording of the publicly known facts of the announcement of 26 April 2024.
func shymkent(city, paper string) classify.Text {
	return classify.Text{
		Subject: "Özel Durum Açıklaması (Genel)",
		Summary: "Kazakistan'da Enerji Santrali Hk.",
		Body: "Şirketimiz ile Kazakistan'ın " + city + " Valiliği arasında, " + city + " şehrinde kurulması düşünülen 500 MW gücündeki doğal gaz " +
			"kombine çevrim santraline ilişkin, bağlayıcı olmayan bir " + paper + " imzalanmıştır. Taraflar anlaşırsa ileride nihai bir sözleşme " +
			"imzalanabilecektir. Esas sözleşmemizde değişiklik gerekmemektedir.\n\nYukarıdaki açıklamalarımızın, Sermaye Piyasası Kurulunun " +
			"Özel Durumlar Tebliğinde yer alan esaslara uygun olduğunu, bu konuda tarafımıza ulaşan bilgileri tam olarak yansıttığını beyan ederiz.",
		Tickers: []string{"AKSEN"},
		Company: "AKSA ENERJİ ÜRETİM A.Ş.",
	}
}

func TestShymkent(t *testing.T) {
	c := builtInClassifier(t)
	papers := []string{
		"Mutabakat Zaptı", "Mutabakat Zaptı (MoU)", "MUTABAKAT ZAPTI", "mutabakat zapti", "İyi Niyet Mutabakatı", "Niyet Mektubu", "Ön Anlaşma",
		"Mutabakat Muhtırası", "MoU’nun metni", "MoU?nun metni", "Memorandum of Understanding", norm.NFD.String("Ön Anlaşma"),
	}
	for _, city := range []string{"Şymkent", "Shymkent", "Çimkent", "Şımkent", "SHYMKENT", norm.NFD.String("Çimkent")} {
		for _, paper := range papers {
			t.Run(city+" "+paper, func(t *testing.T) {
				got := c.Classify(shymkent(city, paper))
				if want := []string{"mou", "investment"}; !slices.Equal(got.Categories, want) {
					t.Errorf("categories = %v, want %v", got.Categories, want)
				}
				if want := []string{"non_binding"}; !slices.Equal(got.Qualifiers, want) {
					t.Errorf("qualifiers = %v, want %v", got.Qualifiers, want)
				}
				fact(t, got, "power", "500 MW", 500, "MW")
				fact(t, got, "country", "Kazakistan", 0, "KZ")
				fact(t, got, "counterparty", city+" Valiliği", 0, "")
				if got.Routine {
					t.Error("routine")
				}
			})
		}
	}
}

func TestShymkentElsewhere(t *testing.T) {
	c := builtInClassifier(t)
	tests := []struct {
		name string
		text classify.Text
	}{
		{"summary alone", classify.Text{Summary: "Kazakistan'da 500 MW Santral için Bağlayıcı Olmayan MoU İmzalanması"}},
		{"form for new business", classify.Text{
			Subject: "Yeni İş İlişkisi", Summary: "Yeni İş İlişkisi Hk.",
			Body: shymkent("Çimkent", "Mutabakat Zaptı").Body,
		}},
		{"english", classify.Text{BodyEN: "Our Company signed a non-binding Memorandum of Understanding with the Shymkent Governorate in Kazakhstan " +
			"concerning a 500 MW natural gas combined cycle power plant. A contract may be signed later."}},
		{"english letter", classify.Text{BodyEN: "A letter of intent, which is not legally binding, was signed with the Shymkent Governorate of Kazakhstan " +
			"for a 500 MW power plant. The articles of association do not change, an agreement may follow."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := c.Classify(tt.text)
			if want := []string{"mou", "investment"}; !slices.Equal(got.Categories, want) {
				t.Errorf("categories = %v, want %v", got.Categories, want)
			}
			if want := []string{"non_binding"}; !slices.Equal(got.Qualifiers, want) {
				t.Errorf("qualifiers = %v, want %v", got.Qualifiers, want)
			}
			fact(t, got, "power", "500 MW", 500, "MW")
		})
	}
}

func fact(t *testing.T, r classify.Result, kind, text string, value float64, unit string) {
	t.Helper()
	for _, f := range r.Facts {
		if f.Kind == kind && f.Text == text && f.Value == value && f.Unit == unit {
			return
		}
	}
	t.Errorf("no fact %s %q %v %s in %v", kind, text, value, unit, r.Facts)
}

// All texts are synthetic. want lists what must be there, not what must not.
func TestTraps(t *testing.T) {
	c := builtInClassifier(t)
	const general = "Özel Durum Açıklaması (Genel)"
	tests := []struct {
		name                   string
		subject, summary, body string
		want, not              string
	}{
		{"articles of association", general, "Esas Sözleşme Tadili Hk.", "", "other", "contract"},
		{"important is not preliminary", general, "Önemli Sözleşme", "", "contract", "mou"},
		{"an earlier agreement is not preliminary", general, "", "Önceki anlaşma kapsamındaki sipariş teslim edilmiştir.", "contract", "mou"},
		{"hands are not orders", general, "İşçi Alımı Hakkında", "", "other", "contract"},
		{"a contract not signed", general, "", "Taraflar arasında henüz bir anlaşma imzalanmamıştır.", "other", "contract"},
		{"labour agreement", general, "Toplu İş Sözleşmesi Görüşmeleri Hk.", "", "other", "contract"},
		{"loan agreement", general, "Kredi Sözleşmesi İmzalanması", "", "debt", "contract"},
		{"loan agreement with a name", general, "SYNTH Finance Corporation ile kredi sözleşmesi", "", "debt", "contract"},
		{"governance rating mandate", general, "Kurumsal Yönetim Derecelendirme Sözleşmesinin Yenilenmesi", "", "other", "contract rating"},
		{"governance rating", "Kurumsal Yönetim İlkelerine Uyum Derecelendirmesi", "Kurumsal Yönetim İlkelerine Uyum Derecelendirme Notu", "", "", "rating"},
		{"player's contract", general, "", "Profesyonel futbolcumuz ile üç yıllık sözleşme imzalanmıştır.", "other", "contract"},
		{"club's sponsor", general, "Sponsorluk Sözleşmesi", "Profesyonel Futbol Takımımız için sponsorluk sözleşmesi imzalanmıştır.", "contract", ""},
		{"business contract", general, "Tedarik Sözleşmesi İmzalanması", "", "contract", "mou"},
		{"contract that follows a memorandum", general, "Tedarik Sözleşmesi İmzalanması", "Daha önce duyurulan mutabakat zaptı kapsamında sözleşme imzalanmıştır.", "contract", ""},
		{"liquidation protocol", general, "Tasfiye Protokolü", "", "other", "mou distress"},
		{"rules of good faith", general, "", "İyi niyet kuralları çerçevesinde açıklanmıştır.", "other", "mou"},
		{"mouse", general, "Mouse ve mountain satışı", "", "other", "mou"},
		{"information memorandum", general, "Bilgi muhtırası", "", "other", "mou"},
		{"tender announced by the company", general, "Örnekköy 1. Etap İhale İlanı", "", "tender", "contract"},
		{"bad loans", general, "Tahsili Gecikmiş Alacak Portföyü Alımı - İhaleye Konu Alacakların Devrine Yönelik Sözleşme", "", "npl", "tender contract ma"},
		{"tender offer", general, "A tender offer for shares", "", "ma", "tender"},
		{"purchase option of a player", general, "", "Kulübün satın alma opsiyonu bulunmaktadır.", "other", "ma"},
		{"price is no rights issue", general, "Satış bedeli hakkında", "", "other", "capital"},
		{"dividend index", general, "BIST Temettü 25 Endeksi Hakkında", "", "other", "dividend"},
		{"dividend policy", general, "Kâr Dağıtım Politikası", "", "other", "dividend"},
		{"decision is no dividend", general, "Karar, karşılık ve karbon", "", "other", "dividend"},
		{"dividend with circumflex", general, "Kâr Payı Avansı", "", "dividend", ""},
		{"buy-back index", general, "BIST Geri Alım Endeksi Dönemsel Değişiklikleri", "", "other", "buyback"},
		{"buy-back, one word", general, "Pay gerialım programı", "", "buyback", ""},
		{"competition board's clearance", general, "Devralmaya ilişkin Rekabet Kurulu izni", "", "ma", "legal"},
		{"competition board's inquiry", general, "Rekabet Kurulu soruşturması", "", "legal", ""},
		{"lawsuit is no invitation", general, "Toplantıya davet", "", "other", "legal"},
		{"lawsuit", general, "Dava Hk.", "", "legal", ""},
		{"permission inside our company's", general, "", "Şirketimizin ve Bankamızın faaliyetleri sürmektedir.", "other", "licence"},
		{"pre-licence", general, "Önlisans Başvurusu", "", "licence", ""},
		{"unlicensed", general, "Lisanssız elektrik üretimi", "", "other", "licence"},
		{"investor", general, "Nitelikli yatırımcıya satış", "", "other", "investment"},
		{"names with investment", general, "SYNTH Yatırım Holding ve Örnek Gayrimenkul Yatırım Ortaklığı hakkında", "", "other", "investment ma"},
		{"name before its legal form", general, "Örnek Maden Yatırımları A.Ş. hakkında", "", "other", "investment"},
		{"pledge", general, "İpotek tesisi", "", "other", "investment"},
		{"appointment is no homeland", general, "Vatan satan", "", "other", "management"},
		{"export is no issue", general, "İhracat rakamları", "", "other", "debt"},
		{"fire brigade is no redemption", general, "İtfaiye istifadesi", "", "other", "debt"},
		{"injunction is no measure", general, "İhtiyati tedbir kararı", "", "legal", "halt"},
		{"bankruptcy law", general, "", "İcra ve İflas Kanunu hükümleri uyarınca bilgi verilmiştir.", "other", "distress"},
		{"concordat", general, "Konkordato talebi", "", "distress", ""},
		{"law 376", "TTK'nın 376. Maddesi Kapsamında Yapılan İşlemler", "", "", "distress", ""},
		{"law 376, curly", "TTK’nın 376. Maddesi", "", "", "distress", ""},
		{"form with a blank", "Katılım Finansı İlkeleri Bilgi Formu ", "", "", "form", ""},
		{"subject by prefix, other brackets", "Faaliyet Raporu (Konsolide Olmayan)", "", "", "report", ""},
		{"subject in capitals", "KREDİ DERECELENDİRMESİ", "", "", "rating", ""},
		{"subject name of the filter list", "Sermaye Artırımı/Azaltımı", "", "", "capital", ""},
		{"footer", general, "", "Bilginize sunarız. Yukarıdaki açıklamalarımızın, Sermaye Piyasası Kurulunun kararına, sözleşme imzalanmasına uygun olduğunu beyan ederiz.", "other", "contract"},
		{"questions of the form", general, "", "Yapılan Açıklama Ertelenmiş Bir Açıklama mı? Hayır", "other", ""},
		{"what comes late in a body", general, "", strings.Repeat("Şirketimiz çalışmalarını sürdürmektedir. ", 30) + "Konkordato.", "other", "distress"},
		{"capitals without diacritics", general, "KAR PAYI DAGITIMI", "", "dividend", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := classify.Text{Subject: tt.subject, Summary: tt.summary, Body: tt.body}
			got := c.Classify(text)
			for id := range strings.FieldsSeq(tt.want) {
				if !slices.Contains(got.Categories, id) {
					t.Errorf("Classify(%q) = %v, want %s", tt.summary+tt.body, got.Categories, id)
				}
			}
			for id := range strings.FieldsSeq(tt.not) {
				if slices.Contains(got.Categories, id) {
					t.Errorf("Classify(%q) = %v, not %s: %v", tt.summary+tt.body, got.Categories, id, got.Evidence)
				}
			}
		})
	}
}

func TestQualifiers(t *testing.T) {
	c := builtInClassifier(t)
	tests := []struct{ text, want string }{
		{"Bağlayıcı olmayan teklif verilmiştir.", "non_binding"},
		{"Bağlayıcı niyet mektubu imzalanmıştır.", ""},
		{"Bu belgenin bağlayıcılığı bulunmamaktadır.", "non_binding"},
		{"Bu belgenin bağlayıcılığı bulunmaktadır.", ""},
		{"Metin hukuken bağlayıcı nitelik taşımamaktadır.", "non_binding"},
		{"Metin bağlayıcı nitelik taşımaktadır.", ""},
		{"Haberler gerçeği yansıtmamaktadır.", "denied"},
		{"Tablolar gerçeği yansıtmaktadır.", ""},
		{"Herhangi bir görüşme söz konusu değildir.", "denied"},
		{"İhale kazanılamamıştır.", "denied"},
		{"Başvurumuz reddedilmiştir.", "applied denied"},
		{"Kredi kullanılmıştır.", ""},
		{"Kurul tarafından onaylanmıştır.", "approved"},
		{"Kurul tarafından onaylanmamıştır.", "denied"},
		{"Kurul'un onayına sunulmuştur.", "applied"},
		{"Onay başvurusu yapılmıştır.", "applied"},
		{"Başvuru uygun görülmüştür.", "applied approved"},
		{"Program sonlandırılmıştır.", "cancelled"},
		{"Programın sona ermesi", "cancelled"},
		{"Sözleşme feshedilmiştir.", "cancelled"},
		{"İşlem tamamlanmıştır.", "completed"},
		{"İşlemin tamamlanması hedeflenmektedir.", ""},
		{"İşlem tamamlanmamıştır.", ""},
		{"Toplantı ertelenmiştir.", "postponed"},
		{"Ertelenmiş vergi geliri", ""},
		{"Görüşmelere başlanmıştır.", "negotiating"},
		{"Negotiations have started; the offer is non-binding.", "negotiating non_binding"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got := c.Classify(classify.Text{Summary: tt.text})
			if s := strings.Join(got.Qualifiers, " "); s != tt.want {
				t.Errorf("qualifiers of %q = %q, want %q: %v", tt.text, s, tt.want, got.Evidence)
			}
		})
	}
	for _, id := range classify.Qualifiers() {
		if tr, en := classify.QualifierLabel(id, "tr"), classify.QualifierLabel(id, "en"); tr == id || en == "" || tr == en {
			t.Errorf("labels of %s = %q, %q", id, tr, en)
		}
	}
	if got := classify.QualifierLabel("nonsense", "tr"); got != "nonsense" {
		t.Errorf("label of an unknown qualifier = %q", got)
	}
}

func TestRoutine(t *testing.T) {
	c := builtInClassifier(t)
	tests := []struct {
		name, subject, summary, body string
		routine, urgent              bool
	}{
		{"circuit breaker", "Pay Bazında Devre Kesici Bildirimi", "SYNTH.E işlem sırasında Pay Bazında Devre Kesici Uygulaması devreye girmiştir", "", true, false},
		{"coupon", "Pay Dışında Sermaye Piyasası Aracı İşlemlerine İlişkin Bildirim (Faiz İçeren)", "3. Kupon Ödemesi", "", true, false},
		{"redemption", "Pay Dışında Sermaye Piyasası Aracı İşlemlerine İlişkin Bildirim (Faiz İçeren)", "Finansman Bonosu İtfası", "", true, false},
		{"new issue", "Pay Dışında Sermaye Piyasası Aracı İşlemlerine İlişkin Bildirim (Faiz İçeren)", "Finansman Bonosu İhracı", "", false, false},
		{"coupon that was not paid", "Pay Dışında Sermaye Piyasası Aracı İşlemlerine İlişkin Bildirim (Faiz İçeren)", "3. Kupon Ödemesi", "Kupon ödemesi yapılamamıştır.", false, true},
		{"form", "Şirket Genel Bilgi Formu", "", "", true, false},
		{"index change", "BIST Pay Endeksleri", "BIST Temettü Endeksi Dönemsel Değişiklikleri", "", true, false},
		{"own tender, announced", "Özel Durum Açıklaması (Genel)", "Örnekköy 2. Etap İhale İlanı", "", true, false},
		{"own tender, session", "Özel Durum Açıklaması (Genel)", "Örnekköy İhalesi 2. Oturum Sonucu", "", true, false},
		{"tender won and contract", "Özel Durum Açıklaması (Genel)", "Örnekköy 2. Oturum Sonucu ve Tedarik Sözleşmesi", "", false, false},
		{"tender process", "İhale Süreci / Sonucu", "Örnek Kurum İhalesi", "", false, false},
		{"dividend", "Kar Payı Dağıtım İşlemlerine İlişkin Bildirim", "Kâr payı", "", false, false},
		{"pre-emption right", "Özel Durum Açıklaması (Genel)", "Ön Alım Hakkının Kullanımı", "", false, true},
		{"trading halted", "Özel Durum Açıklaması (Genel)", "İşlem sırasının durdurulması", "", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := c.Classify(classify.Text{Subject: tt.subject, Summary: tt.summary, Body: tt.body})
			if got.Routine != tt.routine || got.Urgent != tt.urgent {
				t.Errorf("routine, urgent = %v, %v, want %v, %v: %v %v", got.Routine, got.Urgent, tt.routine, tt.urgent, got.Categories, got.Evidence)
			}
		})
	}
}

func TestOwnNameNeverCounts(t *testing.T) {
	c := builtInClassifier(t)
	got := c.Classify(classify.Text{Summary: "Örnek Temettü Yatırım Hakkında", Company: "ÖRNEK TEMETTÜ YATIRIM SANAYİ A.Ş."})
	if want := []string{"other"}; !slices.Equal(got.Categories, want) {
		t.Errorf("categories = %v, want %v", got.Categories, want)
	}
	got = c.Classify(classify.Text{Summary: "DAVA Hk.", Tickers: []string{"DAVA"}})
	if want := []string{"other"}; !slices.Equal(got.Categories, want) {
		t.Errorf("categories of a ticker = %v, want %v", got.Categories, want)
	}
}

func TestFacts(t *testing.T) {
	c := builtInClassifier(t)
	tests := []struct{ text, want string }{
		{"31,9 milyon ABD Doları", "money|31,9 milyon ABD Doları|31900000|USD"},
		{"54.000.000,- USD tutarında", "money|54.000.000,- USD|54000000|USD"},
		{"1.200.000.000.-TL olan", "money|1.200.000.000.-TL|1200000000|TRY"},
		{"1.234.567,89 TL'ye", "money|1.234.567,89 TL|1234567.89|TRY"},
		{"12 milyon dolarlık", "money|12 milyon dolarlık|12000000|USD"},
		{"USD 700 million", "money|USD 700 million|700000000|USD"},
		{"€5 milyon", "money|€5 milyon|5000000|EUR"},
		{"100 TL 2024 yılında", "money|100 TL|100|TRY"},
		{"2,5 milyar Türk Lirası", "money|2,5 milyar Türk Lirası|2500000000|TRY"},
		{"bedeli 5. TL olarak", ""},
		{"0,133 USD cent", ""},
		{"500 MW", "power|500 MW|500|MW"},
		{"22MWm / 15 MWe", "power|22MWm|22|MW power|15 MWe|15|MW"},
		{"1,2 GW ve 998,985 kWp", "power|1,2 GW|1200|MW power|998,985 kWp|0.998985|MW"},
		{"40 MWh depolama", ""},
		{"%5", "percent|%5|5|%"},
		{"% 1,2779 ve yüzde 10'una", "percent|% 1,2779|1.2779|% percent|yüzde 10|10|%"},
		{"236.181 adet pay", "shares|236.181 adet pay|236181|shares"},
		{"3 (üç) yıl vadeli, 18 ay süreyle", "date|3 (üç) yıl|0|P3Y date|18 ay|0|P18M"},
		{"371 gün vadeli, 5,5 yıllık", "date|371 gün|0|P371D date|5,5 yıllık|0|P5.5Y"},
		{"2024 yılı, 3. yıl, 10 iş günü, 5 gündem maddesi", ""},
		{"285 Milyon 389 Bin ABD Doları", "money|285 Milyon 389 Bin ABD Doları|285389000|USD"},
		{"10 bin TL", "money|10 bin TL|10000|TRY"},
		{"535.000 adet Bankamız D Grubu payının", "shares|535.000 adet Bankamız D Grubu payının|535000|shares"},
		{"Sample Bank of China Limited'den", ""},
		{"Örnek Boru A.Ş. ile Deneme Çelik A.Ş. arasında sözleşme", "counterparty|Deneme Çelik A.Ş.|0|"},
		{"Oyuncu ile sözleşme imzalandı", ""},
		{"60.251.557 lot", "shares|60.251.557 lot|60251557|shares"},
		{"1.000.000 adet Şirketimiz payı", "shares|1.000.000 adet Şirketimiz payı|1000000|shares"},
		{"24.09.2026 tarihli", "date|24.09.2026|0|2026-09-24"},
		{"26 Nisan 2024", "date|26 Nisan 2024|0|2024-04-26"},
		{"Kazakistan'ın, Özbekistanda", "country|Kazakistan|0|KZ country|Özbekistan|0|UZ"},
		{"çinko, mısır ve mali tablo", ""},
		{"Mısır'da ve Çin'de", "country|Mısır|0|EG country|Çin|0|CN"},
		{"Amerika Birleşik Devletleri'nde", "country|Amerika Birleşik Devletleri|0|US"},
		{"5 milyon Çin Yuanı", "money|5 milyon Çin Yuanı|5000000|CNY"},
		{"TRFSYNT12345 ISIN kodlu II-14.1", ""},
		{"Örnek Savunma A.Ş. ile sözleşme imzalandı", "counterparty|Örnek Savunma A.Ş.|0|"},
		{"Şirketimiz ile Örnek Valiliği arasında protokol", "counterparty|Örnek Valiliği|0|"},
		{"Fon ile ilgili bilgi", ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			var got []string
			for _, f := range c.Classify(classify.Text{Summary: tt.text}).Facts {
				got = append(got, strings.TrimSuffix(fmt.Sprintf("%s|%s|%.10g|%s", f.Kind, f.Text, f.Value, f.Unit), " "))
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("facts of %q = %s, want %s", tt.text, s, tt.want)
			}
		})
	}
}

func TestFactsAreCitedOnce(t *testing.T) {
	c := builtInClassifier(t)
	got := c.Classify(classify.Text{Summary: "500 MW santral", Body: "500 MW gücünde santral, 26.04.2024", BodyEN: "a 500 MW plant, April 26, 2024, 1,234 MW"})
	var texts []string
	for _, f := range got.Facts {
		texts = append(texts, string(f.Span.Field)+" "+f.Text)
	}
	if want := []string{"summary 500 MW", "body 26.04.2024", "body_en 1,234 MW"}; !slices.Equal(texts, want) {
		t.Errorf("facts = %q, want %q", texts, want)
	}
}

func TestOwnFile(t *testing.T) {
	c, err := classify.New(classify.File{
		Categories: []classify.Category{
			{ID: "gas", Label: classify.Label{TR: "Gaz"}, Terms: []string{"doğal gaz"}, Unless: []string{"iptal"}},
			{ID: "strict", Terms: []string{"santral"}, Body: []string{}},
			{ID: "other"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		text classify.Text
		want string
	}{
		{classify.Text{Summary: "Doğal-gaz alımı"}, "gas"},
		{classify.Text{Body: "doğal gaz alımı"}, "gas"},
		{classify.Text{Summary: "Doğal gaz alımı", Body: "İPTAL edildi"}, "other"},
		{classify.Text{Body: "santral"}, "other"},
		{classify.Text{Subject: "Santral Bildirimi"}, "strict"},
		{classify.Text{}, "other"},
	}
	for _, tt := range tests {
		if got := strings.Join(c.Classify(tt.text).Categories, " "); got != tt.want {
			t.Errorf("Classify(%v) = %s, want %s", tt.text, got, tt.want)
		}
	}
	if a, b, d := c.Label("gas", "tr"), c.Label("gas", "en"), c.Label("nonsense", "tr"); a != "Gaz" || b != "gas" || d != "nonsense" {
		t.Errorf("labels = %q, %q, %q", a, b, d)
	}
}

func TestNewJoinsEveryFault(t *testing.T) {
	_, err := classify.New(classify.File{
		Categories: []classify.Category{
			{ID: "moü", Terms: []string{"x"}},
			{ID: "mou", Terms: []string{"ok", "="}, Yields: []string{"nobody"}},
			{ID: "mou", Terms: []string{"x"}},
			{ID: "empty"},
			{ID: "other", Terms: []string{"x"}},
			{ID: "blank", Subjects: []string{" "}, Ignore: []string{"…"}},
		},
		Routine: classify.Routine{Terms: []string{""}},
		Ignore:  []string{"?"},
	})
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, want := range []string{
		`categories[0] "moü": id must be`, `categories[1] "mou": terms[1]: "="`, `categories[1] "mou": yields[0]: "nobody"`,
		`categories[2] "mou": id is used twice`, `categories[3] "empty": terms is empty`, `categories[4] "other": `,
		`categories[5] "blank": subjects[0]: " "`, `categories[5] "blank": ignore[0]: "…"`, `routine: terms[0]: ""`, `ignore[0]: "?"`,
	} {
		if strings.Count(err.Error(), want) != 1 {
			t.Errorf("%q is not said once in:\n%v", want, err)
		}
	}
	if _, err := classify.New(classify.File{}); err == nil {
		t.Error("a file without categories is accepted")
	}
}

func TestBuiltInFile(t *testing.T) {
	c := builtInClassifier(t)
	want := strings.Fields(`contract tender mou ma capital dividend buyback insider report rating legal management licence investment
		guidance halt distress debt npl meeting operational form other`)
	if got := c.Categories(); !slices.Equal(got, want) {
		t.Errorf("ids = %v, want %v", got, want)
	}
	for _, id := range want {
		if c.Label(id, "tr") == id || c.Label(id, "en") == id {
			t.Errorf("%s has no label in one language", id)
		}
	}
}

// A body of the largest size that is read must not cost the square of its length.
func TestLongBody(t *testing.T) {
	c := builtInClassifier(t)
	body := strings.Repeat("ertelenmiş vergi, esas sözleşme ve 500 MW ile 1.234,5 TL; Örnek A.Ş. bağlayıcı olmayan. ", 20000)
	start := time.Now()
	got := c.Classify(classify.Text{Body: body})
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("%d bytes took %v", len(body), d)
	}
	if want := []string{"non_binding"}; !slices.Equal(got.Qualifiers, want) {
		t.Errorf("qualifiers = %v, want %v", got.Qualifiers, want)
	}
}

func FuzzClassify(f *testing.F) {
	for _, s := range []string{"MoU'nun", "500 MW", "%5", "€5", "a.ş.", "Örnek A.Ş. ile sözleşme", "1,,2", "\xff500 \xffMW", "ﬁ 26 nisan 2024", "i\u0307hale"} {
		f.Add(s, s)
	}
	c := builtInClassifier(f)
	f.Fuzz(func(t *testing.T, summary, body string) {
		text := classify.Text{Summary: summary, Body: body, BodyEN: summary, Subject: body, Company: summary, Tickers: []string{"AB"}}
		got := c.Classify(text)
		if len(got.Categories) == 0 {
			t.Fatal("no category")
		}
		check := func(s classify.Span, cited string) {
			of := s.Field.Of(text)
			if s.Start < 0 || s.End > len(of) || s.Start >= s.End || of[s.Start:s.End] != cited {
				t.Fatalf("span %v of %q is not %q", s, of, cited)
			}
			if utf8.ValidString(of) && !utf8.ValidString(cited) {
				t.Fatalf("%q cuts a character of %q", cited, of)
			}
		}
		for _, e := range got.Evidence {
			check(e.Span, e.Text)
		}
		for _, x := range got.Facts {
			check(x.Span, x.Text)
		}
	})
}

func ExampleClassifier_Classify() {
	c, err := classify.New(classify.File{Categories: []classify.Category{
		{ID: "mou", Terms: []string{"=MoU", "mutabakat zapt"}},
		{ID: "contract", Terms: []string{"sözleşme"}, Ignore: []string{"esas sözleşme"}},
		{ID: "other"},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := c.Classify(classify.Text{Summary: "Çimkent Valiliği ile bağlayıcı olmayan MoU’nun imzalanması, 500 MW; esas sözleşme değişmez"})
	fmt.Println(r.Categories, r.Qualifiers)
	for _, e := range r.Evidence {
		fmt.Println(e.For, "←", e.Text)
	}
	for _, f := range r.Facts {
		fmt.Println(f.Kind, f.Value, f.Unit, "←", f.Text)
	}
	// Output:
	// [mou] [non_binding]
	// mou ← MoU
	// non_binding ← bağlayıcı olmayan
	// counterparty 0  ← Çimkent Valiliği
	// power 500 MW ← 500 MW
}
