// The names of an enum's values, as configuration, store, wire and tables spell them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace unmask {

template <typename... Texts>
constexpr std::array<std::string_view, sizeof...(Texts)> EnumNames(Texts... names) {
  return {names...};
}

// In the order of the values; specialised where the enum is at home.
template <typename E>
inline constexpr auto kNames = EnumNames();

template <typename E>
concept NamedEnum = !kNames<E>.empty();

// "inner-subject", "ter", ...
template <NamedEnum E>
constexpr std::string_view Name(E value) {
  return kNames<E>[static_cast<std::size_t>(value)];
}

template <NamedEnum E>
std::optional<E> FromName(std::string_view name) {
  const auto found = std::ranges::find(kNames<E>, name);
  if (found == kNames<E>.end()) return std::nullopt;
  return static_cast<E>(found - kNames<E>.begin());
}

}  // namespace unmask
