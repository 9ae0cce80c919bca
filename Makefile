# make demo   four federating instances on this machine, http://kg.localhost:8404/ueberblick and others
# make test   everything CI runs; installs what it needs
GO       ?= go
BIN      := bin/vorbild
RELEASE  := 0.1.0
# The private default of the tests' and the demo's PostgreSQL and browser come from Debian's packages.
export GOFLAGS := -buildvcs=false
# Static: the binary runs on any Linux, and no C compiler is needed.
export CGO_ENABLED := 0

.PHONY: demo build test fuzz check css postgres browser poppler axe clients fedify clean

demo: postgres build
	@$(BIN) demo

build:
	@echo "building $(BIN) (the first time takes a minute or two)"
	@$(GO) build -trimpath -ldflags "-s -w -X github.com/vorbild/vorbild/internal/app.release=$(RELEASE)" -o $(BIN) ./cmd/vorbild

# One package after the other, in it some tests side by side: many wait for something most of the time.
PARALLEL ?= 4
test: postgres browser poppler axe clients fedify check
	$(GO) test -p 1 -parallel $(PARALLEL) -timeout 30m ./...
	@$(MAKE) --no-print-directory fuzz

# Every fuzz target for a moment; what is found stays in testdata/fuzz as a seed. Longer: make fuzz FUZZTIME=5m
# Go's fuzzer sometimes fails with nothing but "context deadline exceeded" when its time ends within a slow input: that is no finding.
FUZZTIME ?= 3s
fuzz:
	@work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	for dir in $$(git grep -l '^func Fuzz' -- '*_test.go' | xargs -n 1 dirname | sort -u); do \
		$(GO) test -c -fuzz . -o "$$work/fuzz.test" "./$$dir" || exit 1; \
		cache=$$($(GO) env GOCACHE)/fuzz/$$($(GO) list "./$$dir"); \
		for target in $$(git grep -h -o '^func Fuzz[A-Za-z]*' -- "$$dir/*_test.go" | cut -d ' ' -f 2); do \
			echo "fuzz $$dir $$target"; \
			out=$$(cd "$$dir" && "$$work/fuzz.test" -test.run '^$$' -test.fuzz "^$$target\$$" -test.fuzztime $(FUZZTIME) -test.fuzzcachedir "$$cache" 2>&1) && continue; \
			echo "$$out"; \
			case "$$out" in *"Failing input"*|*panic*) exit 1;; *"context deadline exceeded"*) ;; *) exit 1;; esac; \
		done; \
	done

# What needs no database and no browser.
check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt is not satisfied with:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...

# PostgreSQL's server programs: taken if they are here, installed if we may, asked for otherwise.
postgres:
	@deploy/need postgresql "$$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | head -n 1)" initdb

browser:
	@deploy/need chromium "" chromium

# What is printed is read again: its tags, its title, its language.
poppler:
	@deploy/need poppler-utils "" pdfinfo

# axe-core checks every page for barriers; pinned in web/testdata/package-lock.json.
axe: web/testdata/node_modules/axe-core/axe.min.js
web/testdata/node_modules/axe-core/axe.min.js: web/testdata/package-lock.json
	@deploy/need npm "" npm
	@cd web/testdata && npm ci --ignore-scripts --no-audit --no-fund

# The libraries that clients are made with call every method they have; pinned in internal/app/testdata/clients/package-lock.json.
clients: internal/app/testdata/clients/node_modules/.package-lock.json
internal/app/testdata/clients/node_modules/.package-lock.json: internal/app/testdata/clients/package-lock.json
	@deploy/need npm "" npm
	@cd internal/app/testdata/clients && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# A peer made with Fedify, and activitypub-testing, speak with an instance; pinned in internal/app/testdata/fedify/package-lock.json.
fedify: internal/app/testdata/fedify/node_modules/.package-lock.json
internal/app/testdata/fedify/node_modules/.package-lock.json: internal/app/testdata/fedify/package-lock.json
	@deploy/need npm "" npm
	@cd internal/app/testdata/fedify && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# The style sheet, reduced anew from KERN-UX. Its release stands here and in web/static/build.
css:
	@deploy/need npm "" npm
	@rm -rf bin/kern && mkdir -p bin/kern && cd bin/kern && npm pack --silent @kern-ux/native@2.7.2 >/dev/null && tar -xzf *.tgz
	$(GO) run ./web/static/build bin/kern/package

clean:
	rm -rf bin web/testdata/node_modules internal/app/testdata/clients/node_modules internal/app/testdata/fedify/node_modules
