#!/usr/bin/env python3
"""`unmask embed` against transformers and torchvision, on seeded random models of odd sizes and random images.

usage: backbone_parity.py UNMASK [--seeds N] [--speed]

Needs torch, torchvision, transformers, timm, pillow and numpy (a virtual environment of one's own); skipped where they are
absent. --speed: CLIP B/32 of random weights on 100 images, images per second of both.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SKIPPED = 77

try:
    import numpy as np
    import timm
    import torch
    import torchvision
    import transformers as hf
    from PIL import Image
    from safetensors.torch import load_file, save_file
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil as ClipProcessor
    from transformers.models.convnext.image_processing_pil_convnext import ConvNextImageProcessorPil as ConvNextProcessor
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil as VitProcessor
except ImportError as missing:
    print(f"skipped: {missing}; pip install torch torchvision transformers timm pillow")
    sys.exit(SKIPPED)

TOLERANCE = 1e-4


def picture(random, folder, number):
    """A smooth random image of odd size in one of the kinds that data sets have, those with transparency among them;
    returns its path."""
    height, width = (int(v) for v in random.integers(40, 260, 2))
    coarse = random.integers(0, 256, (height // 9 + 2, width // 9 + 2, 4), dtype=np.uint8)
    rgba = Image.fromarray(coarse, "RGBA").resize((width, height), Image.BICUBIC)
    kind = number % 8
    if kind == 0:
        return save(rgba.convert("RGB"), folder / f"{number}.jpg", quality=85)
    if kind == 1:
        return save(rgba.convert("RGB"), folder / f"{number}.png")
    if kind == 2:
        return save(rgba.convert("L"), folder / f"{number}.jpg", quality=90)
    if kind == 3:
        return save(rgba, folder / f"{number}.png")
    if kind == 4:
        return save(rgba.convert("RGB").quantize(60), folder / f"{number}.png")
    if kind == 5:
        return save(rgba.convert("RGB"), folder / f"{number}.jpg", quality=95, subsampling=0, progressive=True)
    if kind == 6:
        return save(rgba, folder / f"{number}.webp", quality=90)
    levels = rgba.convert("RGB").quantize(60)  # with transparency of its own for each colour
    return save(levels, folder / f"{number}.png", transparency=bytes(int(v) for v in random.integers(0, 256, 60)))


def save(image, path, **options):
    image.save(path, **options)
    return path


def shake(model, seed):
    """Every parameter and buffer is random: fresh norms and biases would hide mistakes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                continue
            noise = torch.randn(tensor.shape, generator=generator)
            if name.endswith("running_var"):
                tensor.copy_(noise.abs() + 0.5)
            elif tensor.ndim == 1:
                tensor.add_(0.3 * noise)
            elif tensor.ndim >= 2:
                tensor.copy_(noise / tensor[0].numel() ** 0.5)
    return model.eval()


def embed(unmask, model, images, *more):
    with tempfile.TemporaryDirectory(prefix="unmask-features-") as folder:  # the model's own would be refused
        out = pathlib.Path(folder) / "features.safetensors"
        subprocess.run([unmask, "embed", "--model", model, "--out", out, *more, "--", *images], check=True)
        return load_file(out)["features"]


def compare(name, ours, theirs):
    theirs = theirs.detach().float()
    assert ours.shape == theirs.shape, f"{name}: {tuple(ours.shape)} and {tuple(theirs.shape)}"
    error = float((ours - theirs).norm() / theirs.norm())
    worst = float(((ours - theirs).norm(dim=1) / theirs.norm(dim=1)).max())
    print(f"{name}: relative error {error:.2e}, worst image {worst:.2e}", flush=True)
    assert worst < TOLERANCE, name
    return worst


def inputs(processor, images):
    """What the processor makes of the files. One that converts to RGB gets them as they are; ViT's and ConvNext's refuse
    what has another number of channels, and get what Pillow converts."""
    pictures = [Image.open(path) for path in images]
    if not processor.do_convert_rgb:
        pictures = [picture.convert("RGB") for picture in pictures]
    return processor(pictures, return_tensors="pt")["pixel_values"]


