# Two stages: packages are installed with their hashes, then only the result is kept.
FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements.lock .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

FROM python:3.12-slim
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
