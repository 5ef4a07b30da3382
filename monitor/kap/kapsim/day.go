package kapsim

import (
	"cmp"
	"slices"
	"time"

	"kapwatch/monitor"
)

// MoU is the index of AKSEN's memorandum in Day.
const MoU = 1277777

// dayFilings is how many of Day's filings are of 26 April 2024.
const dayFilings = 240

// Day is the synthetic Friday of the demo, 26 April 2024, with 40 filings of the day before for the baseline, in the
// order of their indexes, all within 1277xxx and with gaps. It is the same at every call. Aksa Enerji's
// memorandum (index MoU, 18:05:33) stands in the middle of the evening's rush; around it are the cases that a reader
// must tell apart: AKSA, a notice that names 56 codes, a test row, corrections, filings that change under their own
// index, updates that only the detail shows, a late row, share deals that KAP passes on, a rating filed twice, a denial.
func Day() Archive {
	day := time.Date(2024, 4, 26, 0, 0, 0, 0, monitor.Istanbul)
	told := scenes(day)
	rest := Generate(dayFilings-len(told), 66, day) // a seed whose mix comes out like a real day's
	today := append(told, rest...)
	slices.SortStableFunc(today, func(a, b Filing) int { return a.PublishedAt.Compare(b.PublishedAt) })

	out := Generate(40, 25, day.AddDate(0, 0, -1))
	for i := range out {
		renumber(&out[i], 1_277_040+int64(i)*3+int64(i%2))
	}
	// Indexes follow the time: from 1277200 to the memorandum, and from there to the end of 1277xxx.
	m := slices.IndexFunc(today, func(f Filing) bool { return f.Index == MoU })
	renamed := map[int64]int64{}
	for i := range today {
		f := &today[i]
		next := MoU - (MoU-1_277_200)*int64(m-i)/int64(m)
		if i > m {
			next = MoU + 215*int64(i-m)/int64(len(today)-1-m)
		}
		renamed[f.Index] = next
		renumber(f, next)
	}
	for i := range today {
		d := today[i].Detail
		d.RelatedIndex = renamed[d.RelatedIndex]
		if d.RelatedIndex != 0 {
			d.RelatedID = hex32("disclosure", d.RelatedIndex)
		}
	}
	out = append(out, today...)
	slices.SortFunc(out, func(a, b Filing) int { return cmp.Compare(a.Index, b.Index) })
	return out
}

// edit has f changed at a time. Everything else about it must be set before.
func (f *Filing) edit(at time.Time, change func(*Filing)) {
	edited := *f
	d := *f.Detail
	edited.Detail = &d
	change(&edited)
	f.EditedAt, f.Edited = at, &edited
}

// renumber gives f another index, and its detail the ids that belong to it.
func renumber(f *Filing, index int64) {
	f.Index, f.Detail.ID = index, hex32("disclosure", index)
	for i, a := range f.Detail.Files {
		f.Detail.Files[i] = attachment(index, i, a.Name)
	}
	if f.Edited != nil {
		renumber(f.Edited, index)
	}
}

