package classify

import "strings"

// Stage tells how binding a deal is by how far it has come. Stages are ordered: a later one binds more.
type Stage uint8

// The stages of a deal.
const (
	NoStage  Stage = iota
	MoU            // an intention is written down, nothing is owed
	Bid            // an offer is made, which the other side may take
	Award          // the other side has chosen the filer
	Contract       // both sides are bound
	Delivery       // what was agreed is done
)

// String gives the stage as one word, "" for NoStage.
func (s Stage) String() string {
	return [...]string{"", "mou", "bid", "award", "contract", "delivery"}[s]
}

// stageTerms says for each stage how filings state that it is reached. What is only planned, possible or denied
// reaches none: see part.stands.
var stageTerms = [...]struct{ turkish, english []string }{
	MoU: {
		[]string{
			"mutabakat zapt", "mutabakat muhtıra", "mutabakat metni", "niyet mektu", "niyet mutabakat", "niyet protokol", "niyet beyan", "niyet anlaşma", "mutabakat anlaşma", "mutabakat belgesi",
			"=ön anlaşma", "=ön protokol", "=ön mutabakat", "=ön sözleşme", "iş birliği protokol", "işbirliği protokol", "=MoU",
		},
		[]string{"memorandum of understanding", "letter of intent", "letters of intent", "term sheet", "heads of terms", "preliminary agreement"},
	},
	Bid: {
		[]string{
			"teklif veril", "teklif vermiş", "teklif sunul", "teklif sunmuş", "teklifi veril", "teklifi sunul", "teklifimiz sunul", "ihaleye katıl", "ihalesine katıl",
			"en düşük teklif", "en avantajlı teklif", "en uygun teklif",
		},
		[]string{"submitted a bid", "submitted its bid", "submitted an offer", "submitted the lowest bid", "lowest bid", "bid was submitted", "bid has been submitted"},
	},
	Award: {
		[]string{
			"ihaleyi kazan", "ihalesini kazan", "ihale kazan", "ihalenin kazan", "uhdesinde kal", "uhdemizde kal", "üzerimizde kal", "üzerinde kal",
			"ihale karar kesinleş", "sözleşmeye davet",
		},
		[]string{"was awarded", "has been awarded", "won the tender", "won the bid", "tender was won", "preferred bidder", "invited to sign"},
	},
	Contract: {
		[]string{
			"sözleşme imzalan", "sözleşme imzalamış", "sözleşme imzaladı", "sözleşme akdedil", "sözleşme akdet", "sözleşme yürürlüğe gir",
			"anlaşma imzalan", "anlaşma imzalamış", "anlaşma imzaladı", "imzalanan sözleşme", "sipariş alın", "sipariş almış", "sipariş aldı",
		},
		[]string{
			"contract was signed", "contract has been signed", "contracts were signed", "contract signed", "signed a contract", "signed the contract", "agreement was signed",
			"agreement has been signed", "signed an agreement", "received an order", "order was received", "order has been received",
		},
	},
	Delivery: {
		[]string{
			"teslim edil", "teslim etmiş", "teslimat tamamlan", "teslimatlar tamamlan", "teslimatları tamamlan", "teslimat gerçekleş", "kabulü yapıl", "kabul yapıl",
			"devreye alın", "devreye girmiş",
		},
		[]string{"was delivered", "were delivered", "has been delivered", "have been delivered", "delivery was completed", "delivery has been completed", "was commissioned", "has been commissioned"},
	},
}

// reached is the furthest stage that s states as a fact, in the summary or in the opening of a body.
func (c *Classifier) reached(s *scan) (furthest Stage) {
	for k := range s.parts[1:] {
		p := &s.parts[k+1]
		for _, h := range p.hits {
			r := c.rules[h.term]
			if r.role != reaches || Stage(r.owner) <= furthest || p.body() && p.words[h.first].Start >= lead {
				continue
			}
			// "Ön anlaşma imzalanmıştır" signs an agreement, but only of intent.
			intent := r.owner > int(MoU) && p.meets(c.rules, h, rule{role: reaches, owner: int(MoU)})
			if p.free(h) && !intent && !p.purpose(c, h) && p.stands(c, h) {
				furthest = Stage(r.owner)
			}
		}
	}
	return furthest
}

// purpose reports whether h names what something else is for: "sözleşme imzalanmasına yönelik".
func (p *part) purpose(c *Classifier, h hit) bool {
	words := c.matcher.terms[h.term].words
	rest, _ := strings.CutPrefix(p.word(int(h.last)), words[len(words)-1].text)
	return strings.HasPrefix(rest, "masina") || strings.HasPrefix(rest, "mesine")
}

// stageOf is the stage that a category of this id is about.
func stageOf(id string) Stage {
	switch id {
	case "mou":
		return MoU
	case "tender":
		return Bid
	case "contract":
		return Contract
	}
	return NoStage
}
