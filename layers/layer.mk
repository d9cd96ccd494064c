# How every layer is made. `sam build` runs `build-<LogicalId>` of layers/<layer>/Makefile, which includes this file
# through a link beside it: SAM's cache watches a layer's own folder (links followed) and nothing outside it.
#
# Packages come as wheels for the architecture asked for, whatever machine builds. What Lambda never reads is left out;
# shared libraries are never stripped (page-aligned ones, like OpenBLAS, break). Byte-code is compiled here because
# /opt is read-only in Lambda: without it every cold start would compile the sources again.
SHELL := /bin/bash
.SILENT:
.SHELLFLAGS := -euo pipefail -c

# The template's default, so that a plain `sam build` makes what a plain `sam deploy` expects.
ARCHITECTURE := $(or $(FAIRLEAD_ARCHITECTURE),x86_64)
# Amazon Linux 2023 has glibc 2.34, so wheels up to manylinux_2_34 would load; 2_28 is what they are built for.
PLATFORM := $(if $(filter arm64,$(ARCHITECTURE)),aarch64,$(ARCHITECTURE))-manylinux_2_28
LAYER := $(dir $(firstword $(MAKEFILE_LIST)))
OUT = $(ARTIFACTS_DIR)/python

# requirements.txt names all that ships (its .in says why something does not), hence --no-deps.
define install
	uv pip install --quiet --target "$(OUT)" --python-version 3.13 --python-platform $(PLATFORM) --only-binary :all: \
	  --require-hashes --no-deps --link-mode copy -r "$(LAYER)requirements.txt"
	rm -rf "$(OUT)/bin" "$(OUT)/.lock"
endef

# Tests, stubs, headers and C sources. dist-info keeps METADATA (importlib.metadata) and the licences.
define trim
	find "$(OUT)" -depth -type d \( -name tests -o -path "*/joblib/test" -o -name __pycache__ -o -name include \) -exec rm -rf {} +
	find "$(OUT)" -type f \( -name '*.pyi' -o -name py.typed -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' -o -name '*.h' \
	  -o -name '*.hpp' -o -name '*.c' -o -name '*.cpp' -o -name '*.a' -o -name '*.tp' -o -name 'conftest.py' -o -name 'meson.build' \) -delete
	find "$(OUT)" -path '*.dist-info/*' -type f ! -name METADATA ! -ipath '*license*' ! -ipath '*notice*' ! -ipath '*copying*' -delete
	find "$(OUT)" -type d -empty -delete
endef

# The paths in byte-code are those of the runtime. Unchecked: zip files do not keep times, and /opt never changes.
define compile
	PYTHONHASHSEED=0 python3.13 -m compileall -q --invalidation-mode unchecked-hash -s "$(OUT)" -p /opt/python "$(OUT)"
endef
