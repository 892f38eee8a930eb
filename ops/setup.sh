#!/bin/sh
# Build .venv from a Python 3.11-3.13 and install the hashed locks.
# Usage: ops/setup.sh LOCKFILE   (runs again only when the lock changed)
set -eu

lock="$1"
stamp=".venv/installed-$(basename "$lock")"
if [ -f "$stamp" ] && cmp -s "$lock" "$stamp"; then
  exit 0
fi

python=""
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
  if command -v "$candidate" >/dev/null 2>&1 &&
    "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
      >/dev/null 2>&1; then
    python="$candidate"
    break
  fi
done
if [ -z "$python" ]; then
  found="$(python3 --version 2>/dev/null || echo 'no python3')"
  echo "Python 3.11, 3.12 or 3.13 is needed; found: $found. Install one, or set PYTHON=/path/to/python3.12" >&2
  echo "파이썬 3.11~3.13이 필요합니다. 지금 있는 것: $found" >&2
  exit 2
fi

if [ ! -x .venv/bin/python ]; then
  echo "[1/4] 가상 환경 · virtual environment: .venv, $("$python" --version 2>&1)"
  if ! "$python" -m venv .venv 2>.venv-error; then
    cat .venv-error >&2
    rm -rf .venv .venv-error
    echo "$python cannot make a virtual environment; on Debian or Ubuntu: apt install python3-venv" >&2
    echo "가상 환경을 만들 수 없습니다. Debian·Ubuntu에서는: apt install python3-venv" >&2
    exit 2
  fi
  rm -f .venv-error
fi

# --no-deps: the lock names everything, less what pyproject.toml overrides on purpose.
count="$(grep -c '^[A-Za-z0-9].*==' "$lock")"
echo "[2/4] 패키지 ${count}개, 처음 한 번, 1~2분 · $count packages of $lock, hashes checked, once, a minute or two"
began="$(date +%s)"
if command -v uv >/dev/null 2>&1; then
  uv pip install --quiet --no-deps --python .venv/bin/python --require-hashes --only-binary :all: -r "$lock"
else
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps \
    --require-hashes --only-binary :all: -r "$lock"
fi
cp "$lock" "$stamp"
echo "      $(($(date +%s) - began)) s"
