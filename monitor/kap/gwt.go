package kap

import (
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"kapwatch/monitor"
	"kapwatch/monitor/turkish"
)

// gwt reads the older forms: corporate actions (tbl_GAI…) and announcements (tbl_GENEL_DUYURU_GONDERIMI). They are
// tables in tables; what is said stands in the innermost rows: label and value, a section's head, free text, or a
// grid whose first row is its head.
func (s *sheet) gwt(doc *goquery.Document) {
	var heads []string
	var grid *html.Node // the table that heads belongs to
	for _, row := range innermost(doc.Nodes[0]) {
		tr := goquery.NewDocumentFromNode(row.tr)
		cells := tr.ChildrenFiltered("td, th")
		switch {
		case cells.Length() == 0 || tr.Find(".txtWhite").Length() > 0: // a section's head
		case isLabel(cells.First()) || cells.Length() == 2 && !row.border():
			s.pairs(cells)
		case cells.Length() == 1:
			s.text(blockText(cells), false)
		case row.table != grid:
			grid, heads = row.table, cells.Map(cellText)
		default:
			for i, w := range cells.Map(cellText) {
				r := monitor.Row{Value: w}
				if i < len(heads) {
					r.Label = heads[i]
				}
				s.field(r)
			}
		}
	}
}

func cellText(_ int, c *goquery.Selection) string { return clean(c.Text()) }

// leaf is a table row that holds no other.
type leaf struct{ tr, table *html.Node }

// border reports whether the row's table is drawn as a grid.
func (l leaf) border() bool {
	return l.table != nil && slices.ContainsFunc(l.table.Attr, func(a html.Attribute) bool { return a.Key == "border" })
}

// innermost walks the tree once and gathers the rows that hold no other row, without looking into what filers typed.
func innermost(root *html.Node) []leaf {
	var out []leaf
	holds := map[*html.Node]bool{}
	var walk func(n *html.Node, in leaf)
	walk = func(n *html.Node, in leaf) {
		switch {
		case n.DataAtom == atom.Table:
			in.table = n
		case n.DataAtom == atom.Tr:
			holds[in.tr] = true
			in.tr = n
			out = append(out, in)
		case isValue(n):
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, in)
		}
	}
	walk(root, leaf{})
	return slices.DeleteFunc(out, func(l leaf) bool { return holds[l.tr] })
}

func isValue(n *html.Node) bool {
	for _, a := range n.Attr {
		if a.Key == "class" {
			classes := strings.Fields(a.Val)
			return slices.Contains(classes, "gwt-HTML") && slices.Contains(classes, "control-label")
		}
	}
	return false
}

func isLabel(cell *goquery.Selection) bool { return cell.ChildrenFiltered(".bold").Length() > 0 }

// pairs reads a row of labels and values in turn. What stands beside "Açıklamalar" is the filing's text.
func (s *sheet) pairs(cells *goquery.Selection) {
	for i := 0; i+1 < cells.Length(); i += 2 {
		label, v := clean(cells.Eq(i).Text()), cells.Eq(i+1)
		switch strings.Trim(turkish.Fold(label), " :") {
		case "aciklama", "aciklamalar", "ek aciklama", "ek aciklamalar", "bildirim icerigi", "duyuru metni":
			s.text(blockText(v), false)
		default:
			s.field(monitor.Row{Label: label, Value: clean(v.Text())})
		}
	}
}
