// `--json`: what every command prints for programs.
#pragma once

#include <concepts>
#include <nlohmann/json.hpp>
#include <string>

namespace unmask {

// ASCII alone, whatever names hold: nothing in it can move a terminal's cursor. `indent`: -1 is one
// line.
inline std::string JsonText(const nlohmann::json& json, int indent = -1) {
  return json.dump(indent, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace);
}
// The same with its keys in the order in which they were given.
template <std::same_as<nlohmann::ordered_json> Json>
std::string JsonText(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

}  // namespace unmask
