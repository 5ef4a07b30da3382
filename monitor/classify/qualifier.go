package classify

import (
	"slices"
	"strings"
)

// qualifier is a kind of statement that a filing can be, whatever it is about. The list is fixed: messages, filters
// and the page know these ids. Its terms follow the rules of a categories file.
type qualifier struct {
	id       string
	label    Label
	anywhere bool     // believed in the whole body, not only in its opening, and as it stands: the words are too plain to be background
	terms    []string // affirmative forms; what denies or only plans them is seen by part.stands
	rumour   []string // the same, and what they deny is what others said
	english  []string
	ignore   []string // phrases that hold such words and mean something else
}

// qualifiers gives the list, sorted by id.
func qualifiers() []qualifier {
	return []qualifier{
		{
			id: "applied", label: Label{"başvuru yapıldı", "applied"},
			terms: []string{
				"başvuru", "başvurul", "başvurmuş", "başvurdu", "onayına sunul", "onayına sunmuş", "onaya sunul", "onay için sunul", "müracaat",
				"SPK'ya sunul", "kurula sunul", "kuruluna sunul", "EPDK'ya sunul", "kurumuna sunul",
			},
			english: []string{
				"=applied", "application to", "application for", "application has been", "application was", "submitted for approval", "filed an application", "filed for", "submitted its application",
				"submitted an application",
			},
			ignore: []string{
				"başvuru sonucu", "başvurusu sonucu", "başvurusunun sonucu", "başvurusunun redd", "başvurunun redd", "başvuru form", "sürekli başvuru", "başvuru süresi", "başvuru tarih",
				"genel kurula sunul", "genel kuruluna sunul", "başvuru rehber", "başvuru kaynağı", "başvuru yapılabil", "genel kurulun onayına sunul", "genel kurul onayına sunul", "pay sahiplerinin onayına sunul",
				"başvurusunun onay", "başvurunun onay", "başvurusunun olumlu", "başvurusu onay", "başvurumuz onay", "başvuru onay", "başvurumuz kabul", "başvurusu kabul", "başvurunun kabul", "başvurumuz geri", "başvurusu geri", "başvurusu olumlu", "başvurumuz olumlu", "başvuru olumlu",
				"başvurusuna ilişkin olumlu", "applied sciences", "filed for bankruptcy", "accounting policies applied",
			},
		},
		{
			id: "approved", label: Label{"onaylandı", "approved"},
			terms: []string{
				"onaylanmış", "onaylandı", "onaylanması", "onaylamış", "onayladı", "=onayı", "onay alın", "onay almış", "onayı alın", "onay veril", "onay vermiş", "onayı veril",
				"uygun görül", "uygun bulun", "olumlu karşılan", "olumlu karar", "başvurusunun onay", "başvurusu onay", "başvurumuz onay",
				"olumlu sonuçlan", "olumlu değerlendir", "olumlu görüş", "onay geldi", "onay gelmiş", "onayını al",
				"başvurumuz kabul edil", "başvurusu kabul edil", "talebimiz kabul edil", "teklifimiz kabul edil", "izin veril", "izin vermiş", "izin verdi", "izni veril", "izin alın", "rekabet kurulu izn", "rekabet kurumu izn", "kurulu izni", "kurumu izni", "izni alın",
			},
			english: []string{"=approved", "approval of", "approval was", "approval has been", "=granted", "received approval", "approval received", "approval obtained", "cleared by"},
			ignore: []string{
				"onay başvuru", "onayı başvuru", "onayı alınması", "onay alınması", "onayı alındıktan", "izin verilen", "uygun görülen", "uygun bulunan", "onayına", "iznine", "izni alınması", "izin alınması",
				"approval process", "application for approval", "submitted for the approval",
			},
		},
		{
			id: "cancelled", label: Label{"iptal / sona erdi", "cancelled or ended"},
			terms: []string{
				"iptal edil", "iptal etmiş", "iptal etti", "=iptali", "=iptal", "feshedil", "feshetmiş", "feshetti", "feshi", "fesih", "sona ermesi", "sona erdi", "sona ermiş", "sona erdiril",
				"sonlandırıl", "sonlandırma", "sonlandırmış", "sonlandırdı", "vazgeçil", "vazgeçme", "vazgeçmiş", "vazgeçti", "hükümsüz kal", "hükümsüz hale gel", "geri çekil", "geri çekmiş", "geri çekti",
				"sözleşmenin süresi dol", "anlaşmanın süresi dol", "protokolün süresi dol", "zaptının süresi dol", "mektubunun süresi dol",
			},
			english: []string{"cancelled", "canceled", "cancellation", "terminated", "termination", "=withdrawn", "=abandoned", "decided to terminate", "programme has ended", "program has ended", "contract has ended", "agreement has ended", "come to an end", "came to an end", "called off", "=expired", "=lapsed", "=rescinded", "=revoked"},
			ignore: []string{
				"iptal davası", "iptali istemi", "iptal istemi", "fesih hakkı", "süresinin sona ermesi", "pay iptali", "payların iptali", "termination clause", "right of termination", "termination right",
			},
		},
		{
			id: "completed", label: Label{"tamamlandı", "completed"},
			terms: []string{
				"tamamlandı", "tamamlanmış", "tamamlanması", "tamamlamış", "tamamladı", "sonuçlandırılmış", "sonuçlandırıldı", "sonuçlanmış", "sonuçlandı", "sonuçlanması",
				"devreye alındı", "devreye alınmış", "devreye girmiş", "devreye girdi", "kapanışı gerçekleş", "kapanış gerçekleş",
				"tamamlanarak", "devri gerçekleş", "devir gerçekleş", "satışı gerçekleş", "satış işlemi gerçekleş", "birleşme gerçekleş",
			},
			english: []string{"=completed", "completion of", "=finalised", "=finalized", "commissioned", "closing took place", "closing has taken place", "transaction closed", "is =complete", "are =complete"},
			ignore: []string{
				"olumsuz sonuçlan", "tamamlanması koşul", "tamamlanmasına", "tamamlanması ile birlikte", "tamamlanmasından sonra", "tamamlanması şart",
			},
		},
		{
			id: "denied", label: Label{"yalanlandı veya reddedildi", "denied or refused"}, anywhere: true,
			rumour: slices.Concat(negated("böyle bir anlaşma bulun"), negated("böyle bir görüşme bulun"), negated("böyle bir karar bulun"), negated("alınmış bir karar bulun"),
				negated("herhangi bir karar bulun"), negated("herhangi bir anlaşma bulun"), negated("gerçeği yansıt"), negated("gerçekleri yansıt"), negated("doğruyu yansıt"), []string{
					"gerçeğe aykırı", "gerçek dışıdır", "gerçek dışı haber", "gerçek dışı iddia", "haberler gerçek dışı", "iddialar gerçek dışı", "gerçek değildir", "gerçek olmadığ", "doğru değil", "doğru olmadığ", "doğru olmayıp", "asılsız", "mesnetsiz",
					"gerçekle ilgisi", "gerçekle bağdaşma", "gerçeklerle bağdaşma", "gerçekle alakası",
					"tekzip", "yalanla", "görüşme söz konusu değil", "görüşme söz konusu olmadığ", "görüşmemiz söz konusu değil", "görüşme bulunmamaktadır", "görüşmemiz bulunmamaktadır", "görüşme yoktur", "görüşmemiz yoktur", "görüşme ya da anlaşma yoktur", "görüşme yapılmamış",
					"yalanlıyor", "haberler yalan", "iddialar yalan", "spekülasyondan ibaret", "itibar edilme", "gerçeklerden uzak", "gerçekten uzak", "satın alma söz konusu değil", "satın alma bulunmamakta",
					"devir söz konusu değil", "devri söz konusu değil", "satış söz konusu değil", "satışı söz konusu değil", "birleşme söz konusu değil", "anlaşma söz konusu değil", "sözleşme söz konusu değil",
					"görüşme yürütülmemekte", "görüşmesi yürütülmemekte", "herhangi bir anlaşma yapılmamış", "herhangi bir sözleşme imzalanmamış", "herhangi bir anlaşma imzalanmamış",
					"görüşme yapılmamaktadır", "do not reflect the truth", "does not reflect the truth", "do not reflect the reality", "is not true", "are not true", "no truth", "not correct", "is incorrect", "are incorrect", "unfounded", "groundless",
					"=denied the", "=denies", "no negotiations", "not in negotiations", "not in talks", "not negotiating", "no such", "=untrue", "=inaccurate", "=baseless", "no basis", "=false",
				}),
			terms: slices.Concat(negated("uhdesinde kal"), negated("uhdemizde kal"), negated("üzerimizde kal"), []string{
				"=reddi", "kabul görmemiş", "kabul görmedi", "söz konusu değildir", "söz konusu olmadığı", "reddedil", "reddetmiş", "reddetti", "reddine", "olumsuz sonuçlan", "olumsuz karşılan", "kazanılama", "kazanama", "kabul edilmemiş", "kabul edilmedi",
				"uygun görülmemiş", "uygun görülmedi", "uygun bulunmamış", "uygun bulunmadı", "onaylanmamış", "onaylanmadı", "onay verilmemiş", "onay verilmedi", "izin verilmemiş", "izin verilmedi", "izin vermemiş", "izin vermedi",
				"onay vermemiş", "onay vermedi", "onaylamamış", "onaylamadı", "kabul etmemiş", "kabul etmedi", "uygun görmemiş", "uygun görmedi", "uygun bulmamış", "uygun bulmadı",
			}),
			english: []string{"not true", "=rejected", "refused", "was denied", "not approved", "not accepted", "turned down", "lost the tender", "not awarded", "not win the", "not been accepted", "not been approved", "not been granted", "not been awarded", "not approve", "not grant", "not accept", "=unsuccessful", "declined the", "declined our"},
			ignore: []string{
				"davanın redd", "davanın reddedil", "davasının redd", "itirazın redd", "gerçek dışı beyan", "reddedilmemiş", "reddedilmedi", "reddedilmesi halinde", "not rejected", "not refused",
				"asılsız ihbar", "olumsuz sonuçlanması halinde", "not been rejected", "false alarm",
			},
		},
		{
			id: "negotiating", label: Label{"görüşülüyor", "in negotiation"},
			terms: []string{
				"görüşmelere başla", "görüşmelere yeniden başla", "görüşmelerde ilerleme", "görüşmeler başla", "görüşmelerin başla", "görüşmelerine başla", "görüşmelere geçil", "görüşmeler devam", "görüşmeler sürdürül", "görüşmeler sürmekte", "görüşmelere devam",
				"görüşmelerimiz devam", "görüşmelerimiz sür", "görüşmeler halen devam", "görüşmeler halen sür", "görüşme sürecine gir", "görüşülmekte", "görüşmeler yürütül", "görüşmeleri devam", "görüşmeleri sürmekte", "görüşmelerde bulun", "görüşme yapılmakta", "görüşmelerin devam",
				"müzakerelere", "müzakereler başla", "müzakereler devam", "müzakere edil", "müzakereler sür", "müzakereleri sür", "müzakereleri devam", "müzakere süreci", "sözleşme görüşmeleri", "anlaşma görüşmeleri", "pazarlık görüşme",
			},
			english: []string{"negotiations", "negotiating", "in talks", "talks with", "talks are ongoing", "talks continue", "discussions are ongoing", "discussions with", "ongoing discussions"},
			ignore: []string{
				"görüşmeleri bit", "görüşmeleri tamam", "görüşmeleri son", "görüşmeleri olumsuz", "müzakere süreci tamam", "müzakere süreci son", "müzakere süreci bit", "görüşmeler sonlandırıl", "görüşmeler sona er", "görüşmelerin sona er", "görüşmelerin sonlandırıl", "görüşmelerden vazgeç", "no negotiations", "negotiations have ended", "negotiations were terminated",
				"negotiations ended", "negotiations have been terminated",
			},
		},
		{
			id: "non_binding", label: Label{"bağlayıcı değil", "non-binding"}, anywhere: true,
			terms: slices.Concat(
				[]string{"bağlayıcı değil", "bağlayıcı nitelikte değil", "gayri bağlayıcı", "bağlayıcılığı yok", "bağlayıcı etkisi yok", "bağlayıcı sözleşme niteliğinde değil", "bağlayıcı bir sözleşme niteliğinde değil", "bağlayıcı bir anlaşma niteliğinde değil"},
				negated("bağlayıcı ol"), negated("bağlayıcı nitelikte ol"), negated("bağlayıcı nitelik taşı"), negated("bağlayıcı bir nitelik taşı"),
				negated("bağlayıcı niteliği ol"), negated("bağlayıcı niteliği bulun"), negated("bağlayıcılığı ol"), negated("bağlayıcılığı bulun"),
				negated("bağlayıcılık taşı"), negated("bağlayıcılık içer"), negated("bağlayıcılık doğur"), negated("bağlayıcı yükümlülük doğur"), negated("bağlayıcı bir yükümlülük doğur"),
				negated("bağlayıcı hüküm içer"), negated("bağlayıcı hükümler içer"),
				negated("bağlayıcı yükümlülük getir"), negated("bağlayıcı bir yükümlülük getir"), negated("bağlayıcılık arz et"), negated("bağlayıcı etkisi bulun"), negated("bağla"),
			),
			english: []string{
				"non binding", "=nonbinding", "not binding", "not legally binding", "not a binding", "not a legally binding", "=no binding", "not constitute a binding", "without binding effect", "no legally binding",
				"not intended to be legally binding", "not intended to be binding", "not create any binding", "not create a binding", "not create legally binding", "not create any legally binding", "not create a legally binding", "not have any binding", "not have a binding", "not impose any binding",
				"not be bound", "isn't binding", "isn't legally binding", "aren't binding",
			},
		},
		{
			id: "postponed", label: Label{"ertelendi", "postponed"},
			terms: []string{
				"ertelendi", "ertelenmiş", "ertelenmesi", "=erteleme", "ertelemesi", "ertelemiş", "erteledi", "ötelen", "ileri bir tarihe", "ileri tarihe", "tehir edil",
				"askıya al", "sonraya bırakıl", "sonraya bırakmış",
			},
			english: []string{"postponed", "postponement", "=delayed", "deferred", "=adjourned", "put on hold"},
			ignore: []string{
				"ertelenmiş bir açıklama", "ertelenmiş açıklama", "ertelenmiş vergi", "iflas erteleme", "iflasın erteleme", "iflasın ertelenme", "açıklamanın ertelen", "bilgilerin açıklanmasının ertelen",
				"ertelenen bilgi", "ertelenme sebebi", "erteleme kararı kaldır", "deferred tax", "delayed announcement", "postponed notification", "deferred income", "ertelenmiş gelir",
			},
		},
	}
}

// negated gives the negative forms of a verb's stem that state something: -mamakta, -mayan, -madığı, -maz. The
// positive -makta begins with the same letters as the negation, so the bare "-ma" would find both.
func negated(stem string) []string {
	if strings.LastIndexAny(stem, "eiöü") > strings.LastIndexAny(stem, "aıou") {
		return []string{stem + "memek", stem + "meyen", stem + "meyip", stem + "mediğ", stem + "mez", stem + "memiş", stem + "miyor"}
	}
	return []string{stem + "mamak", stem + "mayan", stem + "mayıp", stem + "madığ", stem + "maz", stem + "mamış", stem + "mıyor", stem + "muyor"}
}

// Qualifiers lists the ids of every qualifier, sorted.
func Qualifiers() []string {
	all := qualifiers()
	ids := make([]string, len(all))
	for i, q := range all {
		ids[i] = q.id
	}
	return ids
}

// QualifierLabel names a qualifier in a language, "tr" or "en"; an unknown id is its own label.
func QualifierLabel(id, language string) string {
	for _, q := range qualifiers() {
		if q.id != id {
			continue
		}
		if language == "tr" {
			return q.label.TR
		}
		return q.label.EN
	}
	return id
}
