#!/bin/sh
# Makes the passwords of the services beside the bot, once: ops/passwords/ is shut to everybody else,
# and what is there already stays as it is. Inside it the files can be read, because each container
# reads its own as a user of its own.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p passwords
chmod 700 passwords
for name in postgres_password reader_password grafana_password; do
  if [ ! -s "passwords/$name" ]; then
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > "passwords/$name"
    chmod 644 "passwords/$name"
  fi
done
cat <<TEXT
ops/passwords 에 비밀번호를 만들었습니다. .env 에 다음을 적으세요 · passwords are made; .env needs:

DATABASE_URL=postgresql://autotrade:$(cat passwords/postgres_password)@postgres:5432/autotrade
QDRANT_URL=http://qdrant:6333
METRICS_HOST=0.0.0.0

Grafana: http://127.0.0.1:3000  admin / $(cat passwords/grafana_password)
TEXT
