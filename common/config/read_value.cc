#include "common/config/read_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/base/text.h"

namespace unmask {
namespace {

std::string Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
    case YamlNode::Kind::kScalar:
      return fmt::format(fmt::runtime(node.quoted ? "text '{}'" : "'{}'"), node.text);
  }
  return "";
}

void FlattenInto(const YamlNode& map, const std::string& prefix,
                 std::vector<std::pair<std::string, const YamlNode*>>& out) {
  for (const YamlNode::Entry& entry : map.entries) {
    const std::string key = prefix + entry.key;
    if (entry.value.kind == YamlNode::Kind::kMap && !entry.value.entries.empty()) {
      FlattenInto(entry.value, key + ".", out);
    } else {
      out.emplace_back(key, &entry.value);
    }
  }
}

}  // namespace

void Reporter::Add(std::string what, int line, std::string expected) {
  problems_.push_back({std::move(what), Where(line), std::move(expected)});
}

void Reporter::Add(std::vector<Problem> problems) {
  for (Problem& problem : problems) problems_.push_back(std::move(problem));
}

std::string Reporter::Where(int line) const {
  return line == 0 ? "command line" : fmt::format("{}:{}", file_, line);
}

std::optional<Value> ReadValue(const ValueType& type, const std::string& key, const YamlNode& node,
                               Reporter& reporter) {
  const bool readable = node.kind == YamlNode::Kind::kScalar && (type.text || !node.quoted);
  const auto parsed = readable ? type.parse(node.text) : ValueFault::kWrongType;
  if (const Value* value = std::get_if<Value>(&parsed)) return *value;
  std::string expected = type.expected;
  if (readable && !type.choices.empty()) {
    const std::string hint = DidYouMean(node.text, type.choices);
    if (!hint.empty()) expected += "; " + hint;
  }
  const bool wrong_type = std::get<ValueFault>(parsed) == ValueFault::kWrongType;
  reporter.Add(fmt::format("{} for '{}': {}", wrong_type ? "wrong type" : "impossible value", key,
                           Describe(node)),
               node.line, std::move(expected));
  return std::nullopt;
}

std::vector<Value> ReadList(const ValueType& type, const std::string& key, const YamlNode& node,
                            Reporter& reporter) {
  const bool list = node.kind == YamlNode::Kind::kList;
  if (list && node.items.empty()) {
    reporter.Add(fmt::format("empty list for '{}'", key), node.line, "at least one value");
  }
  std::vector<Value> values;
  std::set<Value> seen;
  const std::size_t count = list ? node.items.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = ReadValue(type, key, list ? node.items[i] : node, reporter);
    if (value && seen.insert(*value).second) values.push_back(*value);
  }
  return values;
}

std::vector<std::pair<std::string, const YamlNode*>> Flatten(const YamlNode& map,
                                                             const std::string& prefix) {
  std::vector<std::pair<std::string, const YamlNode*>> out;
  FlattenInto(map, prefix, out);
  return out;
}

YamlNode ScalarArgument(std::string_view value) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = value;
  return node;
}

namespace {

// A comma within quotes (JSON's) ends no item.
std::size_t EndOfItem(std::string_view items) {
  bool quoted = false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i] == '"') quoted = !quoted;
    if (items[i] == ',' && !quoted) return i;
  }
  return items.size();
}

}  // namespace

YamlNode ListArgument(std::string_view value) {
  YamlNode node;
  node.kind = YamlNode::Kind::kList;
  value = Trim(value);
  if (value.size() >= 2 && value.front() == '[' && value.back() == ']') {
    value = Trim(value.substr(1, value.size() - 2));
  }
  if (value.empty()) return node;
  while (!value.empty()) {
    const std::size_t end = EndOfItem(value);
    std::string_view item = Trim(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
    const bool quoted = item.size() >= 2 && item.front() == '"' && item.back() == '"';  // JSON
    if (quoted) item = item.substr(1, item.size() - 2);
    node.items.push_back(ScalarArgument(item));
  }
  return node;
}

}  // namespace unmask
