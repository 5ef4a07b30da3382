package kap

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"kapwatch/monitor/turkish"
)

// clean folds every run of blanks, line breaks and control characters (NUL too) into one blank and trims the ends.
func clean(s string) string {
	blank := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff' }
	// Most of what KAP sends is clean already: a look is cheaper than a copy.
	before := ' '
	for _, r := range s {
		if r != ' ' && blank(r) || r == ' ' && before == ' ' {
			return strings.Join(strings.FieldsFunc(s, blank), " ")
		}
		before = r
	}
	return strings.TrimSuffix(s, " ")
}

// truncate cuts s to at most n bytes, at a rune.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.Clone(s[:n]) // the rest is not kept alive
}

// blockText is the text of s as paragraphs: one line each, no empty ones. Cells of a table stand in one line.
func blockText(s *goquery.Selection) string {
	var b strings.Builder
	for _, n := range s.Nodes {
		writeText(&b, n)
	}
	var lines []string
	for l := range strings.Lines(b.String()) {
		if l = clean(l); l != "" {
			lines = append(lines, l)
		}
	}
	return join(lines)
}

// writeText writes the text below n; line breaks stand where a browser shows them. The parser has bounded the depth.
func writeText(b *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		b.WriteString(strings.ReplaceAll(n.Data, "\n", " ")) // a line break in the source is a blank
		return
	case html.CommentNode:
		return
	}
	end := ""
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Head:
		return
	case atom.Br, atom.P, atom.Div, atom.Tr, atom.Li, atom.Ul, atom.Ol, atom.Table, atom.Blockquote,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Hr:
		b.WriteString("\n")
		end = "\n"
	case atom.Td, atom.Th:
		end = " "
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		writeText(b, c)
	}
	b.WriteString(end)
}

func join(lines []string) string { return strings.Join(lines, "\n") }

// Footers that stand under most filings and say nothing about this one: the responsibility clause of the
// communiqué on material events, and the note which language prevails. Each pattern stays within one paragraph.
var footers = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(?:i[şs]bu|yukar[ıi]daki|yukar[ıi]da yer alan)\s+a[çc][ıi]klama\pL*[\s,]+Sermaye\s+Piyasas[ıi]\s+Kurul[^\n]*?(?:beyan\s+eder(?:iz|im)\s*\.?|$|\n)`),
	regexp.MustCompile(`(?i)(?:yukar[ıi]daki\s+)?a[çc][ıi]klama\pL*\s+T[üu]rk[çc]e\s+ve\s+[İIiı]ngilizce[^\n.]*\.(?:[^\n.]*T[üu]rk[çc]e\s+(?:versiyon|metin|a[çc][ıi]klama)[^\n.]*\.)?`),
	regexp.MustCompile(`(?i)[^\n.]*(?:versiyon|metin)\pL*\s+aras[ıi]nda[^\n.]*T[üu]rk[çc]e[^\n.]*esas[^\n.]*\.?`),
	regexp.MustCompile(`(?i)we\s+(?:hereby\s+)?(?:proclaim|declare|state)\s+that\s+(?:our\s+|the\s+)?above\s+(?:disclosure|statement|explanation)s?[^\n]*?(?:responsible\s+for[^\n.]*\.|liable\s+for[^\n.]*\.|$|\n)`),
	regexp.MustCompile(`(?i)(?:in\s+(?:the\s+)?(?:case|event)\s+of|in\s+case\s+there\s+is|should\s+there\s+be)\s+(?:any\s+|a\s+)?(?:discrepanc|contradiction|conflict|inconsistenc|difference)[^\n.]*\bTurkish\b[^\n.]*\.?`),
	regexp.MustCompile(`(?i)(?:the\s+)?above\s+(?:statement|disclosure|explanation)s?\s+(?:is|are|has|have)[^\n.]*\bTurkish\s+and\s+English[^\n.]*\.`),
	regexp.MustCompile(`(?i)this\s+(?:statement|disclosure|text)\s+(?:is|was)\s+(?:a\s+|an\s+)?(?:English\s+)?translat[^\n]*?prevail[^\n.]*\.?`),
}

// cutFooter takes the footers out of text, and the lines they leave empty.
func cutFooter(text string) string {
	for _, f := range footers {
		text = f.ReplaceAllString(text, "\n")
	}
	var lines []string
	for l := range strings.Lines(text) {
		if l = clean(l); l != "" {
			lines = append(lines, l)
		}
	}
	return join(lines)
}

// separate splits off the English version that some filers put under the Turkish text in the Turkish cell (seen 2026).
// It errs on the side of leaving the text whole: the English part must start at a paragraph that is plainly English,
// after a Turkish one, and no Turkish paragraph may follow it.
func separate(text string) (tr, en string) {
	lines := strings.Split(text, "\n")
	at := -1
	turkishBefore := false
	for i, l := range lines {
		switch language(l) {
		case 't':
			turkishBefore, at = true, -1
		case 'e':
			if at < 0 && turkishBefore {
				at = i
			}
		}
	}
	if at < 0 {
		return text, ""
	}
	// A head such as "English version:" belongs to what follows it.
	if head := turkish.Fold(lines[at-1]); len(head) < 60 && (strings.Contains(head, "english") || strings.Contains(head, "ingilizce")) {
		return join(lines[:at-1]), join(lines[at:])
	}
	return join(lines[:at]), join(lines[at:])
}

// language tells by small words whether a paragraph is plainly Turkish ('t') or English ('e'); 0 when it is not plain:
// names, numbers, a heading.
func language(paragraph string) byte {
	english := []string{"the", "of", "and", "our", "has", "have", "been", "with", "was", "were", "is", "are", "for", "by", "that", "this", "will", "from", "to", "in", "on"}
	turkishWords := []string{"ve", "ile", "bir", "bu", "icin", "olarak", "olan", "olup", "tarafindan", "tarihinde", "tarihli", "iliskin", "kapsaminda", "uzere", "gore", "sirketimiz", "bankamiz", "sirketimizin", "edilmistir", "hakkinda", "tarihi"}
	verbs := []string{"mistir", "mustur", "maktadir", "mektedir", "acaktir", "ecektir"}
	var e, t, n int
	for w := range turkish.Words(paragraph) {
		n++
		if slices.Contains(english, w) {
			e++
		}
		if slices.Contains(turkishWords, w) {
			t++
		}
		if slices.ContainsFunc(verbs, func(end string) bool { return strings.HasSuffix(w, end) }) {
			t++
		}
	}
	switch {
	case e >= 3 && e > 3*t && e*10 >= n:
		return 'e'
	case t >= 1 && t >= e:
		return 't'
	}
	return 0
}
