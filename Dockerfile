# One image for web, worker, beat and the one-shot that prepares the stores; docker-compose.yml says which it becomes.
# Without an argument it runs everything embedded: docker run -e ASSAY_HOST=0.0.0.0 -v assay:/var/lib/assay -p 8000:8000 ...
FROM python:3.11.13-slim-bookworm AS packages
# Where torch comes from, when that should be its CPU build (docs/running.md).
ARG TORCH_INDEX_URL=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/venv
COPY requirements-lock.txt requirements-torch.txt requirements.txt ./
RUN /opt/venv/bin/pip install ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} \
    --constraint requirements-lock.txt --requirement requirements-torch.txt
RUN /opt/venv/bin/pip install --constraint requirements-lock.txt --requirement requirements.txt

FROM python:3.11.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ASSAY_HOME=/var/lib/assay
RUN useradd --system --uid 10001 --home-dir /var/lib/assay --shell /usr/sbin/nologin assay \
    && install --directory --owner assay --group assay --mode 0700 /var/lib/assay
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY LICENSE manage.py ./
COPY backend backend/
COPY ingest ingest/
COPY analytics analytics/
COPY frontend frontend/
# The home folder of this step is thrown away: secrets that settings make on the way must not be part of an image.
RUN ASSAY_HOME=/tmp/build python manage.py collectstatic --noinput --verbosity 0 && rm -r /tmp/build
USER assay
VOLUME /var/lib/assay
EXPOSE 8000 4317
CMD ["python", "-m", "backend.supervisor"]
