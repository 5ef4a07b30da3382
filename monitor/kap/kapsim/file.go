package kapsim

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"time"
)

// javaBytes opens a Java-serialised byte[]; four bytes of big-endian length follow, then the bytes.
const javaBytes = "\xac\xed\x00\x05\x75\x72\x00\x02\x5b\x42\xac\xf3\x17\xf8\x06\x08\x54\xe0\x02\x00\x00\x78\x70"

// file answers file/download/{id}: it says PDF and sends a Java object.
func (c *call) file() answer {
	var name string
	c.s.world.newest(c.now, time.Time{}, c.now.Add(1), 1, func(f *Filing) bool {
		if f.Detail != nil {
			for _, a := range f.Detail.Files {
				if a.ID == c.arg {
					name = a.Name
					return true
				}
			}
		}
		return false
	})
	if name == "" {
		return failure(http.StatusNotFound)
	}
	pdf := syntheticPDF(name)
	body := append([]byte(javaBytes), 0, 0, 0, 0)
	binary.BigEndian.PutUint32(body[len(javaBytes):], uint32(len(pdf)))
	return answer{status: http.StatusOK, kind: "application/pdf", body: append(body, pdf...)}
}

// pdf answers BildirimPdf/{index}: a clean PDF.
func (c *call) pdf() answer {
	f, _ := c.asked()
	if f == nil {
		return failure(http.StatusNotFound)
	}
	return answer{status: http.StatusOK, kind: "application/pdf", body: syntheticPDF(c.arg)}
}

// syntheticPDF is a PDF of one empty page with name as its title: enough for every reader to open.
func syntheticPDF(name string) []byte {
	b := []byte("%PDF-1.4\n")
	var at [5]int
	for i, o := range [...]string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>", fmt.Sprintf("<</Title<%x>>>", name),
	} {
		at[i+1] = len(b)
		b = fmt.Appendf(b, "%d 0 obj%sendobj\n", i+1, o)
	}
	xref := len(b)
	b = append(b, "xref\n0 5\n0000000000 65535 f \n"...)
	for _, n := range at[1:] {
		b = fmt.Appendf(b, "%010d 00000 n \n", n)
	}
	return fmt.Appendf(b, "trailer<</Size 5/Root 1 0 R/Info 4 0 R>>\nstartxref\n%d\n%%%%EOF\n", xref)
}
