// JSON as text. Names may hold any bytes: those that are not UTF-8 become U+FFFD. `indent`: -1 is
// one line.
#pragma once

#include <concepts>
#include <nlohmann/json.hpp>
#include <string>

namespace unmask {

// Also with its keys in the order in which they were given.
template <typename T>
concept AnyJson = std::same_as<T, nlohmann::json> || std::same_as<T, nlohmann::ordered_json>;

template <AnyJson Json = nlohmann::json>
std::string JsonText(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

// ASCII alone, whatever names hold: nothing in it can move a terminal's cursor.
template <AnyJson Json = nlohmann::json>
std::string AsciiJson(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

}  // namespace unmask
