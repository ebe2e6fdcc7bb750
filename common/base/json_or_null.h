// JSON of what may not be there: null then.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>

namespace unmask {

template <typename T>
nlohmann::json OrNull(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

template <typename T>
struct MayBeNull : std::false_type {};
template <typename T>
struct MayBeNull<std::optional<T>> : std::true_type {};

// One of its members, which may be lacking itself.
template <typename T, typename Member>
nlohmann::json OrNull(const std::optional<T>& value, Member member) {
  if (!value) return nullptr;
  const auto& found = std::invoke(member, *value);
  if constexpr (MayBeNull<std::remove_cvref_t<decltype(found)>>::value) {
    return OrNull(found);
  } else {
    return nlohmann::json(found);
  }
}

// An empty text stands for none.
inline nlohmann::json TextOrNull(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

}  // namespace unmask
