package app_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// browser is one tab of a real chromium with an authenticator that is always present and always says yes.
type browser struct {
	t    *testing.T
	ctx  context.Context
	axe  string
	keys webauthn.AuthenticatorID
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
	ctx, cancel := chromedp.NewContext(context.Background(), chromedp.WithErrorf(t.Logf), chromedp.WithAllocatorOptions(
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1280, 1000), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("accept-lang", "de-DE"), chromedp.WSURLReadTimeout(time.Minute)))
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, axe: string(axe)}
	// The first call starts the browser, which lives as long as the context of that call.
	b.plugIn(ctx)
	return b
}

// plugIn gives the tab its authenticator.
func (b *browser) plugIn(ctx context.Context) {
	b.t.Helper()
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		added, err := cdp.Call(ctx, tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		if err == nil {
			b.keys = added.AuthenticatorID
		}
		return err
	}))
	if err != nil {
		b.t.Fatalf("start the browser: %v", err)
	}
}

// addKey is webauthn.AddCredential with only what this authenticator can keep; it refuses the parameters of newer ones even
// when they say no.
var addKey = cdp.Command[map[string]any, cdp.Empty]{Method: webauthn.CommandAddCredential}

// popup does what opens a window and returns that window. Its authenticator holds the same keys.
func (b *browser) popup(what string, open step) *browser {
	b.t.Helper()
	opened := chromedp.WaitNewTarget(b.ctx, func(info *target.Info) bool { return info.URL != "" && info.URL != "about:blank" })
	b.run(what, open)
	var id target.ID
	select {
	case id = <-opened:
	case <-time.After(patience):
		b.t.Fatalf("%s: no window opens", what)
	}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	b.t.Cleanup(cancel)
	p := &browser{t: b.t, ctx: ctx, axe: b.axe}
	p.plugIn(ctx)
	var keys []*webauthn.Credential
	b.run("keys", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		held, err := cdp.Call(ctx, tab, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: b.keys})
		if err == nil {
			keys = held.Credentials
		}
		return err
	}))
	for _, key := range keys {
		p.run("key", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, addKey, map[string]any{"authenticatorId": p.keys, "credential": map[string]any{
				"credentialId": key.CredentialID, "isResidentCredential": true, "rpId": key.RpID, "privateKey": key.PrivateKey,
				"userHandle": key.UserHandle, "signCount": key.SignCount,
			}})
			return err
		}))
	}
	return p
}

func (b *browser) run(what string, steps ...step) {
	b.t.Helper()
	ask(b, what, func(ctx context.Context) (chromedp.Void, error) { return chromedp.Void{}, chromedp.Do(ctx, steps...) })
}

// eval runs a script in the page; a promise is awaited.
func eval[T any](b *browser, what, script string) T {
	b.t.Helper()
	return ask(b, what, func(ctx context.Context) (T, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	})
}

// ask fails the test with what the page shows when f does not succeed in time.
func ask[T any](b *browser, what string, f func(ctx context.Context) (T, error)) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := f(ctx)
	if err != nil {
		shown, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
		b.t.Fatalf("%s: %v\nthe page is %.2000s", what, err, shown)
	}
	return v
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.run("open "+url, chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS("main")))
}

// press clicks what leads to another page, also to one with the same address, and waits until that shows something.
func (b *browser) press(what, shown string) {
	b.t.Helper()
	eval[int](b, "mark the page", `document.documentElement.dataset.left = "", 0`)
	b.run("press "+what, click("main "+what))
	b.run("after "+what, chromedp.WaitVisible(chromedp.CSS("html:not([data-left]) main "+shown)))
}

// waitPath waits until the path of the shown address matches a regular expression.
func (b *browser) waitPath(pattern string) (path string) {
	b.t.Helper()
	want := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(patience); !want.MatchString(path); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("not within %s: the browser reaches %s; it shows %s", patience, pattern, eval[string](b, "text", `location.href + "\n" + document.querySelector("main").innerText.slice(0, 2000)`))
		}
		if at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.pathname")); err == nil { // between two pages there is none to ask
			path = at
		}
	}
	b.run("page "+path, chromedp.WaitVisible(chromedp.CSS("main h1")))
	return path
}

func (b *browser) text(selector chromedp.CSS) string {
	b.t.Helper()
	return ask(b, "text", func(ctx context.Context) (string, error) { return chromedp.Run(ctx, chromedp.Text(selector)) })
}

// look lets the browser be that wide and prefer that scheme.
func (b *browser) look(width int64, scheme string) {
	b.t.Helper()
	b.run("resize", chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// barriers runs axe-core on the page that is shown and fails on every violation of its rules, best practices included; with
// tags only of the rules that have one of these.
func (b *browser) barriers(name string, tags ...string) {
	b.t.Helper()
	options := map[string]any{"resultTypes": []string{"violations"}}
	if len(tags) > 0 {
		options["runOnly"] = tags
	}
	chosen, err := json.Marshal(options)
	if err != nil {
		b.t.Fatal(err)
	}
	if !eval[bool](b, "axe", `"axe" in window`) {
		eval[int](b, "load axe on "+name, b.axe+"\n;0")
	}
	raw := eval[string](b, "axe on "+name, `axe.run(document, `+string(chosen)+`).then(r => JSON.stringify(r.violations))`)
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
