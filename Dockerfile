# syntax=docker/dockerfile:1
# Two stages: build a wheel and an environment, then copy only the environment into a slim, non-root image.
ARG PYTHON=python:3.11.14-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/monitor
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY monitor ./monitor
COPY rules ./rules
RUN /opt/monitor/bin/python -m pip install --constraint constraints.txt '.[cluster]'

FROM ${PYTHON}
LABEL org.opencontainers.image.title="news-monitor" \
      org.opencontainers.image.description="News-monitoring alerts: who takes which side on what, and which sentence shows it" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/monitor/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    MONITOR_ARCHIVE=/data/monitor.db \
    MONITOR_OUTBOX=/data/outbox \
    MONITOR_FEEDS=/config/feeds.yaml \
    MONITOR_RULES=/config/rules
RUN groupadd --gid 10001 monitor \
 && useradd --uid 10001 --gid monitor --no-create-home --shell /usr/sbin/nologin monitor \
 && install -d -o monitor -g monitor /data /config
COPY --from=build /opt/monitor /opt/monitor
COPY --chown=monitor:monitor feeds.yaml /config/feeds.yaml
COPY --chown=monitor:monitor rules /config/rules
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8321
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 CMD ["monitor", "status", "--check"]
CMD ["monitor", "run"]