def check_clip(unmask, folder, images, random, seed):
    heads = int(random.integers(2, 6))
    size, patch = int(random.integers(30, 70)), int(random.integers(5, 13))
    vision = dict(hidden_size=heads * int(random.integers(5, 12)), intermediate_size=int(random.integers(30, 90)),
                  num_hidden_layers=int(random.integers(1, 5)), num_attention_heads=heads, image_size=size,
                  patch_size=patch, hidden_act=["quick_gelu", "gelu"][seed % 2])
    text = dict(hidden_size=16, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2, vocab_size=99,
                bos_token_id=1, eos_token_id=2)
    width = int(random.integers(7, 40))
    model = shake(hf.CLIPModel(hf.CLIPConfig(vision_config=vision, text_config=text, projection_dim=width)), seed)
    processor = ClipProcessor(size={"shortest_edge": size + int(random.integers(0, 9))},
                              crop_size={"height": size, "width": size})
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    with torch.no_grad():
        pooled = model.vision_model(pixel_values=inputs(processor, images)).pooler_output
        projected = model.visual_projection(pooled)
    compare(f"clip pooled {seed}", embed(unmask, folder, images), pooled)
    compare(f"clip projected {seed}", embed(unmask, folder, images, "--feature", "projected"), projected)
    check_nested(unmask, folder, images, size, pooled)
    half = folder / "half"
    model.half().save_pretrained(half, max_shard_size="20KB")
    assert (half / "model.safetensors.index.json").exists()
    (half / "preprocessor_config.json").write_text((folder / "preprocessor_config.json").read_text())
    with torch.no_grad():
        pooled = model.float().vision_model(pixel_values=inputs(processor, images)).pooler_output
    compare(f"clip float16, shards {seed}", embed(unmask, half, images), pooled)


def check_nested(unmask, folder, images, size, before):
    """The processor_config.json of transformers 5 goes before preprocessor_config.json."""
    nested = folder / "nested"
    nested.mkdir()
    for file in ["config.json", "model.safetensors", "preprocessor_config.json"]:
        (nested / file).write_bytes((folder / file).read_bytes())
    processor = ClipProcessor(size={"shortest_edge": size + 20}, crop_size={"height": size, "width": size}, resample=0,
                              do_convert_rgb=False)
    (nested / "processor_config.json").write_text(json.dumps({"image_processor": processor.to_dict()}))
    loaded = ClipProcessor.from_pretrained(nested)
    assert loaded.size["shortest_edge"] == size + 20 and not loaded.do_convert_rgb
    with torch.no_grad():
        theirs = hf.CLIPModel.from_pretrained(folder).vision_model(pixel_values=inputs(loaded, images)).pooler_output
    compare("clip, processor_config.json", embed(unmask, nested, images), theirs)
    assert float((theirs - before).norm()) > 1e-2 * float(before.norm())


TEXTS = ["", "a photo of a person who feels anger.", "Überraschung 😮 it's 42!", "很高兴", "sadness " * 60,
         "a<|endoftext|>b", "émigré's  naïve\tcafé", "x" * 300]


