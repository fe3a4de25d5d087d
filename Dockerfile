# The app with a model of its own. The torch of PyPI brings CUDA along; without a GPU a smaller one will do:
#   docker build --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu -t mistral-chat .
#   docker run --init --gpus all -p 7860:7860 -v mistral-chat:/data mistral-chat --model small-3.2
FROM python:3.11-slim

ENV MISTRAL_CHAT_HOST=0.0.0.0 MISTRAL_CHAT_PORT=7860 HF_HOME=/data/huggingface PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

COPY requirements.lock ./
ARG TORCH_INDEX=https://pypi.org/simple
RUN pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements.lock \
    && pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" torch==2.13.0 \
    && pip check
RUN useradd --uid 1000 --create-home app \
    && install --directory --owner app /data

COPY app.py ./
COPY assets assets
COPY backend backend
COPY web web
COPY ui ui

USER 1000
VOLUME /data
EXPOSE 7860
# A model that is fetched and loaded takes its time; afterwards it has to answer.
HEALTHCHECK --start-period=60m --interval=60s --timeout=25s CMD ["python", "-c", "\
import os, urllib.request as r; port = os.environ['MISTRAL_CHAT_PORT']; \
r.build_opener(r.ProxyHandler({})).open(f'http://127.0.0.1:{port}/health')"]
ENTRYPOINT ["python", "app.py"]
