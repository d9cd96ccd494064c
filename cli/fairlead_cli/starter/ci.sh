#!/bin/bash
# The steps of .github/workflows: bash ci.sh install|train|validate|publish|release|rollback
set -euo pipefail

NAME=model
TRAINED=(model.joblib --name "$NAME" --data held_out.csv --target benign --train train.csv --policy gate.toml)
PATH="$PWD/.venv/bin:$PATH"

case "${1:-}" in
  install) # the wheel of Fairlead that this project was made with, in wheels/
    python3 -m venv .venv
    pip install --quiet "$(echo wheels/fairlead-*.whl)[publish]" -r requirements.txt
    ;;
  train)
    python train.py
    ;;
  validate) # the exit code is 3 where the gate refuses the model
    fairlead validate "${TRAINED[@]}" 2>&1 | tee verdict.txt
    ;;
  publish) # the number of the version goes to the next job
    fairlead publish "${TRAINED[@]}" --json > published.json
    python -c 'import json; print("version=%d" % json.load(open("published.json"))["version"])' | tee -a "$GITHUB_OUTPUT"
    ;;
  release)
    fairlead release "$NAME" "$VERSION" --wait --reason "commit $GITHUB_SHA"
    ;;
  rollback)
    fairlead rollback "$NAME" --reason "$REASON"
    ;;
  *)
    grep '^# The steps' "$0" >&2
    exit 2
    ;;
esac
