#!/bin/sh
# A small certificate authority for the gateways of one municipality and the broker that they tell. README.md beside it
# explains; `ca.sh help` lists the commands. It needs openssl 1.1.1 or newer, asks nothing, and keeps all that it makes in
# $CA_DIR (default ./ca), which nobody else may read.
set -eu
umask 077
# Else a-z is other letters too, in some languages.
export LC_ALL=C
ca=${CA_DIR:-ca}

# Whoever holds the authority's key can make any gateway: it outlives the boxes, and a new one is a visit to each of them.
AUTHORITY_DAYS=3650
# The list of the revoked lies beside the broker, and each `revoke` makes a new one: a shorter term would protect nothing,
# but shut every gateway out on the day on which nobody thought of it.
LIST_DAYS=$AUTHORITY_DAYS
# A gateway is renewed while it works; two years leave time for one that nobody has looked at for long.
CERTIFICATE_DAYS=730

usage() {
  cat <<'TEXT'
ca.sh init                 makes the authority, and an empty list of what is revoked
ca.sh broker HOST          makes, or renews, the certificate of the broker: its DNS name or IP address
ca.sh issue NAME           makes key and certificate of a gateway, or of a reader: reader.NAME
ca.sh sign CSR             makes the certificate of a gateway that keeps its key to itself and sent a request
ca.sh renew NAME [CSR]     makes the next key and certificate, or the next certificate for a request
ca.sh revoke NAME          makes every certificate of NAME worthless, and a new list of what is revoked
ca.sh crl                  makes the list of what is revoked anew
TEXT
}

die() {
  printf 'ca.sh: %s\n' "$*" >&2
  exit 1
}

# openssl talks much: what it says is shown where it fails.
quietly() {
  said=$("$@" 2>&1) || die "$1 $2 failed: $said"
}

