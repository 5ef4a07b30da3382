// Package slacksim is a Slack workspace for tests: it takes posts the way Slack does, keeps them, enforces Slack's
// limits and pace, and misbehaves on request.
//
// A [Workspace] is an [http.Handler]. It may listen on loopback:
//
//	srv := httptest.NewServer(w)          // api_url: srv.URL + "/api/"
//
// or work in process, which is what tests inside a synctest bubble need, through [Workspace.Transport]. That
// transport reaches this workspace only and refuses every other host, so no test can post by accident.
//
// It speaks chat.postMessage (form and JSON bodies), auth.test, conversations.history, conversations.replies and
// incoming webhooks. Error names, limits and their numbers are those of docs.slack.dev and of the public reference
// of the methods' errors, as read in August 2026; the limit on the whole of the blocks is not documented and was
// measured by others (slackapi/bolt-js issue 2509).
//
// What it does not do: mentions, users, edits, reactions, Socket Mode, and anything a person would see.
package slacksim
