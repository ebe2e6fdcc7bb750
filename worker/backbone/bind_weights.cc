#include "worker/backbone/bind_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/text.h"

namespace unmask {
namespace {

constexpr std::size_t kNamesListed = 6;

struct NamedTensor {
  std::string name;  // as in the file
  const StoredTensor* tensor;
};
using ByName = std::map<std::string, NamedTensor>;  // by canonical name

std::size_t Matches(const Layout& layout, const ByName& tensors) {
  return std::count_if(layout.begin(), layout.end(),
                       [&](const WantedTensor& wanted) { return tensors.contains(wanted.name); });
}

// Whichever spelling fits best, so that the others are not reported as missing.
const Layout& BestLayout(const std::vector<Layout>& layouts, const ByName& tensors) {
  return *std::max_element(layouts.begin(), layouts.end(), [&](const Layout& a, const Layout& b) {
    return Matches(a, tensors) < Matches(b, tensors);
  });
}

std::string ShapeText(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

// "2 missing: a, b"; nothing where nothing is wrong.
void Describe(std::string_view what, const std::vector<std::string>& names,
              std::vector<std::string>& parts) {
  if (names.empty()) return;
  const std::size_t shown = std::min(names.size(), kNamesListed);
  const std::vector<std::string> first(names.begin(),
                                       names.begin() + static_cast<std::ptrdiff_t>(shown));
  std::string text = fmt::format("{} {}: {}", names.size(), what, Join(first, ", "));
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  parts.push_back(std::move(text));
}

}  // namespace

std::string CanonicalName(std::string name) {
  constexpr std::array kPrefixes = {"module.", "model.",  "clip.",    "vision_model.",
                                    "vit.",    "resnet.", "backbone."};
  for (bool stripped = true; stripped;) {
    stripped = false;
    for (const std::string_view prefix : kPrefixes) {
      if (!name.starts_with(prefix)) continue;
      name.erase(0, prefix.size());
      stripped = true;
    }
  }
  if (name.starts_with("pre_layernorm.")) name.replace(0, 13, "pre_layrnorm");
  if (name.ends_with(".gamma")) name.replace(name.size() - 5, 5, "weight");
  if (name.ends_with(".beta")) name.replace(name.size() - 4, 4, "bias");
  return name;
}

Result<BoundWeights> BindWeights(const WeightFiles& files, const BackboneConfig& config,
                                 const std::string& where) {
  const BackboneKind kind = config.kind();
  return BindLayout(
      files, LayoutsOf(config), [&](const std::string& name) { return IsKnownExtra(name, kind); },
      where);
}

Result<BoundWeights> BindLayout(const WeightFiles& files, const std::vector<Layout>& layouts,
                                const std::function<bool(const std::string&)>& known_extra,
                                const std::string& where) {
  ByName tensors;
  std::vector<std::string> missing, unknown, misshaped, mistyped, parts;
  for (const auto& [name, tensor] : files.tensors) {
    if (!tensors.emplace(CanonicalName(name), NamedTensor{name, &tensor}).second) {
      unknown.push_back(Beginning(name));  // the same tensor under two prefixes
    }
  }
  BoundWeights bound;
  for (const WantedTensor& wanted : BestLayout(layouts, tensors)) {
    const auto found = tensors.find(wanted.name);
    if (found == tensors.end()) {
      if (!wanted.optional) missing.push_back(wanted.name);
      continue;
    }
    const auto& [name, tensor] = found->second;
    if (tensor->view.shape != wanted.shape) {
      misshaped.push_back(fmt::format("{} is {} and not {}", name, ShapeText(tensor->view.shape),
                                      ShapeText(wanted.shape)));
    }
    if (!IsWeightType(tensor->view.dtype)) mistyped.push_back(name);
    bound.emplace(wanted.role, *tensor);
    tensors.erase(found);
  }
  for (const auto& [canonical, named] : tensors) {
    if (!known_extra(canonical)) unknown.push_back(Beginning(named.name));
  }
  Describe("missing", missing, parts);
  Describe("unknown", unknown, parts);
  Describe("of another shape", misshaped, parts);
  Describe("neither F32, F16 nor BF16", mistyped, parts);
  if (parts.empty()) return bound;
  return DataError("tensors do not fit the model: " + Join(parts, "; "), where,
                   "the tensors of the model that config.json describes");
}

}  // namespace unmask
