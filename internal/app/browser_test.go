package app_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// browser is one tab of a real chromium with an authenticator that is always present and always says yes.
type browser struct {
	t   *testing.T
	ctx context.Context
	axe string
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	axe, err := os.ReadFile("../../web/testdata/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is missing, run make axe: %v", err)
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("chromium is missing, run make browser: %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1280, 1000),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "de-DE"), chromedp.Flag("accept-lang", "de-DE"))
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(t.Logf))
	t.Cleanup(func() { cancel(); cancelAllocator() })
	b := &browser{t: t, ctx: ctx, axe: string(axe)}
	b.run("start", webauthn.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}).Do(ctx)
		return err
	}))
	return b
}

func (b *browser) run(what string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	// The first Run starts the browser, which must outlive this call's deadline.
	if chromedp.FromContext(b.ctx).Target == nil {
		ctx = b.ctx
	}
	if err := chromedp.Run(ctx, actions...); err != nil {
		var where, body string
		_ = chromedp.Run(b.ctx, chromedp.Location(&where), chromedp.Text("body", &body, chromedp.ByQuery))
		b.t.Fatalf("%s: %v\nat %s:\n%.2000s", what, err, where, body)
	}
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.run("open "+url, chromedp.Navigate(url), chromedp.WaitVisible("main", chromedp.ByQuery))
}

// waitPath waits until the tab shows an address with that path prefix.
func (b *browser) waitPath(prefix string) string {
	b.t.Helper()
	var path string
	within(b.t, "the browser reaches "+prefix, func() bool {
		b.run("location", chromedp.Evaluate("location.pathname", &path))
		return strings.HasPrefix(path, prefix)
	})
	b.run("page", chromedp.WaitVisible("main h1", chromedp.ByQuery))
	return path
}

func (b *browser) text(selector string) (text string) {
	b.t.Helper()
	b.run("text of "+selector, chromedp.Text(selector, &text, chromedp.ByQuery))
	return text
}

// barriers runs axe-core on the page that is shown and fails on every violation of WCAG 2.2 A, AA and best practice.
func (b *browser) barriers(name string) {
	b.t.Helper()
	var raw string
	b.run("axe on "+name,
		chromedp.Evaluate(b.axe+"\n;0", nil),
		chromedp.Evaluate(`axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`, &raw, awaitPromise))
	var violations []struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}
	if err := json.Unmarshal([]byte(raw), &violations); err != nil {
		b.t.Fatalf("axe on %s: %v", name, err)
	}
	for _, v := range violations {
		for _, n := range v.Nodes {
			b.t.Errorf("axe on %s: %s (%s): %.300s\n%s", name, v.ID, v.Help, n.HTML, n.FailureSummary)
		}
	}
}

func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
