// The names of the settings' choices, as configuration, store and tables spell them.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/settings.h"

namespace unmask {

// All names of an enum in the order of its values; the argument only picks the enum.
std::span<const std::string_view> NamesOf(ClipSelection);
std::span<const std::string_view> NamesOf(FrameChoice);
std::span<const std::string_view> NamesOf(FeatureSource);
std::span<const std::string_view> NamesOf(ModelKind);
std::span<const std::string_view> NamesOf(Task);
std::span<const std::string_view> NamesOf(HsicKind);
std::span<const std::string_view> NamesOf(KernelKind);
std::span<const std::string_view> NamesOf(Validation);
std::span<const std::string_view> NamesOf(Monitor);
std::span<const std::string_view> NamesOf(EngineKind);
std::span<const std::string_view> NamesOf(DeviceKind);
std::span<const std::string_view> NamesOf(FaceDetector);
std::span<const std::string_view> NamesOf(Normalization);
std::span<const std::string_view> NamesOf(ClipFeature);
std::span<const std::string_view> NamesOf(Precision);
std::span<const std::string_view> NamesOf(KeepPolicy);
std::span<const std::string_view> NamesOf(GridShape);

template <typename E>
concept NamedChoice = requires(E choice) { NamesOf(choice); };

// "inner-subject", "ter", ...
template <NamedChoice E>
std::string_view Name(E choice) {
  return NamesOf(choice)[static_cast<std::size_t>(choice)];
}

template <NamedChoice E>
std::optional<E> FromName(std::string_view name) {
  const auto names = NamesOf(E{});
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<E>(found - names.begin());
}

}  // namespace unmask