# As the config of a gateway has it (its id), for it becomes a segment of topics; readers have a dot, so that no gateway
# can be called as they are.
must_be_gateway() {
  wrong="\"$1\" is no gateway's id: small letters, digits and hyphens within, at most 40"
  case $1 in
    '' | *[!a-z0-9-]* | -* | *-) die "$wrong" ;;
  esac
  [ ${#1} -le 40 ] || die "$wrong"
}

# For clients, or for another purpose and place.
config() {
  cat <<TEXT
[req]
distinguished_name = subject
prompt = no
[subject]
CN = unused
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = ${1:-clientAuth}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
${2:+subjectAltName = $2}
[ca]
default_ca = books
[books]
database = $ca/index.txt
new_certs_dir = $ca/certs
crlnumber = $ca/crlnumber
certificate = $ca/ca.pem
private_key = $ca/ca.key
rand_serial = yes
default_md = sha256
default_days = $CERTIFICATE_DAYS
default_crl_days = $LIST_DAYS
unique_subject = no
copy_extensions = none
policy = names
[names]
commonName = supplied
TEXT
}

# Everything under way lies here, so that nothing half made is left behind.
work=
prepare() {
  command -v openssl >/dev/null || die 'openssl is not installed'
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  config "$@" >"$work/ca.cnf"
}

start() {
  [ -f "$ca/ca.pem" ] || die "there is no authority in $ca: CA_DIR=… says where it is, ca.sh init makes one"
  prepare "$@"
}

new_request() {
  quietly openssl req -new -config "$work/ca.cnf" -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -subj "/CN=$1" -keyout "$work/new.key" -out "$work/new.csr"
}

# Signs $work/new.csr for NAME. Of a request only the key is taken: name and rights are ours to give.
certify() {
  openssl x509 -in "$ca/ca.pem" -noout -checkend $((CERTIFICATE_DAYS * 86400)) >/dev/null ||
    die "the authority ends before this certificate would: it is time for a new one, in another CA_DIR"
  quietly openssl ca -batch -notext -config "$work/ca.cnf" -extensions leaf -subj "/CN=$1" \
    -in "$work/new.csr" -out "$work/new.pem"
}

# Serial numbers of the certificates of NAME that are neither revoked nor over.
valid_serials() {
  quietly openssl ca -config "$work/ca.cnf" -updatedb
  awk -F '\t' -v subject="/CN=$1" '$1 == "V" && $6 == subject { print $4 }' "$ca/index.txt"
}

must_be_new() {
  serials=$(valid_serials "$1")
  [ -z "$serials" ] || die "$1 has a certificate already: renew it, or revoke it if the box is another one"
}

must_be_known() {
  awk -F '\t' -v subject="/CN=$1" '$6 == subject { found = 1 } END { exit !found }' "$ca/index.txt" ||
    die "there never was a certificate for $1: issue or sign one"
}

# Puts what a gateway needs where it can be fetched from, under the names that the example configs have.
hand_over() {
  mkdir -p "$ca/issued/$1"
  if [ -f "$work/new.key" ]; then mv "$work/new.key" "$ca/issued/$1/gateway.key"; fi
  mv "$work/new.pem" "$ca/issued/$1/gateway.pem"
  cp "$ca/ca.pem" "$ca/issued/$1/ca.pem"
  printf '%s until %s: %s\n' "$1" \
    "$(openssl x509 -in "$ca/issued/$1/gateway.pem" -noout -enddate | cut -d= -f2)" "$ca/issued/$1"
}

# Takes the request in FILE, and sets `asked` to the name in it.
take_request() {
  [ -f "$1" ] || die "there is no file $1"
  # Some versions of openssl end with 0 though the signature is wrong.
  openssl req -in "$1" -noout -verify 2>&1 | grep -q 'verify OK' || die "$1 is no intact request (PKCS #10, PEM)"
  # Of the key alone: in the text of the whole request its sender may write what he likes.
  openssl req -in "$1" -noout -pubkey | openssl pkey -pubin -noout -text | grep -q '^ASN1 OID: prime256v1' ||
    die "the key in $1 is not EC P-256"
  openssl req -in "$1" -out "$work/new.csr"
  asked=$(openssl req -in "$1" -noout -subject -nameopt multiline | sed -n 's/^ *commonName *= //p')
  must_be_gateway "$asked"
}

make_list() {
  quietly openssl ca -config "$work/ca.cnf" -gencrl -out "$work/revoked.crl"
  mv "$work/revoked.crl" "$ca/revoked.crl"
  printf 'the list: %s; copy it to the broker and reload it\n' "$ca/revoked.crl"
}

init() {
  [ ! -e "$ca" ] || die "$ca exists already, and is left as it is"
  prepare
  mkdir -p "$ca/certs" "$ca/issued"
  : >"$ca/index.txt"
  echo 01 >"$ca/crlnumber"
  quietly openssl req -x509 -config "$work/ca.cnf" -extensions authority -days "$AUTHORITY_DAYS" -sha256 \
    -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=Gateways $(openssl rand -hex 4)" \
    -keyout "$ca/ca.key" -out "$work/ca.pem"
  mv "$work/ca.pem" "$ca/ca.pem"
  make_list
}

broker() {
  case $1 in
    '' | *[!a-zA-Z0-9.:-]* | -*) die "\"$1\" is no DNS name and no IP address" ;;
    *:* | *.*.*.*[0-9]) case $1 in *[!0-9a-fA-F.:]*) place=DNS:$1 ;; *) place=IP:$1 ;; esac ;;
    *) place=DNS:$1 ;;
  esac
  start serverAuth "$place"
  # Not its address: a common name has room for 64 letters only, and nobody reads it.
  new_request broker.server
  certify broker.server
  mkdir -p "$ca/broker"
  mv "$work/new.key" "$ca/broker/broker.key"
  mv "$work/new.pem" "$ca/broker/broker.pem"
  printf 'the broker at %s until %s: %s\n' "$1" \
    "$(openssl x509 -in "$ca/broker/broker.pem" -noout -enddate | cut -d= -f2)" "$ca/broker"
}

issue() {
  must_be_gateway "${1#reader.}"
  start
  must_be_new "$1"
  new_request "$1"
  certify "$1"
  hand_over "$1"
}

sign() {
  start
  take_request "$1"
  must_be_new "$asked"
  certify "$asked"
  hand_over "$asked"
}

renew() {
  must_be_gateway "${1#reader.}"
  start
  must_be_known "$1"
  if [ $# -eq 2 ]; then
    take_request "$2"
    [ "$asked" = "$1" ] || die "the request in $2 is for $asked, not for $1"
  else
    new_request "$1"
  fi
  certify "$1"
  hand_over "$1"
}

revoke() {
  must_be_gateway "${1#reader.}"
  start
  serials=$(valid_serials "$1")
  [ -n "$serials" ] || die "$1 has no valid certificate"
  for serial in $serials; do
    quietly openssl ca -config "$work/ca.cnf" -revoke "$ca/certs/$serial.pem"
  done
  make_list
}

crl() {
  start
  make_list
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command:$# in
  init:0 | crl:0 | broker:1 | issue:1 | sign:1 | renew:1 | renew:2 | revoke:1) "$command" "$@" ;;
  help:* | -h:* | --help:*) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
