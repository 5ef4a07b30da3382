package notify_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kapwatch/monitor"
	"kapwatch/notify"
	"kapwatch/notify/slacksim"
)

// Over real connections of its own: what was never sent is told from what was, and a redirect gets no token.
func TestConnections(t *testing.T) {
	slack := slacksim.New()
	slack.AddToken(token)
	slack.AddChannel(channel)
	good := httptest.NewServer(slack)
	defer good.Close()
	hangUp := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer hangUp.Close()
	redirect := httptest.NewServer(http.RedirectHandler(good.URL+"/api/chat.postMessage", http.StatusTemporaryRedirect))
	defer redirect.Close()
	stranger := httptest.NewTLSServer(slack) // with a certificate that nobody signed
	defer stranger.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, api string
		want      monitor.Result
		err       string
	}{
		{"good", good.URL + "/api/", monitor.ResultSent, ""},
		{"without the slash", good.URL + "/api", monitor.ResultSent, ""},
		{"hangs up", hangUp.URL + "/", monitor.ResultUnknown, "EOF"},
		{"redirects", redirect.URL + "/", monitor.ResultLater, "HTTP 307"},
		{"unknown certificate", stranger.URL + "/api/", monitor.ResultLater, "reach slack: tls"},
		{"nobody there", "http://" + closed.Addr().String() + "/", monitor.ResultLater, "reach slack: dial"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(slack.Posts())
			n, err := notify.New(notify.Config{SlackAPI: tt.api, SlackToken: notify.NewSecret(token)})
			if err != nil {
				t.Fatal(err)
			}
			o := n.Notify(t.Context(), message())
			if o.Result != tt.want || o.Err != nil && !strings.Contains(o.Err.Error(), tt.err) {
				t.Errorf("Notify = %+v", o)
			}
			if got := len(slack.Posts()) - before; got != 0 != (tt.want == monitor.ResultSent) {
				t.Errorf("%d posts arrived", got)
			}
		})
	}
}
