// CLIP's text side: what its configuration says, its tensors, and the interface of the model, which
// lies in worker/torch_backbone.
#pragma once

#include <memory>
#include <span>

#include "worker/backbone/bind_weights.h"

namespace unmask {

struct TextConfig : LayersConfig {
  int vocabulary = 0;
  int positions = 0;   // tokens of the longest text, start and end included: 2 or more
  int projection = 0;  // width of the features
  int end_token = 0;
};

// OpenAI's folders say end_token 2, which no text has: the token with the greatest number ends it.
inline constexpr int kLegacyEndToken = 2;

// Where the text's features are taken from: the first end token, or as above.
Result<std::int64_t> EndOfTokens(std::span<const std::int32_t> tokens, const TextConfig& config);

Result<TextConfig> ReadTextConfig(const std::string& json, const std::string& where);

// Roles: token, position, layer.N... as of any transformer, final, projection, scale (the logarithm
// of what cosines are multiplied with).
Layout TextLayout(const TextConfig& config);

struct TextParts {
  TextConfig config;
  WeightFiles files;     // kept mapped by the model
  BoundWeights weights;  // into `files`
};

// Of a CLIP folder. What belongs to the vision side is not looked at.
Result<TextParts> OpenTextModel(const fs::path& folder);

class TextModel {
 public:
  virtual ~TextModel() = default;
  // The projected features of one text: tokens with start and end. Thread-safe.
  virtual Result<std::vector<float>> Features(std::span<const std::int32_t> tokens) const = 0;
};

Result<std::unique_ptr<TextModel>> MakeTextModel(TextParts parts);  // in worker/torch_backbone
using TextModelFactory = Result<std::unique_ptr<TextModel>>(TextParts parts);

}  // namespace unmask
