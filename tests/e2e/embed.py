#!/usr/bin/env python3
"""`unmask embed` on a tiny model: the file that it writes, the same bits in any company, and its errors."""

import json
import math
import struct
import sys
import unittest
import zlib

import harness

PROGRAM = sys.argv.pop(1)
CONFIG = {"model_type": "resnet", "embedding_size": 4, "hidden_sizes": [4, 6], "depths": [1, 1], "layer_type": "basic"}


def safetensors(tensors):
    """{name: (shape, values)} as float32."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def read_safetensors(path):
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    return json.loads(raw[8:8 + length]), raw[8 + length:]


def weights():
    shapes = {"conv1.weight": [4, 3, 7, 7]}
    widths = {"bn1": 4, "layer1.0.bn1": 4, "layer1.0.bn2": 4, "layer2.0.bn1": 6, "layer2.0.bn2": 6,
              "layer2.0.downsample.1": 6}
    shapes |= {"layer1.0.conv1.weight": [4, 4, 3, 3], "layer1.0.conv2.weight": [4, 4, 3, 3],
               "layer2.0.conv1.weight": [6, 4, 3, 3], "layer2.0.conv2.weight": [6, 6, 3, 3],
               "layer2.0.downsample.0.weight": [6, 4, 1, 1]}
    for name, width in widths.items():
        shapes |= {f"{name}.{part}": [width] for part in ("weight", "bias", "running_mean", "running_var")}
    tensors = {}
    for name, shape in shapes.items():
        values = [0.4 * math.sin(0.7 * i + len(name)) for i in range(math.prod(shape))]
        tensors[name] = (shape, [1 + v for v in values] if name.endswith("var") else values)
    return tensors


def png(width, height, seed):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * seed + y * 3) % 256 for x in range(width * 3)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Embed(unittest.TestCase):
    def setUp(self):
        self.lab = self.enterContext(harness.Lab(PROGRAM))
        self.model = self.lab.folder / "model"
        self.model.mkdir()
        (self.model / "config.json").write_text(json.dumps(CONFIG))
        (self.model / "model.safetensors").write_bytes(safetensors(weights()))
        self.images = [self.lab.folder / f"{i}.png" for i in range(5)]
        for i, path in enumerate(self.images):
            path.write_bytes(png(60 + 7 * i, 50, i + 2))
        self.out = self.lab.folder / "out.safetensors"

    def embed(self, *images, model=None, out=None, more=()):
        return self.lab.run("embed", "--model", model or self.model, "--out", out or self.out, *more, *images,
                            seconds=60)

    def features(self, *images):
        self.embed(*images).expect(0)
        header, data = read_safetensors(self.out)
        self.assertEqual(header["features"]["dtype"], "F32")
        count = len([image for image in images if not str(image).startswith("--")])
        self.assertEqual(header["features"]["shape"], [count, 6])
        return [data[i * 24:i * 24 + 24] for i in range(count)]

    def test_an_image_has_the_same_bits_in_any_company(self):
        whole = self.features(*self.images)
        self.assertEqual(len(set(whole)), len(whole))
        self.assertEqual(self.features(*self.images[::-1]), whole[::-1])
        self.assertEqual(self.features(self.images[3]), whole[3:4])
        self.assertEqual(sorted(p.name for p in self.lab.folder.glob("out*")), ["out.safetensors"])

    def test_names_and_texts_in_brackets_stay_whole(self):
        odd = [self.lab.folder / name for name in ("[a,b]", "[[c]]", "[]")]
        for path, image in zip(odd, self.images):
            path.write_bytes(image.read_bytes())
        names = [path.name for path in odd]
        self.assertEqual(self.features(*names, "--quiet"), self.features(*self.images[:3]))
        self.assertEqual(self.features("--", *names[::-1]), self.features(*self.images[2::-1]))
        clip = self.lab.folder / "clip"
        self.lab.run("data", "synth-weights", "clip", clip, seconds=60).expect(0)
        self.embed("[x, y]", model=clip, more=("--text",)).expect(0)
        self.assertEqual(read_safetensors(self.out)[0]["features"]["shape"], [1, 64])

    def test_bad_images_are_named_and_nothing_is_written(self):
        cut = self.lab.folder / "cut.png"
        cut.write_bytes(self.images[0].read_bytes()[:-20])
        self.embed(self.images[1], cut).expect_error(3, "cut.png", "file is cut")
        self.embed(self.lab.folder / "gone.png").expect_error(3, "gone.png")
        self.embed(self.model / "config.json").expect_error(3, "not an image")
        self.assertFalse(self.out.exists())

    def test_bad_models_are_refused(self):
        tensors = weights()
        del tensors["bn1.bias"]
        (self.model / "model.safetensors").write_bytes(safetensors(tensors))
        self.embed(self.images[0]).expect_error(3, "missing: bn1.bias")
        (self.model / "model.safetensors").rename(self.model / "pytorch_model.bin")
        self.embed(self.images[0]).expect_error(3, "pickled", "save_pretrained")
        self.embed(self.images[0], model=self.lab.folder).expect_error(3, "no model in", "config.json is missing")
        self.embed(self.images[0], out=self.lab.folder / "no" / "f").expect_error(3, "no such folder")

    def test_texts(self):
        clip, vit = self.lab.folder / "clip", self.lab.folder / "vit"
        self.lab.run("data", "synth-weights", "clip", clip, seconds=60).expect(0)
        self.lab.run("data", "synth-weights", "vit", vit, seconds=60).expect(0)
        rows = []
        for texts in (["Happiness", "fear"], ["happiness"], ["a" * 3000]):
            self.embed(*texts, model=clip, more=("--text",)).expect(0)
            header, data = read_safetensors(self.out)
            self.assertEqual(header["features"]["shape"], [len(texts), 64])
            rows += [data[i * 256:i * 256 + 256] for i in range(len(texts))]
        self.assertEqual(rows[0], rows[2])
        self.assertEqual(len(set(rows)), 3)
        self.embed("fear", model=vit, more=("--text",)).expect_error(3, "no text side")
        config = json.loads((clip / "config.json").read_text())
        config["text_config"]["hidden_size"] = 63
        (clip / "config.json").write_text(json.dumps(config))
        self.embed("fear", model=clip, more=("--text",)).expect_error(3, "a multiple of num_attention_heads")
        config["text_config"] |= {"hidden_size": 64, "vocab_size": 400}
        (clip / "config.json").write_text(json.dumps(config))
        self.embed("fear", model=clip, more=("--text",)).expect_error(3, "token_embedding.weight is")
        config["text_config"]["max_position_embeddings"] = 1
        (clip / "config.json").write_text(json.dumps(config))
        self.embed("fear", model=clip, more=("--text",)).expect_error(3, "'max_position_embeddings' is 1")

    def test_usage(self):
        self.lab.run("embed", self.images[0], seconds=60).expect_error(2, "--model")
        self.embed().expect_error(2, "IMAGE")
        self.embed(self.images[0], more=("--feature", "best")).expect_error(2, "best")
        self.embed(self.images[0], more=("--feature", "projected")).expect_error(2, "only CLIP")
        self.embed("fear", more=("--text", "--feature", "pooled")).expect_error(2, "--feature pooled", "projected")
        self.embed("fear", more=("--text", "--precision", "bfloat16")).expect_error(2, "--precision bfloat16")
        self.embed("fear", more=("--text", "--feature", "projected")).expect_error(3, "no text side")

    def test_the_models_folder_gets_no_features(self):
        """They would be weights of another model there."""
        before = sorted(self.model.iterdir())
        here = self.lab.folder / "here"
        here.symlink_to(self.model)
        for out in (self.model / "f.safetensors", here / "f.safetensors"):
            self.embed(self.images[0], out=out).expect_error(2, "the model's folder", str(out))
        self.assertEqual(sorted(self.model.iterdir()), before)


if __name__ == "__main__":
    unittest.main()
