#!/usr/bin/env bash
# Makes everything secret that compose.yaml and the units mount, below secrets/ beside this file.
#
#   sudo ./secrets.sh init BROKER-NAME      once; BROKER-NAME is what the villages connect to (DNS name or address)
#   sudo ./secrets.sh collector FILE.yaml   lets the collector of that file sign in at the broker
#
# Nothing that is there already is changed, so both may be repeated. With an authority of your own, put
# broker/ca.crt, broker/broker.crt and broker/broker.key in place before `init`.
# TOCSIN_SECRETS names another folder, TOCSIN_UID and MOSQUITTO_UID other owners than those of the images.
set -euo pipefail
umask 077

root=${TOCSIN_SECRETS:-$(cd "$(dirname "$0")" && pwd)/secrets}
centre_uid=${TOCSIN_UID:-10001}
broker_uid=${MOSQUITTO_UID:-1883}
image=eclipse-mosquitto:2.0.22

fail() { echo "secrets: $1" >&2; exit 1; }

# keep FILE COMMAND…: write what the command prints, unless the file is there already.
keep() {
    local file=$1
    shift
    if [ -s "$file" ]; then return; fi
    "$@" >"$file.part"
    mv "$file.part" "$file"
    echo "made $file"
}

dsn() { printf 'postgresql://tocsin:%s@database/tocsin\n' "$(cat "$root/database-password")"; }

set_password() {
    chmod u+rwx "$root/broker"
    if [ -e "$root/broker/passwords" ]; then chmod u+rw "$root/broker/passwords"; fi
    touch "$root/broker/passwords"
    if command -v mosquitto_passwd >/dev/null; then
        mosquitto_passwd -b "$root/broker/passwords" "$1" "$2"
    elif command -v docker >/dev/null; then
        docker run --rm -v "$root/broker:/secrets" "$image" mosquitto_passwd -b /secrets/passwords "$1" "$2"
    else
        fail "neither mosquitto_passwd nor docker is here: apt install mosquitto"
    fi
    owners
}

certificates() {
    local name=$1 kind=DNS
    if [[ $name =~ ^[0-9.]+$ || $name == *:* ]]; then kind=IP; fi
    mkdir -p "$root/authority"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
        -subj "/CN=Tocsin authority" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$root/authority/ca.key" -out "$root/broker/ca.crt" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
        -keyout "$root/broker/broker.key" -out "$root/authority/broker.csr" 2>/dev/null
    printf 'subjectAltName=%s:%s\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n' \
        "$kind" "$name" >"$root/authority/broker.ext"
    openssl x509 -req -days 825 -in "$root/authority/broker.csr" -extfile "$root/authority/broker.ext" \
        -CA "$root/broker/ca.crt" -CAkey "$root/authority/ca.key" -CAserial "$root/authority/ca.srl" -CAcreateserial \
        -out "$root/broker/broker.crt" 2>/dev/null
    echo "made an authority and the broker's certificate for $name: keep $root/authority/ca.key off this machine"
}

# Containers and daemons read their own folder and nothing else.
owners() {
    chmod 755 "$root"
    chmod 500 "$root/centre" "$root/broker"
    chmod 400 "$root"/centre/* "$root"/broker/*
    if [ "$(id -u)" = 0 ]; then
        chown -R "$centre_uid" "$root/centre"
        chown -R "$broker_uid" "$root/broker"
    else
        echo "secrets: not root, so owners stay as they are: $root/centre must be readable by user $centre_uid, $root/broker by user $broker_uid" >&2
    fi
}

init() {
    mkdir -p "$root/centre" "$root/broker"
    chmod 700 "$root/centre" "$root/broker"
    keep "$root/database-password" openssl rand -hex 24
    keep "$root/centre/database-dsn" dsn
    keep "$root/centre/broker-password" openssl rand -hex 24
    keep "$root/centre/webhook-key" openssl rand -hex 32
    keep "$root/centre/watch-key" openssl rand -hex 32
    keep "$root/centre/link-key" openssl rand -hex 32
    if [ ! -s "$root/broker/broker.crt" ]; then certificates "$1"; fi
    if ! grep -qs '^tocsin:' "$root/broker/passwords"; then
        set_password tocsin "$(cat "$root/centre/broker-password")"
    fi
    owners
}

# The two lines are as `tocsin collector add` prints them.
field() { sed -n "s/^  $1: *['\"]\{0,1\}\([^'\"]*\)['\"]\{0,1\} *\$/\1/p" "$2" | head -n 1; }

collector() {
    local name password
    name=$(field username "$1")
    password=$(field password "$1")
    if [ -z "$name" ] || [ -z "$password" ]; then fail "$1 has no username and password below broker: give the file that \`tocsin collector add\` printed"; fi
    [ "$name" != tocsin ] || fail "the name tocsin is the centre's own: choose another for the collector"
    [ -d "$root/broker" ] || fail "$root/broker is missing: run ./secrets.sh init first"
    set_password "$name" "$password"
    echo "$name may sign in once the broker has read the file again: docker compose kill -s HUP broker, or systemctl reload mosquitto"
}

case ${1:-} in
init)
    [ $# = 2 ] || fail "say the name under which villages reach the broker: ./secrets.sh init mqtt.example.org"
    init "$2"
    ;;
collector)
    [ $# = 2 ] || fail "say which file: ./secrets.sh collector weir.yaml"
    collector "$2"
    ;;
*)
    fail "say \`init BROKER-NAME\` or \`collector FILE.yaml\`"
    ;;
esac