// scenes are the filings of the day that are told one by one. Their indexes are provisional and small, but for the
// memorandum's; corrects refers to them.
func scenes(day time.Time) Archive {
	var out Archive
	add := func(clock string, f Filing, d monitor.Detail) *Filing {
		t, err := time.ParseInLocation(time.DateTime, day.Format(time.DateOnly)+" "+clock, monitor.Istanbul)
		if err != nil {
			panic(err) // a literal below is wrong
		}
		f.PublishedAt = t
		if f.Index == 0 {
			f.Index = int64(len(out) + 1)
		}
		f.RuleType = "-"
		d.Related, f.Attachments, f.Detail = f.Related, len(d.Files), &d
		out = append(out, f)
		return &out[len(out)-1]
	}
	event := func(who filer, subject, summary string) Filing {
		return Filing{Filing: monitor.Filing{
			Company: who.name, Tickers: who.codes, Class: "ODA", Type: "ODA", Group: "ODA", Subject: subject, Summary: summary,
		}}
	}
	kind := func(f Filing, class, typ, group string) Filing {
		f.Class, f.Type, f.Group = class, typ, group
		return f
	}
	file := func(name string) []monitor.Attachment { return []monitor.Attachment{attachment(0, 0, name)} }
	firms := companies()
	aksen := filer{aksaEnerji, []string{"AKSEN"}}
	aksa := filer{aksaAkrilik, []string{"AKSA"}}

	// The memorandum, in our own wording: the original text is not at hand.
	mou := event(aksen, general, "Kazakistan'da Doğal Gaz Kombine Çevrim Santrali Yatırımına İlişkin Mutabakat Zaptı")
	mou.Index, mou.English = MoU, true
	add("18:05:33", mou, monitor.Detail{
		Body: "Şirketimiz ile Kazakistan Cumhuriyeti'nin Şymkent Valiliği arasında, Şymkent şehrinde 500 MW kurulu güce sahip bir " +
			"doğal gaz kombine çevrim santralinin kurulmasına yönelik, bağlayıcı olmayan bir mutabakat zaptı (MoU) imzalanmıştır.\n" +
			"Taraflar, fizibilite çalışmasının sonucuna göre yatırımın koşullarını ayrıca ele alacaktır.",
		BodyEN: "Our Company and the Governorate of Shymkent, Republic of Kazakhstan, have signed a non-binding memorandum of " +
			"understanding (MoU) for the building of a natural gas combined cycle power plant with an installed capacity of 500 MW " +
			"in Shymkent.\nThe parties will consider the terms of the investment in the light of the feasibility study.",
	})
	form := kind(event(aksen, "Şirket Genel Bilgi Formu", ""), "DG", "DG", "STT")
	form.English = true
	add("20:12:08", form, monitor.Detail{})
	// Another file is added to it in the evening: a change that nobody is told of.
	pause := add("17:42:19", event(aksa, general, "Planlı Bakım Duruşu Hakkında"), monitor.Detail{
		Body:   "Elyaf üretim hattımızda 15 gün sürecek planlı bakım duruşuna başlanmıştır. Faaliyetlerimize önemli bir etkisi beklenmemektedir.",
		BodyEN: "A planned maintenance shutdown of 15 days has begun on our fibre production line.",
	})
	pause.edit(pause.PublishedAt.Add(3*time.Hour), func(f *Filing) {
		f.Detail.Files = append(f.Detail.Files, attachment(f.Index, 0, "bakim-plani.pdf"))
		f.Attachments = len(f.Detail.Files)
	})

	// A notice of the exchange that names 56 codes: a hit on one of them is noise.
	notice := kind(event(borsa(), "Endeks Şirketlerinde Değişiklik", "BIST Pay Endekslerinde Dönemsel Değişiklik"), "DUY", "DUY", "ODA")
	notice.Related = []string{"AKSA", "AKSEN"}
	for _, f := range firms[:54] {
		notice.Related = append(notice.Related, f.codes[0])
	}
	add("09:12:40", notice, monitor.Detail{Body: "Endekslere alınacak ve endekslerden çıkarılacak paylar ekte yer almaktadır.", Files: file("endeks.pdf")})

	add("07:31:05", kind(event(filer{"KAP TEST A.Ş.", []string{"KTEST"}}, "Test Bildirimi", "Test bildirimi"), "DUY", "DUY", "ODA"), monitor.Detail{})

	// Share deals that KAP passes on: no code of its own, the company only in relatedStocks.
	for i, clock := range [...]string{"09:03:11", "09:04:52", "09:06:30"} {
		deal := kind(event(kap(), "Pay Alım Satım Bildirimi", "Pay Alım Satım Bildirimi\n"), "DUY", "ODA", "ODA")
		deal.Related = firms[20+i].codes
		add(clock, deal, monitor.Detail{Files: file("form.pdf")})
	}

	// A rating that both the agency and the company file.
	rated := event(agency(), "Kredi Derecelendirmesi", "Kredi Derecelendirmesi")
	rated.Related = firms[5].codes
	add("16:31:47", rated, monitor.Detail{Body: firms[5].name + " için verilen uzun vadeli not AA olarak yükseltilmiştir.", Files: file("rapor.pdf")})
	add("17:20:03", event(firms[5], "Kredi Derecelendirmesi", "Kredi Derecelendirme Notu Hk."), monitor.Detail{Body: "Uzun vadeli notumuz AA olarak yükseltilmiştir."})

	// A coupon and its correction; an update that only the detail shows; one that the list shows.
	const wrong = 900
	coupon := kind(event(firms[8], "Pay Dışında Sermaye Piyasası Aracı İşlemlerine İlişkin Bildirim (Faiz İçeren)", "TRSSYN00424 2. Kupon Ödemesi"), "ODA", "CA", "STT")
	coupon.Index = wrong
	add("10:14:26", coupon, monitor.Detail{Rows: []monitor.Row{{Label: "Dönemsel Faiz Oranı (%)", Value: "12,40"}}})
	coupon.Index, coupon.Modify = 0, "DUZELTILEN"
	add("15:08:59", coupon, monitor.Detail{
		Rows: []monitor.Row{{Label: "Dönemsel Faiz Oranı (%)", Value: "14,20"}}, Body: "Faiz oranı düzeltilmiştir.",
		Correction: true, EarlierDates: []string{"2024-04-26"}, RelatedIndex: wrong,
	})
	add("18:22:14", kind(event(firms[12], "Payların Geri Alınmasına İlişkin Bildirim", "Pay Geri Alım Programının Sona Ermesi"), "ODA", "CA", "STT"), monitor.Detail{
		Body: "Pay geri alım programı süresinin dolması nedeniyle sona ermiştir.", Update: true, EarlierDates: []string{"2024-01-15"},
	})
	updated := kind(event(firms[30], "Katılım Finansı İlkeleri Bilgi Formu ", ""), "DG", "DG", "STT")
	updated.Modify = "DUZENLENEN"
	add("19:35:44", updated, monitor.Detail{Update: true})
	amended := event(firms[40], general, "Kredi Kullanımı Hakkında (Güncelleme)")
	amended.Modify = "DUZENLENEN"
	add("18:41:27", amended, monitor.Detail{Body: "Kredinin vadesi 24 ay olarak güncellenmiştir.", Update: true, EarlierDates: []string{"2024-04-25"}})

	// A row that appears below newer ones, a late filer, a detail that is not served at once.
	hidden := add("11:20:15", event(firms[16], "Yeni İş İlişkisi", "Yeni İş Sözleşmesi"), monitor.Detail{
		Body: "Yurt içinde yerleşik bir müşteri ile 31,9 milyon ABD Doları tutarında sözleşme imzalanmıştır.",
	})
	hidden.VisibleAt = hidden.PublishedAt.Add(25 * time.Minute)
	contract := event(firms[16], "Yeni İş İlişkisi", "Yeni İş Sözleşmesi")
	contract.Modify = "DUZELTILEN"
	add("17:26:48", contract, monitor.Detail{
		Body:       "Yurt içinde yerleşik bir müşteri ile 35 milyon ABD Doları tutarında sözleşme imzalanmıştır.",
		Correction: true, EarlierDates: []string{"2024-04-26"}, RelatedIndex: hidden.Index,
	})

	// A row that becomes a correction of itself, with another sum in its text.
	won := add("07:05:37", event(firms[44], "İhale Süreci / Sonucu", "İhale Sonucu Hk."), monitor.Detail{
		Body: "Katıldığımız ihale 48,5 milyon TL bedelle şirketimiz uhdesinde kalmıştır.",
	})
	won.edit(won.PublishedAt.Add(4*time.Hour), func(f *Filing) {
		f.Modify = "DUZELTILEN"
		f.Detail.Body, f.Detail.Correction = "Katıldığımız ihale 84,5 milyon TL bedelle şirketimiz uhdesinde kalmıştır.", true
	})
	tardy := kind(event(firms[17], "Faaliyet Raporu (Konsolide)", "2023 Yılı Faaliyet Raporu"), "FR", "FR", "ODA")
	tardy.Late = true
	add("19:02:38", tardy, monitor.Detail{Files: file("faaliyet-raporu.pdf")})
	slow := add("18:30:09", event(firms[2], general, "Ön Lisans Başvurusu Hakkında"), monitor.Detail{
		Body: "120 MW kapasiteli rüzgâr enerjisi santrali için ön lisans başvurusu yapılmıştır.",
	})
	slow.DetailAt = slow.PublishedAt.Add(3 * time.Minute)

	// Words that mislead: a denial full of a deal's words, a clearance by the competition board, articles of
	// association, a binding letter of intent.
	add("12:47:33", event(firms[24], general, "Basında Yer Alan Haberler Hakkında"), monitor.Detail{
		Body: "Şirketimizin satın alınacağına ilişkin haberler gerçeği yansıtmamaktadır. Yürütülen herhangi bir görüşme söz konusu değildir.",
	})
	add("17:55:21", event(firms[33], general, "Rekabet Kurulu İzni Hk."), monitor.Detail{Body: "Pay devrine Rekabet Kurulu tarafından izin verilmiştir."})
	add("18:12:50", event(firms[26], general, "Esas Sözleşme Tadili SPK Onayı"), monitor.Detail{Body: "Esas sözleşmemizin 6. maddesinin tadiline onay verilmiştir."})
	add("18:58:02", event(firms[29], general, "BAĞLAYICI NİYET MEKTUBU HK."), monitor.Detail{
		Body: "Pay devrine ilişkin bağlayıcı niyet mektubu imzalanmıştır.",
	})
	return out
}
