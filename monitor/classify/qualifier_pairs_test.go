package classify_test

import (
	"slices"
	"strings"
	"testing"

	"kapwatch/monitor/classify"
)

// minimalPair is two sentences that differ in as little as can be: the first says what the qualifier means, the
// second does not. All are our own.
type minimalPair struct{ qualifier, is, isNot string }

var minimalPairs = []minimalPair{
	// non_binding
	{"non_binding", "Bağlayıcı olmayan niyet mektubu imzalanmıştır.", "Bağlayıcı niyet mektubu imzalanmıştır."},
	{"non_binding", "Bağlayıcı olmayan teklif sunulmuştur.", "Bağlayıcı teklif sunulmuştur."},
	{"non_binding", "Taraflar için bağlayıcı değildir.", "Taraflar için bağlayıcıdır."},
	{"non_binding", "Mutabakat zaptının bağlayıcılığı bulunmamaktadır.", "Mutabakat zaptının bağlayıcılığı bulunmaktadır."},
	{"non_binding", "Metnin hukuki bağlayıcılığı yoktur.", "Metnin hukuki bağlayıcılığı vardır."},
	{"non_binding", "Belge bağlayıcı nitelik taşımamaktadır.", "Belge bağlayıcı nitelik taşımaktadır."},
	{"non_binding", "Belge bağlayıcı nitelikte değildir.", "Belge bağlayıcı niteliktedir."},
	{"non_binding", "Protokol bağlayıcı hükümler içermemektedir.", "Protokol bağlayıcı hükümler içermektedir."},
	{"non_binding", "Protokol bağlayıcı bir yükümlülük doğurmamaktadır.", "Protokol bağlayıcı bir yükümlülük doğurmaktadır."},
	{"non_binding", "Bağlayıcılık taşımayan bir belge düzenlendi.", "Bağlayıcılık taşıyan bir belge düzenlendi."},
	{"non_binding", "Görüş yazısı bağlayıcı olmadığından uygulanmadı.", "Görüş yazısı bağlayıcı olduğundan uygulandı."},
	{"non_binding", "Gayri bağlayıcı teklif verildi.", "Bağlayıcı teklif verildi."},
	{"non_binding", "BAĞLAYICI OLMAYAN ÖN PROTOKOL", "BAĞLAYICI ÖN PROTOKOL"},
	{"non_binding", "The parties signed a non-binding letter of intent.", "The parties signed a binding letter of intent."},
	{"non_binding", "The offer is not binding.", "The offer is binding."},
	{"non_binding", "The memorandum is not legally binding.", "The memorandum is legally binding."},
	{"non_binding", "The term sheet does not constitute a binding commitment.", "The term sheet constitutes a binding commitment."},
	{"non_binding", "A nonbinding proposal was received.", "A binding proposal was received."},
	{"non_binding", "The protocol has no binding effect.", "The protocol has a binding effect."},
	// negotiating
	{"negotiating", "Satışa ilişkin görüşmelere başlanmıştır.", "Satışa ilişkin görüşmelere başlanmamıştır."},
	{"negotiating", "Alıcı ile görüşmeler devam etmektedir.", "Alıcı ile görüşmeler sona ermiştir."},
	{"negotiating", "Görüşmelere devam edilmektedir.", "Görüşmelere devam edilmemektedir."},
	{"negotiating", "Görüşmeler sürdürülmektedir.", "Görüşmeler sonlandırılmıştır."},
	{"negotiating", "Müzakereler devam etmektedir.", "Müzakereler tamamlanmıştır."},
	{"negotiating", "Sözleşme şartları müzakere edilmektedir.", "Sözleşme şartları müzakere edilmemektedir."},
	{"negotiating", "Banka ile görüşmeler yürütülmektedir.", "Banka ile görüşmeler yürütülmemektedir."},
	{"negotiating", "Üretici ile görüşmelerde bulunulmuştur.", "Üretici ile görüşmelerde bulunulmamıştır."},
	{"negotiating", "Devir için müzakerelere başlanmıştır.", "Devir için müzakerelere başlanmayacaktır."},
	{"negotiating", "Toplu iş sözleşmesi görüşmeleri", "Toplu iş sözleşmesi imzalanması"},
	{"negotiating", "Görüşmelere geçilmiştir.", "Görüşmelere geçilmemiştir."},
	{"negotiating", "Görüşmeler başlamıştır.", "Görüşmeler başlamamıştır."},
	{"negotiating", "Pazarlık görüşmelerine başlanmıştır.", "Pazarlık görüşmelerine başlanamamıştır."},
	{"negotiating", "Our company has started negotiations with the lender.", "Our company has not started negotiations with the lender."},
	{"negotiating", "Negotiations are continuing.", "Negotiations have ended."},
	{"negotiating", "The parties are negotiating the price.", "The parties agreed on the price."},
	{"negotiating", "We are in talks with a buyer.", "We are not in talks with a buyer."},
	{"negotiating", "Negotiations for the sale are under way.", "No negotiations for the sale are under way."},
	// applied
	{"applied", "Kurul'a başvuru yapılmıştır.", "Kurul'a başvuru yapılmamıştır."},
	{"applied", "Lisans için EPDK'ya başvurulmuştur.", "Lisans için EPDK'ya başvurulmamıştır."},
	{"applied", "İzahname Kurul onayına sunulmuştur.", "İzahname Kurul onayına sunulmamıştır."},
	{"applied", "Şirketimiz ruhsat için başvurmuştur.", "Şirketimiz ruhsat için başvurmamıştır."},
	{"applied", "Borsa'ya başvuruda bulunulmuştur.", "Borsa'ya başvuruda bulunulmamıştır."},
	{"applied", "İzin başvurusu yapılmıştır.", "İzin başvurusu yapılacaktır."},
	{"applied", "Tadil metni onaya sunulmuştur.", "Tadil metni onaya sunulacaktır."},
	{"applied", "Önlisans başvurusu yapıldı.", "Önlisans başvurusu yapılması planlanmaktadır."},
	{"applied", "Kurul'a müracaat edilmiştir.", "Kurul'a müracaat edilmemiştir."},
	{"applied", "Sermaye Piyasası Kurulu'na başvurulmuştur.", "Sermaye Piyasası Kurulu'na başvurulacaktır."},
	{"applied", "Teşvik belgesi için başvuru yapıldı.", "Teşvik belgesi için başvuru formu hazırlandı."},
	{"applied", "Konkordato başvurusu yapılmıştır.", "Konkordato başvurusu söz konusu değildir."},
	{"applied", "Birleşme metni Kurul'un onayına sunuldu.", "Birleşme metni genel kurulun onayına sunuldu."},
	{"applied", "Rekabet Kurumu'na başvuru", "Rekabet Kurumu hakkında"},
	{"applied", "Our company applied to the regulator.", "Our company has not applied to the regulator."},
	{"applied", "An application for a licence was filed.", "No application for a licence was filed."},
	{"applied", "The application has been made to the Board.", "The invitation has been made to the Board."},
	{"applied", "The prospectus was submitted for approval.", "The prospectus will be submitted for approval."},
	{"applied", "We filed an application with the exchange.", "We may have filed an application with the exchange."},
	// approved
	{"approved", "Başvurumuz onaylanmıştır.", "Başvurumuz onaylanmamıştır."},
	{"approved", "İhraç Kurul tarafından onaylandı.", "İhraç Kurul tarafından onaylanmadı."},
	{"approved", "Devir uygun görülmüştür.", "Devir uygun görülmemiştir."},
	{"approved", "Talebimiz uygun bulunmuştur.", "Talebimiz uygun bulunmamıştır."},
	{"approved", "Başvurumuz olumlu karşılanmıştır.", "Başvurumuz olumlu karşılanmamıştır."},
	{"approved", "İzahnameye onay verilmiştir.", "İzahnameye onay verilmemiştir."},
	{"approved", "Gerekli onaylar kapsamında Kurul onayı alınmıştır.", "Gerekli onaylar kapsamında Kurul onayı alınmamıştır."},
	{"approved", "Satışa izin verilmiştir.", "Satışa izin verilmemiştir."},
	{"approved", "Tadil tasarısı onaylanmıştır.", "Tadil tasarısı onaylanacaktır."},
	{"approved", "Bakanlık projeyi onaylamıştır.", "Bakanlık projeyi onaylamamıştır."},
	{"approved", "Birleşmenin onaylanması", "Birleşmenin onaylanması beklenmektedir."},
	{"approved", "Rekabet Kurulu izni alınmıştır.", "Rekabet Kurulu izni alınamamıştır."},
	{"approved", "Kurul izni alındı.", "Kurul izni alınması gerekmektedir."},
	{"approved", "Lisans EPDK tarafından onaylanmıştır.", "Lisans EPDK tarafından onaylanabilir."},
	{"approved", "Sermaye artırımı onaylandı.", "Sermaye artırımı onaylanması halinde yapılacaktır."},
	{"approved", "ÇED olumlu kararı verildi.", "ÇED kararı bekleniyor."},
	{"approved", "The Board approved the prospectus.", "The Board has not approved the prospectus."},
	{"approved", "The merger was approved.", "The merger was not approved."},
	{"approved", "The licence was granted.", "The licence was not granted."},
	{"approved", "Approval was given by the authority.", "The matter is pending approval by the authority."},
	{"approved", "The deal has been approved by the board.", "The deal will be approved by the board."},
	{"approved", "The sale is approved.", "The sale is subject to the approval of the authority."},
	// completed
	{"completed", "Pay devri tamamlanmıştır.", "Pay devri tamamlanmamıştır."},
	{"completed", "Birleşme işlemi tamamlandı.", "Birleşme işlemi tamamlanmadı."},
	{"completed", "Bakım çalışması tamamlanmıştır.", "Bakım çalışması tamamlanacaktır."},
	{"completed", "Satışın tamamlanması", "Satışın tamamlanması beklenmektedir."},
	{"completed", "Yatırımın tamamlanması hakkında", "Yatırımın tamamlanması planlanmaktadır."},
	{"completed", "Şirketimiz yatırımını tamamlamıştır.", "Şirketimiz yatırımını tamamlayamamıştır."},
	{"completed", "Santral devreye alınmıştır.", "Santral devreye alınmamıştır."},
	{"completed", "Tesis devreye girmiştir.", "Tesis devreye girmemiştir."},
	{"completed", "Süreç sonuçlanmıştır.", "Süreç sonuçlanmamıştır."},
	{"completed", "İhraç işlemi sonuçlandırılmıştır.", "İhraç işlemi sonuçlandırılmamıştır."},
	{"completed", "Devrin kapanışı gerçekleşmiştir.", "Devrin kapanışı gerçekleşmemiştir."},
	{"completed", "Hat devreye alındı.", "Hat devreye alınamadı."},
	{"completed", "Geri alım programı tamamlandı.", "Geri alım programı tamamlanıncaya kadar sürecektir."},
	{"completed", "Talep toplama tamamlanmıştır.", "Talep toplama tamamlanması hedeflenen bir süreçtir."},
	{"completed", "Tescil tamamlandı.", "Tescilin tamamlanması gerekmektedir."},
	{"completed", "The transaction was completed.", "The transaction was not completed."},
	{"completed", "The sale has been completed.", "The sale will be completed."},
	{"completed", "Construction is completed.", "Construction is expected to be completed."},
	{"completed", "The plant was commissioned.", "The plant was not commissioned."},
	{"completed", "The process is finalised.", "The process is not finalised."},
	{"completed", "The acquisition was completed in June.", "The price is paid once the acquisition is completed."},
	// cancelled
	{"cancelled", "Sözleşme feshedilmiştir.", "Sözleşme feshedilmemiştir."},
	{"cancelled", "İhale iptal edilmiştir.", "İhale iptal edilmemiştir."},
	{"cancelled", "Program sonlandırılmıştır.", "Program sonlandırılmamıştır."},
	{"cancelled", "Satıştan vazgeçilmiştir.", "Satıştan vazgeçilmemiştir."},
	{"cancelled", "Anlaşma sona ermiştir.", "Anlaşma sona ermemiştir."},
	{"cancelled", "Sermaye artırımı iptal edildi.", "Sermaye artırımı iptal edilebilir."},
	{"cancelled", "Lisansın iptali", "Lisansın iptali istemi reddedildi."},
	{"cancelled", "Sözleşmenin feshi", "Sözleşmenin feshi söz konusu değildir."},
	{"cancelled", "Ortaklık sonlandırıldı.", "Ortaklık sonlandırılmadı."},
	{"cancelled", "Teklif hükümsüz kalmıştır.", "Teklif hükümsüz kalmamıştır."},
	{"cancelled", "Protokol feshedildi.", "Protokolde fesih hakkı saklıdır."},
	{"cancelled", "Görev sona ermiştir.", "Görev sona ermeyecektir."},
	{"cancelled", "Bedelli artırımdan vazgeçilmesi", "Bedelli artırımdan vazgeçilmesi halinde duyurulacaktır."},
	{"cancelled", "Geri alım programının sona ermesi", "Geri alım programının başlatılması"},
	{"cancelled", "Müşteri siparişini iptal etmiştir.", "Müşteri siparişini iptal etmemiştir."},
	{"cancelled", "The contract was terminated.", "The contract was not terminated."},
	{"cancelled", "The tender was cancelled.", "The tender was not cancelled."},
	{"cancelled", "The offer was withdrawn.", "The offer may be withdrawn."},
	{"cancelled", "Termination of the agreement", "The termination clause of the agreement"},
	{"cancelled", "The capital increase is canceled.", "The capital increase will not be canceled."},
	// denied
	{"denied", "Haberler gerçeği yansıtmamaktadır.", "Haberler gerçeği yansıtmaktadır."},
	{"denied", "Basında çıkan iddialar doğru değildir.", "Basında çıkan iddialar doğrudur."},
	{"denied", "Herhangi bir görüşme söz konusu değildir.", "Görüşme söz konusudur."},
	{"denied", "Söz konusu ihale kazanılamamıştır.", "Söz konusu ihale kazanılmıştır."},
	{"denied", "Başvurumuz reddedilmiştir.", "Başvurumuz kabul edilmiştir."},
	{"denied", "Talebimiz kabul edilmemiştir.", "Talebimiz kabul edilmiştir."},
	{"denied", "Haberler asılsızdır.", "Haberler esaslıdır."},
	{"denied", "Yönetim haberi yalanladı.", "Yönetim haberi doğruladı."},
	{"denied", "Gerçeği yansıtmayan haberler yer almıştır.", "Gerçeği yansıtan haberler yer almıştır."},
	{"denied", "Haberin doğru olmadığını duyururuz.", "Haberin doğru olduğunu duyururuz."},
	{"denied", "Teklifimiz reddedildi.", "Teklifimiz reddedilmedi."},
	{"denied", "Devre izin verilmemiştir.", "Devre izin verilmiştir."},
	{"denied", "Süreç olumsuz sonuçlanmıştır.", "Süreç olumlu sonuçlanmıştır."},
	{"denied", "Kamuoyuna yansıyan tekzip edilmiştir.", "Kamuoyuna yansıyan teyit edilmiştir."},
	{"denied", "İddialar mesnetsizdir.", "İddialar incelenmektedir."},
	{"denied", "Devir planı söz konusu değildir.", "Devir planı söz konusu şirketi kapsar."},
	{"denied", "The news does not reflect the truth.", "The news reflects the truth."},
	{"denied", "The allegations are unfounded.", "The allegations are well founded."},
	{"denied", "Our application was rejected.", "Our application was accepted."},
	{"denied", "The claims are not true.", "The claims are true."},
	{"denied", "The board refused the offer.", "The board accepted the offer."},
	{"denied", "The company denies the rumour.", "The company confirms the rumour."},
	// postponed
	{"postponed", "Genel kurul toplantısı ertelenmiştir.", "Genel kurul toplantısı ertelenmemiştir."},
	{"postponed", "İhale tarihi ertelendi.", "İhale tarihi ertelenmedi."},
	{"postponed", "Toplantının ertelenmesi", "Toplantının ertelenmesi söz konusu değildir."},
	{"postponed", "Halka arz ileri bir tarihe bırakılmıştır.", "Halka arz erken bir tarihe alınmıştır."},
	{"postponed", "Ödeme tarihi ötelenmiştir.", "Ödeme tarihi ötelenmemiştir."},
	{"postponed", "Yatırım kararı ertelenmiştir.", "Ertelenmiş vergi geliri artmıştır."},
	{"postponed", "Kurul toplantıyı ertelemiştir.", "Kurul toplantıyı ertelememiştir."},
	{"postponed", "Satış ertelendi.", "Satış ertelenmeyecektir."},
	{"postponed", "Duruşma tehir edilmiştir.", "Duruşma tehir edilmemiştir."},
	{"postponed", "Kâr payı dağıtımının ertelenmesi", "Kâr payı dağıtımının ertelenmesi beklenmemektedir."},
	{"postponed", "Bakımın ertelenmesine karar verildi.", "İflasın ertelenmesi talebi bulunmamaktadır."},
	{"postponed", "The meeting was postponed.", "The meeting was not postponed."},
	{"postponed", "The start of production is delayed.", "The start of production is not delayed."},
	{"postponed", "Payment has been deferred.", "Deferred tax income has been recorded."},
	{"postponed", "Postponement of the tender", "Announcement of the tender"},
	{"postponed", "The project was deferred.", "The project may be deferred."},
}

func TestMinimalPairs(t *testing.T) {
	if len(minimalPairs) < 150 {
		t.Errorf("%d pairs, want at least 150", len(minimalPairs))
	}
	c := builtInClassifier(t)
	says := func(sentence, id string, body bool) (bool, []classify.Evidence) {
		text := classify.Text{Summary: sentence}
		if body {
			text = classify.Text{Body: sentence}
		}
		got := c.Classify(text)
		cited := slices.ContainsFunc(got.Evidence, func(e classify.Evidence) bool { return e.For == id && strings.Contains(sentence, e.Text) })
		if found := slices.Contains(got.Qualifiers, id); found != cited {
			t.Errorf("%q: %s found %v, cited %v", sentence, id, found, cited)
		}
		return cited, got.Evidence
	}
	for _, p := range minimalPairs {
		for _, body := range []bool{false, true} {
			if ok, e := says(p.is, p.qualifier, body); !ok {
				t.Errorf("%q is not %s: %v", p.is, p.qualifier, e)
			}
			if ok, e := says(p.isNot, p.qualifier, body); ok {
				t.Errorf("%q is %s: %v", p.isNot, p.qualifier, e)
			}
		}
	}
}
