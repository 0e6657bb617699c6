# Two commands: `make sim` (a language model on the wafer) and `make test`. Both install what Debian packages are
# missing, configure, build and run. Everything else is CMake; this file only spells it shortly.

BUILD ?= build
JOBS ?= $(shell nproc)
SHELL := /bin/bash

.DEFAULT_GOAL := help
.PHONY: help deps build sim test sanitize waves bench clean

help: ## this list
	@echo "Tessera: a wafer of processing elements that runs a language model."
	@echo
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20
	@echo
	@echo "After a build: $(BUILD)/bin/tessera --help"

deps: ## install what is missing from Debian's packages
	@.ci/deps

$(BUILD)/build.ninja: | deps
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release

build: deps $(BUILD)/build.ninja ## the tools, the kernels and the engines
	@cmake --build $(BUILD) -j $(JOBS) --target tessera_tools

sim: build ## generate text from the shipped model through the wafer, every tensor compared
	@$(BUILD)/bin/tessera run $(ARGS)

test: deps $(BUILD)/build.ninja ## all tests: RTL, engines, kernels, compiler, runtime, command line
	@cmake --build $(BUILD) -j $(JOBS)
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

sanitize: deps ## the command line's tests again, bad input and all, under address and undefined-behaviour sanitizers
	@cmake --preset sanitize
	@cmake --build --preset sanitize -j $(JOBS) --target cli_test
	@GTEST_FILTER=-*Bench* ctest --preset sanitize -R '^cli_test$$'

waves: build ## waveforms of chosen tiles (FST) with a GTKWave save file
	@$(BUILD)/bin/tessera debug waves $(ARGS)

bench: build ## measure the engines side by side: a table, $(BUILD)/bench.json and $(BUILD)/bench.svg
	@$(BUILD)/bin/tessera bench engines --json $(BUILD)/bench.json --svg $(BUILD)/bench.svg $(ARGS)

clean: ## remove the build
	@rm -rf $(BUILD) build-sanitize
