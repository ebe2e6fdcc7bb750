// A small network with random weights in the layout of Hugging Face, for demos and tests: what
// reads a real model's folder reads it. About a millisecond a picture on one core. Its features are
// random, but tell pictures apart by what is where: patches are seen by contrast, each head weighs
// places in its own way, and gains are larger than is usual at the start of training.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/base/enum_names.h"

namespace unmask {

enum class SynthModelKind { kVit, kClip, kResnet18 };
template <>
inline constexpr auto kNames<SynthModelKind> = EnumNames("vit", "clip", "resnet18");

struct SynthModelOptions {
  SynthModelKind kind = SynthModelKind::kVit;
  std::int64_t seed = 0;
  // Tokens of CLIP's text side; the last two are the start and the end of a text.
  int vocabulary = 49'408;
};

// Pictures are prepared at this size, in pixels.
inline constexpr int kSynthModelSide = 64;

// config.json, preprocessor_config.json and model.safetensors, by file name. A function of the
// options alone: the same bytes on every machine.
std::map<std::string, std::string> SynthModelFiles(const SynthModelOptions& options);

}  // namespace unmask
