// What config.json of a Hugging Face folder says about a model, checked and bounded.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "common/base/result.h"
#include "worker/images/preprocess.h"

namespace unmask {

enum class Activation { kRelu, kGelu, kGeluTanh, kQuickGelu, kSilu };

// What the layers of every transformer are: attention and MLP, with a norm before each.
struct LayersConfig {
  int hidden = 0;
  int intermediate = 0;
  int layers = 0;
  int heads = 0;
  Activation activation = Activation::kGelu;
  double norm_epsilon = 0;
  bool qkv_bias = true;
};

// CLIP's vision side and ViT: patches, transformer layers, the class token's features.
struct TransformerConfig : LayersConfig {
  bool clip = false;   // else ViT
  int projection = 0;  // CLIP: width of the projected features
  Size image{};
  Size patch{};

  Size grid() const { return {image.height / patch.height, image.width / patch.width}; }
};

struct ResnetConfig {
  int embedding = 0;        // channels after the stem
  std::vector<int> widths;  // channels after each stage
  std::vector<int> depths;  // blocks of each stage
  bool bottleneck = false;
  bool stride_in_first_convolution = false;  // of a bottleneck; else in its 3x3
  bool stride_in_first_stage = false;
  Activation activation = Activation::kRelu;
};

struct BackboneConfig {
  std::variant<TransformerConfig, ResnetConfig> model;

  BackboneKind kind() const;
  // The size that its images have; ResNet takes any, and this is its usual one.
  Size image_size() const;
};

// Absent keys have the defaults of transformers; timm's {"architecture": "resnet18"} is known too.
Result<BackboneConfig> ReadBackboneConfig(const std::string& json, const std::string& where);

}  // namespace unmask
