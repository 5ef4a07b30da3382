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
	anywhere bool     // believed in the whole body, not only in its opening: the words are too plain to be background
	terms    []string // affirmative forms: a negated verb ("imzalanmamıştır") begins differently and is not matched
	ignore   []string // phrases that hold such words and mean something else, or the opposite
}

// qualifiers gives the list, sorted by id.
func qualifiers() []qualifier {
	return []qualifier{
		{
			id: "applied", label: Label{"başvuru yapıldı", "applied"},
			terms: []string{
				"başvuru", "başvurul", "başvurmuş", "başvurdu", "onayına sunul", "onayına sunmuş", "onaya sunul",
				"=applied", "application to", "application for", "application has been", "submitted for approval",
			},
			ignore: []string{
				"başvuru sonucu", "başvurusu sonucu", "başvurusunun sonucu", "başvurusunun reddi", "başvuru formu", "sürekli başvuru",
				"genel kurulun onayına sunul", "genel kurul onayına sunul", "pay sahiplerinin onayına sunul",
				"başvurusunun onay", "başvurusunun olumlu", "başvurusu onaylan", "başvurumuz onaylan", "başvurusu olumlu", "başvurumuz olumlu",
				"başvurusuna ilişkin olumlu",
			},
		},
		{
			id: "approved", label: Label{"onaylandı", "approved"},
			terms: []string{
				"onaylanmış", "onaylandı", "onaylanması", "onaylamış", "=onayı", "onay alın", "onayı alın", "onay veril", "onay vermiş",
				"uygun görül", "uygun bulun", "olumlu karşılan", "olumlu karar", "başvurusunun onay", "başvurusu onaylan",
				"başvurusu olumlu", "başvurumuz olumlu", "başvurumuz onaylan",
				"izin veril", "izin vermiş", "kurulu izni", "kurumu izni", "izni alın", "=approved", "approval of", "approval was", "approval has been", "granted",
			},
			ignore: []string{
				"onay başvuru", "onayı için", "onayı başvuru", "onayına başvuru", "onaylanması için", "onaylanması talebi", "onaylanması amacı",
				"onaylanması halinde", "onaylanması durumunda", "onaylanması şart", "onayı alınması", "onay alınması", "onayı alındıktan",
				"onayı alınmadı", "onayı alınmamış", "onay alınama", "onayı alınama", "onay alınmamış", "onay verilmeme", "onay verilmemiş", "izin verilmeme", "izin verilmemiş", "onayı gerek",
				"izni alınması", "izni alınmamış", "izni alınama", "izin verilen", "uygun görülmeme", "uygun görülmemiş", "uygun bulunmama", "uygun bulunmamış", "olumlu karşılanmama", "olumlu karşılanmamış", "uygun görülen", "onayı beklen", "onayı süreci",
				"not approved", "subject to approval", "subject to the approval",
			},
		},
		{
			id: "cancelled", label: Label{"iptal / sona erdi", "cancelled or ended"},
			terms: []string{
				"iptal edil", "iptal ettir", "=iptali", "=iptal", "feshedil", "feshi", "fesih", "sona ermesi", "sona erdi", "sona ermiş", "sona erdiril", "sonlandırıl",
				"sonlandırma", "vazgeçil", "vazgeçme", "vazgeçti", "hükümsüz kal", "cancelled", "canceled", "cancellation", "terminated", "termination", "withdrawn",
			},
			ignore: []string{
				"iptal davası", "iptali istemi", "iptali talebi", "iptal edilmemiş", "iptal edilmesi talebi", "iptal edilebilir", "feshedilebil", "feshedilmemiş", "feshedilmedi",
				"fesih hakkı", "sonlandırılmamış", "sona ermesi halinde", "sona ermesine kadar", "süresinin sona ermesi", "sonlandırılmadı", "sona ermemiş", "pay iptali", "payların iptali",
				"not cancelled", "not terminated",
			},
		},
		{
			id: "completed", label: Label{"tamamlandı", "completed"},
			terms: []string{
				"tamamlandı", "tamamlanmış", "tamamlanması", "tamamlamış", "sonuçlandırılmış", "sonuçlanmış", "sonuçlanması", "devreye alındı", "devreye alınmış", "devreye girmiş",
				"kapanışı gerçekleş", "=completed", "completion of", "=finalised", "=finalized", "commissioned",
			},
			ignore: []string{
				"tamamlanması hedef", "tamamlanması plan", "tamamlanması öngör", "tamamlanması beklen", "tamamlanması halinde", "tamamlanması durumunda",
				"tamamlanması için", "tamamlanması koşul", "tamamlanması şart", "tamamlanmasını takiben", "tamamlanmasının ardından", "tamamlanmasına kadar", "tamamlanmasından sonra",
				"tamamlanmasına bağlı", "tamamlanması ile birlikte", "tamamlanmasını müteakip", "not completed", "upon completion", "subject to completion", "subject to the completion",
			},
		},
		{
			id: "denied", label: Label{"yalanlandı veya reddedildi", "denied or refused"}, anywhere: true,
			terms: slices.Concat(negated("gerçeği yansıt"), negated("gerçekleri yansıt"), negated("doğruyu yansıt"), []string{
				"gerçeğe aykırı", "gerçek dışı", "doğru değildir", "asılsız", "mesnetsiz", "tekzip", "yalanla",
				"söz konusu değildir", "söz konusu olmadığı", "görüşme bulunmamaktadır", "görüşme yapılmamış", "reddedil", "reddetmiş", "reddine", "olumsuz sonuçlan", "kazanılama",
				"kabul edilmemiş", "uygun görülmemiş", "onaylanmamış", "do not reflect the truth", "does not reflect the truth", "not true", "unfounded", "=denied", "=denies", "=rejected", "refused",
			}),
			ignore: []string{
				"davanın reddi", "davanın reddedil", "davasının reddi", "itirazın reddi", "gerçek dışı beyan",
			},
		},
		{
			id: "negotiating", label: Label{"görüşülüyor", "in negotiation"},
			terms: []string{
				"görüşmelere başla", "görüşmeler başla", "görüşmelerin başla", "görüşmeler devam", "görüşmeler sürdürül", "görüşmeler sürmekte", "görüşmelere devam",
				"görüşmeler yürütül", "görüşmeleri devam", "görüşmelerde bulun", "görüşme yapılmakta", "görüşmelerin devam", "müzakerelere", "müzakereler devam", "müzakere edil", "müzakereler sür",
				"müzakere süreci", "sözleşme görüşmeleri", "anlaşma görüşmeleri", "pazarlık görüşme", "görüşmelerine başla", "negotiations", "negotiating", "in talks",
			},
			ignore: []string{
				"görüşmelere devam edilmeme", "görüşmeler sonlandırıl", "görüşmeler sona er", "no negotiations", "negotiations have ended",
			},
		},
		{
			id: "non_binding", label: Label{"bağlayıcı değil", "non-binding"}, anywhere: true,
			terms: slices.Concat(
				[]string{"bağlayıcı değil", "bağlayıcı nitelikte değil", "gayri bağlayıcı"},
				negated("bağlayıcı ol"), negated("bağlayıcı nitelikte ol"), negated("bağlayıcı nitelik taşı"), negated("bağlayıcı bir nitelik taşı"),
				negated("bağlayıcı niteliği ol"), negated("bağlayıcı niteliği bulun"), negated("bağlayıcılığı ol"), negated("bağlayıcılığı bulun"),
				negated("bağlayıcılık taşı"), negated("bağlayıcı yükümlülük doğur"), negated("bağlayıcı bir yükümlülük doğur"),
				negated("bağlayıcı hüküm içer"), negated("bağlayıcı hükümler içer"),
				[]string{"non binding", "=nonbinding", "not binding", "not legally binding", "=no binding", "not constitute a binding"},
			),
		},
		{
			id: "postponed", label: Label{"ertelendi", "postponed"},
			terms: []string{
				"ertelen", "ertele", "ötelen", "ileri bir tarihe", "tehir edil", "postponed", "postponement", "=delayed", "deferred",
			},
			ignore: []string{
				"ertelenmiş bir açıklama", "ertelenmiş açıklama", "ertelenmiş vergi", "iflas erteleme", "iflasın ertelenme", "açıklamanın ertelen", "bilgilerin açıklanmasının ertelen",
				"ertelenen bilgi", "ertelenme sebebi", "ertelenmemiş", "deferred tax", "delayed announcement", "postponed notification",
			},
		},
	}
}

// negated gives the negative forms of a verb's stem that state something: -mamakta, -mayan, -madığı, -maz. The
// positive -makta begins with the same letters as the negation, so the bare "-ma" would find both.
func negated(stem string) []string {
	if strings.LastIndexAny(stem, "eiöü") > strings.LastIndexAny(stem, "aıou") {
		return []string{stem + "memek", stem + "meyen", stem + "mediğ", stem + "mez", stem + "memiş"}
	}
	return []string{stem + "mamak", stem + "mayan", stem + "madığ", stem + "maz", stem + "mamış"}
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
