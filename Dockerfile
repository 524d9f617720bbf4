# docker build -t latentscape . && docker run --rm -p 7860:7860 latentscape
FROM python:3.11-slim

# Where its own user may write is /tmp alone; nothing is fetched while the app runs.
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp \
    GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860 HF_HUB_OFFLINE=1

WORKDIR /app
COPY requirements.txt ./
# A further index, such as that of torch's builds without CUDA, makes the image much smaller:
# docker build --build-arg PIP_EXTRA_INDEX_URL=ADDRESS ...
ARG PIP_EXTRA_INDEX_URL
RUN pip install --no-cache-dir -r requirements.txt

COPY app.py LICENSE README.md ./
COPY core core
COPY ui ui
COPY checkpoints checkpoints

USER 1000:1000
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s \
    CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/', timeout=8)"
CMD ["python", "app.py"]