def standard_tokenizer(merges_file):
    """CLIP's own, from its list of merges."""
    merges = pathlib.Path(merges_file).read_text(encoding="utf-8").split("\n")[1:49152 - 256 - 2 + 1]
    printable = [*range(33, 127), *range(0xA1, 0xAD), *range(0xAE, 256)]
    letters = [chr(byte) for byte in printable] + [chr(256 + n) for n in range(256 - len(printable))]
    tokens = letters + [letter + "</w>" for letter in letters] + [merge.replace(" ", "") for merge in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    return hf.CLIPTokenizer(vocab={token: number for number, token in enumerate(tokens)},
                            merges=[tuple(merge.split()) for merge in merges])


def check_text(unmask, folder, random, seed):
    tokenizer = standard_tokenizer(pathlib.Path(unmask).resolve().parent / "clip-merges.txt")
    heads = int(random.integers(2, 6))
    text = dict(hidden_size=heads * int(random.integers(5, 12)), intermediate_size=int(random.integers(30, 90)),
                num_hidden_layers=int(random.integers(1, 5)), num_attention_heads=heads,
                max_position_embeddings=int(random.integers(20, 78)), hidden_act=["gelu", "quick_gelu"][seed % 2],
                bos_token_id=49406, eos_token_id=[49407, 2][seed // 2 % 2])
    vision = dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=8,
                  patch_size=4)
    width = int(random.integers(7, 40))
    model = shake(hf.CLIPModel(hf.CLIPConfig(vision_config=vision, text_config=text, projection_dim=width)), seed)
    model.save_pretrained(folder)
    theirs = []
    for one in TEXTS:
        ids = tokenizer(one, max_length=text["max_position_embeddings"], truncation=True, return_tensors="pt")
        with torch.no_grad():
            pooled = model.text_model(input_ids=ids["input_ids"]).pooler_output
            theirs.append(model.text_projection(pooled))
    theirs = torch.cat(theirs)
    compare(f"clip text {seed}", embed(unmask, folder, TEXTS, "--text"), theirs)
    tokenizer.save_pretrained(folder)
    assert (folder / "tokenizer.json").exists()
    compare(f"clip text, its own tokenizer {seed}", embed(unmask, folder, TEXTS, "--text"), theirs)


def check_vit(unmask, folder, images, random, seed):
    heads = int(random.integers(2, 6))
    size, patch = int(random.integers(30, 70)), int(random.integers(5, 13))
    config = hf.ViTConfig(hidden_size=heads * int(random.integers(5, 12)), image_size=size, patch_size=patch,
                          intermediate_size=int(random.integers(30, 90)), num_attention_heads=heads,
                          num_hidden_layers=int(random.integers(1, 5)), qkv_bias=seed % 2 == 0)
    model = shake(hf.ViTForImageClassification(config), seed)
    processor = VitProcessor(size={"height": size, "width": size}, resample=[2, 3][seed % 2])
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    with torch.no_grad():
        theirs = model.vit(pixel_values=inputs(processor, images)).last_hidden_state[:, 0]
    compare(f"vit {seed}", embed(unmask, folder, images), theirs)
    # The first generation's file, and version 5's names of tensors.
    (folder / "preprocessor_config.json").write_text(json.dumps(
        {"feature_extractor_type": "ViTFeatureExtractor", "do_normalize": True, "do_resize": True, "size": size,
         "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": [2, 3][seed % 2]}))
    save_file({f"vit.{k}": v.contiguous() for k, v in model.vit.state_dict().items()}, folder / "model.safetensors")
    compare(f"vit, other spellings {seed}", embed(unmask, folder, images), theirs)


def check_hf_resnet(unmask, folder, images, random, seed):
    kind = ["basic", "bottleneck"][seed % 2]
    widths = [int(v) * 4 for v in random.integers(2, 9, 3)]
    config = hf.ResNetConfig(embedding_size=int(random.integers(5, 20)), hidden_sizes=widths, layer_type=kind,
                             depths=[int(v) for v in random.integers(1, 4, 3)],
                             downsample_in_first_stage=seed % 3 == 1, downsample_in_bottleneck=seed % 4 == 3)
    model = shake(hf.ResNetForImageClassification(config), seed)
    processor = ConvNextProcessor(size={"shortest_edge": int(random.integers(50, 120))}, crop_pct=0.875)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    with torch.no_grad():
        theirs = model.resnet(pixel_values=inputs(processor, images)).pooler_output.flatten(1)
    compare(f"resnet, transformers, {kind} {seed}", embed(unmask, folder, images), theirs)


def check_torchvision_resnet(unmask, folder, images, _random, seed):
    model = shake(torchvision.models.resnet18(weights=None), seed)
    folder.mkdir(parents=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(
        {"model_type": "resnet", "embedding_size": 64, "hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2],
         "layer_type": "basic"}))
    steps = torchvision.transforms
    prepare = steps.Compose([steps.Resize(256), steps.CenterCrop(224), steps.ToTensor(),
                             steps.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    model.fc = torch.nn.Identity()
    with torch.no_grad():
        theirs = model(torch.stack([prepare(Image.open(path).convert("RGB")) for path in images]))
    compare(f"resnet18, torchvision {seed}", embed(unmask, folder, images), theirs)


def check_timm(unmask, folder, images, random, seed):
    """A folder of timm: its `pretrained_cfg` says how pictures are prepared."""
    side = int(random.integers(50, 200))
    cfg = {"input_size": [3, side, side], "interpolation": ["bicubic", "bilinear"][seed % 2], "crop_mode": "center",
           "crop_pct": [0.95, 0.875, 1.0, 0.9][seed % 4], "mean": [0.4, 0.5, 0.45], "std": [0.2, 0.25, 0.3]}
    model = shake(timm.create_model("resnet18"), seed)
    folder.mkdir(parents=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"architecture": "resnet18", "pretrained_cfg": cfg}))
    prepare = timm.data.create_transform(**timm.data.resolve_data_config({}, pretrained_cfg=cfg))
    model.reset_classifier(0)
    with torch.no_grad():
        theirs = model(torch.stack([prepare(Image.open(path).convert("RGB")) for path in images]))
    compare(f"resnet18, timm {seed}", embed(unmask, folder, images), theirs)


def check_alone(unmask, folder, images):
    """An image's bits do not depend on its neighbours, their number or order."""
    whole = embed(unmask, folder, images)
    backwards = embed(unmask, folder, images[::-1]).flip(0)
    alone = torch.cat([embed(unmask, folder, [image]) for image in images])
    assert torch.equal(whole, backwards) and torch.equal(whole, alone)


def speed(unmask, folder, random):
    config = hf.CLIPVisionConfig()  # B/32
    torch.manual_seed(1)
    model = hf.CLIPVisionModel(config).eval()
    model.save_pretrained(folder)
    processor = ClipProcessor()
    processor.save_pretrained(folder)
    images = []
    for i in range(100):
        noise = random.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        images.append(save(Image.fromarray(noise).resize((640, 480), Image.BICUBIC), folder / f"{i}.jpg", quality=90))
    start = time.perf_counter()
    ours = embed(unmask, folder, images)
    mine = time.perf_counter() - start
    start = time.perf_counter()
    loaded = hf.CLIPVisionModel.from_pretrained(folder).eval()
    loading = time.perf_counter() - start
    start = time.perf_counter()
    with torch.no_grad():
        theirs = torch.cat([loaded(pixel_values=inputs(processor, images[i:i + 20])).pooler_output
                            for i in range(0, 100, 20)])
    other = time.perf_counter() - start
    compare("clip b/32", ours, theirs)
    print(f"clip b/32, 100 images of 640 x 480: unmask embed {mine:.2f} s with start and loading "
          f"({100 / mine:.1f} images/s); transformers {other:.2f} s ({100 / other:.1f} images/s) "
          f"after {loading:.2f} s of loading, without imports; {os.cpu_count()} cores")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unmask")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=int(time.time()) % 100000, help="the first seed")
    parser.add_argument("--speed", action="store_true")
    arguments = parser.parse_args()
    hf.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory(prefix="unmask-parity-") as name:
        root = pathlib.Path(name)
        if arguments.speed:
            (root / "b32").mkdir()
            return speed(arguments.unmask, root / "b32", np.random.default_rng(1))
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            print(f"seed {seed}", flush=True)
            random = np.random.default_rng(seed)
            folder = root / str(seed)
            folder.mkdir()
            images = [picture(random, folder, number) for number in range(9)]
            check_clip(arguments.unmask, folder / "clip", images, random, seed)
            check_text(arguments.unmask, folder / "text", random, seed)
            check_vit(arguments.unmask, folder / "vit", images, random, seed)
            check_hf_resnet(arguments.unmask, folder / "resnet", images, random, seed)
            check_torchvision_resnet(arguments.unmask, folder / "torchvision", images, random, seed)
            check_timm(arguments.unmask, folder / "timm", images, random, seed)
            check_alone(arguments.unmask, folder / "clip", images)
            check_alone(arguments.unmask, folder / "torchvision", images)


if __name__ == "__main__":
    main()
