package web

import "embed"

// templateFiles are the pages (one file each, named like the page) and the partials (partials_*.html).
//
//go:embed templates/*.html
var templateFiles embed.FS

// staticFiles are served under /static with their hash in the name.
//
//go:embed static/*.css static/*.js static/*.svg
var staticFiles embed.FS
