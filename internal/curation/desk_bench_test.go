package curation_test

import (
	"fmt"
	"testing"

	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// benchWaiting is how many practices wait on the desk that is measured; half as many are decided.
const benchWaiting = 2_000

// BenchmarkDesk measures what an editor does at a desk on which 2,000 practices wait. Each action should take less than 100 ms.
func BenchmarkDesk(b *testing.B) {
	h := newHouse(b)
	fields := []string{"Rechenzentrum", "Beschaffung", "Arbeitsplatz", "Strategie"}
	subjects := []string{"Kühlung", "Server", "Drucker", "Beleuchtung", "Abwärme", "Software", "Bildschirme", "Speicher", "Netzwerk", "Fuhrpark"}
	var ids []int64
	for n := range benchWaiting * 3 / 2 {
		p := h.arrivesWith(fmt.Sprintf("%s im Amt %d", subjects[n%len(subjects)], n), 1, practice.Practice{
			Level: organization.Levels[n%len(organization.Levels)], Region: organization.Regions[n%len(organization.Regions)],
			Fields: []practice.Term{{Name: fields[n%len(fields)]}}, Situation: "Der Verbrauch war hoch, gemessen hat ihn niemand.",
		})
		ids = append(ids, p.ID)
	}
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	for n, id := range ids[benchWaiting:] {
		if n%3 == 0 {
			must(h.desk.Decline(h.Ctx, h.Editor, id, "Ohne Messwerte"))
		} else {
			must(h.desk.Accept(h.Ctx, h.Editor, id))
		}
	}
	if _, err := h.DB.ExecContext(h.Ctx, `ANALYZE`); err != nil {
		b.Fatal(err)
	}
	waiting := ids[:benchWaiting]
	next := 0
	fresh := func() int64 { next++; return waiting[next%len(waiting)] }
	page := func(q curation.DeskQuery) func() error {
		q.Limit = 10
		return func() error {
			got, err := h.desk.Desk(h.Ctx, h.Editor, q)
			if err == nil && len(got.Items) == 0 {
				return fmt.Errorf("%+v finds nothing", q)
			}
			return err
		}
	}
	undoable := func(decide func(id int64) error) func() error {
		return func() error {
			id := fresh()
			if err := decide(id); err != nil {
				return err
			}
			log, err := h.desk.Decisions(h.Ctx, id)
			if err != nil {
				return err
			}
			return h.desk.Undo(h.Ctx, h.Editor, log[0].ID)
		}
	}
	for _, action := range []struct {
		name string
		do   func() error
	}{
		{"list", page(curation.DeskQuery{})},
		{"list_last", page(curation.DeskQuery{Offset: benchWaiting - 20})},
		{"list_filtered", page(curation.DeskQuery{Origin: "vitako.example", Level: "land", Field: "Rechenzentrum"})},
		{"list_accepted", page(curation.DeskQuery{State: curation.Accepted})},
		{"item", func() error {
			id := fresh()
			if _, err := h.desk.Standing(h.Ctx, h.Editor, id); err != nil {
				return err
			}
			_, err := h.desk.Decisions(h.Ctx, id)
			return err
		}},
		{"suggestions", func() error {
			views, err := h.practices.Views(h.Ctx, post.Viewer{AccountID: h.Editor.ID}, []int64{fresh()})
			if err != nil {
				return err
			}
			_, err = h.desk.Suggestions(h.Ctx, h.Editor, views[0])
			return err
		}},
		{"accept_and_undo", undoable(func(id int64) error { return h.desk.Accept(h.Ctx, h.Editor, id) })},
		{"decline_and_undo", undoable(func(id int64) error { return h.desk.Decline(h.Ctx, h.Editor, id, "Ohne Messwerte") })},
		{"ask_and_undo", undoable(func(id int64) error { return h.desk.Ask(h.Ctx, h.Editor, id, "Seit wann messen Sie?") })},
		{"later_and_undo", undoable(func(id int64) error { return h.desk.Later(h.Ctx, h.Editor, id, day(9), "") })},
		{"assign_and_undo", undoable(func(id int64) error { return h.desk.Assign(h.Ctx, h.Editor, id, h.Editor.ID) })},
		{"group_and_undo", undoable(func(id int64) error { return h.desk.Join(h.Ctx, h.Editor, id, waiting[0]) })},
		{"log", func() error { _, err := h.desk.Log(h.Ctx, h.Editor, "", 0, 30); return err }},
	} {
		b.Run(action.name, func(b *testing.B) {
			for b.Loop() {
				if err := action.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
