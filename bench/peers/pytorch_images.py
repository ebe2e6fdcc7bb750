"""Images a second through a ViT-B/32 in eager PyTorch, batches of 32, prepared pixels to features.

usage: pytorch_images.py float32|bfloat16 THREADS SECONDS     (prints one number)
       pytorch_images.py model FOLDER      writes such a model, of random weights, as a Hugging Face folder
"""

import json
import math
import pathlib
import struct
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

HIDDEN, INNER, LAYERS, HEADS, SIZE, PATCH, BATCH = 768, 3072, 12, 12, 224, 32, 32
TOKENS = (SIZE // PATCH) ** 2 + 1


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(HIDDEN, eps=1e-12), nn.LayerNorm(HIDDEN, eps=1e-12)
        self.q, self.k, self.v, self.out = (nn.Linear(HIDDEN, HIDDEN) for _ in range(4))
        self.fc1, self.fc2 = nn.Linear(HIDDEN, INNER), nn.Linear(INNER, HIDDEN)

    def forward(self, x):
        y = self.norm1(x)
        heads = [linear(y).view(len(x), TOKENS, HEADS, -1).transpose(1, 2) for linear in (self.q, self.k, self.v)]
        x = x + self.out(F.scaled_dot_product_attention(*heads).transpose(1, 2).reshape(x.shape))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class Vit(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, HIDDEN, PATCH, PATCH)
        self.token = nn.Parameter(torch.randn(1, 1, HIDDEN) * 0.02)
        self.position = nn.Parameter(torch.randn(1, TOKENS, HIDDEN) * 0.02)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.position
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)[:, 0]


NAMES = {"patch": "embeddings.patch_embeddings.projection", "token": "embeddings.cls_token",
         "position": "embeddings.position_embeddings", "norm": "layernorm", "norm1": "layernorm_before",
         "norm2": "layernorm_after", "q": "attention.attention.query", "k": "attention.attention.key",
         "v": "attention.attention.value", "out": "attention.output.dense", "fc1": "intermediate.dense",
         "fc2": "output.dense"}


def name_in_files(name):
    parts = name.split(".")
    if parts[0] == "layers":
        return ".".join(["encoder.layer", parts[1], NAMES[parts[2]], *parts[3:]])
    return ".".join([NAMES[parts[0]], *parts[1:]])


def write_model(folder):
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "vit", "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": LAYERS,
              "num_attention_heads": HEADS, "image_size": SIZE, "patch_size": PATCH, "hidden_act": "gelu"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    header, end = {}, 0
    tensors = {name_in_files(name): tensor.detach() for name, tensor in Vit().state_dict().items()}
    for name, tensor in tensors.items():
        size = 4 * math.prod(tensor.shape)
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().numpy().tobytes())


def images_a_second(dtype, threads, seconds):
    torch.set_num_threads(threads)
    model, images = Vit().eval().to(dtype), torch.randn(BATCH, 3, SIZE, SIZE).to(dtype)
    with torch.inference_mode():
        model(images)  # warm
        begin, batches = time.perf_counter(), 0
        while time.perf_counter() - begin < seconds or not batches:
            model(images)
            batches += 1
        return batches * BATCH / (time.perf_counter() - begin)


def main():
    torch.manual_seed(0)
    if sys.argv[1] == "model":
        write_model(pathlib.Path(sys.argv[2]))
    else:
        print(f"{images_a_second(getattr(torch, sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])):.2f}")


main()
