package kapsim

import "kapwatch/monitor"

// filer is who publishes.
type filer struct {
	name  string
	codes []string
}

const (
	aksaEnerji  = "AKSA ENERJİ ÜRETİM A.Ş."
	aksaAkrilik = "AKSA AKRİLİK KİMYA SANAYİİ A.Ş."
)

// companies are 108 invented ones; no code of theirs is traded.
func companies() []filer {
	stems := [...][2]string{
		{"ÖRNEK", "ORX"},
		{"KURGU", "KRX"},
		{"HAYAL", "HYX"},
		{"MASAL", "MSX"},
		{"FARAZİ", "FRX"},
		{"DÜŞSEL", "DSX"},
		{"SANAL", "SNX"},
		{"MİSAL", "MIX"},
		{"TASVİR", "TSX"},
		{"SENTEZ", "SZX"},
		{"UYDURU", "UYX"},
		{"DENEME", "DNX"},
	}
	trades := [...][2]string{
		{"DEMİR ÇELİK SANAYİ A.Ş.", "DC"},
		{"GIDA SANAYİ VE TİCARET A.Ş.", "GD"},
		{"ENERJİ ÜRETİM A.Ş.", "EN"},
		{"GAYRİMENKUL YATIRIM ORTAKLIĞI A.Ş.", "GY"},
		{"TEKSTİL SANAYİ A.Ş.", "TK"},
		{"YAZILIM VE BİLİŞİM A.Ş.", "YZ"},
		{"YATIRIM HOLDİNG A.Ş.", "HO"},
		{"ÇİMENTO SANAYİ A.Ş.", "CM"},
		{"LOJİSTİK HİZMETLERİ A.Ş.", "LJ"},
	}
	var out []filer
	for _, s := range stems {
		for i, t := range trades {
			codes := []string{s[1] + t[1]}
			if i == 6 { // some filers have several codes
				codes = append(codes, s[1]+"B")
			}
			out = append(out, filer{s[0] + " " + t[0], codes})
		}
	}
	return out
}

func borsa() filer     { return filer{name: "BORSA İSTANBUL A.Ş."} }
func kap() filer       { return filer{name: "KAMUYU AYDINLATMA PLATFORMU"} }
func broker() filer    { return filer{"ÖRNEK MENKUL DEĞERLER A.Ş.", []string{"ORXMD", "OXM"}} }
func manager() filer   { return filer{"HAYAL PORTFÖY YÖNETİMİ A.Ş.", []string{"HYXPY"}} }
func agency() filer    { return filer{"KURGU DERECELENDİRME HİZMETLERİ A.Ş.", []string{"KRXDR"}} }
func factoring() filer { return filer{"MASAL FAKTORİNG A.Ş.", []string{"MSXFK"}} }

// template is a kind of filing. In its texts {t} is the company's ticker, {c} its name, {u} and {v} those of another,
// {d} the day, {y} the year before, {n} a small number, {m} one with a fraction, {k} one in thousands, {i} an ISIN.
type template struct {
	weight             int   // in about 800, circuit breakers aside
	sender             filer // zero = the company itself
	about              bool  // names the company as related
	class, kind, group string
	subject            string
	summaries          []string // one of them; none = null
	body, bodyEN       string
	rows               []monitor.Row
	report             bool    // carries year and period
	english            bool    // always announces English
	files              float64 // share with an attachment
}

const general = "Özel Durum Açıklaması (Genel)"

// breaker is the circuit-breaker notice: sent by the exchange's application, without category, codes of its own or
// a ticker but in relatedStocks.
func breaker() template {
	return template{
		sender: filer{name: "BORSA İSTANBUL BISTECH DEVRE KESİCİ UYGULAMASI"}, about: true, class: "DUY", kind: "DUY",
		subject: "Pay Bazında Devre Kesici Bildirimi", summaries: []string{"{t}.E sırasında pay bazında devre kesici çalışmıştır"},
		body: "{t}.E sırasında tek fiyat emir toplama süreci başlamıştır.", english: true,
	}
}

func oda(weight int, subject, body, bodyEN string, files float64, summaries ...string) template {
	return template{
		weight: weight, class: "ODA", kind: "ODA", group: "ODA", subject: subject, summaries: summaries, body: body,
		bodyEN: bodyEN, files: files,
	}
}

func action(weight int, subject, body string, rows []monitor.Row, summaries ...string) template {
	return template{
		weight: weight, class: "ODA", kind: "CA", group: "STT", subject: subject, summaries: summaries, body: body,
		rows: rows, files: 0.2,
	}
}

