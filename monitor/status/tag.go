package status

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// sendTagged answers with a strong ETag made of the content, or with 304 when the client has it already. The tag
// depends on nothing else, so it survives restarts and is equal behind a balancer.
func sendTagged(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	sendAs(w, r, contentType, tagOf(body), body)
}

func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

func sendAs(w http.ResponseWriter, r *http.Request, contentType, tag string, body []byte) {
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache") // may be kept, must be asked again: an alert's state can change any second
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	send(w, r, http.StatusOK, contentType, body)
}

// send answers whole, with its length; HEAD gets the headers alone.
func send(w http.ResponseWriter, r *http.Request, code int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone: nobody to tell
	}
}

// matches reports whether one of the tags of If-None-Match is tag, compared weakly as RFC 9110 13.1.2 wants it.
func matches(fields []string, tag string) bool {
	for _, field := range fields {
		for t := range strings.SplitSeq(field, ",") {
			if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// prefersHTML reports whether Accept names text/html and likes it better than application/json. A program that
// sends */* or nothing gets JSON.
func prefersHTML(accept []string) bool {
	html, json := quality(accept, "text/html"), quality(accept, "application/json")
	return html > 0 && html > json
}

// quality is the weight that Accept gives to a type by name, 0 when it does not name it.
func quality(accept []string, name string) float64 {
	best := 0.0
	for _, field := range accept {
		for part := range strings.SplitSeq(field, ",") {
			media, args, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(media), name) {
				continue
			}
			q := 1.0
			for arg := range strings.SplitSeq(args, ";") {
				if k, v, _ := strings.Cut(arg, "="); strings.EqualFold(strings.TrimSpace(k), "q") {
					q, _ = strconv.ParseFloat(strings.TrimSpace(v), 64) // nonsense weighs nothing
				}
			}
			best = max(best, q)
		}
	}
	return best
}
