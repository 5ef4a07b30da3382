package notify

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kapwatch/monitor"
)

// class is what a refusal of Slack's means for a message.
type class uint8

const (
	unlisted class = iota
	limited        // known not posted, tried again later
	unclear        // part of it may have happened
	parked         // the channel or the credentials refuse
	atFault        // this message is refused as it is
)

// classOf sorts Slack's error names: those of chat.postMessage in the public reference of August 2026 and those of
// incoming webhooks (api.slack.com changelog, May 2016).
func classOf(name string) class {
	switch name {
	case "ratelimited", "rate_limited", "message_limit_exceeded", "service_unavailable", "team_added_to_org",
		"org_login_required":
		return limited
	case "fatal_error", "internal_error", "request_timeout", "rollup_error":
		return unclear
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope",
		"not_allowed_token_type", "no_permission", "accesslimited", "ekm_access_denied", "app_access_restricted",
		"two_factor_setup_required", "access_denied", "channel_not_found", "not_in_channel", "is_archived",
		"messages_tab_disabled", "user_not_found", "action_prohibited", "invalid_token", "no_service", "no_team",
		"channel_is_archived", "no_active_hooks":
		return parked
	case "no_text", "invalid_payload", "markdown_text_conflict", "cannot_reply_to_message", "thread_not_found",
		"thread_locked", "invalid_arguments", "invalid_form_data", "invalid_json", "json_not_object":
		return atFault
	}
	for prefix, c := range map[string]class{
		"restricted_action": parked, "msg_": atFault, "invalid_blocks": atFault, "too_many_": atFault,
		"metadata_": atFault, "invalid_metadata": atFault, "invalid_attachments": atFault,
	} {
		if strings.HasPrefix(name, prefix) {
			return c
		}
	}
	return unlisted
}

// remedy tells an operator what to do about a refusal that parks a route.
func remedy(name, needed string) string {
	switch name {
	case "channel_not_found":
		return "check the channel id of the route, and invite the bot if the channel is private"
	case "not_in_channel":
		return "invite the bot to the channel with /invite"
	case "is_archived", "channel_is_archived":
		return "unarchive the channel or give the route another one"
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type":
		return "put a valid bot token (xoxb-…) into slack.token_file and reload"
	case "missing_scope":
		if needed != "" {
			return "add the scope " + needed + " to the Slack app and install it again"
		}
		return "add the scope chat:write to the Slack app and install it again"
	case "no_service", "no_team", "invalid_token", "user_not_found", "no_active_hooks":
		return "make a new incoming webhook and put its URL into the route's webhook_file"
	}
	return "ask an administrator of the Slack workspace to let the app post there"
}

// verdict is the outcome of one request to post, and whether the message itself was at fault.
type verdict struct {
	monitor.Outcome
	fault string // Slack's name for what is wrong with the message; "" when it is not the message
}

// judge tells what became of a post. It trusts only a plain yes (ok and a ts) and a plain no; whatever lies between
// is unknown, and looked up before anything is sent again.
func judge(r reply, now time.Time) verdict {
	fail := func(result monitor.Result, format string, args ...any) verdict {
		return verdict{Outcome: monitor.Outcome{Result: result, Err: fmt.Errorf(format, args...)}}
	}
	switch {
	case r.ok && r.ts != "":
		return verdict{Outcome: monitor.Outcome{Result: monitor.ResultSent, TS: r.ts}}
	case r.unsent:
		return fail(monitor.ResultLater, "reach slack: %w", r.err)
	case r.status == 0:
		return fail(monitor.ResultUnknown, "wait for slack's answer: %w", r.err)
	case r.status == http.StatusTooManyRequests, r.status < 500 && classOf(r.name) == limited:
		v := fail(monitor.ResultLater, "slack answered %s", said(r))
		v.RetryAfter = retryAfter(r.header.Get("Retry-After"), now)
		// A channel's limit always comes with Retry-After; without it Slack means the whole workspace
		// (message_limit_exceeded; slack-go pull request 1383).
		v.Workspace = r.status == http.StatusTooManyRequests && r.header.Get("Retry-After") == "" ||
			r.name != "" && r.name != "ratelimited" && r.name != "rate_limited"
		if v.RetryAfter == 0 && r.name == "message_limit_exceeded" {
			v.RetryAfter = longWait
		}
		return v
	case r.status >= 500, r.status == http.StatusRequestTimeout, classOf(r.name) == unclear:
		return fail(monitor.ResultUnknown, "slack answered %s", said(r))
	case r.name != "" && classOf(r.name) == parked:
		return fail(monitor.ResultParked, "slack answered %s: %s", said(r), remedy(r.name, r.needed))
	case r.name != "":
		v := fail(monitor.ResultRefused, "slack answered %s", said(r))
		v.fault = r.name
		return v
	case r.status == http.StatusRequestEntityTooLarge, r.status == http.StatusBadRequest:
		v := fail(monitor.ResultRefused, "slack answered %s", said(r))
		v.fault = "msg_too_long"
		return v
	case r.status >= 400:
		return fail(monitor.ResultParked, "slack answered %s: check slack.api_url and the proxy", said(r))
	case r.status >= 300:
		// Slack never redirects these; a captive portal does, and will stop.
		return fail(monitor.ResultLater, "something before slack answered %s", said(r))
	case r.err != nil:
		return fail(monitor.ResultUnknown, "read slack's answer: %w", r.err)
	}
	return fail(monitor.ResultUnknown, "slack answered %s", said(r))
}

// said names an answer without repeating any of its text but Slack's own error names.
func said(r reply) string {
	switch {
	case r.name != "" && r.status != http.StatusOK:
		return r.name + " (HTTP " + strconv.Itoa(r.status) + ")"
	case r.name != "":
		return r.name
	case r.status != http.StatusOK:
		return "HTTP " + strconv.Itoa(r.status)
	}
	return "HTTP 200 with " + kind(r.body) + " that neither confirms nor refuses"
}

// Bounds on what Slack, or something before it, may ask for.
const (
	shortestWait = time.Second
	longestWait  = time.Hour
	longWait     = 5 * time.Minute // after message_limit_exceeded, which names no time
)

// retryAfter reads a Retry-After header: seconds or a date, between a second and an hour. 0 means that it says
// nothing one can use, and the caller's own back-off applies.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if n, err := strconv.ParseFloat(header, 64); err == nil && n == n {
		return time.Duration(min(max(n, shortestWait.Seconds()), longestWait.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), shortestWait), longestWait)
	}
	return 0
}