// templates are all kinds but the circuit breaker, weighted by how often their subjects came in 7,384 filings of
// 2026. Every text is our own wording.
func templates() []template {
	coupon := []monitor.Row{
		{Label: "ISIN Kodu", Value: "{i}"}, {Label: "Ödeme Tarihi", Value: "{d}"}, {Label: "Dönemsel Faiz Oranı (%)", Value: "{m}"},
	}
	result := []monitor.Row{
		{Name: "ifrs-full_Revenue", Label: "Hasılat", LabelEN: "Revenue", Value: "{k}.000", ValueEN: "{k}.000"},
		{Name: "ifrs-full_ProfitLoss", Label: "Dönem Karı (Zararı)", LabelEN: "Profit (loss)", Value: "{k}", ValueEN: "{k}"},
	}
	share := []monitor.Row{{Name: "oda_TransactionDate", Label: "İşlem Tarihi", LabelEN: "Transaction Date", Value: "{d}", ValueEN: "{d}"}}
	return []template{
		// The subject says nothing; the news stands in summary and body.
		oda(22, general, "Şirketimiz yönetim kurulu üyeliğine yeni bir atama yapılmıştır.", "A new member was appointed to our board of directors.", 0.1,
			"Yönetim Kurulu Üye Ataması Hk.", "Üst Düzey Yönetici Görev Değişikliği"),
		oda(20, general, "Bağlı ortaklığımızın {m} milyon TL tutarındaki kredi kullanımına kefil olunmuştur.", "Our Company stood surety for a loan of its subsidiary.", 0.1,
			"Bağlı Ortaklık Kredi Kefaleti", "Kredi Kullanımı Hakkında"),
		oda(20, general, "Şirketimiz adresine ve iletişim bilgilerine ilişkin değişiklik tescil edilmiştir.", "", 0, "Adres Değişikliği", "Tescil Bildirimi  "),
		oda(16, general, "Finansman bonosu ihracına ilişkin işlemler sonuçlanmıştır. ISIN kodu {i} olan bononun vadesi {n} aydır.", "", 0.2,
			"Finansman Bonosu İhracı", "Tahvil İhracının Sonucu Hk.", "Kira Sertifikası İhracı"),
		oda(14, general, "{c} bünyesindeki {n} MW kapasiteli güneş enerjisi santralinin yapımına başlanmıştır.", "Construction of our solar plant of {n} MW has begun.", 0.2,
			"Güneş Enerjisi Santrali Yatırımı", "Kapasite Artışı Hakkında", "Yeni Üretim Tesisi\nHakkında"),
		oda(12, general, "Şirketimiz aleyhine açılan davada mahkeme ret kararı vermiştir.", "", 0, "Dava Sonucu Hk.", "Devam Eden Dava Hakkında"),
		oda(12, general, "{v} ile {m} milyon ABD Doları tutarında satış sözleşmesi imzalanmıştır.", "A sales contract of USD {m} million was signed with {v}.", 0.1,
			"Satış Sözleşmesi İmzalanması", "Yurt Dışı Sipariş Alınması"),
		oda(10, general, "Yatırımcı sunumumuz internet sitemizde yayımlanmıştır.", "Our investor presentation is on our website.", 0.9, "Yatırımcı Sunumu", "Telekonferans Duyurusu"),
		oda(8, general, "Basında çıkan haberler gerçeği yansıtmamaktadır; yürütülen bir görüşme yoktur.", "The news in the press does not reflect the truth.", 0,
			"Basında Yer Alan Haberler Hakkında"),
		oda(8, general, "Esas sözleşme tadiline ilişkin başvuru Kurul tarafından incelenmektedir.", "", 0.3, "Esas Sözleşme Değişikliği Hk.", "Esas Sözleşme Tadil Başvurusu"),
		oda(6, general, "Takipteki kredi portföyünden {m} milyon TL anapara büyüklüğünde satış yapılmıştır.", "", 0, "Takipteki Alacak Satışı"),

		action(90, "Pay Dışında Sermaye Piyasası Aracı İşlemlerine İlişkin Bildirim (Faiz İçeren)", "{i} ISIN kodlu tahvilin {n}. kupon ödemesi yapılmıştır.", coupon,
			"{i} {n}. Kupon Ödemesi", "{d} Tarihli Kupon Ödemesi", "Kupon Oranının Belirlenmesi Hk.", "İtfa ve Kupon Ödemesi"),
		action(24, "Pay Dışında Sermaye Piyasası Aracı İşlemlerine İlişkin Bildirim (Faizsiz)", "Kira sertifikasının getiri ödemesi yapılmıştır.", coupon, "{i} Kira Sertifikası Getiri Ödemesi"),
		action(38, "Genel Kurul İşlemlerine İlişkin Bildirim", "{y} yılı olağan genel kurul toplantısına ilişkin bilgiler ektedir.", nil,
			"{y} Yılı Olağan Genel Kurul Çağrısı", "Olağan Genel Kurul Sonucu", "Genel Kurul Kararlarının Tescili"),
		action(20, "Kar Payı Dağıtım İşlemlerine İlişkin Bildirim", "{y} yılı karından pay başına brüt {m} kuruş nakit kâr payı dağıtılması önerilmiştir.",
			[]monitor.Row{{Label: "Para Birimi", Value: "TRY"}, {Label: "Teklif Edilen Nakit Kar Payı Ödeme Tarihi", Value: "{d}"}},
			"{y} Yılı Kâr Dağıtım Önerisi", "Kar Payı Dağıtımı Hk.", "Kâr Payı Dağıtılmaması Kararı"),
		action(12, "Sermaye Artırımı - Azaltımı İşlemlerine İlişkin Bildirim", "Çıkarılmış sermayenin iç kaynaklardan % {n} oranında bedelsiz artırılmasına karar verilmiştir.",
			[]monitor.Row{{Label: "Mevcut Sermaye (TL)", Value: "{k}.000"}}, "Bedelsiz Sermaye Artırımı Kararı", "Bedelli Sermaye Artırımı Başvurusu"),
		action(10, "Kayıtlı Sermaye Tavanı İşlemlerine İlişkin Bildirim", "Kayıtlı sermaye tavanının süresi uzatılmaktadır.", nil, "Kayıtlı Sermaye Tavanı Süre Uzatımı"),
		action(14, "Payların Geri Alınmasına İlişkin Bildirim", "Program kapsamında {d} tarihinde {k} adet pay geri alınmıştır.",
			[]monitor.Row{{Label: "İşleme Konu Pay", Value: "{t}"}, {Label: "İşlem Fiyatı (TL/Adet)", Value: "{m}"}},
			"{d} Tarihli Pay Geri Alım İşlemleri", "Geri Alım İşlemi Hk."),

		{weight: 55, class: "DG", kind: "DG", group: "STT", subject: "Şirket Genel Bilgi Formu", english: true},
		{weight: 8, class: "DG", kind: "DG", group: "STT", subject: "Katılım Finansı İlkeleri Bilgi Formu ", english: true, report: true},
		{
			weight: 10, class: "DG", kind: "DG", group: "ODA", subject: "Kurumsal Yönetim Bilgi Formu (Güncelleme) - Yönetim Kurulu-2",
			summaries: []string{"Kurumsal Yönetim Bilgi Formu Güncellemesi"}, english: true,
		},
		{weight: 8, class: "DG", kind: "DG", group: "ODA", subject: "Değerleme Raporu ", summaries: []string{"Gayrimenkul Değerleme Raporu"}, files: 1},
		{
			weight: 8, sender: broker(), about: true, class: "DG", kind: "DG", group: "ODA", subject: "Likidite Sağlayıcılık Kapsamındaki İşlemler",
			summaries: []string{"{t} Likidite Sağlayıcılık İşlemleri\n{d}"},
		},

		oda(33, "Bağımsız Denetim Kuruluşunun Belirlenmesi", "Bağımsız denetim kuruluşu seçimi genel kurulun onayına sunulacaktır.", "", 0, "Bağımsız Denetim Kuruluşu Seçimi"),
		oda(21, "İhraç Tavanına İlişkin Bildirim", "Borçlanma aracı ihraç tavanı için Kurula başvurulmuştur.", "", 0.1, "İhraç Tavanı Başvurusu", "Borçlanma Aracı İhraç Tavanı Onayı"),
		oda(12, "Kredi Derecelendirmesi", "Uzun vadeli ulusal notumuz A, görünümü durağan olarak teyit edilmiştir.", "Our long-term national rating was affirmed as A, outlook stable.", 0.8,
			"KREDİ DERECELENDİRME BİLDİRİMİ", "Kredi Derecelendirme Notu Hk."),
		oda(6, "Yönetim Kurulu Komiteleri", "Denetim komitesi üyeleri belirlenmiştir.", "", 0, "Komite Üyelikleri"),
		oda(9, "Yeni İş İlişkisi", "{v} ile toplam bedeli {m} milyon TL olan yapım işi sözleşmesi imzalanmıştır.", "A construction contract was signed with {v}.", 0,
			"Yeni İş Sözleşmesi", "Sözleşme İmzalanması"),
		oda(5, "İhale Süreci / Sonucu", "Katıldığımız ihalede en uygun teklif Şirketimizce verilmiştir.", "", 0, "İhale Sonucu Hk.", "Arsa Satışı 1. Oturum Sonucu"),
		oda(3, "Finansal Duran Varlık Edinimi", "{v} paylarının % {n} kadarının satın alınmasına ilişkin işlem yapılmıştır.", "", 0.1, "Pay Devralınması"),
		oda(3, "İlişkili Taraf İşlemleri", "İlişkili taraflarla yaygın ve süreklilik arz eden işlemlere ilişkin rapor ektedir.", "", 1, "İlişkili Taraf İşlemleri Raporu"),
		oda(2, "Geleceğe Dönük Değerlendirmeler", "Şirketimizin yıl sonu beklentileri korunmaktadır.", "Our expectations for the year are unchanged.", 0.5, "Yıl Sonu Beklentileri"),
		oda(2, "Ortaklık Aleyhine Dava Açılması veya Davaya İlişkin Gelişmeler", "Açılan dava sürmektedir.", "", 0, "Dava Hk."),
		{
			weight: 14, class: "ODA", kind: "ODA", group: "ODA", subject: "Pay Alım Satım Bildirimi", summaries: []string{"Pay Alım Satım Hk.", "Pay Sahipliği"},
			body: "Ortağımız {d} tarihinde {k} TL nominal tutarlı pay satmıştır.", rows: share,
		},
		{
			weight: 8, sender: manager(), about: true, class: "ODA", kind: "ODA", group: "ODA", subject: "Pay Alım Satım Bildirimi",
			summaries: []string{"Pay Sahipliği Hk."}, body: "Kurucusu olduğumuz fonların {t} paylarındaki toplamı değişmiştir.", rows: share, files: 0.5,
		},
		{
			weight: 8, sender: kap(), about: true, class: "DUY", kind: "ODA", group: "ODA", subject: "Pay Alım Satım Bildirimi",
			summaries: []string{"Pay Alım Satım Bildirimi\n"}, files: 1,
		},
		{
			weight: 6, sender: agency(), about: true, class: "ODA", kind: "ODA", group: "ODA", subject: "Kredi Derecelendirmesi",
			summaries: []string{"Kredi Derecelendirmesi"}, body: "{c} için verilen uzun vadeli not A olarak teyit edilmiştir.", files: 1,
		},
		{
			weight: 7, sender: broker(), class: "ODA", kind: "ODA", group: "ODA", subject: "Yatırım Kuruluşu Varant - Sertifika - Senetlerine İlişkin Bildirim",
			summaries: []string{"GÜNLÜK VARANT İŞLEMLERİ"}, files: 1,
		},
		{
			weight: 9, sender: factoring(), class: "ODA", kind: "CA", group: "STT", subject: "Pay Dışında Sermaye Piyasası Aracı İşlemlerine İlişkin Bildirim (Faiz İçeren)",
			summaries: []string{"{i} Kupon Ödemesi"}, rows: coupon,
		},

		{weight: 20, class: "FR", kind: "FR", group: "FR", subject: "Finansal Rapor", body: "Özet finansal bilgiler.", rows: result, report: true, english: true, files: 1},
		{weight: 12, class: "FR", kind: "FR", group: "ODA", subject: "Faaliyet Raporu (Konsolide)", summaries: []string{"1. Dönem Faaliyet Raporu"}, report: true, files: 1},
		{weight: 14, class: "FR", kind: "FR", group: "ODA", subject: "Sorumluluk Beyanı (Konsolide)", summaries: []string{"1. Dönem Sorumluluk Beyanı"}, report: true},

		{
			weight: 12, sender: borsa(), about: true, class: "DUY", kind: "DUY", group: "ODA", subject: "BISTECH Pay Piyasası Alım Satım Sistemi Duyurusu",
			summaries: []string{"Hak Kullanımı", "Toptan Alış Satış İşlemi ", "Brüt Takas Uygulaması"}, body: "{t} paylarına ilişkin duyuru.", english: true,
		},
	}
}
