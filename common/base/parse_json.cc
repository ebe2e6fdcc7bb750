#include "common/base/parse_json.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <vector>

#include "common/base/text.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kParserWordsMax = 160;  // bytes of its message: it quotes what it read last

// Goes through the text without keeping it; ends at what breaks a rule. A pass of its own: with a
// callback nlohmann's parser takes quadratic time for a long list of objects.
class Guard final : public nlohmann::json_sax<Json> {
 public:
  Guard(const std::string& where, const std::string& expected, const JsonRules& rules)
      : where_(where), expected_(expected), rules_(rules) {}

  const std::optional<Error>& error() const { return error_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return Open(); }
  bool start_array(std::size_t) override { return Open(); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    if (!rules_.keys_once || open_.back().insert(name).second) return true;
    return Refuse(fmt::format("key '{}' is there twice", Beginning(name)), "it once");
  }

  bool parse_error(std::size_t, const std::string&, const Json::exception& exception) override {
    const std::string_view text = exception.what();  // "[json.exception.NAME] parse error at line"
    const std::string_view words = text.substr(text.find("] ") + 2);
    return Refuse(
        fmt::format("not {}: broken JSON: {}", rules_.what, Beginning(words, kParserWordsMax)),
        expected_);
  }

 private:
  bool Open() {
    open_.emplace_back();
    if (open_.size() <= rules_.depth) return true;
    return Refuse(fmt::format("nested deeper than {} levels", rules_.depth), expected_);
  }
  bool Close() {
    open_.pop_back();
    return true;
  }
  bool Refuse(std::string what, std::string expected) {
    error_ = DataError(std::move(what), where_, std::move(expected));
    return false;
  }

  const std::string& where_;
  const std::string& expected_;
  const JsonRules& rules_;
  std::vector<std::set<std::string>> open_;  // objects and lists, with their keys so far
  std::optional<Error> error_;
};

}  // namespace

Result<Json> ParseJsonObject(std::string_view text, const std::string& where, std::string expected,
                             const JsonRules& rules) {
  // Nlohmann's parser takes it for the end.
  if (text.find('\0') != std::string_view::npos) {
    return DataError(fmt::format("not {}: it holds a NUL byte", rules.what), where,
                     std::move(expected));
  }
  Guard guard(where, expected, rules);
  if (!Json::sax_parse(text, &guard)) return guard.error().value();
  Json json = Json::parse(text);
  if (json.is_object()) return json;
  return DataError(fmt::format("not {}", rules.what), where, std::move(expected));
}

std::string ShownJson(const Json& value) { return Beginning(value.dump()); }

}  // namespace unmask
