// Every setting by its dotted YAML name: how it is read, what it may be, where it lives in
// Settings. The one list of keys: configuration, job keys and the resolved configuration go
// through it.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/config/settings.h"

namespace unmask {

// The typed value of a setting; a choice (enum) is its name.
using Value = std::variant<bool, std::int64_t, double, std::string>;

enum class ValueFault { kWrongType, kImpossible };

// What a value may be, and how its text is read.
struct ValueType {
  std::string expected;              // for messages: "a whole number of at least 2"
  std::vector<std::string> choices;  // a choice's names; else empty
  bool text = false;                 // any quoting is fine; numbers and truth values take none
  std::function<std::variant<Value, ValueFault>(std::string_view)> parse;
};

ValueType BoolType();
ValueType WholeType(std::int64_t least, std::int64_t most);
ValueType FractionType();  // 0 to 1
ValueType TextType();
ValueType ChoiceType(std::span<const std::string_view> names);

struct Field {
  std::string key;  // "loss.alpha"
  ValueType type;
  bool path = false;  // names a place, never content: stays out of keys and sweep names
  // Came when sweeps had their names already: stays out of these at its default.
  bool young = false;
  std::function<Value(const Settings&)> get;
  std::function<void(Settings&, const Value&)> set;  // takes only what `type` gave
};

// In the order of Settings.
const std::vector<Field>& Fields();
const Field* FindField(std::string_view key);  // nullptr: no such key
// All keys, for nearest names.
std::vector<std::string> FieldKeys();

// The key that was probably meant, by its whole name or by its last part; as DidYouMean.
std::string KeyHint(std::string_view key, const std::vector<std::string>& candidates);

// By name; a name that is no key is a programmer's error.
Value GetSetting(const Settings& settings, std::string_view key);
void SetSetting(Settings& settings, std::string_view key, const Value& value);

nlohmann::json ToJson(const Value& value);
// The value as a configuration would spell it: "0.5", "biased".
std::string ToText(const Value& value);
// Nullopt where the JSON has another type or the value is impossible.
std::optional<Value> FromJson(const Field& field, const nlohmann::json& json);

// As nested objects, {"loss":{"alpha":0.5,...},...}.
nlohmann::json SettingsJson(const Settings& settings);
// The same as sweeps are named by: without path fields, and young ones at their default.
nlohmann::json NamingSettingsJson(const Settings& settings);

}  // namespace unmask
