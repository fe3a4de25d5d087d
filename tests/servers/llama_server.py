"""Serves a GGUF file with llama.cpp's own server, as xllamacpp brings it: python llama_server.py FOLDER PORT."""

import sys
import threading

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = f"{sys.argv[1]}/model.gguf"
params.mmproj.path = f"{sys.argv[1]}/mmproj.gguf"
params.model_alias = ["tiny"]
params.hostnames = ["127.0.0.1"]
params.port = int(sys.argv[2])
params.n_ctx, params.n_parallel, params.n_gpu_layers = 8192, 1, 0
params.use_jinja = True
params.endpoint_metrics = True
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
threading.Event().wait()
