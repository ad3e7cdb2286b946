#!/bin/sh
# Installs the real loaders that tests/check/test_agreement_*.py compare our emulation with. Needs Node 20 and npm.
#
#   scripts/install-hosts.sh DIR [HOST...]      HOST: gemini, grok, codex, opencode; default: gemini grok
#   PERSONAE_HOSTS=DIR pytest tests/check/test_agreement_hosts.py
#
# The versions are those that the tables in src/personae/persona/dialects/hosts were measured with; HOSTS_LATEST=1
# takes the newest, to see what has changed since.
set -eu

if [ $# -lt 1 ]; then
    sed -n '2,8p' "$0" | cut -c3- >&2
    exit 2
fi
dir=$1
shift
[ $# -gt 0 ] || set -- gemini grok

packages=
for host in "$@"; do
    case $host in
        gemini) package=@google/gemini-cli-core version=0.61.0 ;;
        grok) package=@xai-official/grok version=1.0.41 ;;
        codex) package=@openai/codex version=0.169.0 ;;
        opencode) package=opencode-ai version=1.18.33 ;;
        *)
            echo "install-hosts.sh: no host $host; there are gemini, grok, codex and opencode" >&2
            exit 2
            ;;
    esac
    [ -z "${HOSTS_LATEST:-}" ] || version=latest
    packages="$packages $package@$version"
done

mkdir -p "$dir"
# shellcheck disable=SC2086
npm install --prefix "$dir" --no-audit --no-fund $packages
