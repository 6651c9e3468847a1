# SPDX-License-Identifier: Apache-2.0
# The front door: `make` lists the verbs. Each is a thin layer over the CMake presets.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
JOBS ?= $(shell nproc)
CYCLES ?= 1000
SECONDS ?= 60
PREFIX ?= /usr/local

.DEFAULT_GOAL := help
.PHONY: help demo build install test check asan tsan torture bench fuzz format clean

help: ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 11

demo: ## Install what is missing, build, and serve Liap Tui on http://localhost:8080/
	@scripts/install-packages build
	@$(MAKE) build
	build/release/gatehouse run -c examples/liap-tui/gatehouse.yaml

build: ## The release binaries: build/release/gatehouse and gatehouse-load
	@[ -f build/release/build.ninja ] || cmake --preset release -DBUILD_TESTING=OFF
	@cmake --build build/release -j $(JOBS) --target gatehouse gatehouse-load

install: ## The server, and the C++ package for games (docs/writing-a-game.md): PREFIX=/usr/local
	@$(MAKE) build
	@cmake --build build/release -j $(JOBS) --target gatehouse_testing
	@cmake --install build/release --prefix $(PREFIX)

test: ## Everything that CI runs (about 40 minutes on 2 cores); the last line is the tally
	@scripts/install-packages build test
	@scripts/run-tests all

check: ## Quick: tidy and unit tests of the release build
	@scripts/run-tests quick

asan: ## Unit, scenario, simulation, conformance tests and seeds of fuzzers, under ASan and UBSan
	@scripts/run-tests asan

tsan: ## Threads, sockets, storage and the real binary under TSan
	@scripts/run-tests tsan

torture: ## kill -9 in a loop, then the external checker: CYCLES=n (1000)
	@$(MAKE) build
	@CYCLES=$(CYCLES) scripts/torture

bench: ## Ours beside its peers, as ratios (docs/benchmarks.md)
	@scripts/install-packages build bench
	@$(MAKE) build
	@cmake --build build/release -j $(JOBS) --target store_append store_fill
	@scripts/bench

fuzz: ## Every fuzzer for SECONDS=n (60), or NAMES="config_fuzz …", NAMES=disk; then a table
	@scripts/install-packages build fuzz
	@scripts/fuzz $(SECONDS) $(NAMES)

format: ## Lay the files that git sees as changed out by .clang-format
	@git diff --name-only --diff-filter=d HEAD -- '*.cpp' '*.hpp' | xargs -r clang-format-14 -i

clean: ## Remove build/
	rm -rf build
