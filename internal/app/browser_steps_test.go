package app_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// step is what a person does on a page.
type step = chromedp.Action[chromedp.Void]

// act runs a function of the page, with the rights of somebody's hand, until it returns nothing: what it returns says why it
// could not yet do its work. It looks and acts in one turn of the page, so that nothing moves in between.
func act(function string, args ...any) step {
	script := "(" + function + ")("
	for _, arg := range args {
		script += fmt.Sprintf("%q,", arg)
	}
	script += ")"
	gesture := func(p *runtime.EvaluateParams) { yes := true; p.UserGesture = &yes }
	return func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		for {
			problem, err := chromedp.Evaluate[string](script, gesture)(ctx, tab)
			if problem == "" && err == nil {
				return chromedp.Void{}, nil
			}
			select {
			case <-time.After(30 * time.Millisecond):
			case <-ctx.Done():
				return chromedp.Void{}, errors.Join(fmt.Errorf("%v: %s", args, problem), err)
			}
		}
	}
}

// click presses what a selector names once it can be seen and nothing covers it; a field's label may stand for the field.
func click(selector string) step {
	return act(`(selector) => {
		const it = document.querySelector(selector);
		if (!it) return "there is none";
		it.scrollIntoView({block: "center", behavior: "instant"});
		const box = it.getClientRects()[0];
		if (!box || !box.width || !box.height || getComputedStyle(it).visibility !== "visible") return "it is hidden";
		const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
		if (!it.contains(at) && at?.closest("label")?.control !== it && !(it.labels && [...it.labels].some((label) => at?.contains(label)))) return "it is covered by " + at?.outerHTML.slice(0, 200);
		it.click();
		return "";
	}`, selector)
}

// press clicks the button or link in main that says just this.
func press(label string) step {
	return act(`(label) => {
		const it = [...document.querySelectorAll("main a, main button:not([aria-hidden])")].find((it) => it.textContent.trim() === label);
		if (!it) return "no button or link says so";
		it.click();
		return "";
	}`, label)
}

// holds waits until an expression of the page is true; between two pages there is none to ask.
func holds(expression string) step {
	return act(`() => (` + expression + `) ? "" : "not yet"`)
}

// tick chooses a radio button or a box by its name and value.
func tick(name, value string) step { return click(fmt.Sprintf(`[name='%s'][value='%s']`, name, value)) }

// fill replaces what stands in a field and tells the page so, as typing does.
func fill(name, text string) step {
	return act(`(name, text) => {
		const field = document.querySelector("[name='" + name + "']");
		if (!field) return "there is no such field";
		field.focus();
		field.value = text;
		field.dispatchEvent(new Event("input", {bubbles: true}));
		return "";
	}`, name, text)
}
