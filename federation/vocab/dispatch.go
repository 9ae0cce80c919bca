package vocab

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/go-fed/activity/streams"
	as "github.com/go-fed/activity/streams/vocab"
)

// ErrUnknownType says that an activity is of a type nobody handles.
var ErrUnknownType = errors.New("vocab: no handler for this type")

// EmojiReact is what Pleroma and its kin send for a reaction by a picture, which no standard knows. We keep it as a favourite, as
// Misskey's Like with a picture.
const EmojiReact = "EmojiReact"

// Handler applies one kind of activity.
type Handler func(ctx context.Context, a Activity) error

// Handlers names who handles what.
type Handlers struct {
	Create, Update, Delete, Follow, Accept, Reject, Undo, Like, Announce, Add, Remove, Move, Block, Flag, QuoteRequest Handler
}

// Dispatcher finds the handler of an activity by go-fed's type resolver.
type Dispatcher struct {
	resolver *streams.TypeResolver
	foreign  map[string]Handler // types that no standard knows
}

type activityKey struct{}

// NewDispatcher registers the handlers.
func NewDispatcher(h Handlers) (*Dispatcher, error) {
	resolver, err := streams.NewTypeResolver(
		func(ctx context.Context, _ as.ActivityStreamsCreate) error { return h.Create(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsUpdate) error { return h.Update(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsDelete) error { return h.Delete(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsFollow) error { return h.Follow(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsAccept) error { return h.Accept(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsReject) error { return h.Reject(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsUndo) error { return h.Undo(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsLike) error { return h.Like(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsAnnounce) error { return h.Announce(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsAdd) error { return h.Add(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsRemove) error { return h.Remove(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsMove) error { return h.Move(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsBlock) error { return h.Block(ctx, activityIn(ctx)) },
		func(ctx context.Context, _ as.ActivityStreamsFlag) error { return h.Flag(ctx, activityIn(ctx)) },
	)
	if err != nil {
		return nil, fmt.Errorf("vocab: dispatcher: %w", err)
	}
	return &Dispatcher{resolver: resolver, foreign: map[string]Handler{EmojiReact: h.Like, QuoteRequest: h.QuoteRequest}}, nil
}

func activityIn(ctx context.Context) Activity { return ctx.Value(activityKey{}).(Activity) }

// Dispatch calls the handler of a's type, or returns ErrUnknownType.
func (d *Dispatcher) Dispatch(ctx context.Context, a Activity) error {
	if handle, ok := d.foreign[a.Type]; ok {
		return handle(ctx, a)
	}
	t, err := a.typed(ctx)
	if err != nil {
		return err
	}
	err = d.resolver.Resolve(context.WithValue(ctx, activityKey{}, a), t)
	if streams.IsUnmatchedErr(err) {
		return fmt.Errorf("%w: %s", ErrUnknownType, a.Type)
	}
	return err
}

// Envelope is the activity reduced to what go-fed has to understand: types and ids. The rest is read from the raw bytes.
func (a Activity) Envelope() map[string]any {
	m := map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams",
		"id":       a.ID, "type": a.Type, "actor": a.Actor,
	}
	if HostOf(a.ObjectID) != "" {
		m["object"] = a.ObjectID
	}
	return m
}

// Known reports whether go-fed knows the type as an activity and takes it; others are stored, but nobody can apply them. It
// refuses those that have no object: Arrive, Travel.
func (a Activity) Known(ctx context.Context) bool {
	t, err := a.typed(ctx)
	return err == nil && streams.IsOrExtendsActivityStreamsActivity(t) && !streams.IsOrExtendsActivityStreamsIntransitiveActivity(t)
}

// prototypes has a value of each type that go-fed knows, a few dozen, by its name. What handles a type and what it extends does
// not depend on what else an activity says, and reading that takes go-fed longer than we take for the whole document.
var prototypes sync.Map // string → as.Type

func (a Activity) typed(ctx context.Context) (as.Type, error) {
	if t, ok := prototypes.Load(a.Type); ok {
		return t.(as.Type), nil
	}
	t, err := streams.ToType(ctx, map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "type": a.Type})
	if err != nil {
		if streams.IsUnmatchedErr(err) {
			return nil, fmt.Errorf("%w: %s", ErrUnknownType, a.Type)
		}
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	prototypes.Store(a.Type, t)
	return t, nil
}
