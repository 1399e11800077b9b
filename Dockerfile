# All images of Pressbox, one stage for each: docker build --target worker|web|ingress|engine|engine-minicpmo .
# docs/containers.md says what each needs to run, and what takes how much.

# The page
FROM node:20-bookworm-slim AS page
WORKDIR /page
COPY web/ui/package.json web/ui/package-lock.json ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY web/ui ./
RUN npm run --silent build -- --logLevel warn

# Debian's Python is 3.11, the one that requirements/*.txt were made for
FROM debian:bookworm-slim AS python
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache /var/log/*
ENV PATH=/opt/pressbox/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# A layer for what all processes import, and one for what each of them imports beyond that
FROM python AS tools
RUN apt-get update && apt-get install -y --no-install-recommends binutils python3-venv \
    && python3 -m venv /opt/pip && python3 -m venv --without-pip /opt/pressbox \
    && cd /opt/pressbox/lib/python3.11/site-packages && echo /app/plugin >pressbox.pth \
    && printf '/opt/%s/lib/python3.11/site-packages\n' engine ingress web worker >>pressbox.pth
COPY docker/packages.sh /

FROM tools AS packages
COPY requirements/common.txt /requirements/
RUN sh /packages.sh common /opt/pressbox
FROM packages AS web-packages
COPY requirements/web.txt /requirements/
RUN sh /packages.sh web /opt/web
FROM packages AS ingress-packages
COPY requirements/ingress.txt /requirements/
RUN sh /packages.sh ingress /opt/ingress
FROM packages AS engine-packages
COPY requirements/engine.txt /requirements/
RUN sh /packages.sh engine /opt/engine
FROM engine-packages AS worker-packages
COPY requirements/worker.txt /requirements/
# onnxruntime's wheel has its library once more, for programs that are not Python
RUN sh /packages.sh worker /opt/worker \
    && rm -f /opt/worker/lib/python3.11/site-packages/onnxruntime/capi/libonnxruntime.so.*

FROM python AS code
WORKDIR /app
COPY . .
RUN rm -rf docker requirements web/ui && python3 -m compileall -q --invalidation-mode unchecked-hash .

FROM python AS user
RUN useradd --uid 10001 --no-create-home --home-dir /state --shell /usr/sbin/nologin pressbox \
    && install -d -m 0700 -o 10001 -g 10001 /state /cache /livekit /media && rm -rf /var/log/*
WORKDIR /app
ENV PRESSBOX_STATE_DIR=/state XDG_CACHE_HOME=/cache
LABEL org.opencontainers.image.title="Pressbox" \
      org.opencontainers.image.description="A commentator for LiveKit rooms" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 10001:10001
STOPSIGNAL SIGTERM

FROM user AS base
COPY --from=packages /opt/pressbox /opt/pressbox
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="$VERSION" org.opencontainers.image.revision="$REVISION"

FROM base AS engine-base
COPY --from=engine-packages /opt/engine /opt/engine

FROM engine-base AS worker
COPY --from=worker-packages /opt/worker /opt/worker
COPY --from=code /app /app
RUN python -c "import agent.worker, launcher.container_dispatch, launcher.container_setup, onnxruntime"
EXPOSE 8196
HEALTHCHECK --interval=3s --timeout=3s --start-period=60s \
    CMD ["python", "-m", "config.health", "http://127.0.0.1:8196/health"]
CMD ["python", "-m", "agent", "--alone"]

FROM base AS web
COPY --from=web-packages /opt/web /opt/web
COPY --from=code /app /app
COPY --from=page /page/dist /app/web/ui/dist
RUN python -c "import web.server"
ENV PRESSBOX_WEB_HOST=0.0.0.0
EXPOSE 8199 8443
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s \
    CMD ["python", "-m", "config.health", "http://127.0.0.1:8199/health"]
CMD ["python", "-m", "web"]

FROM bluenviron/mediamtx:1.20.1 AS mediamtx

FROM base AS ingress
COPY --from=mediamtx /mediamtx /usr/local/bin/mediamtx
COPY --from=ingress-packages /opt/ingress /opt/ingress
COPY --from=code /app /app
RUN python -c "import ingress.serve, ingress.commands, ingress.reader.process, demo.film"
EXPOSE 1935 8197 8554 8889 8189/udp 8890/udp
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s \
    CMD ["python", "-m", "config.health", "http://127.0.0.1:8197/health"]
CMD ["python", "-m", "ingress", "serve"]

FROM engine-base AS engine
COPY --from=code /app /app
RUN python -c "import models.serve, models.sketch.engine, speech.espeak"
EXPOSE 8198
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s \
    CMD ["python", "-m", "config.health", "http://127.0.0.1:8198/health"]
CMD ["python", "-m", "models", "serve", "--engine", "sketch", "--host", "0.0.0.0"]

# Torch's own wheels bring CUDA 12: of the machine it needs the driver, which NVIDIA's container toolkit hands in.
FROM tools AS minicpmo-packages
RUN apt-get install -y --no-install-recommends g++ python3-dev
COPY requirements/minicpmo.txt /requirements/
RUN sh /packages.sh minicpmo /opt/pressbox

FROM user AS engine-minicpmo
COPY --from=minicpmo-packages /opt/pressbox /opt/pressbox
COPY --from=code /app /app
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
EXPOSE 8198
HEALTHCHECK --interval=5s --timeout=3s --start-period=600s \
    CMD ["python", "-m", "config.health", "http://127.0.0.1:8198/health"]
CMD ["python", "-m", "models", "serve", "--engine", "minicpmo", "--host", "0.0.0.0", "--model", "/model"]
