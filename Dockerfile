# Packages are installed with their hashes in a stage of their own, then only the result is kept.
FROM python:3.12-slim-trixie AS build
WORKDIR /build
COPY requirements.lock .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

# Before an upgrade a PostgreSQL database is dumped: by a client no older than the server that
# docker-compose.yml starts (trixie has 17, and the tag names trixie so that it stays 17). Of the
# package only two programs are kept: the rest would bring Perl, some 50 MB.
FROM python:3.12-slim-trixie AS client
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client-17

FROM python:3.12-slim-trixie
# What those two programs are linked to: some 10 MB.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpq5 liblz4-1 libzstd1 zlib1g \
 && rm -rf /var/lib/apt/lists/*
COPY --from=client /usr/lib/postgresql/17/bin/pg_dump /usr/lib/postgresql/17/bin/pg_restore /usr/local/bin/
# Ends the build here and not an upgrade later when a library is missing.
RUN pg_dump --version && pg_restore --version
RUN useradd --create-home --uid 10001 trader && mkdir /data && chown trader:trader /data && chmod 700 /data
COPY --from=build /venv /venv
WORKDIR /app
COPY --chown=root:root bot bot
COPY --chown=root:root brokers brokers
COPY --chown=root:root core core
COPY --chown=root:root storage storage
# Compiled once, because the user it runs as may not write here: the healthcheck starts it twice a minute.
RUN python -m compileall -q bot brokers core storage
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TZ=Asia/Seoul \
    DATA_DIR=/data MPLCONFIGDIR=/data/matplotlib
USER trader
VOLUME /data
STOPSIGNAL SIGTERM
# Fails when the loop, the database or the Discord gateway is dead: not just when the process is.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-m", "bot", "health"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
