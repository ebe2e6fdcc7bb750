#include "worker/backbone/text_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/all_problems.h"
#include "common/base/parse_json.h"
#include "common/base/text.h"
#include "common/tensors/preparation_source.h"
#include "worker/backbone/config_fields.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kVocabularyMax = 1 << 24;

Status CheckTokens(std::span<const std::int32_t> tokens, const TextConfig& config) {
  if (tokens.empty() || std::cmp_greater(tokens.size(), config.positions)) {
    return DataError(fmt::format("a text of {} tokens", tokens.size()), "max_position_embeddings",
                     fmt::format("1 to {}", config.positions));
  }
  const auto [least, most] = std::minmax_element(tokens.begin(), tokens.end());
  if (*least >= 0 && *most < config.vocabulary) return {};
  return DataError(fmt::format("the tokenizer makes token {}", *least < 0 ? *least : *most),
                   "vocab_size",
                   fmt::format("a tokenizer of the model's {} tokens", config.vocabulary));
}

}  // namespace

Result<std::int64_t> EndOfTokens(std::span<const std::int32_t> tokens, const TextConfig& config) {
  UNMASK_TRY(CheckTokens(tokens, config));
  const auto end = config.end_token == kLegacyEndToken
                       ? std::max_element(tokens.begin(), tokens.end())
                       : std::find(tokens.begin(), tokens.end(), config.end_token);
  if (end != tokens.end()) return end - tokens.begin();
  return DataError(fmt::format("no end token {} in a text", config.end_token),
                   "text_config.eos_token_id",
                   fmt::format("{}, with which the tokenizer ends it", tokens.back()));
}

Result<TextConfig> ReadTextConfig(const std::string& text, const std::string& where) {
  UNMASK_ASSIGN(const Json json, ParseJsonObject(text, where, "a CLIP configuration"));
  Fields whole(json, where);
  const std::string type = whole.Text("model_type");
  if (!type.empty() && type != "clip") {
    const bool half = type.starts_with("clip_text");
    return DataError(
        fmt::format("a {} {}", Beginning(type), half ? "alone is not read" : "has no text side"),
        where, "model_type clip, a whole model");
  }
  UNMASK_ASSIGN(const Json nested, NestedConfig(json, "text_config", where));
  Fields fields(nested, where + ": text_config");
  TextConfig model{fields.Layers({.hidden = 512,
                                  .intermediate = 2048,
                                  .layers = 12,
                                  .heads = 8,
                                  .activation = Activation::kQuickGelu,
                                  .norm_epsilon = 1e-5})};
  model.vocabulary = fields.Count("vocab_size", 49408, kVocabularyMax);
  model.positions = fields.Count("max_position_embeddings", 77);
  model.end_token = fields.Count("eos_token_id", 49407, kVocabularyMax);
  model.projection = whole.Count("projection_dim", 512);
  fields.CheckHeads(model);
  if (model.positions < 2) {
    fields.Complain("max_position_embeddings", "at least 2: a text's start and end");
  }
  AllProblems problems;
  problems.Add(whole.status());
  problems.Add(fields.status());
  UNMASK_TRY(problems.status());
  return model;
}

Result<TextParts> OpenTextModel(const fs::path& folder) {
  const fs::path config = folder / "config.json";
  UNMASK_ASSIGN(const std::string text, ReadFile(config, kConfigBytesMax));
  TextParts parts;
  UNMASK_ASSIGN(parts.config, ReadTextConfig(text, config.string()));
  UNMASK_ASSIGN(parts.files, OpenWeightFiles(folder));
  const auto is_text = [](const std::string& name) {
    return name.starts_with("text_") || name == "logit_scale";
  };
  const auto known = [&](const std::string& name) {
    return !is_text(name) || name == "text_model.embeddings.position_ids";
  };
  UNMASK_ASSIGN(parts.weights,
                BindLayout(parts.files, {TextLayout(parts.config)}, known, folder.string()));
  return parts;
}

}  // namespace unmask
