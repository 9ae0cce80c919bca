package mastodon

import "github.com/gorilla/mux"

func (s *Server) registerStreaming(*mux.Router) {}
