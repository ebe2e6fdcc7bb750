// JSON that users give. nlohmann's parser needs no stack for what is nested, but whatever copies,
// prints or compares its values recurses.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace unmask {

struct JsonRules {
  std::string_view what = "a JSON object";  // that the text should be, for errors
  std::size_t depth = 32;                   // most objects and lists in one another
  bool keys_once = false;                   // otherwise the last of an object's equal keys counts
};

// A DataError where the text is no JSON object or breaks a rule. `where` names its file in errors.
Result<nlohmann::json> ParseJsonObject(std::string_view text, const std::string& where,
                                       std::string expected = "", const JsonRules& rules = {});

// How errors show a value: the beginning of its text.
std::string ShownJson(const nlohmann::json& value);

}  // namespace unmask
