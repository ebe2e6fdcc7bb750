#include "worker/backbone/config_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/parse_json.h"

namespace unmask {
namespace {

constexpr std::size_t kStagesMax = 8;

}  // namespace

int Fields::Count(const char* key, int by_default, std::int64_t most) {
  if (!Has(key)) return by_default;
  if (const auto value = Natural(json_[key], most)) return *value;
  Complain(key, fmt::format("a whole number from 1 to {}", most));
  return 1;
}

Size Fields::Extent(const char* key, int by_default) {
  if (!Has(key)) return {by_default, by_default};
  const auto& json = json_[key];
  const bool pair = json.is_array() && json.size() == 2;
  const auto height = Natural(pair ? json[0] : json, kExtentMax);
  const auto width = Natural(pair ? json[1] : json, kExtentMax);
  if (height && width) return {*height, *width};
  Complain(key, "one or two whole numbers above 0");
  return {1, 1};
}

std::vector<int> Fields::Counts(const char* key, std::vector<int> by_default, std::int64_t most) {
  if (!Has(key)) return by_default;
  std::vector<int> values;
  const auto& json = json_[key];
  if (json.is_array() && json.size() <= kStagesMax) {
    for (const auto& item : json) values.push_back(Natural(item, most).value_or(0));
  }
  const bool good = !values.empty() && std::count(values.begin(), values.end(), 0) == 0;
  if (good) return values;
  Complain(key, fmt::format("1 to {} whole numbers from 1 to {}", kStagesMax, most));
  return by_default;
}

bool Fields::Flag(const char* key, bool by_default) {
  if (!Has(key)) return by_default;
  if (!json_[key].is_boolean()) Complain(key, "true or false");
  return json_[key] == true;
}

double Fields::Epsilon(const char* key, double by_default) {
  if (!Has(key)) return by_default;
  const double value = json_[key].is_number() ? json_[key].get<double>() : -1;
  if (value >= 0 && value < 1) return value;
  Complain(key, "a number from 0 to 1");
  return by_default;
}

Activation Fields::Act(const char* key, Activation by_default) {
  static const std::map<std::string, Activation> names = {
      {"relu", Activation::kRelu},
      {"gelu", Activation::kGelu},
      {"quick_gelu", Activation::kQuickGelu},
      {"gelu_new", Activation::kGeluTanh},
      {"gelu_fast", Activation::kGeluTanh},
      {"gelu_pytorch_tanh", Activation::kGeluTanh},
      {"silu", Activation::kSilu},
      {"swish", Activation::kSilu}};
  if (!Has(key)) return by_default;
  const auto found = names.find(Text(key));
  if (found != names.end()) return found->second;
  Complain(key, "relu, gelu, quick_gelu, gelu_new, gelu_pytorch_tanh, silu");
  return by_default;
}

LayersConfig Fields::Layers(const LayersConfig& by_default) {
  LayersConfig read = by_default;
  read.hidden = Count("hidden_size", by_default.hidden);
  read.intermediate = Count("intermediate_size", by_default.intermediate);
  read.layers = Count("num_hidden_layers", by_default.layers, kLayersMax);
  read.heads = Count("num_attention_heads", by_default.heads);
  read.activation = Act("hidden_act", by_default.activation);
  read.norm_epsilon = Epsilon("layer_norm_eps", by_default.norm_epsilon);
  return read;
}

std::string Fields::Text(const char* key) const {
  return Has(key) && json_[key].is_string() ? json_[key].get<std::string>() : "";
}

void Fields::Complain(const char* key, std::string expected) {
  problems_.push_back({fmt::format("'{}' is {}", key, Has(key) ? ShownJson(json_[key]) : "absent"),
                       where_, std::move(expected)});
}

void Fields::CheckHeads(const LayersConfig& layers) {
  if (!problems_.empty() || layers.hidden % layers.heads == 0) return;
  Complain("hidden_size", "a multiple of num_attention_heads");
}

Status Fields::status() const {
  if (problems_.empty()) return {};
  return Error(ErrorCode::kData, problems_);
}

std::optional<int> Fields::Natural(const nlohmann::json& json, std::int64_t most) {
  if (!json.is_number_integer()) return std::nullopt;
  const auto value = json.get<std::int64_t>();
  if (value < 1 || value > most) return std::nullopt;
  return static_cast<int>(value);
}

Result<nlohmann::json> NestedConfig(const nlohmann::json& json, const std::string& key,
                                    const std::string& where) {
  auto nested = nlohmann::json::object();
  for (const std::string& name : {key, key + "_dict"}) {
    if (!json.contains(name) || json[name].is_null()) continue;
    if (!json[name].is_object()) {
      return DataError(fmt::format("'{}' is {}", name, ShownJson(json[name])), where, "an object");
    }
    nested.update(json[name]);
  }
  return nested;
}

}  // namespace unmask
