package mastodon

import "github.com/vorbild/vorbild/internal/fault"

func errNotBuilt() error { return fault.New(fault.Internal, "not built") }
