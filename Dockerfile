# One image for web and worker; the command decides. Not built here (no Docker engine on the build machines): see README.
FROM python:3.12-slim AS build
WORKDIR /srv/mnist-benchmark
RUN python -m venv /opt/venv
COPY requirements.lock ./
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --editable .

FROM python:3.12-slim
# pg_dump and its like, for `mnist-benchmark backup` and `restore`; at least as new as the server.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 10001 board && mkdir /data && chown board /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/mnist-benchmark /srv/mnist-benchmark
WORKDIR /srv/mnist-benchmark
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data HOST=0.0.0.0
USER board
EXPOSE 8000
VOLUME /data
CMD ["mnist-benchmark", "up"]
