# Two images, neither of which runs as root:
#   docker build -t passband .                                      the dashboard: no GPU, torch or vLLM
#   docker build --target generation -t passband-generation .       the job, for machines with NVIDIA GPUs
# How to run them: docs/deploy.md.

FROM python:3.11-slim AS source
WORKDIR /source
# .dockerignore leaves in what the wheel is made of, and nothing else.
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .

FROM python:3.11-slim AS dashboard-environment
COPY --from=source /wheel /wheel
RUN python -m venv /opt/passband \
 && /opt/passband/bin/pip install --no-cache-dir "passband[auth] @ file://$(ls /wheel/*.whl)"

# CUDA's libraries come with the wheels of torch and vLLM, the driver with the host (NVIDIA Container
# Toolkit). Triton compiles when it runs, hence the compiler; bubblewrap is for verifying code.
FROM python:3.11-slim AS generation
RUN apt-get update \
 && apt-get install --yes --no-install-recommends bubblewrap gcc libc6-dev libgomp1 libnuma1 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=source /wheel /wheel
RUN python -m venv /opt/passband \
 && /opt/passband/bin/pip install --no-cache-dir "passband[vllm] @ file://$(ls /wheel/*.whl)"
# Models and compiled kernels are kept in /cache: mount a folder there to keep them longer.
RUN mkdir --mode=1777 /cache
ENV PATH=/opt/passband/bin:$PATH HOME=/cache
WORKDIR /cache
USER 10001:10001
ENTRYPOINT ["passband"]
CMD ["--help"]

FROM python:3.11-slim AS dashboard
COPY --from=dashboard-environment /opt/passband /opt/passband
# Nothing is written but in /tmp, so that the rest may be read-only.
ENV PATH=/opt/passband/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1
# Streamlit looks for .streamlit/secrets.toml here.
WORKDIR /passband
USER 10001:10001
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import os, urllib.request as request; base = os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/'); request.urlopen('/'.join(part for part in ('http://127.0.0.1:8501', base, '_stcore/health') if part), timeout=4)"]
ENTRYPOINT ["passband"]
CMD ["app", "--study", "/study", "--host", "0.0.0.0"]
